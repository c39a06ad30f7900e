#![forbid(unsafe_code)]
//! Resolver: will be caching, validating and filtering, for home networks.
//!
//! There is no program yet, and nothing in this library: the recursion engine and the cache come after the
//! authoritative side. Its place in the house is kept so that the layout of the repository does not change under
//! anybody's feet. See `SHORTCOMINGS.md` at the top.

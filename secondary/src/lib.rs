#![forbid(unsafe_code)]
//! Secondary DNS server: will follow any primary by NOTIFY, IXFR, AXFR and catalog zones.
//!
//! There is no program yet, and nothing in this library: a secondary begins with transfers and transaction
//! signatures, which the primary does not offer so far. Its place in the house is kept so that the layout of the
//! repository does not change under anybody's feet. See `SHORTCOMINGS.md` at the top.

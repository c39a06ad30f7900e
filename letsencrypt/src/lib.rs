#![forbid(unsafe_code)]
//! Certificates over DNS: will find certificate requests in zones (CSRs encoded as TLSA records, `3 255 0`), have them
//! signed by ACME dns-01 and put the certificates back into the zone.
//!
//! There is no program yet, and nothing in this library: it needs dynamic updates, which the primary does not take so
//! far. The records it will live on are complete: `TLSA` of crate `rr` holds requests and certificates today. See
//! `SHORTCOMINGS.md` at the top.

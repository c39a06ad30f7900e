#![forbid(unsafe_code)]
//! The test house of Stemma: what the tests in `tests/tests` share.
//!
//! It deliberately contains no test and nothing that a program of ours uses.
//!
//! | module | what |
//! |---|---|
//! | [`source`] | our own source text: files, functions, comments, test code |
//! | [`workspace`] | what `cargo metadata` says: crates, edges, licences |
//! | [`rfc_index`] | which line stands for which section of which RFC, and which test names it |

pub mod rfc_index;
pub mod source;
pub mod workspace;

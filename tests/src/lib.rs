#![forbid(unsafe_code)]
//! The test house of Stemma: what the tests in `tests/tests` share.
//!
//! It deliberately contains no test of a program and nothing that a program of ours uses, and it decodes names and
//! messages by itself, so that it does not depend on what it tests.
//!
//! | module | what |
//! |---|---|
//! | [`peers`] | BIND, NSD, Knot and our primary serving the same zones |
//! | [`engine`] | our answering engine in this process |
//! | [`question`], [`reply`], [`name`], [`rtype`] | messages as octets and as comparable values |
//! | [`repository`] | Git repositories made with the real `git` |
//! | [`compare`], [`deliberate`] | answers side by side, tables of deliberate differences |
//! | [`mutate`] | inputs that are almost right |
//! | [`process`] | programs that end with the test, free loopback addresses |
//! | [`generate`], [`random`] | generated zones and questions from a printed seed |
//! | [`sign`] | zones signed by BIND's and Knot's signers |
//! | [`validators`] | Unbound and `delv`, who judge signed answers |
//! | [`zone_text`], [`our_text`] | master files as other compilers and as we read them |
//! | [`source`] | our own source text: files, functions, comments, test code |
//! | [`workspace`] | what `cargo metadata` says: crates, edges, licences |
//! | [`rfc_index`] | which line stands for which section of which RFC, and which test names it |

pub mod compare;
pub mod deliberate;
pub mod engine;
pub mod generate;
pub mod mutate;
pub mod name;
pub mod our_text;
pub mod peers;
pub mod question;
pub mod reply;
pub mod repository;
pub mod rfc_index;
pub mod rtype;
pub mod sign;
pub mod source;
pub mod validators;
pub mod workspace;
pub mod zone_text;

pub use testbed::{process, random};

#![forbid(unsafe_code)]
//! What no input may break: one plain function per reader of foreign octets.
//!
//! A target takes any octets and returns; it panics where a promise does not hold. It deliberately knows no fuzzer:
//!
//! * `tests/tests/fuzz_replay.rs` runs every target over `corpus/TARGET/*` and some thousand seeded mutations of them,
//!   on any toolchain, as part of `tests/run`;
//! * `libfuzzer/` is a package outside the workspace with an entry point for `cargo fuzz` (see `fuzz/README.md`).
//!
//! The corpora are of our own making. An input that once broke something stays there under a name that says what;
//! `found/TARGET.txt` has what a fuzzer found from there on, one input a line ([`found`]).
//!
//! | target | promise |
//! |---|---|
//! | [`name`] | text and wire forms of names lead to each other |
//! | [`rdata_wire`] | accepted octets of any type survive text, canonical form and decompression |
//! | [`rdata_text`] | accepted text of any type becomes octets that are accepted, and is written so that it reads back |
//! | [`message`] | any octets are a query, a fault that knows its answer, or silence; records survive compression |
//! | [`answer`] | any message is answered by one that can be read, or is no query |
//! | [`zone_text`] | entries are the text, layout changes no record, what can be served answers every question |
//! | [`editor`] | a change of one record changes that record and no other, or nothing at all |
//! | [`signed_commit`] | a commit that is taken for signed says what was signed; a list has keys, or mistakes in its lines |
//! | [`signed_message`] | what is taken for signed is what was signed; a refusal has an answer |
//! | [`key_file`] | a file of keys has keys that read back, or mistakes in its lines |
//! | [`notified`] | a NOTIFY has an answer, which is none to itself; a version comes from who has authority |
//! | [`update`] | an update is refused, or what it comes to leaves a zone |
//! | [`update_policy`] | a policy has mistakes in its lines, or lines that read back |
//! | [`transfer()`] | a request that is read is answered; a transfer that is taken goes out and comes in again as it is |

mod answer;
mod editor;
pub mod found;
mod message;
mod name;
mod notify;
mod rdata;
mod reading;
mod signed_commit;
mod signed_message;
mod transfer;
mod update;
mod zone_text;

pub use answer::answer;
pub use editor::editor;
pub use message::message;
pub use name::name;
pub use notify::notified;
pub use rdata::{rdata_text, rdata_wire};
pub use signed_commit::signed_commit;
pub use signed_message::{key_file, signed_message};
pub use transfer::transfer;
pub use update::{update, update_policy};
pub use zone_text::zone_text;

/// A reader of foreign octets.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Folder of its corpus and argument of the fuzzer.
    pub name: &'static str,
    /// Panics where a promise does not hold.
    pub run: fn(&[u8]),
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target {
        name: "name",
        run: name,
    },
    Target {
        name: "rdata_wire",
        run: rdata_wire,
    },
    Target {
        name: "rdata_text",
        run: rdata_text,
    },
    Target {
        name: "message",
        run: message,
    },
    Target {
        name: "answer",
        run: answer,
    },
    Target {
        name: "zone_text",
        run: zone_text,
    },
    Target {
        name: "editor",
        run: editor,
    },
    Target {
        name: "signed_commit",
        run: signed_commit,
    },
    Target {
        name: "signed_message",
        run: signed_message,
    },
    Target {
        name: "key_file",
        run: key_file,
    },
    Target {
        name: "notified",
        run: notified,
    },
    Target {
        name: "update",
        run: update,
    },
    Target {
        name: "update_policy",
        run: update_policy,
    },
    Target {
        name: "transfer",
        run: transfer,
    },
];

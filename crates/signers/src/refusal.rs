//! Why a commit is not taken, and what is wrong with a list.

use alloc::string::String;
use core::fmt;

/// Why a commit is not taken for one of somebody who may. Displayed as the end of a sentence about the commit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// It has no signature.
    Unsigned,
    /// It has several, and nobody could say which one counts.
    TwoSignatures,
    /// Its signature is larger than [`SIGNATURE_OCTETS`](crate::limits::SIGNATURE_OCTETS).
    TooLarge {
        /// Octets of its text.
        octets: usize,
    },
    /// The commit or its signature makes no sense.
    Unreadable {
        /// What about it.
        why: &'static str,
    },
    /// A kind of signature, key or hash that is not checked here.
    Unsupported {
        /// Which one.
        what: &'static str,
    },
    /// The signature is over a hash for which two messages can be found (SHA-1 and older).
    WeakHash,
    /// No such key is in the list.
    Foreign {
        /// Its fingerprint, or all that the signature tells of it.
        key: String,
    },
    /// The signature was made for something else than Git.
    WrongNamespace,
    /// The list has the key, for other namespaces than `git`.
    OtherNamespaces {
        /// Its fingerprint.
        key: String,
    },
    /// The key does not say that it may sign.
    NotForSigning {
        /// Its fingerprint.
        key: String,
    },
    /// The key was not valid yet when this was signed.
    NotYetValid {
        /// Its fingerprint.
        key: String,
    },
    /// The key was not valid any more when this was signed.
    Expired {
        /// Its fingerprint.
        key: String,
    },
    /// The key was revoked when this was signed, or because it is no longer its owner's alone.
    Revoked {
        /// Its fingerprint.
        key: String,
    },
    /// The signature is not over this commit, or not by this key.
    Wrong {
        /// The key's fingerprint.
        key: String,
    },
}

impl Refusal {
    pub(crate) const fn unreadable(why: &'static str) -> Refusal {
        Refusal::Unreadable { why }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Unsigned => write!(out, "is not signed"),
            Refusal::TwoSignatures => write!(out, "has more than one signature"),
            Refusal::TooLarge { octets } => write!(out, "has a signature of {octets} octets"),
            Refusal::Unreadable { why } => {
                write!(out, "has a signature that cannot be read: {why}")
            }
            Refusal::Unsupported { what } => {
                write!(out, "has a signature that cannot be checked: {what}")
            }
            Refusal::WeakHash => write!(out, "is signed over a weak hash (SHA-1 or older)"),
            Refusal::Foreign { key } => {
                write!(out, "is signed by key {key}, which is not in the list")
            }
            Refusal::WrongNamespace => write!(out, "has a signature that was not made for Git"),
            Refusal::OtherNamespaces { key } => {
                write!(
                    out,
                    "is signed by key {key}, which the list has for other things than git"
                )
            }
            Refusal::NotForSigning { key } => {
                write!(out, "is signed by key {key}, which is not for signing")
            }
            Refusal::NotYetValid { key } => {
                write!(
                    out,
                    "is signed by key {key}, which was not valid yet at that time"
                )
            }
            Refusal::Expired { key } => {
                write!(
                    out,
                    "is signed by key {key}, which had expired by that time"
                )
            }
            Refusal::Revoked { key } => write!(out, "is signed by key {key}, which is revoked"),
            Refusal::Wrong { key } => write!(
                out,
                "has a signature of key {key} that is wrong: the commit or the signature was changed"
            ),
        }
    }
}

impl core::error::Error for Refusal {}

/// What is wrong with a line of a list. Displayed as `line 7: why`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Counted from 1; of a block, its first.
    pub line: usize,
    /// What, and what to do.
    pub why: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "line {}: {}", self.line, self.why)
    }
}

impl core::error::Error for Mistake {}

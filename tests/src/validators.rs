//! Validating resolvers of other projects, who say what a signed answer of ours is worth (RFC 4035 §4.3).

mod delv;
mod unbound;

use std::fmt;

pub use delv::Delv;
pub use unbound::Unbound;

use crate::name::Name;
use crate::peers::ZoneText;
use crate::sign::ds;

/// What a validator thinks of an answer (RFC 4035 §4.3, RFC 4033 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Signed, or denied, by a chain from the anchor.
    Secure,
    /// The chain from the anchor proves that there is no signature to expect.
    Insecure,
    /// There should be a proof, and there is none or a wrong one.
    Bogus,
    /// It did not get that far.
    Indeterminate,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Verdict; 4] = [
        Verdict::Secure,
        Verdict::Insecure,
        Verdict::Bogus,
        Verdict::Indeterminate,
    ];
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Secure => "secure",
            Verdict::Insecure => "insecure",
            Verdict::Bogus => "bogus",
            Verdict::Indeterminate => "indeterminate",
        })
    }
}

/// Whose key is trusted.
#[derive(Debug, Clone)]
pub struct Anchor {
    /// The signed zone.
    pub apex: Name,
    /// The data of its DS record, as text.
    ds: String,
}

impl Anchor {
    /// The key-signing key of a signed zone.
    pub fn of(zone: &ZoneText) -> Anchor {
        let apex = zone.apex.clone();
        Anchor { ds: ds(zone), apex }
    }
}

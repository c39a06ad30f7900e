//! What of an update comes to nothing without an error.

use core::fmt;

use rr::{Name, Rtype, Serial};

/// A change that RFC 2136 §3.4.2 has ignored in silence. Its text is for the sender, who would look for it in vain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ignored {
    /// A record that would stand beside an alias (§3.4.2.2).
    BesideAlias {
        /// Its type.
        rtype: Rtype,
        /// Where the alias is.
        owner: Name,
    },
    /// An alias that would stand beside others (§3.4.2.2).
    AliasBesideOthers {
        /// Where they are.
        owner: Name,
    },
    /// An SOA record whose serial is not newer than the one that is served (§3.4.2.2).
    OldSerial {
        /// The one that was sent.
        sent: Serial,
        /// The one that is served.
        served: Serial,
    },
    /// An SOA record below the apex (§3.4.2.2).
    SoaBelowApex {
        /// Where it would be.
        owner: Name,
    },
    /// The SOA record of the zone, or its last name server, would go (§3.4.2.3, §3.4.2.4).
    KeptAtApex {
        /// The type.
        rtype: Rtype,
    },
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BesideAlias { rtype, owner } => write!(
                f,
                "{rtype} of {owner} is left out: that is an alias; delete its CNAME first"
            ),
            Self::AliasBesideOthers { owner } => write!(
                f,
                "CNAME of {owner} is left out: there are other records; delete them first"
            ),
            Self::OldSerial { sent, served } => write!(
                f,
                "SOA is left out: its serial {sent} is not newer than {served}, which is served"
            ),
            Self::SoaBelowApex { owner } => {
                write!(
                    f,
                    "SOA of {owner} is left out: only the zone itself has one"
                )
            }
            Self::KeptAtApex { rtype } => {
                write!(f, "{rtype} of the zone itself stays: it needs one")
            }
        }
    }
}

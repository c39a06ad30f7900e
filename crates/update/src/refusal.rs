//! Why an update is refused, and what its sender is told.

use alloc::string::String;
use core::fmt;

use rr::wire::WireError;
use rr::{Class, Name, Rtype};
use wire::message::ReadErrorKind;
use wire::{Ede, FaultKind, ResponseCode};

/// Why nothing was changed. Its text is for the sender, too (RFC 8914 EXTRA-TEXT).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The message makes no sense.
    Malformed(Malformed),
    /// A name outside of the zone that is to be changed.
    OutsideZone(Name),
    /// A name that belongs to another zone of this server.
    OtherZone {
        /// The name.
        owner: Name,
        /// The zone it belongs to.
        zone: Name,
    },
    /// This server has no such zone.
    NoSuchZone(Name),
    /// The request is not signed: everybody may ask, nobody may change.
    NotSigned,
    /// What the name of the key says does not include updates of this zone.
    NotInKeyName {
        /// The key.
        key: Name,
        /// The zone.
        zone: Name,
    },
    /// The key's lines in the policy do not include this.
    NotInPolicy {
        /// The key.
        key: Name,
        /// What would have been done, as a verb of the policy; none if the key has no line for these records at all.
        action: Option<&'static str>,
        /// Of this type; ANY for a whole name.
        rtype: Rtype,
        /// At this name.
        owner: Name,
    },
    /// The policy itself has mistakes, so that nobody knows what is allowed. Where the first one is.
    BadPolicy {
        /// Its line, from 1.
        line: usize,
        /// Its column, from 1.
        column: usize,
    },
    /// A type that only whoever signs a zone makes.
    SignersType {
        /// The type.
        rtype: Rtype,
        /// At this name.
        owner: Name,
    },
    /// The zone is signed by somebody else, whose signatures would be wrong.
    SignedZone(Name),
    /// A prerequisite does not hold.
    Unmet {
        /// Which kind.
        kind: Unmet,
        /// About this name.
        owner: Name,
        /// About this type; ANY for the whole name.
        rtype: Rtype,
    },
}

/// The ways in which prerequisites do not hold (RFC 2136 §3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmet {
    /// A name that should have records has none.
    NameNotInUse,
    /// A name that should have no records has some.
    NameInUse,
    /// A set that should not exist does.
    RrsetExists,
    /// A set that should exist does not, or is not as it should be.
    RrsetMissing,
}

/// Where a message makes no sense, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Octets from the start of the message to the record, or to what could not be read.
    pub at: usize,
    /// Why.
    pub kind: MalformedKind,
}

/// Why a message makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MalformedKind {
    /// It has more than [`crate::limits::MESSAGE_OCTETS`].
    TooLong,
    /// Its structure.
    Structure(FaultKind),
    /// It asks for something else.
    NotAnUpdate,
    /// The zone section is not about an SOA record.
    ZoneType(Rtype),
    /// A class that means nothing here.
    Class(Class),
    /// A type that only questions have.
    MetaType(Rtype),
    /// A TTL where there must be none.
    Ttl(u32),
    /// So many octets of data where there must be none.
    NeedlessData(usize),
    /// Data that are not of the shape of their type.
    Data(Rtype, WireError),
}

impl Refusal {
    /// What the sender is told: the response code, and the code of the extended error (RFC 8914). Total.
    #[must_use]
    pub fn verdict(&self) -> (ResponseCode, u16) {
        match self {
            // RFC 2136 §3.1.1, §3.2, §3.4.1.
            Self::Malformed(_) => (ResponseCode::FormErr, Ede::OTHER),
            // §3.2.5 and §3.4.1.3.
            Self::OutsideZone(_) | Self::OtherZone { .. } => {
                (ResponseCode::NotZone, Ede::NOT_AUTHORITATIVE)
            }
            // §3.1.2.
            Self::NoSuchZone(_) => (ResponseCode::NotAuth, Ede::NOT_AUTHORITATIVE),
            // §3.3.
            Self::NotSigned
            | Self::NotInKeyName { .. }
            | Self::NotInPolicy { .. }
            | Self::BadPolicy { .. } => (ResponseCode::Refused, Ede::PROHIBITED),
            Self::SignersType { .. } | Self::SignedZone(_) => {
                (ResponseCode::Refused, Ede::NOT_SUPPORTED)
            }
            // §3.2.
            Self::Unmet { kind, .. } => (kind.code(), Ede::OTHER),
        }
    }
}

impl Unmet {
    fn code(self) -> ResponseCode {
        match self {
            Self::NameNotInUse => ResponseCode::NXDomain,
            Self::NameInUse => ResponseCode::YXDomain,
            Self::RrsetExists => ResponseCode::YXRRSet,
            Self::RrsetMissing => ResponseCode::NXRRSet,
        }
    }
}

impl From<ReadErrorKind> for MalformedKind {
    fn from(kind: ReadErrorKind) -> Self {
        match kind {
            ReadErrorKind::Structure(fault) => Self::Structure(fault),
            ReadErrorKind::Data(rtype, error) => Self::Data(rtype, error),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(malformed) => malformed.fmt(f),
            Self::OutsideZone(owner) => write!(f, "{owner} is outside of the zone to be changed"),
            Self::OtherZone { owner, zone } => {
                write!(
                    f,
                    "{owner} belongs to the zone {zone}; send the update to that zone"
                )
            }
            Self::NoSuchZone(zone) => write!(f, "there is no zone {zone} here"),
            Self::NotSigned => f.write_str("updates have to be signed with a key (TSIG)"),
            Self::NotInKeyName { key, zone } => write!(
                f,
                "the key {key} is not for updates of {zone}; that takes one named LABEL._update.{zone}"
            ),
            Self::NotInPolicy {
                key,
                action,
                rtype,
                owner,
            } => write_not_in_policy(f, key, *action, *rtype, owner),
            Self::BadPolicy { line, column } => write!(
                f,
                "no updates while the policy has a mistake: line {line}, column {column}; \
                 see it with `zonetool check`"
            ),
            Self::SignersType { rtype, owner } => write!(
                f,
                "{rtype} of {owner} is made by whoever signs the zone, not by updates"
            ),
            Self::SignedZone(zone) => write!(
                f,
                "{zone} is signed elsewhere, and its signatures would be wrong; change it there"
            ),
            Self::Unmet { kind, owner, rtype } => kind.write(f, owner, *rtype),
        }
    }
}

fn write_not_in_policy(
    f: &mut fmt::Formatter<'_>,
    key: &Name,
    action: Option<&str>,
    rtype: Rtype,
    owner: &Name,
) -> fmt::Result {
    let what = match rtype {
        Rtype::ANY => String::from("records"),
        rtype => alloc::format!("{rtype}"),
    };
    match action {
        Some(action) => write!(
            f,
            "the policy does not allow {key} to {action} {what} of {owner}"
        ),
        None => write!(f, "the policy has no line for {key} and {what} of {owner}"),
    }
}

impl Unmet {
    fn write(self, f: &mut fmt::Formatter<'_>, owner: &Name, rtype: Rtype) -> fmt::Result {
        match self {
            Self::NameNotInUse => write!(f, "prerequisite: {owner} has no records"),
            Self::NameInUse => write!(f, "prerequisite: {owner} has records"),
            Self::RrsetExists => write!(f, "prerequisite: {owner} has {rtype} records"),
            Self::RrsetMissing => {
                write!(
                    f,
                    "prerequisite: {owner} has no {rtype} records, or others than those"
                )
            }
        }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "octet {}: ", self.at)?;
        match self.kind {
            MalformedKind::TooLong => f.write_str("more octets than a message can have"),
            MalformedKind::Structure(fault) => f.write_str(fault.text()),
            MalformedKind::NotAnUpdate => f.write_str("no update"),
            MalformedKind::ZoneType(rtype) => {
                write!(f, "the zone section says {rtype}, not SOA")
            }
            MalformedKind::Class(class) => write!(f, "the class {class} means nothing here"),
            MalformedKind::MetaType(rtype) => write!(f, "{rtype} is no type of data"),
            MalformedKind::Ttl(ttl) => write!(f, "a TTL of {ttl} where it must be 0"),
            MalformedKind::NeedlessData(octets) => {
                write!(f, "{octets} octets of data where there must be none")
            }
            MalformedKind::Data(rtype, error) => write!(f, "data of {rtype}: {error}"),
        }
    }
}

impl core::error::Error for Refusal {}

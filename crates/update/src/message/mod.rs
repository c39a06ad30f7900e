//! An UPDATE message as what it says (RFC 2136 §2): every rule that needs no zone has been looked at.

mod read;

use alloc::vec::Vec;

use rr::{Name, NameRef, Rtype, Ttl};

/// A well-formed update, whoever has sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The zone to be changed (§2.3). All names of the message are at or below it.
    pub zone: Name,
    /// What must hold before anything is changed, in the order sent (§2.4).
    pub prerequisites: Vec<Prerequisite>,
    /// What to do, in the order sent (§2.5).
    pub steps: Vec<Step>,
}

/// Something that must hold before an update (RFC 2136 §2.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prerequisite {
    /// §2.4.1: there are records of this type.
    RrsetExists {
        /// At this name.
        owner: Name,
        /// Of this type.
        rtype: Rtype,
    },
    /// §2.4.2: the records of this type are exactly those of all prerequisites of this kind; this is one of them.
    RecordOfRrset {
        /// At this name.
        owner: Name,
        /// Of this type.
        rtype: Rtype,
        /// Uncompressed, and of the shape of its type.
        rdata: Vec<u8>,
    },
    /// §2.4.3: there are no records of this type.
    RrsetMissing {
        /// At this name.
        owner: Name,
        /// Of this type.
        rtype: Rtype,
    },
    /// §2.4.4: the name has records.
    NameInUse(Name),
    /// §2.4.5: the name has no records, though there may be names below it.
    NameNotInUse(Name),
}

/// A change that is asked for (RFC 2136 §2.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// §2.5.1: add a record.
    Add {
        /// Its owner.
        owner: Name,
        /// Its type, which is one of data.
        rtype: Rtype,
        /// Its TTL, which will be that of all its set (RFC 2181 §5.2).
        ttl: Ttl,
        /// Uncompressed, and of the shape of its type.
        rdata: Vec<u8>,
    },
    /// §2.5.2: delete the records of a type.
    DeleteRrset {
        /// At this name.
        owner: Name,
        /// Of this type.
        rtype: Rtype,
    },
    /// §2.5.3: delete all records of a name.
    DeleteName(Name),
    /// §2.5.4: delete one record.
    DeleteRecord {
        /// Its owner.
        owner: Name,
        /// Its type, which is one of data.
        rtype: Rtype,
        /// Uncompressed, and of the shape of its type.
        rdata: Vec<u8>,
    },
}

impl Prerequisite {
    /// The name it is about.
    #[must_use]
    pub fn owner(&self) -> NameRef<'_> {
        match self {
            Self::RrsetExists { owner, .. }
            | Self::RecordOfRrset { owner, .. }
            | Self::RrsetMissing { owner, .. }
            | Self::NameInUse(owner)
            | Self::NameNotInUse(owner) => owner.as_ref(),
        }
    }

    /// The type it is about; ANY where it is about a name.
    #[must_use]
    pub fn rtype(&self) -> Rtype {
        match self {
            Self::RrsetExists { rtype, .. }
            | Self::RecordOfRrset { rtype, .. }
            | Self::RrsetMissing { rtype, .. } => *rtype,
            Self::NameInUse(_) | Self::NameNotInUse(_) => Rtype::ANY,
        }
    }
}

impl Step {
    /// The name it is about.
    #[must_use]
    pub fn owner(&self) -> NameRef<'_> {
        match self {
            Self::Add { owner, .. }
            | Self::DeleteRrset { owner, .. }
            | Self::DeleteName(owner)
            | Self::DeleteRecord { owner, .. } => owner.as_ref(),
        }
    }

    /// The type it is about; ANY where it is about a name.
    #[must_use]
    pub fn rtype(&self) -> Rtype {
        match self {
            Self::Add { rtype, .. }
            | Self::DeleteRrset { rtype, .. }
            | Self::DeleteRecord { rtype, .. } => *rtype,
            Self::DeleteName(_) => Rtype::ANY,
        }
    }
}

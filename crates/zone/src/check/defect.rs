//! What only the builder can see.
//!
//! The compact zone stores one TTL a set, no record twice, one SOA, and nothing outside the apex. Zone text can
//! say all of that, so the builder keeps the first of each, drops the other, and writes down here what it dropped
//! and where; [`Zone::check`](crate::Zone::check) turns each defect into a finding.

use zonefile::Pos;

/// A record that the compact form cannot hold as it was written.
///
/// The two places are those of the records (as handed to [`zonefile::Sink::record`]), not of a field in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Defect {
    /// What is wrong.
    pub kind: DefectKind,
    /// The record that was dropped or changed: the later one in the text.
    pub at: Pos,
    /// The record it clashes with: the earlier one in the text. For [`DefectKind::OutOfZone`] and
    /// [`DefectKind::OtherClass`], which clash with nothing, the same as `at`.
    pub first: Pos,
}

/// The ways in which zone text says more than a zone can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefectKind {
    /// The owner is neither the apex nor below it. Dropped.
    OutOfZone,
    /// Same owner, type and data (RFC 2181 §5: one of each). Dropped.
    Duplicate,
    /// Same owner and type, another TTL (RFC 2181 §5.2). The record is kept, with the TTL of the first.
    TtlDiffers,
    /// A second, different SOA at the apex. Dropped.
    SecondSoa,
    /// A second, different CNAME at one name (RFC 2181 §10.1). Dropped.
    SecondCname,
    /// A second, different DNAME at one name (RFC 6672 §2.4). Dropped.
    SecondDname,
    /// A class other than the zone's. Dropped.
    OtherClass,
    /// More records of one type at a name than fit in a message of 65,535 octets. Dropped.
    SetTooLarge,
    /// More records, or octets of them, than [`Limits`](crate::Limits) allows. Dropped.
    TooManyRecords,
}

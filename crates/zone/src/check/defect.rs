//! What only the builder can see.
//!
//! The compact zone stores one TTL a set, no record twice, one SOA, and nothing outside the apex. Zone text can
//! say all of that, so the builder keeps the first of each, drops the other, and writes down here what it dropped
//! and where; [`Zone::check`](crate::Zone::check) turns each defect into a finding.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;

use rr::Rtype;
use zonefile::Pos;

use super::Finding;
use super::context::Context;
use crate::rules::Rule;

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

/// Turns what the builder kept aside into findings.
pub(super) fn check(context: &mut Context<'_>) {
    let zone = context.zone;
    if let Some(soa) = soa_of_another_zone(context) {
        return context.report(soa.at, another_zone(context, soa));
    }
    let mut seen = Seen::default();
    for defect in zone.defects() {
        if seen.is_new(context, defect) {
            let finding = finding(context, defect);
            context.report(defect.at, finding);
        }
    }
}

fn finding(context: &Context<'_>, defect: &Defect) -> Finding {
    match defect.kind {
        DefectKind::OutOfZone => out_of_zone(context, defect),
        DefectKind::Duplicate => duplicate(context, defect),
        DefectKind::TtlDiffers => ttl_differs(context, defect),
        DefectKind::SecondSoa => second(context, defect, Rtype::SOA),
        DefectKind::SecondCname => second(context, defect, Rtype::CNAME),
        DefectKind::SecondDname => second(context, defect, Rtype::DNAME),
        DefectKind::OtherClass => other_class(context, defect),
        DefectKind::SetTooLarge => set_too_large(context, defect),
        DefectKind::TooManyRecords => too_many(context, defect),
    }
}

/// Mistakes that were reported, so that what is the same mistake again is not.
#[derive(Default)]
struct Seen {
    /// Sets with several TTLs or too many records, by their first record.
    sets: BTreeSet<Pos>,
    /// Records whose TTL was found to differ.
    ttls: BTreeSet<Pos>,
    out_of_zone: bool,
    too_many: bool,
}

impl Seen {
    fn is_new(&mut self, context: &Context<'_>, defect: &Defect) -> bool {
        match defect.kind {
            DefectKind::TtlDiffers => self.ttls.insert(defect.at) && self.sets.insert(defect.first),
            // The same record with another TTL: the TTL is the mistake.
            DefectKind::Duplicate => !self.ttls.contains(&defect.at),
            DefectKind::SetTooLarge => self.sets.insert(defect.first),
            DefectKind::TooManyRecords => !core::mem::replace(&mut self.too_many, true),
            // A record that takes its owner from the line above is out of the zone together with it.
            DefectKind::OutOfZone => {
                let inherits = !context.at(Rtype::A, defect.at).names_owner();
                !(core::mem::replace(&mut self.out_of_zone, true) && inherits)
            }
            _ => true,
        }
    }
}

/// The SOA record of some other zone in a text that has none for this one: the whole file is about that zone.
fn soa_of_another_zone(context: &Context<'_>) -> Option<Defect> {
    let none = context.zone.apex_node().rrset(Rtype::SOA).is_none();
    let is_soa = |defect: &&Defect| {
        defect.kind == DefectKind::OutOfZone && context.at(Rtype::SOA, defect.at).is_of_its_type()
    };
    context
        .zone
        .defects()
        .iter()
        .filter(|_| none)
        .find(is_soa)
        .copied()
}

fn another_zone(context: &Context<'_>, soa: Defect) -> Finding {
    let written = context.at(Rtype::SOA, soa.at);
    let message = format!(
        "this file is about another zone, not about {}",
        context.apex
    );
    Finding::new(Rule::OutOfZone, written.owner(), message)
        .help("the name of a zone's file says which zone it is")
}

fn out_of_zone(context: &Context<'_>, defect: &Defect) -> Finding {
    let written = context.at(Rtype::A, defect.at);
    let owner = match written.names_owner() {
        true => String::from_utf8_lossy(written.text(written.owner())),
        false => "the owner".into(),
    };
    let message = format!("{owner} is not in the zone {}", context.apex);
    Finding::new(Rule::OutOfZone, written.owner(), message)
        .help("move the record to the zone that it belongs to")
}

fn duplicate(context: &Context<'_>, defect: &Defect) -> Finding {
    if context.at(Rtype::SOA, defect.at).is_of_its_type() {
        return second(context, defect, Rtype::SOA);
    }
    let [again, first] = [defect.at, defect.first].map(|at| context.at(Rtype::A, at).whole());
    Finding::new(
        Rule::DuplicateRecord,
        again,
        "this record is in the zone already",
    )
    .related(first, "here for the first time")
    .help("remove one of the two")
}

fn ttl_differs(context: &Context<'_>, defect: &Defect) -> Finding {
    let [other, first] = [defect.at, defect.first].map(|at| context.of_any_type(at).ttl());
    Finding::new(
        Rule::TtlDiffers,
        other,
        "this record has another TTL than the rest of its set",
    )
    .related(first, "the first record of the set")
    .help("give all records of one name and type the same TTL")
}

fn second(context: &Context<'_>, defect: &Defect, rtype: Rtype) -> Finding {
    let (rule, help) = match rtype {
        Rtype::SOA => (Rule::DuplicateSoa, "a zone has one SOA record"),
        Rtype::CNAME => (Rule::SeveralCnames, "a name is an alias of one other name"),
        _ => (
            Rule::SeveralDnames,
            "a subtree is redirected to one other place",
        ),
    };
    let [again, first] = [defect.at, defect.first].map(|at| context.at(rtype, at).rtype());
    Finding::new(rule, again, format!("a second {rtype} at this name"))
        .related(first, "the first one")
        .help(help)
}

fn other_class(context: &Context<'_>, defect: &Defect) -> Finding {
    let place = context.of_any_type(defect.at).class();
    Finding::new(
        Rule::OtherClass,
        place,
        "the zone is of class IN, this record is not",
    )
    .help("leave the class out")
}

fn too_many(context: &Context<'_>, defect: &Defect) -> Finding {
    let place = context.of_any_type(defect.at).whole();
    Finding::new(
        Rule::ZoneTooLarge,
        place,
        "from here on the zone is larger than it may be",
    )
}

fn set_too_large(context: &Context<'_>, defect: &Defect) -> Finding {
    let [over, first] = [defect.at, defect.first].map(|at| context.of_any_type(at).whole());
    Finding::new(
        Rule::SetTooLarge,
        over,
        "from here on the set does not fit into any message",
    )
    .related(first, "the first record of the set")
}

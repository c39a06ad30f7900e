//! What every check has at hand: the zone, its text, and the report it writes to.

use core::cell::Cell;

use rr::{NameRef, Rtype};
use zonefile::{Pos, SourceMap, Span};

use super::entry::Entry;
use super::report::{Report, Reported};
use super::syntax::Lost;
use super::{CheckOptions, Finding};
use crate::node::{Node, RrsetRef};
use crate::rules::Rule;
use crate::{Unchecked, Zone};

/// A check under way.
pub(super) struct Context<'a> {
    pub(super) zone: &'a Zone<Unchecked>,
    pub(super) apex: NameRef<'a>,
    pub(super) map: &'a SourceMap,
    pub(super) now_secs: Option<u32>,
    /// What the zone may have and the check cannot see.
    pub(super) lost: Lost,
    report: Report,
    /// Whether something was asked of a text that is not there; none if the text is there.
    missed: Option<Cell<bool>>,
}

impl<'a> Context<'a> {
    pub(super) fn new(zone: &'a Zone<Unchecked>, options: &CheckOptions<'a>) -> Context<'a> {
        Context {
            zone,
            apex: zone.apex(),
            map: options.map,
            now_secs: options.now_secs,
            lost: Lost::default(),
            report: Report::new(options.policy.in_zone(zone.apex())),
            missed: None,
        }
    }

    /// The same without the text, whose map is empty: what would have been asked of it is noted.
    pub(super) fn without_text(
        zone: &'a Zone<Unchecked>,
        options: &CheckOptions<'a>,
    ) -> Context<'a> {
        Context {
            missed: Some(Cell::new(false)),
            ..Context::new(zone, options)
        }
    }

    /// To be asked before a finding turns on what the text says.
    pub(super) fn has_text(&self) -> bool {
        self.missed.iter().for_each(|missed| missed.set(true));
        self.missed.is_none()
    }

    /// Whether anybody reads what is found.
    pub(super) fn is_read(&self) -> bool {
        self.missed.is_none()
    }

    /// Whether a check wanted to see the text and could not.
    pub(super) fn missed_text(&self) -> bool {
        self.missed.as_ref().is_some_and(Cell::get)
    }

    /// The first error so far, whatever a comment may allow.
    pub(super) fn first_error(&self) -> Option<Rule> {
        self.report.first_error()
    }

    /// Reports something about the record written at `record`, where a comment may allow it.
    pub(super) fn report(&mut self, record: Pos, finding: Finding) {
        self.report.push(record, finding);
    }

    /// All findings, allowed ones left out, in the order of the text.
    pub(super) fn finish(self) -> Reported {
        self.report.finish(self.map)
    }

    /// The records of a set as they were written, in canonical order like [`RrsetRef::rdatas`].
    pub(super) fn written(&self, rrset: RrsetRef<'_>) -> impl Iterator<Item = Written<'a>> {
        let (map, rtype) = (self.map, rrset.rtype());
        // A record that a patch kept from the version before has no place: the start of the text stands for it.
        let places = self.zone.places(rrset).map(Option::unwrap_or_default);
        places.map(move |at| Written { map, rtype, at })
    }

    /// The record of this number in canonical order.
    pub(super) fn nth(&self, rrset: RrsetRef<'_>, number: usize) -> Written<'a> {
        self.at(
            rrset.rtype(),
            self.zone.place(rrset, number).unwrap_or_default(),
        )
    }

    /// The record of a set that comes first in the text.
    pub(super) fn first(&self, rrset: RrsetRef<'_>) -> Written<'a> {
        let first = self.written(rrset).min_by_key(|written| written.at);
        first.unwrap_or(self.at(rrset.rtype(), Pos::default()))
    }

    /// The record of a name that comes first in the text.
    pub(super) fn first_of(&self, node: Node<'_>) -> Option<Written<'a>> {
        let all = node.rrsets().chain(node.signatures());
        all.map(|rrset| self.first(rrset))
            .min_by_key(|written| written.at)
    }

    /// The record written at `at`, of whatever type.
    pub(super) fn of_any_type(&self, at: Pos) -> Written<'a> {
        let rtype = Entry::at(self.map, at).and_then(|entry| entry.some_rtype());
        self.at(rtype.unwrap_or(Rtype::A), at)
    }

    /// The record of this type written at `at`.
    pub(super) fn at(&self, rtype: Rtype, at: Pos) -> Written<'a> {
        Written {
            map: self.map,
            rtype,
            at,
        }
    }
}

/// A record as it stands in the text. Each place is looked for when it is asked for.
#[derive(Clone, Copy)]
pub(super) struct Written<'a> {
    map: &'a SourceMap,
    rtype: Rtype,
    pub(super) at: Pos,
}

impl<'a> Written<'a> {
    /// The owner, or what stands in its place when it is that of the record above.
    pub(super) fn owner(self) -> Span {
        self.field(|entry| entry.owner().or(entry.rtype(self.rtype)))
    }

    /// Whether the line names its owner.
    pub(super) fn names_owner(self) -> bool {
        Entry::at(self.map, self.at).is_some_and(|entry| entry.owner().is_some())
    }

    /// Whether the line names this type.
    pub(super) fn is_of_its_type(self) -> bool {
        Entry::at(self.map, self.at).is_some_and(|entry| entry.rtype(self.rtype).is_some())
    }

    /// The class, or the type if it is not said.
    pub(super) fn class(self) -> Span {
        self.field(|entry| entry.class(self.rtype).or(entry.rtype(self.rtype)))
    }

    /// The TTL, or the type if the TTL comes from elsewhere.
    pub(super) fn ttl(self) -> Span {
        self.field(|entry| entry.ttl(self.rtype).or(entry.rtype(self.rtype)))
    }

    /// The type.
    pub(super) fn rtype(self) -> Span {
        self.field(|entry| entry.rtype(self.rtype))
    }

    /// A field of the data, counted from 0.
    pub(super) fn data(self, number: usize) -> Span {
        self.field(|entry| entry.data(self.rtype, number).or(entry.rtype(self.rtype)))
    }

    /// The data from a field on.
    pub(super) fn data_from(self, number: usize) -> Span {
        self.field(|entry| {
            entry
                .data_from(self.rtype, number)
                .or(entry.rtype(self.rtype))
        })
    }

    /// The whole record, owner to data.
    pub(super) fn whole(self) -> Span {
        self.field(|_| None)
    }

    /// The text of a span.
    pub(super) fn text(self, span: Span) -> &'a [u8] {
        self.map.text(span)
    }

    fn field(self, of: impl Fn(&Entry<'a>) -> Option<Span>) -> Span {
        let nowhere = Span {
            start: self.at,
            end: self.at,
        };
        Entry::at(self.map, self.at).map_or(nowhere, |entry| of(&entry).unwrap_or(entry.whole()))
    }
}

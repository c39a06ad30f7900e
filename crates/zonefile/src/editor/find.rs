//! Where records stand in the text, and what they say there.

use alloc::vec::Vec;
use core::ops::Range;

use rr::{Name, NameRef, Rtype, Ttl};

use super::{
    EditError, Editor, RecordRef,
    start::{Start, Step, Walk},
    style, words,
};
use crate::entry::Fields;

/// One record in the text, and what is in force before it.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) range: Range<usize>,
    pub(super) fields: Fields,
    pub(super) before: Start,
}

impl Editor {
    pub(super) fn find(&self, record: RecordRef<'_>) -> Result<Found, EditError> {
        let matches = |found: &Found, editor: &Editor| {
            editor.is_of(found, record.owner, record.rtype) && editor.has_data(found, record)
        };
        self.find_from(0, matches).ok_or(EditError::NotFound)
    }

    /// The first record at or behind offset `from` that is wanted.
    pub(super) fn find_from(
        &self,
        from: usize,
        wanted: impl Fn(&Found, &Editor) -> bool,
    ) -> Option<Found> {
        let mut walk = self.walk();
        while let Some(found) = walk.next_record() {
            if found.range.start >= from && wanted(&found, self) {
                return Some(found);
            }
        }
        None
    }

    pub(super) fn walk(&self) -> Walk<'_> {
        Walk::new(
            &self.text,
            &self.path,
            (0, self.start.clone()),
            &self.included,
        )
    }

    /// What is in force after the record.
    pub(super) fn after(&self, found: &Found) -> Start {
        let mut after = found.before.clone();
        after.pass_record(&self.text, &found.fields);
        after
    }

    pub(super) fn is_of(&self, found: &Found, owner: NameRef<'_>, rtype: Rtype) -> bool {
        self.rtype_of(found) == Some(rtype)
            && self
                .owner_of(found)
                .is_some_and(|name| name.as_ref() == owner)
    }

    pub(super) fn rtype_of(&self, found: &Found) -> Option<Rtype> {
        Rtype::from_mnemonic(&self.text[found.fields.rtype.clone()])
    }

    pub(super) fn owner_of(&self, found: &Found) -> Option<Name> {
        found.before.owner_of(&self.text, &found.fields)
    }

    pub(super) fn ttl_of(&self, found: &Found) -> Option<Ttl> {
        found.before.ttl_of(&self.text, &found.fields)
    }

    pub(super) fn has_data(&self, found: &Found, record: RecordRef<'_>) -> bool {
        let same_class = found.before.class_of(&self.text, &found.fields) == record.class;
        let canonical = |rdata: &[u8]| {
            let mut out = Vec::new();
            rr::wire::canonical_rdata(record.rtype, rdata, &mut out);
            out
        };
        let data = words::rdata(&self.text, found, record.rtype);
        same_class && data.is_some_and(|data| canonical(&data) == canonical(record.rdata))
    }

    /// Behind which record a new one is put.
    pub(super) fn place_for(&self, record: RecordRef<'_>) -> Result<style::Place, EditError> {
        let mut place = style::Place::new(&self.start);
        let mut walk = self.walk();
        while let Some(step) = walk.next_step() {
            match step {
                Step::Directive(_) => place.offer_end(walk.at(), walk.state()),
                Step::Record(found) => place.offer(self.rank(&found, record)?, found, walk.state()),
            }
        }
        Ok(place)
    }

    pub(super) fn rank(
        &self,
        found: &Found,
        record: RecordRef<'_>,
    ) -> Result<style::Rank, EditError> {
        let same_owner = self
            .owner_of(found)
            .is_some_and(|name| name.as_ref() == record.owner);
        let same_set = same_owner && self.rtype_of(found) == Some(record.rtype);
        if same_set && self.has_data(found, record) {
            return Err(EditError::Exists);
        }
        Ok(match (same_set, same_owner) {
            (true, _) => style::Rank::SameSet,
            (_, true) => style::Rank::SameOwner,
            _ => style::Rank::Any,
        })
    }
}

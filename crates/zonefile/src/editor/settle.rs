//! Writes out what later records took from a record that is changed.

use alloc::{vec, vec::Vec};

use super::{
    EditError, Found, Included, Splice, spliced,
    start::{Change, Start, Step, Walk, key},
    words,
};
use crate::entry::{Entry, entries};

/// A file, as far as reading it goes.
#[derive(Clone, Copy)]
pub(super) struct Source<'t> {
    pub(super) text: &'t [u8],
    pub(super) path: &'t str,
    pub(super) included: &'t Included,
}

/// The changes from offset `at` on, so that each record there stays the same although `new` is in force and not `old`.
pub(super) fn settle(
    source: Source<'_>,
    at: usize,
    old: Start,
    mut new: Start,
) -> Result<Vec<Splice>, EditError> {
    let mut splices = vec![];
    let mut walk = Walk::new(source.text, source.path, (at, old), source.included);
    while !walk.state().gives_the_same_as(&new) {
        let before = walk.state().clone();
        let (range, changes) = match walk.next_step() {
            None => break,
            Some(Step::Record(found)) => (
                found.range.clone(),
                settle_record(source.text, &found, &new),
            ),
            Some(Step::Directive(entry)) => (
                entry.range(),
                settle_directive(source, &entry, &before, &new)?,
            ),
        };
        // The entry as it will be tells what is in force behind it.
        let text = spliced(source.text, range, &changes);
        for entry in entries(&text) {
            new.pass_entry(&entry, source.path, source.included);
        }
        splices.extend(changes);
    }
    Ok(splices)
}

impl Start {
    /// Whether it makes no difference to records which of the two is in force.
    pub(super) fn gives_the_same_as(&self, other: &Start) -> bool {
        self.has_owner_of(other)
            && self.class == other.class
            && self.default_ttl == other.default_ttl
            && (self.default_ttl.is_some() || self.last_ttl == other.last_ttl)
    }

    /// The same owner, in the same case.
    fn has_owner_of(&self, other: &Start) -> bool {
        let wire = |start: &Start| start.owner.as_ref().map(|name| name.as_wire().to_vec());
        wire(self) == wire(other)
    }
}

/// The owner and the class of a record, if it leaves them out and others are in force.
pub(super) fn settle_owner_and_class(
    text: &[u8],
    found: &Found,
    new: &Start,
) -> [Option<Splice>; 2] {
    let (old, fields) = (&found.before, &found.fields);
    let takes_owner = fields.owner.is_none() && !old.has_owner_of(new);
    let class = (fields.class.is_none() && old.class != new.class).then_some(old.class);
    [
        takes_owner.then(|| words::owner(text, found)).flatten(),
        words::stated(fields.rtype.start, None, class),
    ]
}

pub(super) fn settle_record(text: &[u8], found: &Found, new: &Start) -> Vec<Splice> {
    let (old, fields) = (&found.before, &found.fields);
    let mut splices = vec![];
    if fields.owner.is_none() && !old.has_owner_of(new) {
        splices.extend(words::owner(text, found));
    }
    let differs = old.inherited_ttl() != new.inherited_ttl();
    let ttl = old
        .inherited_ttl()
        .filter(|_| fields.ttl.is_none() && differs);
    let class = (fields.class.is_none() && old.class != new.class).then_some(old.class);
    splices.extend(words::stated(fields.rtype.start, ttl, class));
    splices
}

pub(super) fn settle_directive(
    source: Source<'_>,
    entry: &Entry<'_>,
    old: &Start,
    new: &Start,
) -> Result<Vec<Splice>, EditError> {
    match Change::of(entry) {
        Some(Change::Generate { ttl: None }) => {
            Ok(settle_generate(entry, old, new).into_iter().collect())
        }
        Some(Change::Include { named, origin }) => {
            let Some((path, text)) = source.included.get(&key(source.path, named)) else {
                return Ok(vec![]);
            };
            let inside = Source {
                text,
                path,
                ..source
            };
            let changes = settle(inside, 0, old.inside(origin), new.inside(origin))?;
            if changes.is_empty() {
                Ok(changes)
            } else {
                Err(EditError::IncludedFileRelies)
            }
        }
        _ => Ok(vec![]),
    }
}

fn settle_generate(entry: &Entry<'_>, old: &Start, new: &Start) -> Option<Splice> {
    let ttl = old
        .inherited_ttl()
        .filter(|_| old.inherited_ttl() != new.inherited_ttl());
    let class = (old.class != new.class).then_some(old.class);
    let behind_owner = entry
        .words()
        .get(3)
        .map_or(entry.range().end, |word| word.start);
    words::stated(behind_owner, ttl, class)
}

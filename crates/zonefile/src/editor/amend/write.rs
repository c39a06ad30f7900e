//! The walk that writes all changes of one file.

use alloc::{borrow::ToOwned, vec, vec::Vec};

use rr::{Rtype, Ttl};

use super::{
    super::{
        EditError, Found, RecordRef, Splice,
        settle::{Source, settle_directive, settle_owner_and_class, settle_record},
        spliced,
        start::{Change, Start, Step, Walk},
        style::{self, Place},
        words,
    },
    AmendError, Files,
    decide::{Act, Spot},
};
use crate::{
    Written,
    entry::{Entry, entries},
    ttl::read_ttl,
};

/// The changes of the text that was read as `visit`, whose spots are in the order of the text. `is_alone` says that no
/// other file changes.
pub(super) fn write(
    files: &Files,
    visit: usize,
    spots: &[&Spot<'_>],
    is_alone: bool,
) -> Result<Vec<Splice>, AmendError> {
    let mut pen = Pen {
        source: Source {
            text: files.text(visit),
            path: files.path(visit),
            included: &files.included,
        },
        is_alone,
        is_whole: files.is_whole,
        new: None,
        splices: vec![],
    };
    let mut spots = spots.iter().peekable();
    let mut walk = pen.walk_from(0, &files.trail.visits[visit].start);
    loop {
        let Some(next) = spots.peek().map(|spot| spot.at) else {
            if pen.new.is_none() {
                return Ok(pen.splices);
            }
            match pen.go_on(&mut walk, None)? {
                true => continue,
                false => break,
            }
        };
        if pen.new.is_none()
            && let Some(mark) = files.mark_before(visit, next, walk.at())
        {
            walk = pen.walk_from(mark.at, &mark.state);
        }
        let spot = spots.peek().copied().copied();
        match pen.go_on(&mut walk, spot)? {
            true if walk.at() > next => drop(spots.next()),
            true => {}
            // The end of the text is a spot too.
            false => break,
        }
    }
    for spot in spots {
        pen.write_behind(walk.state(), None, (pen.source.text.len(), &spot.behind));
    }
    match visit > 0 && pen.passes_on(walk.state()) {
        true => Err(pen.inherited()),
        false => Ok(pen.splices),
    }
}

impl Files {
    /// The last mark up to `to`, if it is behind `from`.
    fn mark_before(&self, visit: usize, to: usize, from: usize) -> Option<&crate::trail::Mark> {
        let marks = &self.trail.visits[visit].marks;
        let behind = marks.partition_point(|mark| mark.at <= to);
        marks[..behind].last().filter(|mark| mark.at > from)
    }
}

struct Pen<'t> {
    source: Source<'t>,
    is_alone: bool,
    /// Whether what `$INCLUDE`s leave in force is known.
    is_whole: bool,
    /// What is in force in the new text; none if it makes no difference which of the two is.
    new: Option<Start>,
    splices: Vec<Splice>,
}

impl<'t> Pen<'t> {
    fn walk_from(&self, at: usize, state: &Start) -> Walk<'t> {
        let Source {
            text,
            path,
            included,
        } = self.source;
        Walk::new(text, path, (at, state.clone()), included)
    }

    /// Passes one entry; `spot` is the next one. False at the end of the text.
    fn go_on(&mut self, walk: &mut Walk<'t>, spot: Option<&Spot<'_>>) -> Result<bool, AmendError> {
        let before = walk.state().clone();
        let Some(step) = walk.next_step() else {
            return Ok(false);
        };
        if !self.is_whole && is_include(&step) {
            return Err(self.inherited());
        }
        let spot = spot.filter(|spot| spot.at < walk.at());
        if spot.is_none() && self.new.is_none() {
            return Ok(true);
        }
        let new = self.new.take().unwrap_or_else(|| before.clone());
        let (range, changes) = match &step {
            Step::Record(found) => (
                found.range.clone(),
                self.of_record(found, &new, spot.map_or(&Act::Stay, |spot| &spot.act)),
            ),
            Step::Directive(entry) => (entry.range(), self.of_directive(entry, &before, &new)?),
        };
        let mut new = new;
        // The entry as it will be tells what is in force behind it.
        for entry in entries(&spliced(self.source.text, range.clone(), &changes)) {
            new.pass_entry(&entry, self.source.path, self.source.included);
        }
        self.splices.extend(changes);
        self.new = Some(new);
        if let Some(spot) = spot {
            let neighbour = match &step {
                Step::Record(found) => Some(found),
                Step::Directive(_) => None,
            };
            self.write_behind(walk.state(), neighbour, (range.end, &spot.behind));
        }
        if self
            .new
            .as_ref()
            .is_some_and(|new| walk.state().gives_the_same_as(new))
        {
            self.new = None;
        }
        Ok(true)
    }

    fn of_record(&self, found: &Found, new: &Start, act: &Act<'_>) -> Vec<Splice> {
        match act {
            Act::Stay => settle_record(self.source.text, found, new),
            Act::Go => vec![Splice {
                range: found.range.clone(),
                with: vec![],
            }],
            Act::Become(rdata, record) => self.become_other(found, new, (rdata, record)),
        }
    }

    fn become_other(
        &self,
        found: &Found,
        new: &Start,
        (rdata, record): (&[u8], &Written),
    ) -> Vec<Splice> {
        let text = self.source.text;
        let [owner, class] = settle_owner_and_class(text, found, new);
        let mut splices = vec![];
        if self.ttl_that_stands(found, new, record) != Some(record.ttl) {
            splices.extend(match (&owner, &found.fields.ttl) {
                // The blanks before it are those that the owner takes.
                (Some(_), None) => words::stated(found.fields.rtype.start, Some(record.ttl), None),
                _ => Some(words::ttl(text, &found.fields, record.ttl)),
            });
        }
        splices.extend(owner.into_iter().chain(class));
        if rdata != record.rdata {
            let old = RecordRef {
                rdata,
                ..of(record)
            };
            splices.extend(words::replaced(text, found, old, &record.rdata));
        }
        splices.sort_by_key(|splice| (splice.range.start, splice.range.end));
        splices
    }

    /// The TTL that the record has with its new data if its TTL is not touched.
    fn ttl_that_stands(&self, found: &Found, new: &Start, record: &Written) -> Option<Ttl> {
        let word = found.fields.ttl.clone();
        let stated = word.and_then(|word| read_ttl(&self.source.text[word]).ok());
        let of_soa = || {
            // Without any other, a SOA has its last field as TTL.
            let minimum = record.rdata.last_chunk();
            let minimum = minimum.filter(|_| record.rtype == Rtype::SOA);
            minimum.map(|minimum| Ttl::from_secs(u32::from_be_bytes(*minimum)))
        };
        stated.or_else(|| new.inherited_ttl()).or_else(of_soa)
    }

    fn of_directive(
        &self,
        entry: &Entry<'_>,
        before: &Start,
        new: &Start,
    ) -> Result<Vec<Splice>, AmendError> {
        if before.gives_the_same_as(new) {
            return Ok(vec![]);
        }
        if !self.is_alone && changes_files(entry) {
            // The other file may be the included one, and was changed as if nothing else were in force.
            return Err(self.inherited());
        }
        settle_directive(self.source, entry, before, new).map_err(|why| match why {
            EditError::Unreadable(error) => AmendError::Unreadable(error),
            _ => self.inherited(),
        })
    }

    /// Writes new records where `old` is in force in the old text.
    fn write_behind(
        &mut self,
        old: &Start,
        neighbour: Option<&Found>,
        (at, records): (usize, &[&Written]),
    ) {
        let mut after = self.new.take().unwrap_or_else(|| old.clone());
        for record in records {
            let place = Place::behind(neighbour.cloned(), at, after);
            let with = style::line(self.source.text, &place, of(record), record.ttl);
            let writes_ttl = place.writes_ttl(record.ttl);
            self.splices.push(Splice {
                range: at..at,
                with,
            });
            after = place.after;
            after.pass_new(of(record), record.ttl, writes_ttl);
        }
        self.new = Some(after);
    }

    /// Whether the file leaves another TTL or class to the one that includes it (RFC 1035 §5.1: not owner and origin).
    fn passes_on(&self, old: &Start) -> bool {
        let differs = |new: &Start| {
            let mut new = new.clone();
            new.owner.clone_from(&old.owner);
            !old.gives_the_same_as(&new)
        };
        self.new.as_ref().is_some_and(differs)
    }

    fn inherited(&self) -> AmendError {
        AmendError::Inherited(self.source.path.to_owned())
    }
}

fn is_include(step: &Step<'_>) -> bool {
    matches!(step, Step::Directive(entry) if changes_files(entry))
}

fn changes_files(entry: &Entry<'_>) -> bool {
    matches!(Change::of(entry), Some(Change::Include { .. }))
}

fn of(record: &Written) -> RecordRef<'_> {
    RecordRef {
        owner: record.owner.as_ref(),
        class: record.class,
        rtype: record.rtype,
        rdata: &record.rdata,
    }
}

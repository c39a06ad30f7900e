//! Two versions of one file, side by side.

use alloc::{sync::Arc, vec::Vec};
use core::ops::Range;

use super::meet::{Place, common, line_start, next_meeting};
use super::{Budget, Edit, Followed, Mark, Owners, Unclear, Visit, Written, gathered, hash};
use crate::{
    editor::Start,
    reader::{Limits, Outside, STRIDE, Stretch, byte_order_mark, is_utf16},
};

/// The comparison of one file, and what it adds to.
pub(super) struct Comparison<'c> {
    pub(super) edit: &'c Edit<'c>,
    pub(super) visit: &'c Visit,
    pub(super) limits: &'c Limits,
    pub(super) is_plain: &'c dyn Fn(&[u8]) -> bool,
    pub(super) is_included: bool,
    pub(super) budget: &'c mut Budget,
    pub(super) followed: &'c mut Followed,
}

/// A place in both texts where entries begin, and what is in force on both sides.
struct Meeting {
    at: Place,
    state: Arc<Start>,
}

/// A record, and where its words stand.
type Record = (Written, Range<usize>);
type Records = Vec<Record>;

impl Comparison<'_> {
    /// Goes through both texts; gives the marks of the new one.
    pub(super) fn run(&mut self) -> Result<Vec<Mark>, Unclear> {
        let (old, new) = (self.edit.old, self.edit.new);
        if is_utf16(new) {
            return Err(Unclear::Unreadable);
        }
        let mut marks = Vec::new();
        let mut met = Meeting {
            at: Place {
                old: byte_order_mark(old),
                new: byte_order_mark(new),
            },
            state: Arc::clone(&self.visit.start),
        };
        loop {
            let same = common(&old[met.at.old..], &new[met.at.new..]);
            let differs = met.at.further(same);
            met = self.carry(met, differs, &mut marks);
            if self.is_end(differs) {
                break;
            }
            forget_owners(&met, &mut marks);
            met = self.pass(&met, differs)?;
            if self.is_end(met.at) {
                break;
            }
        }
        self.read_owners(&mut marks);
        Ok(marks)
    }

    /// Where it is not known any more who has records behind a mark, that is read again.
    fn read_owners(&self, marks: &mut [Mark]) {
        for number in 0..marks.len() {
            let end = marks
                .get(number + 1)
                .map_or(self.edit.new.len(), |next| next.at);
            let mark = &mut marks[number];
            if mark.owners.is_none() {
                mark.owners = self.owners_between(mark, end);
            }
        }
    }

    fn owners_between(&self, mark: &Mark, end: usize) -> Option<Owners> {
        let mut outside = Outside::default();
        let begin = (mark.at, &*mark.state);
        Stretch::begin(self.edit.new, begin, self.limits, &mut outside)
            .read_records_to(end)
            .ok()?;
        let records = outside.into_records();
        let hashes = records
            .iter()
            .map(|(record, _)| hash(record.owner.as_ref()));
        Some(gathered(&mut hashes.collect()))
    }

    /// Takes over the marks between `met` and `to`, where the texts are equal; gives the last of them.
    fn carry(&self, met: Meeting, to: Place, marks: &mut Vec<Mark>) -> Meeting {
        let known = &self.visit.marks;
        let from = known.partition_point(|mark| mark.at < met.at.old);
        let behind = known.partition_point(|mark| mark.at <= to.old);
        let since = marks.last().map_or(0, |last: &Mark| met.at.new - last.at);
        if since >= STRIDE {
            marks.push(Mark {
                at: met.at.new,
                state: Arc::clone(&met.state),
                owners: None,
            });
        }
        let carried = known[from..behind].iter().map(|mark| Mark {
            at: mark.at - met.at.old + met.at.new,
            state: Arc::clone(&mark.state),
            owners: mark.owners.clone(),
        });
        marks.extend(carried);
        match known[from..behind].last() {
            Some(last) => Meeting {
                at: met.at.further(last.at - met.at.old),
                state: Arc::clone(&last.state),
            },
            None => met,
        }
    }

    /// Reads both sides from `met` over the place where they differ to where they meet again.
    fn pass(&mut self, met: &Meeting, differs: Place) -> Result<Meeting, Unclear> {
        let (mut left, mut right) = (Outside::default(), Outside::default());
        let again = self.meet_again(met, differs, [&mut left, &mut right])?;
        let (from, to) = (met.at, again.at);
        let (old, new) = (
            &self.edit.old[from.old..to.old],
            &self.edit.new[from.new..to.new],
        );
        if !(self.is_plain)(old) || !(self.is_plain)(new) {
            return Err(Unclear::Unreadable);
        }
        self.budget.octets -= old.len() + new.len();
        self.note(left.into_records(), right.into_records());
        Ok(again)
    }

    fn meet_again(
        &mut self,
        met: &Meeting,
        differs: Place,
        [left, right]: [&mut Outside; 2],
    ) -> Result<Meeting, Unclear> {
        let Edit { old, new, .. } = *self.edit;
        let mut left = Stretch::begin(old, (met.at.old, &met.state), self.limits, left);
        let mut right = Stretch::begin(new, (met.at.new, &met.state), self.limits, right);
        let mut to = self.search(met.at, differs)?;
        loop {
            self.spend(met.at, to)?;
            let ahead = [
                left.read_to(to.old)? - to.old,
                right.read_to(to.new)? - to.new,
            ];
            let (state, other) = (left.state(), right.state());
            let is_end = ahead == [0, 0] && self.is_end(to);
            if is_end && self.is_included && !leaves_the_same(&state, &other) {
                return Err(Unclear::Inherited);
            }
            if is_end || (ahead == [0, 0] && is_the_same(&state, &other)) {
                return Ok(Meeting {
                    at: to,
                    state: Arc::new(state),
                });
            }
            to = self.further(to, ahead.into_iter().max().unwrap_or_default())?;
        }
    }

    /// Behind `to`, where entries do not begin on both sides or not with the same in force: `octets` on, or one line, if
    /// the texts are equal that far.
    fn further(&mut self, to: Place, octets: usize) -> Result<Place, Unclear> {
        let (old, new) = (&self.edit.old[to.old..], &self.edit.new[to.new..]);
        let step = match octets {
            0 => crate::lexer::next_line(old, 0),
            _ => octets,
        };
        match common(&old[..step.min(old.len())], new) {
            same if same == step && step > 0 => Ok(to.further(step)),
            same => self.search(to, to.further(same)),
        }
    }

    fn search(&mut self, from: Place, differs: Place) -> Result<Place, Unclear> {
        let searches = self.budget.searches.checked_sub(1);
        self.budget.searches = searches.ok_or(Unclear::TooMuch)?;
        let lines = Place {
            old: line_start(self.edit.old, from.old, differs.old),
            new: line_start(self.edit.new, from.new, differs.new),
        };
        Ok(next_meeting(self.edit.old, self.edit.new, lines))
    }

    fn spend(&self, from: Place, to: Place) -> Result<(), Unclear> {
        match to.old - from.old + (to.new - from.new) > self.budget.octets {
            true => Err(Unclear::TooMuch),
            false => Ok(()),
        }
    }

    fn is_end(&self, place: Place) -> bool {
        place.old == self.edit.old.len() && place.new == self.edit.new.len()
    }

    /// Writes down the records that are not the same, in the same words and in the same order.
    fn note(&mut self, mut old: Records, mut new: Records) {
        let Edit {
            old: old_text,
            new: new_text,
            ..
        } = *self.edit;
        let same = |(old, new): (&Record, &Record)| {
            let words = [&old_text[old.1.clone()], &new_text[new.1.clone()]];
            words[0] == words[1] && is_the_same_record(&old.0, &new.0)
        };
        let end = old.iter().rev().zip(new.iter().rev());
        let end = end.take_while(|pair| same(*pair)).count();
        old.truncate(old.len() - end);
        new.truncate(new.len() - end);
        let start = old.iter().zip(&new).take_while(|pair| same(*pair)).count();
        let records = |side: Records| side.into_iter().skip(start).map(|(record, _)| record);
        self.followed.removed.extend(records(old));
        self.followed.added.extend(records(new));
    }
}

/// The records behind the last mark change, and those of marks that are not taken over come behind it.
fn forget_owners(met: &Meeting, marks: &mut Vec<Mark>) {
    match marks.last_mut() {
        Some(last) => last.owners = None,
        None => marks.push(Mark {
            at: met.at.new,
            state: Arc::clone(&met.state),
            owners: None,
        }),
    }
}

/// Names are equal whatever their case; here even that must be the same.
fn is_the_same_record(old: &Written, new: &Written) -> bool {
    old == new && old.owner.as_ref().as_wire() == new.owner.as_ref().as_wire()
}

fn is_the_same(one: &Start, other: &Start) -> bool {
    one == other && spelling(one) == spelling(other)
}

fn spelling(state: &Start) -> [Option<&[u8]>; 2] {
    [Some(&state.origin), state.owner.as_ref()].map(|name| Some(name?.as_ref().as_wire()))
}

/// Origin and owner end with the file (RFC 1035 §5.1); TTLs and class go on.
fn leaves_the_same(one: &Start, other: &Start) -> bool {
    let left = |state: &Start| (state.default_ttl, state.last_ttl, state.class);
    left(one) == left(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NoSources, SourceMap, Trail, editor::Forget, read_zone_with_trail};
    use alloc::{format, string::String};
    use rr::Name;

    fn trail_of(text: &str) -> Trail {
        let apex = Name::from_text("example.org").unwrap();
        let (mut map, limits) = (SourceMap::new(), Limits::default());
        let (apex, mut none) = (apex.as_ref(), NoSources);
        let (errors, trail) =
            read_zone_with_trail(apex, "", text, &mut none, &limits, &mut map, &mut Forget);
        assert_eq!(errors, []);
        trail
    }

    /// Whether an entry begins at each mark, and what it says is in force there.
    fn assert_right(trail: &Trail, text: &str) {
        let visit = &trail.visits[0];
        for mark in &visit.marks {
            let (limits, mut outside) = (Limits::default(), Outside::default());
            let begin = (0, &*visit.start);
            let mut stretch = Stretch::begin(text.as_bytes(), begin, &limits, &mut outside);
            assert_eq!(stretch.read_to(mark.at), Ok(mark.at));
            assert!(is_the_same(&stretch.state(), &mark.state), "at {}", mark.at);
        }
    }

    #[test]
    fn marks_move_with_the_text() {
        let line = |n| {
            format!(
                "h{n} TXT ( {n}\n{n} )\n$TTL {n}\n$ORIGIN o{}.example.org.\n",
                n % 9
            )
        };
        let mut text: String = "$TTL 1\n@ TXT x\n".into();
        text.extend((0..3_000).map(line));
        let mut trail = trail_of(&text);
        assert!(trail.visits[0].marks.len() > 5);
        for (from, to) in [
            ("h1500 ", "host1500 "),
            ("h10 ", "h10x "),
            ("$TTL 2000", "$TTL 02000"),
        ] {
            let many: String = (0..500).map(|n| format!("x{n} TXT x\n")).collect();
            let new = text.replace(from, &(many + to));
            let edit = Edit {
                path: "",
                old: text.as_bytes(),
                new: new.as_bytes(),
            };
            let followed = trail.follow(&[edit], &Limits::default(), &|_| true);
            (trail, text) = (followed.unwrap().trail, new);
            assert_right(&trail, &text);
        }
    }
}

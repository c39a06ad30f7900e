//! The same of a text of which the trail is known: only stretches in which the names stand are read.

use alloc::{collections::BTreeMap, vec::Vec};

use rr::{Name, NameRef};

use super::{Amended, Difference, Files, ZoneText, decide, locate::Finder};
use crate::{
    editor::Included,
    reader::{Limits, Outside, Sink, Stretch},
    source_map::{Pos, SourceMap, Span, Text},
    trail::{Mark, Trail, hash},
};

/// What is known of a text besides what is in it.
#[derive(Clone, Copy)]
pub struct Known<'k> {
    /// How it was read, or followed to.
    pub trail: &'k Trail,
    /// The name that a record which comes is written behind: its own owner, where that has records, or the last one with
    /// records before it in canonical order (RFC 4034 §6.1); none where that is the name of the zone, or there is none.
    pub behind: &'k dyn Fn(NameRef<'_>) -> Option<Name>,
}

/// As [`amend_text`](super::amend_text), with the same texts, at the cost of the stretches in which something is looked for
/// or changes. `texts` gives each file that the trail knows, as it was read; few of them are asked for.
///
/// None where it takes all of the text to know: for what is refused, for a name that stands in several files, where an
/// `$INCLUDE` stands behind a change that goes on.
pub fn amend_text_along(
    apex: NameRef<'_>,
    known: Known<'_>,
    texts: &mut dyn FnMut(&str) -> Option<Text>,
    difference: &Difference<'_>,
) -> Option<Vec<Amended>> {
    let wanted = Wanted::of(known, difference);
    let mut reading = Reading::open(known.trail, texts, &wanted)?;
    let own = reading.map.text_of(0)?.clone();
    let zone = ZoneText {
        apex,
        path: "",
        text: own,
    };
    let mut finder = Finder::new(&zone, difference);
    let mut homes = Homes::new();
    for stretch in &reading.stretches {
        stretch.read(&reading.map, (&wanted, &mut homes), &mut finder)?;
    }
    let located = finder.located();
    let files = Files {
        map: core::mem::take(&mut reading.map),
        trail: known.trail.clone(),
        included: Included::new(),
        is_whole: false,
    };
    let spots = decide::decide(&located, difference, &files).ok()?;
    files.write(&spots).ok()
}

/// What is looked for.
struct Wanted {
    hashes: Vec<u32>,
    /// The last record of the zone's own file, as there is a name that goes behind no other.
    last: bool,
}

impl Wanted {
    fn of(known: Known<'_>, difference: &Difference<'_>) -> Wanted {
        let mut wanted = Wanted {
            hashes: Vec::new(),
            last: false,
        };
        for record in difference.removed.iter().chain(difference.added) {
            wanted.hashes.push(hash(record.owner.as_ref()));
        }
        for record in difference.added {
            match (known.behind)(record.owner.as_ref()) {
                Some(name) => wanted.hashes.push(hash(name.as_ref())),
                None => wanted.last = true,
            }
        }
        wanted.hashes.sort_unstable();
        wanted.hashes.dedup();
        wanted
    }
}

/// In which reading of a file the names stand. Of one that stands in several, the order of all files would tell which record
/// is the last.
type Homes = BTreeMap<u32, usize>;

/// The texts that are needed, in the places that they have in a reading of all; the others are empty there.
struct Reading<'k> {
    map: SourceMap,
    stretches: Vec<Part<'k>>,
}

/// A stretch of the text that was read as `visit`, up to `end`.
struct Part<'k> {
    visit: usize,
    start: Pos,
    mark: &'k Mark,
    end: usize,
}

impl<'k> Reading<'k> {
    fn open(
        trail: &'k Trail,
        texts: &mut dyn FnMut(&str) -> Option<Text>,
        wanted: &Wanted,
    ) -> Option<Reading<'k>> {
        let mut reading = Reading {
            map: SourceMap::new(),
            stretches: Vec::new(),
        };
        for (number, visit) in trail.visits.iter().enumerate() {
            let mut found = visit.stretches_of(&wanted.hashes);
            if number == 0
                && wanted.last
                && let Some(last) = visit.last_stretch()
            {
                found.retain(|(mark, _)| mark.at != last.0.at);
                found.push(last);
            }
            let text = match number == 0 || !found.is_empty() {
                true => texts(&visit.path).filter(|text| text.len() == visit.octets)?,
                false => Text::from(Vec::new()),
            };
            let start = reading.map.add(visit.path.as_str(), text, None)?;
            let parts = found.into_iter().map(|(mark, end)| Part {
                visit: number,
                start,
                mark,
                end,
            });
            reading.stretches.extend(parts);
        }
        Some(reading)
    }
}

impl Part<'_> {
    fn read(
        &self,
        map: &SourceMap,
        (wanted, homes): (&Wanted, &mut Homes),
        finder: &mut Finder<'_>,
    ) -> Option<()> {
        let (limits, mut outside) = (Limits::default(), Outside::default());
        let begin = (self.mark.at, &*self.mark.state);
        Stretch::begin(map.text_of(self.visit)?, begin, &limits, &mut outside)
            .read_records_to(self.end)
            .ok()?;
        for (record, words) in outside.into_records() {
            let pos = |at: usize| Pos(self.start.0 + at as u32);
            let at = Span {
                start: pos(words.start),
                end: pos(words.end),
            };
            let owner = record.owner.as_ref();
            let hash = hash(owner);
            if wanted.hashes.binary_search(&hash).is_ok()
                && *homes.entry(hash).or_insert(self.visit) != self.visit
            {
                return None;
            }
            finder.record(
                owner,
                record.class,
                record.ttl,
                record.rtype,
                &record.rdata,
                at,
            );
        }
        Some(())
    }
}

impl core::fmt::Debug for Known<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Known({} octets)", self.trail.octets())
    }
}

//! Who brought each record in, and who set its TTL.

use super::{Past, Version};
use crate::changes::{self, Change};
use crate::records::Record;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::rc::Rc;

/// A record and the commits behind it.
#[derive(Debug)]
pub(crate) struct Blamed<C> {
    pub(crate) record: Rc<Record>,
    /// Which brought in owner, type and data.
    pub(crate) brought_by: C,
    /// Which brought them in with this TTL: the same, or one that only changed the TTL.
    pub(crate) ttl_by: C,
}

/// Traces every record of the newest version, and stops when all are found.
pub(crate) fn blame<P: Past>(tip: P) -> Result<Vec<Blamed<P::Commit>>, P::Error> {
    let records = tip.version().records.clone();
    let mut search = Search {
        open: BTreeMap::new(),
        found: vec![None; 2 * records.len()],
    };
    let traces = |(number, record): (usize, &Rc<Record>)| {
        [Followed::Data, Followed::Ttl].map(|what| Trace {
            record: Rc::clone(record),
            what,
            slot: 2 * number + what as usize,
            seen_in: None,
        })
    };
    let traces = records.iter().enumerate().flat_map(traces).collect();
    search.go_on_with(tip, traces);
    while let Some((_, group)) = search.open.pop_last() {
        search.pass_on(group)?;
    }
    let mut found = search.found.into_iter().flatten();
    let blamed = records.into_iter().map_while(|record| {
        Some(Blamed {
            record,
            brought_by: found.next()?,
            ttl_by: found.next()?,
        })
    });
    Ok(blamed.collect())
}

/// What of a record is followed: each goes its own way through a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Followed {
    Data,
    Ttl,
}

/// One thing that is looked for.
struct Trace<C> {
    record: Rc<Record>,
    what: Followed,
    slot: usize,
    /// The last commit that showed it, where the version at hand may hide it.
    seen_in: Option<C>,
}

/// What is looked for from one commit on, sorted by record.
struct Group<P: Past> {
    past: P,
    traces: Vec<Trace<P::Commit>>,
}

struct Search<P: Past> {
    /// The newest commit is taken first, so that those who meet again at an older one go on together.
    open: BTreeMap<P::Age, Group<P>>,
    found: Vec<Option<P::Commit>>,
}

impl<P: Past> Search<P> {
    fn go_on_with(&mut self, past: P, traces: Vec<Trace<P::Commit>>) {
        if traces.is_empty() {
            return;
        }
        match self.open.entry(past.age()) {
            Entry::Vacant(place) => drop(place.insert(Group { past, traces })),
            Entry::Occupied(mut group) => {
                let both = &mut group.get_mut().traces;
                both.extend(traces);
                sort(both);
            }
        }
    }

    /// Each goes to the first parent that has it, else to the first that may hide it, else it was found here.
    fn pass_on(&mut self, group: Group<P>) -> Result<(), P::Error> {
        let Group { past, mut traces } = group;
        let (mut number, mut hiding) = (0, None);
        while !traces.is_empty()
            && let Some(parent) = past.parent(number)?
        {
            let (here, there) = split(past.version(), parent.version(), traces);
            traces = here;
            match hiding.is_none() && !parent.version().is_whole {
                // Those that it may hide are known only when all parents were asked.
                true => hiding = Some((parent, there)),
                false => self.go_on_with(parent, there),
            }
            number += 1;
        }
        for trace in &mut traces {
            trace.seen_in.get_or_insert_with(|| past.commit());
        }
        match hiding {
            Some((parent, mut there)) => {
                there.extend(traces);
                sort(&mut there);
                self.go_on_with(parent, there);
            }
            None => self.found_here(traces),
        }
        Ok(())
    }

    fn found_here(&mut self, traces: Vec<Trace<P::Commit>>) {
        for trace in traces {
            self.found[trace.slot] = trace.seen_in;
        }
    }
}

fn sort<C>(traces: &mut [Trace<C>]) {
    traces.sort_by(|left, right| left.record.compare(&right.record));
}

type Split<C> = (Vec<Trace<C>>, Vec<Trace<C>>);

/// Those that the older version has not, and those that it has.
fn split<C>(newer: &Rc<Version>, older: &Rc<Version>, traces: Vec<Trace<C>>) -> Split<C> {
    if Rc::ptr_eq(newer, older) {
        return (Vec::new(), traces);
    }
    let new = marked_new(newer, older, &traces);
    let (mut here, mut there): Split<C> = (Vec::new(), Vec::with_capacity(traces.len()));
    for (trace, is_new) in traces.into_iter().zip(new) {
        let is_here = match &trace.seen_in {
            None => is_new,
            Some(_) => !older.shows(&trace.record, trace.what),
        };
        match is_here {
            true => here.push(trace),
            false => there.push(Trace {
                seen_in: None,
                ..trace
            }),
        }
    }
    (here, there)
}

/// For each trace whether the newer version brought in what it follows: found from the few changes, not from the many traces.
fn marked_new<C>(newer: &Version, older: &Version, traces: &[Trace<C>]) -> Vec<bool> {
    let mut marks = vec![false; traces.len()];
    for change in changes::between(&older.records, &newer.records) {
        let (record, is_only_ttl) = match change {
            Change::Removed(_) => continue,
            Change::Added(record) => (record, false),
            Change::Ttl { after, .. } => (after, true),
        };
        let from = traces.partition_point(|trace| trace.record.compare(record).is_lt());
        let same = traces[from..]
            .iter()
            .take_while(|trace| trace.record.compare(record).is_eq());
        for (trace, mark) in same.zip(&mut marks[from..]) {
            *mark = !is_only_ttl || trace.what == Followed::Ttl;
        }
    }
    marks
}

impl Version {
    fn shows(&self, record: &Record, what: Followed) -> bool {
        self.find(record)
            .is_some_and(|found| what == Followed::Data || found.ttl == record.ttl)
    }
}

//! What differs between two lists of records in canonical order.

use crate::records::{Record, Shown};
use serde::Serialize;
use std::borrow::Borrow;
use std::cmp::Ordering;
use std::ptr;

/// One record that is on one side only, or has another TTL on the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change<R> {
    Removed(R),
    Added(R),
    /// The same owner, type and data.
    Ttl {
        before: R,
        after: R,
    },
}

/// Both lists are sorted by [`Record::compare`] and have each record once, so one walk is enough.
pub(crate) fn between<'r, R: Borrow<Record>>(
    before: &'r [R],
    after: &'r [R],
) -> impl Iterator<Item = Change<&'r R>> {
    let (mut old, mut new) = (before.iter().peekable(), after.iter().peekable());
    let step = move || {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return None,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(left), Some(right)) => compare((*left).borrow(), (*right).borrow()),
        };
        Some(match order {
            Ordering::Less => (old.next(), None),
            Ordering::Greater => (None, new.next()),
            Ordering::Equal => (old.next(), new.next()),
        })
    };
    std::iter::from_fn(step).filter_map(|sides| match sides {
        (Some(before), Some(after)) if before.borrow().ttl == after.borrow().ttl => None,
        (Some(before), Some(after)) => Some(Change::Ttl { before, after }),
        (Some(before), None) => Some(Change::Removed(before)),
        (None, after) => after.map(Change::Added),
    })
}

/// Versions of a zone have most of their records in common, in memory too.
fn compare(left: &Record, right: &Record) -> Ordering {
    match ptr::eq(left, right) {
        true => Ordering::Equal,
        false => left.compare(right),
    }
}

/// A line of a difference. A changed TTL is the old record going and the new one coming.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Line {
    pub(crate) change: Sign,
    #[serde(flatten)]
    pub(crate) record: Shown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Sign {
    Removed,
    Added,
}

/// Changes in words.
pub(crate) fn lines<R: Borrow<Record>>(changes: impl Iterator<Item = Change<R>>) -> Vec<Line> {
    let mut lines = Vec::new();
    for change in changes {
        let (gone, come) = match change {
            Change::Removed(record) => (Some(record), None),
            Change::Added(record) => (None, Some(record)),
            Change::Ttl { before, after } => (Some(before), Some(after)),
        };
        let signed = [(Sign::Removed, gone), (Sign::Added, come)].into_iter();
        lines.extend(signed.filter_map(|(change, record)| {
            let record = record?.borrow().shown();
            Some(Line { change, record })
        }));
    }
    lines
}

impl Line {
    /// `+ www.example.org. 3600 IN A 192.0.2.1`
    pub(crate) fn to_text(&self) -> String {
        let sign = match self.change {
            Sign::Added => '+',
            Sign::Removed => '-',
        };
        format!("{sign} {}", self.record)
    }
}

//! Canonical order (RFC 4034 §6.1) of many names, eight octets of each at a time.
//!
//! The sort key of a name is its labels in lower case from the apex outwards, each closed by a zero
//! octet; octets 0 and 1 inside a label are escaped so that nothing sorts before the close. Plain
//! comparison of keys is then canonical order, and eight octets of a key fit in one number.

use alloc::vec::Vec;
use core::ops::Range;

/// Records with the same owner, one after the other in the arena.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    key: u64,
    start: u32,
    end: u32,
}

impl Run {
    /// A run that starts at `start`; the arena limit keeps offsets in 32 bits.
    pub(crate) fn begin(relative: &[u8], start: usize) -> Self {
        Run {
            key: key_chunk(relative, 0),
            start: start as u32,
            end: start as u32,
        }
    }

    pub(crate) fn end(&mut self, end: usize) {
        self.end = end as u32;
    }

    /// The owner up to the apex.
    pub(crate) fn owner(self, arena: &[u8]) -> &[u8] {
        let start = self.start as usize + 1;
        &arena[start..start + usize::from(arena[start - 1])]
    }

    pub(crate) fn records(self, arena: &[u8]) -> &[u8] {
        let start = self.start as usize;
        &arena[start + 1 + usize::from(arena[start])..self.end as usize]
    }

    pub(crate) fn has_owner_of(&self, other: &Run, arena: &[u8]) -> bool {
        self.key == other.key && self.owner(arena).eq_ignore_ascii_case(other.owner(arena))
    }
}

/// Sorts runs by owner, and by arrival where the owner is the same.
pub(crate) fn sort_runs(runs: &mut [Run], arena: &[u8]) {
    runs.sort_unstable_by_key(|run| (run.key, run.start));
    for same in equal_keys(runs) {
        sort_deeper(&mut runs[same], arena, 8);
    }
}

/// Sorts runs whose keys agree in the first `depth` octets.
fn sort_deeper(runs: &mut [Run], arena: &[u8], depth: usize) {
    let first = runs[0].key;
    for run in runs.iter_mut() {
        run.key = key_chunk(run.owner(arena), depth);
    }
    runs.sort_unstable_by_key(|run| (run.key, run.start));
    for same in equal_keys(runs) {
        // A chunk of zeros is what is behind the end of a key: the names are the same.
        if runs[same.start].key != 0 {
            sort_deeper(&mut runs[same], arena, depth + 8);
        }
    }
    runs.iter_mut().for_each(|run| run.key = first);
}

fn equal_keys(runs: &[Run]) -> Vec<Range<usize>> {
    let mut start = 0;
    let lengths = runs.chunk_by(|a, b| a.key == b.key).map(<[Run]>::len);
    lengths
        .map(|length| {
            start += length;
            start - length..start
        })
        .filter(|same| same.len() > 1)
        .collect()
}

/// Eight octets of the sort key of a name, from the `skip`th on; zeros behind its end.
fn key_chunk(relative: &[u8], skip: usize) -> u64 {
    let mut starts = [0; 128];
    let mut labels = 0;
    let mut at = 0;
    while at < relative.len() {
        starts[labels] = at as u8;
        labels += 1;
        at += usize::from(relative[at]) + 1;
    }
    let octets = starts[..labels].iter().rev().flat_map(|start| {
        let start = usize::from(*start);
        let label = &relative[start + 1..start + 1 + usize::from(relative[start])];
        label
            .iter()
            .flat_map(|octet| escaped(*octet))
            .chain(Some(0))
    });
    octets
        .skip(skip)
        .take(8)
        .enumerate()
        .fold(0, |key, (at, octet)| {
            key | u64::from(octet) << (56 - 8 * at)
        })
}

fn escaped(octet: u8) -> impl Iterator<Item = u8> {
    let (escape, octet) = match octet {
        0 | 1 => (Some(1), octet + 1),
        _ => (None, octet.to_ascii_lowercase()),
    };
    escape.into_iter().chain(Some(octet))
}

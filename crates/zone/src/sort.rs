//! Canonical order (RFC 4034 §6.1) of many names, eight octets of each at a time.
//!
//! The sort key of a name is its labels in lower case from the apex outwards, each closed by a zero
//! octet; octets 0 and 1 inside a label are escaped so that nothing sorts before the close. Plain
//! comparison of keys is then canonical order, and eight octets of a key fit in one number.

use crate::hash::{lower_word, short_word};
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
            key: first_chunk(relative),
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
    runs.sort_unstable_by_key(|run| run.key);
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
    runs.sort_unstable_by_key(|run| run.key);
    for same in equal_keys(runs) {
        // A chunk of zeros is what is behind the end of a key: the names are the same.
        match runs[same.start].key {
            0 => runs[same].sort_unstable_by_key(|run| run.start),
            _ => sort_deeper(&mut runs[same], arena, depth + 8),
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

/// The first eight octets of the sort key of a name; zeros behind its end.
fn first_chunk(relative: &[u8]) -> u64 {
    let starts = Starts::of(relative);
    let (mut key, mut filled) = (0, 0);
    for label in starts.labels_from_apex(relative) {
        let word = short_word(label);
        if has_escape(word, label.len()) {
            return key_chunk(relative, 0);
        }
        let word = lower_word(word).swap_bytes();
        key |= word >> (8 * filled);
        filled += label.len() + 1;
        if filled >= 8 {
            break;
        }
    }
    key
}

/// Eight octets of the sort key of a name, from the `skip`th on; zeros behind its end.
fn key_chunk(relative: &[u8], skip: usize) -> u64 {
    let starts = Starts::of(relative);
    let octets = starts.labels_from_apex(relative).flat_map(|label| {
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

/// Where the labels of a name start.
struct Starts {
    starts: [u8; 128],
    labels: usize,
}

impl Starts {
    #[inline]
    fn of(relative: &[u8]) -> Self {
        let (mut starts, mut labels, mut at) = ([0; 128], 0, 0);
        while at < relative.len() {
            starts[labels] = at as u8;
            labels += 1;
            at += usize::from(relative[at]) + 1;
        }
        Starts { starts, labels }
    }

    /// The labels without their lengths, the rightmost first.
    #[inline]
    fn labels_from_apex<'n>(&self, relative: &'n [u8]) -> impl Iterator<Item = &'n [u8]> {
        self.starts[..self.labels].iter().rev().map(|start| {
            let start = usize::from(*start);
            &relative[start + 1..start + 1 + usize::from(relative[start])]
        })
    }
}

/// Whether any of the first `len` octets of a word is 0 or 1.
fn has_escape(word: u64, len: usize) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let beyond = u64::MAX.checked_shl(8 * len as u32).unwrap_or(0);
    // 0 for the octets 0 and 1; then the classic test for a zero octet.
    let halved = (word & (ONES * 0xfe)) | beyond;
    halved.wrapping_sub(ONES) & !halved & (ONES * 0x80) != 0
}

fn escaped(octet: u8) -> impl Iterator<Item = u8> {
    let (escape, octet) = match octet {
        0 | 1 => (Some(1), octet + 1),
        _ => (None, octet.to_ascii_lowercase()),
    };
    escape.into_iter().chain(Some(octet))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names up to the apex, in canonical order; many agree in their first eight octets or more.
    const ORDERED: [&[u8]; 12] = [
        b"\x01\x00",
        b"\x02\x00\x00",
        b"\x02\x00\x01",
        b"\x01\x01",
        b"\x01!",
        b"\x01*",
        b"\x01a",
        b"\x01\x00\x01a",
        b"\x07abcdefg",
        b"\x08abcdefgh",
        b"\x02ns\x08abcdefgh",
        b"\x08abcdefgi",
    ];

    #[test]
    fn the_fast_and_the_general_way_to_a_key_agree() {
        for name in ORDERED {
            assert_eq!(first_chunk(name), key_chunk(name, 0), "{name:?}");
        }
        assert_eq!(first_chunk(b"\x02Ns"), 0x6e73_0000_0000_0000);
        assert_eq!(
            first_chunk(b"\x03ns1\x03D-1"),
            u64::from_be_bytes(*b"d-1\0ns1\0")
        );
    }

    #[test]
    fn runs_come_out_in_canonical_order() {
        let (mut arena, mut runs) = (Vec::new(), Vec::new());
        for name in ORDERED.iter().rev() {
            let mut run = Run::begin(name, arena.len());
            arena.push(name.len() as u8);
            arena.extend_from_slice(name);
            run.end(arena.len());
            runs.push(run);
        }
        sort_runs(&mut runs, &arena);
        let sorted: Vec<_> = runs.iter().map(|run| run.owner(&arena)).collect();
        assert_eq!(sorted, ORDERED);
    }
}

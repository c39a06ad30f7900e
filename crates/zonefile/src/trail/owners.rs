//! Which names have records between two marks, so that a name is found without reading all.

use alloc::{sync::Arc, vec::Vec};

use rr::NameRef;

use super::{Mark, Visit};

/// Hashes of the owners of the records behind a mark, sorted. Two names with one hash cost some reading in vain.
pub(crate) type Owners = Arc<[u32]>;

/// Sorts what was gathered, each once, and empties it.
pub(crate) fn gathered(hashes: &mut Vec<u32>) -> Owners {
    hashes.sort_unstable();
    hashes.dedup();
    let owners = Arc::from(hashes.as_slice());
    hashes.clear();
    owners
}

/// The same for all spellings of a name (RFC 4343). Nobody gains from names with one hash but reading in vain.
#[inline]
pub(crate) fn hash(owner: NameRef<'_>) -> u32 {
    const LOWER: u64 = 0x2020_2020_2020_2020;
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut mixed = 0_u64;
    for piece in owner.as_wire().chunks(8) {
        let mut octets = [0; 8];
        octets[..piece.len()].copy_from_slice(piece);
        // Letters of both cases get one form, and so do other octets, which does no harm.
        let word = u64::from_le_bytes(octets) | LOWER;
        mixed = (mixed.rotate_left(23) ^ word).wrapping_mul(FACTOR);
    }
    (mixed >> 32) as u32
}

impl Visit {
    /// The stretches, from a mark to the next one, in which there may be records of these names.
    pub(crate) fn stretches_of(&self, hashes: &[u32]) -> Vec<(&Mark, usize)> {
        let may_have = |mark: &Mark| match &mark.owners {
            Some(owners) => hashes.iter().any(|hash| owners.binary_search(hash).is_ok()),
            None => true,
        };
        self.stretches()
            .filter(|(mark, _)| may_have(mark))
            .collect()
    }

    /// The last stretch with a record.
    pub(crate) fn last_stretch(&self) -> Option<(&Mark, usize)> {
        let has_any =
            |(mark, _): &(&Mark, usize)| mark.owners.as_ref().is_none_or(|it| !it.is_empty());
        self.stretches().filter(has_any).last()
    }

    fn stretches(&self) -> impl Iterator<Item = (&Mark, usize)> {
        let ends = self.marks.iter().skip(1).map(|mark| mark.at);
        self.marks.iter().zip(ends.chain([self.octets]))
    }
}

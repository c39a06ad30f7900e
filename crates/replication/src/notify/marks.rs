//! A set of zones, a bit for each.

use alloc::vec::Vec;

use super::Zone;

const BITS: u32 = u64::BITS;

/// Zones that are to be told of, taken in turn.
#[derive(Debug, Default)]
pub(super) struct Marks {
    words: Vec<u64>,
    marked: usize,
    /// The word with which the next search begins, so that low numbers are not always first.
    from: usize,
}

impl Marks {
    pub(super) fn set(&mut self, zone: Zone) {
        let (word, bit) = place(zone);
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        self.marked += usize::from(self.words[word] & bit == 0);
        self.words[word] |= bit;
    }

    pub(super) fn clear(&mut self, zone: Zone) {
        let (word, bit) = place(zone);
        if let Some(octets) = self.words.get_mut(word)
            && *octets & bit != 0
        {
            *octets &= !bit;
            self.marked -= 1;
            self.from = word;
        }
    }

    pub(super) fn has(&self, zone: Zone) -> bool {
        let (word, bit) = place(zone);
        self.words.get(word).is_some_and(|octets| octets & bit != 0)
    }

    /// A zone that is marked and not another's, of which there are few.
    pub(super) fn next(&self, is_other: impl Fn(Zone) -> bool) -> Option<Zone> {
        if self.marked == 0 {
            return None;
        }
        let count = self.words.len();
        let words = (0..count).map(|step| (self.from + step) % count);
        words.into_iter().find_map(|word| {
            let mut left = self.words[word];
            while left != 0 {
                let bit = left.trailing_zeros();
                let zone = Zone(word as u32 * BITS + bit);
                if !is_other(zone) {
                    return Some(zone);
                }
                left &= left - 1;
            }
            None
        })
    }
}

fn place(zone: Zone) -> (usize, u64) {
    ((zone.0 / BITS) as usize, 1 << (zone.0 % BITS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_taken_in_turn() {
        let mut marks = Marks::default();
        let none = |_| false;
        assert_eq!(marks.next(none), None);
        for zone in [200, 3, 64, 3] {
            marks.set(Zone(zone));
        }
        let mut taken = Vec::new();
        while let Some(zone) = marks.next(none) {
            marks.clear(zone);
            taken.push(zone.0);
        }
        assert_eq!(taken, [3, 64, 200]);
        marks.set(Zone(3));
        marks.set(Zone(200));
        assert_eq!(marks.next(none), Some(Zone(200)), "where it was last");
        assert_eq!(marks.next(|zone| zone == Zone(200)), Some(Zone(3)));
        assert_eq!([3, 4].map(|zone| marks.has(Zone(zone))), [true, false]);
        marks.clear(Zone(9999));
        assert_eq!(marks.marked, 2);
    }
}

//! The names a response can point to (RFC 1035 §4.1.4).

use crate::names;

/// Places remembered; a bound on the work per name, whatever the size of the message.
const PLACES_MAX: usize = 32;
/// The first octet a pointer cannot reach.
const POINTABLE_END: usize = 1 << 14;

/// Where each suffix of the names written so far begins.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Places {
    known: [Place; PLACES_MAX],
    len: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Place {
    at: u16,
    /// Octets of the suffix without compression: names of different length differ.
    size: u8,
}

impl Places {
    /// Remembers the suffixes of the uncompressed `name` that begin in its first `new` octets, which stand at `at`.
    pub(super) fn learn(&mut self, at: usize, name: &[u8], new: usize) {
        let mut from = 0;
        while from < new && name[from] != 0 {
            let (Some(place), Some(at)) = (self.known.get_mut(self.len), pointable(at + from))
            else {
                return;
            };
            *place = Place {
                at,
                size: (name.len() - from) as u8,
            };
            self.len += 1;
            from += 1 + usize::from(name[from]);
        }
    }

    /// How many octets of the uncompressed `name` come before its longest known suffix, and where that stands.
    pub(super) fn longest_suffix(&self, message: &[u8], name: &[u8]) -> (usize, Option<u16>) {
        let mut from = 0;
        while name.len() - from > 1 {
            if let Some(at) = self.find(message, &name[from..]) {
                return (from, Some(at));
            }
            from += 1 + usize::from(name[from]);
        }
        (name.len(), None)
    }

    fn find(&self, message: &[u8], suffix: &[u8]) -> Option<u16> {
        let size = suffix.len() as u8;
        let same = |place: &&Place| {
            place.size == size && names::same_as_written(message, place.at.into(), suffix)
        };
        self.known[..self.len]
            .iter()
            .find(same)
            .map(|place| place.at)
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Forgets all places after the first `len`.
    pub(super) fn forget_after(&mut self, len: usize) {
        self.len = len;
    }
}

/// `at` if a pointer can reach it.
pub(super) fn pointable(at: usize) -> Option<u16> {
    if at < POINTABLE_END {
        Some(at as u16)
    } else {
        None
    }
}

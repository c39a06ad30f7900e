//! The names a response can point to (RFC 1035 §4.1.4), as a tree of labels: each place is a label below another.
//!
//! Following a name from the right, label by label, ends at the longest known suffix. The first octets of a label are
//! kept in a word, so that the search is a comparison of words and looks into the message for long labels only.

/// Places remembered; a bound on the work per label, whatever the size of the message.
const PLACES_MAX: usize = 24;
/// Records of a set whose names are noted.
const NAMES_MAX: usize = 16;
/// The first octet a pointer cannot reach.
const POINTABLE_END: usize = 1 << 14;
/// Labels of a name that are looked for; of a longer name no label is.
const LABELS_MAX: usize = 24;

/// A place, by number; 0 is the root, which has no place: a pointer to it would be longer than itself.
pub(super) type Node = u8;
/// The root.
const ROOT: Node = 0;

/// Where the labels written so far stand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places {
    /// The length octet and the first seven octets of each label, in lower case.
    words: [u64; PLACES_MAX],
    /// The place that follows each label.
    parents: [Node; PLACES_MAX],
    /// Where the length octet stands in the message.
    at: [u16; PLACES_MAX],
    len: usize,
}

/// The labels of a name, and how many of them, from the left, are new: none of them, if there are too many.
pub(super) struct Split {
    starts: [u8; LABELS_MAX],
    new: usize,
    /// Octets of the new labels.
    pub(super) octets: usize,
    /// The place of what follows them.
    pub(super) node: Node,
}

impl Places {
    pub(super) const NONE: Places = Places {
        words: [0; PLACES_MAX],
        parents: [ROOT; PLACES_MAX],
        at: [0; PLACES_MAX],
        len: 0,
    };

    /// Follows the labels of `name` from the right.
    #[inline]
    pub(super) fn split(&self, message: &[u8], name: &[u8]) -> Split {
        let end = name.len() - 1;
        let mut split = Split {
            starts: [0; LABELS_MAX],
            new: 0,
            octets: end,
            node: ROOT,
        };
        let mut from = 0;
        while from < end {
            let Some(start) = split.starts.get_mut(split.new) else {
                split.new = 0;
                return split;
            };
            *start = from as u8;
            split.new += 1;
            from += 1 + usize::from(name[from]);
        }
        while split.new > 0 {
            let start = usize::from(split.starts[split.new - 1]);
            let Some(child) = self.child(message, &name[start..], split.node) else {
                break;
            };
            (split.new, split.octets, split.node) = (split.new - 1, start, child);
        }
        split
    }

    /// Remembers the new labels of `name`, which stand at `at`. The last one first: the others are below it.
    #[inline]
    pub(super) fn learn(&mut self, at: usize, name: &[u8], split: &Split) {
        let mut parent = split.node;
        for start in split.starts[..split.new]
            .iter()
            .rev()
            .map(|start| usize::from(*start))
        {
            let Some(at) = pointable(at + start) else {
                return;
            };
            if self.len == PLACES_MAX {
                return;
            }
            self.words[self.len] = word(&name[start..]);
            self.parents[self.len] = parent;
            self.at[self.len] = at;
            self.len += 1;
            parent = self.len as Node;
        }
    }

    /// The place of the label that `label` begins with, below `parent`.
    #[inline]
    fn child(&self, message: &[u8], label: &[u8], parent: Node) -> Option<Node> {
        let word = word(label);
        let known = self
            .words
            .iter()
            .zip(&self.parents)
            .zip(&self.at)
            .take(self.len);
        let is_it = |((known, above), at): ((&u64, &Node), &u16)| {
            *known == word && *above == parent && same_end(message, usize::from(*at), label)
        };
        known
            .into_iter()
            .position(is_it)
            .map(|found| found as Node + 1)
    }

    /// Where a place stands; `None` for the root.
    #[inline]
    pub(super) fn at(&self, node: Node) -> Option<u16> {
        self.at.get(usize::from(node).wrapping_sub(1)).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Forgets all places after the first `len`.
    pub(super) fn forget_after(&mut self, len: usize) {
        self.len = len;
    }
}

/// Where the first names in the data of a set stand; 0 where a pointer does not reach.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names {
    pub(super) at: [u16; NAMES_MAX],
    pub(super) len: usize,
}

impl Names {
    pub(super) const NONE: Names = Names {
        at: [0; NAMES_MAX],
        len: 0,
    };

    /// Notes the name of the next record.
    #[inline]
    pub(super) fn push(&mut self, at: Option<u16>) {
        if let Some(free) = self.at.get_mut(self.len) {
            *free = at.unwrap_or(0);
            self.len += 1;
        }
    }
}

/// `at` if a pointer can reach it.
#[inline]
pub(super) fn pointable(at: usize) -> Option<u16> {
    if at < POINTABLE_END {
        Some(at as u16)
    } else {
        None
    }
}

/// The length octet and up to seven octets of a label, in lower case (RFC 4343 §3), the rest zero.
#[inline]
fn word(label: &[u8]) -> u64 {
    let octets = label.first_chunk().copied().unwrap_or_else(|| {
        let mut octets = [0; 8];
        octets[..label.len()].copy_from_slice(label);
        octets
    });
    let length = u32::from(octets[0]);
    let kept = if length < 7 {
        u64::MAX >> (8 * (7 - length))
    } else {
        u64::MAX
    };
    lower(u64::from_le_bytes(octets) & kept)
}

/// Eight octets with the ASCII capitals among them made small, all at once. A length octet is below `A`.
#[inline]
fn lower(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let low_bits = word & (ONES * 0x7F);
    let from_a = low_bits + ONES * (0x80 - 0x41);
    let beyond_z = low_bits + ONES * (0x80 - 0x5B);
    word | (from_a & !beyond_z & !word & (ONES * 0x80)) >> 2
}

/// Whether the labels, whose length and first seven octets are the same, are the same to the end.
#[inline]
fn same_end(message: &[u8], at: usize, label: &[u8]) -> bool {
    let size = 1 + usize::from(label[0]);
    size <= 8 || message[at + 8..at + size].eq_ignore_ascii_case(&label[8..size])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_capitals_are_made_small() {
        for octet in 0..=255_u8 {
            let made = lower(u64::from_le_bytes([octet; 8]));
            assert_eq!(made.to_le_bytes(), [octet.to_ascii_lowercase(); 8]);
        }
    }

    #[test]
    fn labels_are_told_apart() {
        let message = b"\x09abcdefghi\x09abcdefghj\x03www\x00";
        let mut places = Places::NONE;
        let split = places.split(message, message);
        assert_eq!((split.new, split.octets, split.node), (3, 24, ROOT));
        places.learn(0, message, &split);
        let again = places.split(message, b"\x09ABCDEFGHJ\x03WWW\x00");
        assert_eq!((again.new, places.at(again.node)), (0, Some(10)));
        let other = places.split(message, b"\x09abcdefghi\x03www\x00");
        assert_eq!(
            (other.new, places.at(other.node)),
            (1, Some(20)),
            "abcdefghi is not right below www"
        );
        let longer = places.split(message, b"\x09abcdefghk\x03www\x00");
        assert_eq!((longer.new, longer.octets), (1, 10));
    }
}

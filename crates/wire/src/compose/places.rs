//! The names a response can point to (RFC 1035 §4.1.4), as a tree of labels: each place is a label below another.
//!
//! Following a name from the right, label by label, ends at the longest known suffix. Of a place only its parent and where
//! it stands are kept, for most responses need none: what the label is stands in the message.

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
        parents: [ROOT; PLACES_MAX],
        at: [0; PLACES_MAX],
        len: 0,
    };

    /// Follows the labels of `name` from the right.
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

    /// Remembers the new labels of a name, which stand at `at`. The last one first: the others are below it.
    pub(super) fn learn(&mut self, at: usize, split: &Split) {
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
            self.parents[self.len] = parent;
            self.at[self.len] = at;
            self.len += 1;
            parent = self.len as Node;
        }
    }

    /// The place of the label that `label` begins with, below `parent`.
    #[inline]
    fn child(&self, message: &[u8], label: &[u8], parent: Node) -> Option<Node> {
        let known = self.parents.iter().zip(&self.at).take(self.len);
        let is_it = |(above, at): (&Node, &u16)| {
            *above == parent && same_label(&message[usize::from(*at)..], label)
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

/// Whether both begin with the same label (RFC 4343 §3). A length octet is below `A`.
#[inline]
fn same_label(one: &[u8], other: &[u8]) -> bool {
    let size = 1 + usize::from(other[0]);
    one[0] == other[0] && one[..size].eq_ignore_ascii_case(&other[..size])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_told_apart() {
        let message = b"\x09abcdefghi\x09abcdefghj\x03www\x00";
        let mut places = Places::NONE;
        let split = places.split(message, message);
        assert_eq!((split.new, split.octets, split.node), (3, 24, ROOT));
        places.learn(0, &split);
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

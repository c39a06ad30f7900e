//! Where labels begin in the octets of a name.

/// Whether a label of `name` begins at `at`.
pub(super) fn is_start(name: &[u8], at: usize) -> bool {
    let mut start = 0;
    while start < at {
        start += 1 + usize::from(name[start]);
    }
    start == at
}

/// How many octets at the end of both are the same labels (RFC 4343 §3). Both are rows of whole labels.
///
/// A name has few labels, so each is tried, the longest end first.
#[inline]
pub(super) fn shared_end(one: &[u8], other: &[u8]) -> usize {
    let mut start = 0;
    while start < one.len() {
        let end = &one[start..];
        if let Some(at) = other.len().checked_sub(end.len())
            && other[at] == end[0]
            && same_letters(end, &other[at..])
            && is_start(other, at)
        {
            return end.len();
        }
        start += 1 + usize::from(end[0]);
    }
    0
}

/// Whether both, which are short and as likely different, are the same.
#[inline]
fn same_letters(one: &[u8], other: &[u8]) -> bool {
    one.iter()
        .zip(other)
        .all(|(one, other)| one == other || one.eq_ignore_ascii_case(other))
}

/// Whether both are the same; most often they are spelt alike.
pub(super) fn same(one: &[u8], other: &[u8]) -> bool {
    one == other || one.eq_ignore_ascii_case(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_labels_are_shared() {
        assert_eq!(shared_end(b"\x03ns1\x02d5", b"\x03www\x02d5"), 3);
        assert_eq!(shared_end(b"\x03ns1\x02D5", b"\x02d5"), 3);
        assert_eq!(shared_end(b"\x02d5", b"\x03www\x02d5"), 3);
        assert_eq!(shared_end(b"\x02d5", b"\x02c5"), 0);
        assert_eq!(shared_end(b"", b"\x02c5"), 0);
        assert_eq!(shared_end(b"\x03www", b"\x03WWW"), 4);
    }

    /// A length octet of one may be a character of the other.
    #[test]
    fn what_looks_like_a_label_is_not_one() {
        assert_eq!(
            shared_end(b"\x01a\x01b", b"\x04xa\x01b"),
            0,
            "the last label of the second is one"
        );
        assert_eq!(shared_end(b"\x01x\x01b", b"\x02\x01b"), 0);
        assert_eq!(shared_end(b"\x02\x01b", b"\x01x\x01b"), 0);
        assert_eq!(shared_end(b"\x02\x01b\x01c", b"\x01x\x01b\x01c"), 2);
    }
}

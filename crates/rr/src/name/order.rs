//! Canonical order (RFC 4034 §6.1): label by label from the right, as lower-case octets.

use super::{MAX_LABELS, Name, NameRef};
use core::cmp::Ordering;

/// Where the labels of one name start, so that they can be walked from the right without searching.
#[derive(Clone, Debug)]
pub struct LabelStarts {
    starts: [u8; MAX_LABELS],
    count: usize,
}

impl LabelStarts {
    /// The starts of `name`'s labels, leftmost first, the root not counted.
    #[must_use]
    pub fn of(name: NameRef<'_>) -> Self {
        let octets = name.as_wire();
        let mut found = Self {
            starts: [0; MAX_LABELS],
            count: 0,
        };
        let mut at = 0;
        while octets[at] != 0 {
            found.starts[found.count] = u8::try_from(at).expect("a name has at most 255 octets");
            found.count += 1;
            at += 1 + usize::from(octets[at]);
        }
        found
    }

    /// Octet offsets of the length octets, leftmost label first.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.starts[..self.count]
    }
}

impl Ord for NameRef<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let (ours, theirs) = (LabelStarts::of(*self), LabelStarts::of(*other));
        let pairs = ours
            .as_slice()
            .iter()
            .rev()
            .zip(theirs.as_slice().iter().rev());
        for (&a, &b) in pairs {
            match label_at(*self, a).cmp(label_at(*other, b)) {
                Ordering::Equal => {}
                unequal => return unequal,
            }
        }
        ours.count.cmp(&theirs.count)
    }
}

/// The lower-case octets of the label whose length octet is at `start`.
fn label_at(name: NameRef<'_>, start: u8) -> impl Iterator<Item = u8> {
    let start = usize::from(start);
    let length = usize::from(name.as_wire()[start]);
    name.as_wire()[start + 1..=start + length]
        .iter()
        .map(u8::to_ascii_lowercase)
}

impl PartialOrd for NameRef<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_ref().cmp(&other.as_ref())
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn the_example_of_rfc_4034() {
        let ordered = [
            "example",
            "a.example",
            "yljkjljk.a.example",
            "Z.a.example",
            "zABC.a.EXAMPLE",
            "z.example",
            "\\001.z.example",
            "*.z.example",
            "\\200.z.example",
        ];
        let mut names: Vec<Name> = ordered
            .iter()
            .rev()
            .map(|n| Name::from_text(n).unwrap())
            .collect();
        names.sort();
        let expected: Vec<Name> = ordered
            .iter()
            .map(|n| Name::from_text(n).unwrap())
            .collect();
        assert_eq!(names, expected);
    }
}

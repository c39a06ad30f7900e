//! One object told as the difference from another, for edits in one place.
//!
//! What both begin and end with is copied, what lies between is written out: all that the change of
//! a record, or of an entry in a folder, needs. Two edits far apart cost what lies between them.

/// Instructions that make `new` from `old`; `None` where they would not save half of it.
///
/// The form is that of Git's `gitformat-pack`, "Deltified representation".
pub(super) fn between(old: &[u8], new: &[u8]) -> Option<Vec<u8>> {
    let start = common(old.iter(), new.iter());
    let (old_rest, new_rest) = (&old[start..], &new[start..]);
    let end = common(old_rest.iter().rev(), new_rest.iter().rev());
    let middle = &new_rest[..new_rest.len() - end];
    if middle.len() > new.len() / 2 {
        return None;
    }
    let mut delta = Vec::with_capacity(middle.len() + middle.len() / 127 + 64);
    write_size(&mut delta, old.len());
    write_size(&mut delta, new.len());
    copy(&mut delta, 0, start);
    for part in middle.chunks(127) {
        delta.push(part.len() as u8);
        delta.extend(part);
    }
    copy(&mut delta, old.len() - end, end);
    Some(delta)
}

fn common<'a>(left: impl Iterator<Item = &'a u8>, right: impl Iterator<Item = &'a u8>) -> usize {
    left.zip(right).take_while(|(a, b)| a == b).count()
}

fn write_size(delta: &mut Vec<u8>, mut size: usize) {
    while size >= 0x80 {
        delta.push((size & 0x7f) as u8 | 0x80);
        size >>= 7;
    }
    delta.push(size as u8);
}

/// Copies in steps of at most 0xffffff octets; the octets of offset and size that are zero are left out.
fn copy(delta: &mut Vec<u8>, mut from: usize, mut length: usize) {
    while length > 0 {
        let step = length.min(0x00ff_ffff);
        let at = delta.len();
        delta.push(0x80);
        let (offset, size) = (from.to_le_bytes(), step.to_le_bytes());
        for (bit, &octet) in offset[..4].iter().chain(&size[..3]).enumerate() {
            if octet != 0 {
                delta[at] |= 1 << bit;
                delta.push(octet);
            }
        }
        from += step;
        length -= step;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Follows the instructions as a receiver does.
    fn apply(old: &[u8], mut delta: &[u8]) -> Vec<u8> {
        let mut take = || {
            let (first, rest) = delta.split_first()?;
            delta = rest;
            Some(*first)
        };
        for _ in 0..2 {
            while take().is_some_and(|octet| octet >= 0x80) {}
        }
        let mut new = Vec::new();
        while let Some(head) = take() {
            if head < 0x80 {
                new.extend((0..head).map(|_| take().expect("an octet")));
                continue;
            }
            let mut fields = [0_usize; 2];
            for bit in 0..7 {
                let (field, shift) = (usize::from(bit >= 4), if bit < 4 { bit } else { bit - 4 });
                if head & (1 << bit) != 0 {
                    fields[field] |= usize::from(take().expect("an octet")) << (8 * shift);
                }
            }
            new.extend(&old[fields[0]..fields[0] + fields[1]]);
        }
        new
    }

    #[test]
    fn what_was_told_comes_out() {
        let long = vec![b'x'; 0x0200_0123];
        let changed = [&long[..0x0123_4567], b"other", &long[0x0123_4567..]].concat();
        let lines: String = (0..1000)
            .map(|n| format!("host{n} A 192.0.2.1\n"))
            .collect();
        let edited = lines.replace("host500 A 192.0.2.1", "host500 A 192.0.2.99");
        let cases: [(&[u8], &[u8]); 6] = [
            (lines.as_bytes(), edited.as_bytes()),
            (&long, &changed),
            (&changed, &long),
            (b"same", b"same"),
            (b"aaaa", b"aa"),
            (b"aa", b"aaaa"),
        ];
        for (old, new) in cases {
            let delta = between(old, new).expect("worth it");
            assert!(delta.len() < 100);
            assert!(apply(old, &delta) == new);
        }
        assert_eq!(between(b"abc", b"xyz"), None);
        assert_eq!(between(b"", b"new"), None);
    }
}

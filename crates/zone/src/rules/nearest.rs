//! "Did you mean": the known word that a misspelt one is nearest to.

use alloc::vec::Vec;

/// The value whose word takes the fewest edits to make from `text`, if they are few enough to be a slip: a third of
/// the letters, at least one. Of equals the first. Edits are those of a hand on a keyboard: a letter too many, too
/// few or wrong, and two swapped; case does not count.
pub fn nearest<'w, T>(text: &str, words: impl IntoIterator<Item = (&'w str, T)>) -> Option<T> {
    let slip = (text.len() / 3).max(1);
    let distances = words
        .into_iter()
        .map(|(word, value)| (distance(text.as_bytes(), word.as_bytes()), value));
    let (edits, value) = distances.min_by_key(|(edits, _)| *edits)?;
    (edits <= slip).then_some(value)
}

/// Optimal string alignment distance, ignoring ASCII case, one row of the table at a time.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i);
        for j in 1..=b.len() {
            let same = a[i - 1].eq_ignore_ascii_case(&b[j - 1]);
            let mut least = (above[j] + 1)
                .min(row[j - 1] + 1)
                .min(above[j - 1] + usize::from(!same));
            if i > 1 && j > 1 && swapped(&a[i - 2..i], &b[j - 2..j]) {
                least = least.min(before[j - 2] + 1);
            }
            row.push(least);
        }
        before = core::mem::replace(&mut above, row);
    }
    above[b.len()]
}

fn swapped(a: &[u8], b: &[u8]) -> bool {
    a[0].eq_ignore_ascii_case(&b[1]) && a[1].eq_ignore_ascii_case(&b[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        assert_eq!(distance(b"AA", b"A"), 1);
        assert_eq!(
            distance(b"$TLT", b"$TTL"),
            1,
            "two letters swapped are one slip"
        );
        assert_eq!(distance(b"kitten", b"SITTING"), 3);
        assert_eq!(distance(b"", b"abc"), 3);
    }

    #[test]
    fn a_distant_word_is_not_suggested() {
        assert_eq!(nearest("isue", [("iodef", 1), ("issue", 2)]), Some(2));
        assert_eq!(nearest("weather", [("iodef", 1), ("issue", 2)]), None);
        assert_eq!(nearest("", [("A", 1)]), Some(1));
    }
}

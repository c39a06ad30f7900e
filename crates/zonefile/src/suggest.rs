//! "Did you mean": the words nearest to a word that nobody knows.

use alloc::{vec, vec::Vec};

/// Longer words than this are not compared; every word we know is shorter.
const LONGEST: usize = 16;

/// Those of `known` that are as near to `word` as any, if that is near enough to be a slip of the fingers.
pub(crate) fn nearest<'k>(word: &[u8], known: impl Iterator<Item = &'k str>) -> Vec<&'k str> {
    let mut best = (allowed(word.len()) + 1, Vec::new());
    for candidate in known {
        let distance = distance(word, candidate.as_bytes());
        if distance < best.0 {
            best = (distance, vec![candidate]);
        } else if distance == best.0 && !best.1.is_empty() {
            best.1.push(candidate);
        }
    }
    best.1
}

/// What one slip of the fingers weighs.
const SLIP: usize = 2;

/// What a letter weighs that is there too often or too seldom, as in `AA` for `AAAA`.
const STUTTER: usize = 1;

/// How far a word of this length may be from what was meant.
fn allowed(octets: usize) -> usize {
    match octets {
        2..=4 => SLIP,
        5..=LONGEST => 2 * SLIP,
        _ => 0,
    }
}

/// The weight of all octets to insert, remove, change or swap with a neighbour, whatever their case.
fn distance(a: &[u8], b: &[u8]) -> usize {
    if a.len().max(b.len()) > LONGEST {
        return usize::MAX;
    }
    if squeezed(a).eq(squeezed(b)) {
        return if a.len() == b.len() { 0 } else { STUTTER };
    }
    let mut rows = [[0; LONGEST + 1]; LONGEST + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = cheapest(&rows, a, b, (i, j));
        }
    }
    rows[a.len()][b.len()] * SLIP
}

/// The octets in lower case, each run of the same only once.
fn squeezed(word: &[u8]) -> impl Iterator<Item = u8> {
    word.chunk_by(u8::eq_ignore_ascii_case)
        .map(|run| run[0].to_ascii_lowercase())
}

/// The distance of the first `i` octets of `a` to the first `j` of `b`, from those of shorter beginnings.
fn cheapest(rows: &[[usize; LONGEST + 1]], a: &[u8], b: &[u8], (i, j): (usize, usize)) -> usize {
    if i == 0 || j == 0 {
        return i + j;
    }
    let same = |x: usize, y: usize| a[x - 1].eq_ignore_ascii_case(&b[y - 1]);
    let changed = rows[i - 1][j - 1] + usize::from(!same(i, j));
    let one_more = rows[i - 1][j].min(rows[i][j - 1]) + 1;
    let swapped = i > 1 && j > 1 && same(i, j - 1) && same(i - 1, j);
    if swapped {
        changed.min(one_more).min(rows[i - 2][j - 2] + 1)
    } else {
        changed.min(one_more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 7] = ["A", "NS", "CNAME", "AAAA", "CAA", "$TTL", "$ORIGIN"];

    #[test]
    fn slips_of_the_fingers() {
        let near = |word: &str| nearest(word.as_bytes(), KNOWN.into_iter());
        assert_eq!(near("AA"), ["A", "AAAA"]);
        assert_eq!(near("AAA"), ["A", "AAAA"]);
        assert_eq!(near("CNMAE"), ["CNAME"]);
        assert_eq!(near("$TLT"), ["$TTL"]);
        assert_eq!(near("$ORGIN"), ["$ORIGIN"]);
        assert!(near("BANANA").is_empty());
        assert!(near("").is_empty());
    }
}

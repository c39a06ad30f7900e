//! Where two texts go on alike after a difference.

use alloc::vec::Vec;

use crate::lexer::next_line;

/// Lines looked at on each side for the nearest place; behind them only the common end of both texts counts.
const LINES: usize = 256;

/// A place in both texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) old: usize,
    pub(super) new: usize,
}

impl Place {
    pub(super) fn further(self, octets: usize) -> Place {
        Place {
            old: self.old + octets,
            new: self.new + octets,
        }
    }
}

/// How many octets both texts have in common at their beginning.
pub(super) fn common(old: &[u8], new: &[u8]) -> usize {
    // Whole blocks first: slices are compared many octets at a time.
    const BLOCK: usize = 4096;
    let blocks = old.chunks_exact(BLOCK).zip(new.chunks_exact(BLOCK));
    let start = blocks.take_while(|(old, new)| old == new).count() * BLOCK;
    let octets = old[start..].iter().zip(&new[start..]);
    start + octets.take_while(|(old, new)| old == new).count()
}

fn common_end(old: &[u8], new: &[u8]) -> usize {
    const BLOCK: usize = 4096;
    let blocks = old.rchunks_exact(BLOCK).zip(new.rchunks_exact(BLOCK));
    let end = blocks.take_while(|(old, new)| old == new).count() * BLOCK;
    let (old, new) = (&old[..old.len() - end], &new[..new.len() - end]);
    let octets = old.iter().rev().zip(new.iter().rev());
    end + octets.take_while(|(old, new)| old == new).count()
}

/// The start of the line that `at` lies in, but not before `from`, which is one.
pub(super) fn line_start(text: &[u8], from: usize, at: usize) -> usize {
    memchr::memrchr(b'\n', &text[from..at]).map_or(from, |feed| from + feed + 1)
}

/// The nearest place behind `from`, where lines begin that differ, at which both texts have the same two lines or end.
pub(super) fn next_meeting(old: &[u8], new: &[u8], from: Place) -> Place {
    let (olds, news) = (line_starts(old, from.old), line_starts(new, from.new));
    for distance in 1..olds.len() + news.len() {
        let first = distance.saturating_sub(news.len() - 1);
        for number in first..=distance.min(olds.len() - 1) {
            let place = Place {
                old: olds[number],
                new: news[distance - number],
            };
            if meets(old, new, place) {
                return place;
            }
        }
    }
    at_common_end(old, new, from)
}

/// This line's start and those after it, with the end of the text if it is near.
fn line_starts(text: &[u8], from: usize) -> Vec<usize> {
    let next = |&at: &usize| (at < text.len()).then(|| next_line(text, at));
    core::iter::successors(Some(from), next)
        .take(LINES)
        .collect()
}

fn meets(old: &[u8], new: &[u8], place: Place) -> bool {
    let two_lines = next_line(old, next_line(old, place.old)) - place.old;
    let (old, new) = (&old[place.old..], &new[place.new..]);
    match two_lines {
        0 => new.is_empty(),
        _ => {
            new.starts_with(&old[..two_lines]) && (old.len() > two_lines || new.len() == two_lines)
        }
    }
}

fn at_common_end(old: &[u8], new: &[u8], from: Place) -> Place {
    let octets = common_end(&old[from.old..], &new[from.new..]);
    // The octets before the common end differ or are missing, so that the first line of it may not be a whole one.
    let start = next_line(old, old.len() - octets);
    let end = Place {
        old: old.len(),
        new: new.len(),
    };
    Place {
        old: start,
        new: end.new - (end.old - start),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::String};

    fn meeting(old: &str, new: &str) -> (usize, usize) {
        let place = next_meeting(old.as_bytes(), new.as_bytes(), Place { old: 0, new: 0 });
        (place.old, place.new)
    }

    #[test]
    fn the_nearest_lines_are_found() {
        assert_eq!(meeting("a\nb\nc\nd\n", "x\nb\nc\nd\n"), (2, 2), "changed");
        assert_eq!(meeting("a\nb\nc\nd\n", "b\nc\nd\n"), (2, 0), "removed");
        assert_eq!(meeting("b\nc\nd\n", "a\nb\nc\nd\n"), (0, 2), "added");
        assert_eq!(meeting("a\nb", "x\nb"), (2, 2), "without a line end");
        assert_eq!(meeting("a\n", "x\ny\n"), (2, 4), "at the end");
        assert_eq!(meeting("", "x\n"), (0, 2), "in an empty text");
    }

    #[test]
    fn behind_many_lines_the_end_is_common() {
        let lines = |word: &str| -> String { (0..999).map(|n| format!("{word}{n}\n")).collect() };
        let (old, new) = (lines("a") + "same\nend\n", lines("bc") + "same\nend\n");
        let (at_old, at_new) = meeting(&old, &new);
        assert_eq!(
            (&old[at_old..], &new[at_new..]),
            ("same\nend\n", "same\nend\n")
        );
    }

    #[test]
    fn common_octets_are_counted() {
        let text = "0123456789".repeat(1000);
        let mut other = text.clone().into_bytes();
        other[5000] = b'x';
        assert_eq!(common(text.as_bytes(), &other), 5000);
        assert_eq!(common_end(text.as_bytes(), &other), 4999);
        assert_eq!(common(text.as_bytes(), text.as_bytes()), 10_000);
        assert_eq!(common(text.as_bytes(), &other[..4500]), 4500);
    }
}

//! Merge markers that somebody forgot in the text.
//!
//! Between `<<<<<<<` and `=======` stands one side, up to `>>>>>>>` the other. The reader takes the first side, so
//! that a conflict gives one message and not a pair of clashing records more.

use alloc::vec::Vec;
use core::ops::Range;

use crate::lexer::{line_end_from, next_line};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Marker {
    Ours,
    Base,
    Middle,
    Theirs,
}

/// One conflict: the lines of its markers, in order.
#[derive(Debug)]
pub(crate) struct Conflict {
    pub(crate) markers: Vec<Range<usize>>,
    complete: bool,
}

/// The conflicts of one file.
#[derive(Debug, Default)]
pub(crate) struct Conflicts {
    pub(crate) found: Vec<Conflict>,
    /// Markers before this offset are in `found` already; recovery may pass them twice.
    seen: usize,
    /// The last answer of [`end_of_conflict`], good for the stretch it looked at.
    looked_at: Range<usize>,
    end: Option<usize>,
}

/// The marker line at `at`, if there is one. `at` is the start of a line.
fn marker(text: &[u8], at: usize) -> Option<Marker> {
    let kind = match *text.get(at)? {
        b'<' => Marker::Ours,
        b'|' => Marker::Base,
        b'=' => Marker::Middle,
        b'>' => Marker::Theirs,
        _ => return None,
    };
    let sevenfold = text.get(at..at + 7)?.iter().all(|&octet| octet == text[at]);
    let ends = matches!(text.get(at + 7), None | Some(b' ' | b'\r' | b'\n'));
    (sevenfold && ends).then_some(kind)
}

/// Whether a merge marker stands at `at`, the start of a line.
pub(crate) fn is_marker(text: &[u8], at: usize) -> bool {
    marker(text, at).is_some()
}

/// Passes the markers at the start of the line `at`, and the second side of a conflict.
#[cold]
pub(crate) fn pass(text: &[u8], mut at: usize, conflicts: &mut Conflicts) -> usize {
    while let Some(kind) = marker(text, at) {
        let line = text[at..line_end_from(text, at)].trim_ascii_end();
        conflicts.note(kind, at..at + line.len());
        at = match kind {
            Marker::Ours | Marker::Theirs => next_line(text, at),
            Marker::Base | Marker::Middle => {
                let skip_to = conflicts.end_of_conflict(text, at);
                skip_to.unwrap_or_else(|| next_line(text, at))
            }
        };
    }
    at
}

impl Conflicts {
    fn note(&mut self, kind: Marker, line: Range<usize>) {
        if line.start < self.seen {
            return;
        }
        self.seen = line.start + 1;
        match self.found.last_mut() {
            Some(conflict) if kind != Marker::Ours && !conflict.complete => {
                conflict.markers.push(line);
                conflict.complete = kind == Marker::Theirs;
            }
            _ => self.found.push(Conflict {
                markers: [line].into(),
                complete: kind == Marker::Theirs,
            }),
        }
    }

    /// The `>>>>>>>` line of the conflict that `at` lies in, if it comes before another conflict begins.
    fn end_of_conflict(&mut self, text: &[u8], at: usize) -> Option<usize> {
        if !self.looked_at.contains(&at) {
            let (until, end) = end_of_conflict(text, next_line(text, at));
            (self.looked_at, self.end) = (at..until, end);
        }
        self.end
    }
}

fn end_of_conflict(text: &[u8], mut at: usize) -> (usize, Option<usize>) {
    while at < text.len() {
        match marker(text, at) {
            Some(Marker::Ours) => return (at, None),
            Some(Marker::Theirs) => return (at, Some(at)),
            _ => at = next_line(text, at),
        }
    }
    (at, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(text: &str) -> (usize, Conflicts) {
        let mut conflicts = Conflicts::default();
        (pass(text.as_bytes(), 0, &mut conflicts), conflicts)
    }

    #[test]
    fn one_side_is_left() {
        let (at, conflicts) = passed("<<<<<<< HEAD\na\n");
        assert_eq!((at, conflicts.found.len()), (13, 1));
        let (at, _) = passed("=======\nb\nc\n>>>>>>> other\nd");
        assert_eq!(at, 26);
        let (at, _) = passed("||||||| base\nb\n=======\nc\n>>>>>>> other\nd");
        assert_eq!(at, 39);
    }

    #[test]
    fn what_only_looks_like_a_marker() {
        for text in ["<<<<<< x", "<<<<<<<< x", "<<<<<<<x", "=", ""] {
            assert_eq!(passed(text).0, 0, "{text}");
        }
    }

    #[test]
    fn an_open_conflict_hides_nothing() {
        let text = "=======\nb\n<<<<<<< c\n";
        let (at, conflicts) = passed(text);
        assert_eq!((at, conflicts.found.len()), (8, 1));
    }
}

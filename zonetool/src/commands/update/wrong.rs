//! What is wrong with the words of an update, where, and what to write instead.

use super::record::Word;
use rr::text::TextError;
use std::error::Error;
use std::fmt;

/// Wrong words in a text, by their octets.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) start: usize,
    what: String,
    next: String,
}

impl Wrong {
    pub(super) fn new(word: &Word, what: impl Into<String>, next: impl Into<String>) -> Wrong {
        Wrong::at(word.start, what, next)
    }

    pub(super) fn at(start: usize, what: impl Into<String>, next: impl Into<String>) -> Wrong {
        Wrong {
            start,
            what: what.into(),
            next: next.into(),
        }
    }

    pub(super) fn missing(start: usize, what: &str, next: &str) -> Wrong {
        Wrong::at(start, format!("the {what} is missing"), next)
    }

    pub(super) fn of(error: &TextError, next: &str) -> Wrong {
        Wrong::at(error.start, error.kind.to_string(), next)
    }

    /// The same in a text that this one is a part of.
    pub(super) fn moved(self, by: usize) -> Wrong {
        Wrong {
            start: self.start + by,
            ..self
        }
    }

    /// With its place for people: `FILE:LINE:COLUMN`.
    pub(super) fn in_text(self, file: &str, text: &str) -> Placed {
        let start = self.start.min(text.len());
        let before = String::from_utf8_lossy(&text.as_bytes()[..start]).into_owned();
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        Placed {
            place: format!("{file}:{line}:{column}"),
            wrong: self,
        }
    }

    /// In the value of an option.
    pub(super) fn in_option(self, option: &str, value: &str) -> Placed {
        let column = self.start + 1;
        Placed {
            place: format!("{option} '{value}', column {column}"),
            wrong: self,
        }
    }
}

/// Wrong words, and where they are for people.
#[derive(Debug)]
pub(super) struct Placed {
    place: String,
    wrong: Wrong,
}

impl fmt::Display for Placed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Wrong { what, next, .. } = &self.wrong;
        write!(f, "{}: {what}; {next}", self.place)
    }
}

impl Error for Placed {}

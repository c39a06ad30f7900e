//! Lines of a script: comments and parentheses are gone from them, and what stands in parentheses is one line.

use super::super::wrong::Wrong;
use zeroize::Zeroizing;

/// A script of the same length, in which blanks stand for comments, parentheses, and ends of lines within these.
pub(super) struct Lines {
    text: Zeroizing<String>,
    /// Lines that are a comment only, by where they begin: they are not empty ones, which send.
    comments: Vec<usize>,
}

#[derive(Default)]
struct Scan {
    /// Where each parenthesis that is open stands.
    open: Vec<usize>,
    quoted: bool,
    in_comment: bool,
    escaped: bool,
    /// Nothing but blanks so far.
    at_begin: bool,
    /// The octet before was a blank or a parenthesis.
    after_blank: bool,
}

impl Lines {
    pub(super) fn of(script: &str) -> Result<Lines, Wrong> {
        let mut octets = Zeroizing::new(script.as_bytes().to_vec());
        let mut scan = Scan {
            at_begin: true,
            ..Scan::default()
        };
        let mut comments = Vec::new();
        let mut line_start = 0;
        for (at, octet) in octets.iter_mut().enumerate() {
            let begins_comment = scan.take(at, octet)?;
            scan.after_blank = octet.is_ascii_whitespace();
            if begins_comment {
                comments.push(line_start);
            }
            if *octet == b'\n' {
                line_start = at + 1;
            }
        }
        if let Some(start) = scan.open.first() {
            return Err(Wrong::at(
                *start,
                "this parenthesis is never closed",
                "close it",
            ));
        }
        let text = std::str::from_utf8(&octets).expect("whole comments and ASCII became blanks");
        Ok(Lines {
            text: Zeroizing::new(text.to_owned()),
            comments,
        })
    }

    /// Each line with its place in the script, those that are a comment left out.
    pub(super) fn all(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.split_inclusive('\n').scan(0, |next, line| {
            let start = *next;
            *next += line.len();
            Some((start, line))
        });
        lines.filter(|(start, _)| self.comments.binary_search(start).is_err())
    }
}

impl Scan {
    /// Makes a blank of an octet that is none of a command; true where a line turns out to be a comment.
    fn take(&mut self, at: usize, octet: &mut u8) -> Result<bool, Wrong> {
        if std::mem::take(&mut self.escaped) {
            return Ok(false);
        }
        let was_begin = self.at_begin;
        self.at_begin &= octet.is_ascii_whitespace();
        match *octet {
            b'\n' => self.end_of_line(octet),
            _ if self.in_comment => *octet = b' ',
            b'\\' => self.escaped = true,
            b'"' => self.quoted = !self.quoted,
            _ if self.quoted => {}
            // For nsupdate a `;` elsewhere is data, in parentheses, which it has not, a zone file's is meant.
            b';' if was_begin || (self.after_blank && !self.open.is_empty()) => {
                return Ok(self.begin_comment(octet, was_begin));
            }
            // nsupdate has `;` only; files of commands often have `#`.
            b'#' if was_begin && self.open.is_empty() => {
                return Ok(self.begin_comment(octet, was_begin));
            }
            b'(' => {
                self.open.push(at);
                *octet = b' ';
            }
            b')' => {
                *octet = b' ';
                self.open.pop().ok_or_else(|| {
                    Wrong::at(at, "this parenthesis was never opened", "leave it out")
                })?;
            }
            _ => {}
        }
        Ok(false)
    }

    fn end_of_line(&mut self, octet: &mut u8) {
        self.in_comment = false;
        self.quoted = false;
        match self.open.is_empty() {
            true => self.at_begin = true,
            false => *octet = b' ',
        }
    }

    fn begin_comment(&mut self, octet: &mut u8, was_begin: bool) -> bool {
        *octet = b' ';
        self.in_comment = true;
        was_begin && self.open.is_empty()
    }
}

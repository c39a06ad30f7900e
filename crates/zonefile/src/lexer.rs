//! Words, strings and the ends of entries: zone text without any meaning yet.
//!
//! An *entry* is what RFC 1035 §5.1 calls one: a line, or several that parentheses join, with its line end.

use memchr::memchr;
use rr::text::{TextError, TextErrorKind, Token, Tokens};

use crate::conflict::{self, Conflicts};

/// One lexical unit of an entry. Offsets are into the text of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lexeme {
    /// Octets between blanks, escapes as written.
    Word { start: usize, end: usize },
    /// The inside of a string in quotes, escapes as written. The quotes are at `start - 1` and `end`.
    Quoted { start: usize, end: usize },
    /// The entry is over; its line end, if it has one, is passed.
    End,
}

/// What is wrong with the shape of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The quote at this offset is not closed before its line ends.
    UnclosedQuote(usize),
    /// The parenthesis at this offset is not closed before the text ends, or before the entry is longer than allowed.
    UnclosedParenthesis(usize),
    /// The parenthesis at this offset closes nothing.
    StrayParenthesis(usize),
    /// The carriage return at this offset is not followed by a line feed.
    StrayCarriageReturn(usize),
}

/// What an octet means outside of strings and comments.
const WORD: u8 = 0;
const BLANK: u8 = 1;
const SPECIAL: u8 = 2;
const ESCAPE: u8 = 3;

static MEANING: [u8; 256] = {
    let mut table = [WORD; 256];
    table[b' ' as usize] = BLANK;
    table[b'\t' as usize] = BLANK;
    table[b'\r' as usize] = SPECIAL;
    table[b'\n' as usize] = SPECIAL;
    table[b'(' as usize] = SPECIAL;
    table[b')' as usize] = SPECIAL;
    table[b';' as usize] = SPECIAL;
    table[b'"' as usize] = SPECIAL;
    table[b'\\' as usize] = ESCAPE;
    table
};

/// Walks through the entries of one text.
#[derive(Debug)]
pub(crate) struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    entry: usize,
    behind: usize,
    depth: u32,
    opened: usize,
    ended: bool,
    /// The parenthesis of this entry is known to be unclosed: the end of the text closes it.
    pub(crate) lenient: bool,
    /// A quote of this entry is unclosed: what the others pair with is unknown, so they count as octets of words.
    blind: bool,
    /// `key="value"` is one word, as only service parameters have it (RFC 9460 §2.1).
    pub(crate) joins_values: bool,
    /// What stopped [`Tokens::next_token`], more exactly than its error says.
    pub(crate) fault: Option<Fault>,
    longest: usize,
    pub(crate) conflicts: Conflicts,
}

impl<'a> Lexer<'a> {
    /// Starts at `at`. No entry may have more than `longest` octets.
    pub(crate) fn new(text: &'a [u8], at: usize, longest: usize) -> Lexer<'a> {
        Lexer {
            text,
            at,
            entry: at,
            behind: at,
            depth: 0,
            opened: 0,
            ended: false,
            lenient: false,
            blind: false,
            joins_values: false,
            fault: None,
            longest,
            conflicts: Conflicts::default(),
        }
    }

    /// Offset of the next octet that is not looked at yet.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Begins the entry at the current place; `false` at the end of the text.
    pub(crate) fn begin_entry(&mut self) -> bool {
        self.pass_markers();
        self.entry = self.at;
        self.behind = self.at;
        self.depth = 0;
        self.ended = false;
        self.blind = false;
        self.joins_values = false;
        self.fault = None;
        self.at < self.text.len()
    }

    /// Whether the entry begins with a blank, so that it has the owner of the entry before.
    pub(crate) fn begins_blank(&self) -> bool {
        matches!(self.text.get(self.entry), Some(b' ' | b'\t'))
    }

    /// Offset of the first octet of the entry that is not a blank.
    #[inline]
    pub(crate) fn entry_start(&self) -> usize {
        let blanks = self.text[self.entry..]
            .iter()
            .take_while(|octet| matches!(octet, b' ' | b'\t'));
        self.entry + blanks.count()
    }

    /// The next unit of this entry; after the last one always [`Lexeme::End`].
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Lexeme, Fault> {
        if self.ended {
            return Ok(Lexeme::End);
        }
        while let Some(&octet) = self.text.get(self.at) {
            match MEANING[octet as usize] {
                BLANK => self.at += 1,
                SPECIAL if octet == b'\n' && self.depth == 0 => {
                    self.at += 1;
                    self.ended = true;
                    return Ok(Lexeme::End);
                }
                SPECIAL => {
                    if let Some(lexeme) = self.special(octet)? {
                        return Ok(lexeme);
                    }
                }
                _ => return Ok(self.word()),
            }
        }
        self.end_of_text()
    }

    #[inline]
    fn word(&mut self) -> Lexeme {
        let start = self.at;
        let mut at = start;
        while let Some(&octet) = self.text.get(at) {
            match MEANING[octet as usize] {
                WORD => at += 1,
                ESCAPE => at = self.after_escape(at),
                SPECIAL if octet == b'"' && self.joins_values => match self.after_value(at) {
                    Some(behind) => at = behind,
                    None => break,
                },
                _ => break,
            }
        }
        self.at = at;
        self.behind = at;
        Lexeme::Word { start, end: at }
    }

    /// An escaped octet never ends a word, but a line end cannot be escaped.
    fn after_escape(&self, backslash: usize) -> usize {
        match self.text[backslash + 1..] {
            [] | [b'\r'] | [b'\n', ..] | [b'\r', b'\n', ..] => backslash + 1,
            _ => backslash + 2,
        }
    }

    /// Behind the quoted value that starts at `quote`, if it is one.
    #[cold]
    fn after_value(&self, quote: usize) -> Option<usize> {
        let closing = self
            .closing_quote(quote)
            .filter(|_| self.text[quote - 1] == b'=')?;
        Some(closing + 1)
    }

    #[cold]
    fn special(&mut self, octet: u8) -> Result<Option<Lexeme>, Fault> {
        match octet {
            b'\n' => return self.line_end(1),
            b'\r' if self.text.get(self.at + 1) == Some(&b'\n') => return self.line_end(2),
            b'\r' if self.at + 1 == self.text.len() => self.at += 1,
            b'\r' => {
                self.at += 1;
                return Err(Fault::StrayCarriageReturn(self.at - 1));
            }
            b';' => self.at = line_end_from(self.text, self.at),
            b'"' if self.blind => self.at += 1,
            b'"' => return self.quoted().map(Some),
            b'(' => self.open(),
            _ => self.close()?,
        }
        Ok(None)
    }

    fn line_end(&mut self, octets: usize) -> Result<Option<Lexeme>, Fault> {
        self.at += octets;
        if self.depth == 0 {
            self.ended = true;
            return Ok(Some(Lexeme::End));
        }
        if self.at - self.entry > self.longest {
            return Err(Fault::UnclosedParenthesis(self.opened));
        }
        self.pass_markers();
        Ok(None)
    }

    fn quoted(&mut self) -> Result<Lexeme, Fault> {
        let quote = self.at;
        match self.closing_quote(quote) {
            Some(end) => {
                self.at = end + 1;
                self.behind = self.at;
                Ok(Lexeme::Quoted {
                    start: quote + 1,
                    end,
                })
            }
            None => {
                self.at = line_end_from(self.text, quote);
                self.blind = true;
                Err(Fault::UnclosedQuote(quote))
            }
        }
    }

    fn closing_quote(&self, quote: usize) -> Option<usize> {
        let mut at = quote + 1;
        loop {
            match self.text.get(at)? {
                b'"' => return Some(at),
                b'\n' => return None,
                b'\\' => at = self.after_escape(at),
                _ => at += 1,
            }
        }
    }

    fn open(&mut self) {
        if self.depth == 0 {
            self.opened = self.at;
        }
        self.depth += 1;
        self.at += 1;
    }

    fn close(&mut self) -> Result<(), Fault> {
        self.at += 1;
        self.depth = self
            .depth
            .checked_sub(1)
            .ok_or(Fault::StrayParenthesis(self.at - 1))?;
        Ok(())
    }

    #[cold]
    fn end_of_text(&mut self) -> Result<Lexeme, Fault> {
        self.ended = true;
        if self.depth > 0 && !self.lenient {
            return Err(Fault::UnclosedParenthesis(self.opened));
        }
        Ok(Lexeme::End)
    }

    /// Keeps the fault for the reader, and gives record data's reader something to stop at.
    #[cold]
    fn report(&mut self, fault: Fault) -> TextError {
        self.fault = Some(fault);
        TextError {
            kind: TextErrorKind::Extra,
            start: self.at,
            end: self.at,
        }
    }

    #[cold]
    fn accept_slowly(&mut self, word: &[u8]) -> Result<bool, TextError> {
        let start = match self.next() {
            Ok(Lexeme::Word { start, end }) if &self.text[start..end] == word => return Ok(true),
            Ok(Lexeme::Word { start, .. }) => start,
            Ok(Lexeme::Quoted { start, .. }) => start - 1,
            Ok(Lexeme::End) => return Ok(false),
            Err(fault) => return Err(self.report(fault)),
        };
        self.at = start;
        Ok(false)
    }

    /// Passes everything up to the end of the entry; the fault, if its parenthesis does not close.
    pub(crate) fn skip_entry(&mut self) -> Result<(), Fault> {
        loop {
            match self.next() {
                Ok(Lexeme::End) => return Ok(()),
                Err(fault @ Fault::UnclosedParenthesis(_)) => return Err(fault),
                Ok(_) | Err(_) => {}
            }
        }
    }

    /// Goes on at `at`, the start of a line.
    pub(crate) fn resume(&mut self, at: usize) {
        self.at = at;
        self.depth = 0;
        self.ended = true;
    }

    /// After an unclosed parenthesis the next may join half as much text before it counts as unclosed, so that many of
    /// them do not cost a look at [`Lexer::new`]'s `longest` octets each.
    pub(crate) fn trust_parentheses_less(&mut self) {
        self.longest = less_trust(self.longest);
    }

    /// Reads the entry again as if the text ended at `wall`, which closes the parenthesis.
    pub(crate) fn cut(&self, wall: usize) -> Lexer<'a> {
        let mut again = Lexer::new(&self.text[..wall], self.entry, self.longest);
        again.lenient = true;
        again
    }

    #[inline]
    fn pass_markers(&mut self) {
        if let Some(b'<' | b'=' | b'>' | b'|') = self.text.get(self.at) {
            self.at = conflict::pass(self.text, self.at, &mut self.conflicts);
        }
    }
}

impl Tokens for Lexer<'_> {
    #[inline]
    fn next_token(&mut self) -> Result<Option<Token<'_>>, TextError> {
        match self.next() {
            Ok(Lexeme::Word { start, end }) => Ok(Some(Token {
                text: &self.text[start..end],
                quoted: false,
                start,
            })),
            Ok(Lexeme::Quoted { start, end }) => Ok(Some(Token {
                text: &self.text[start..end],
                quoted: true,
                start: start - 1,
            })),
            Ok(Lexeme::End) => Ok(None),
            Err(fault) => Err(self.report(fault)),
        }
    }

    #[inline]
    fn accept(&mut self, word: &[u8]) -> Result<bool, TextError> {
        while let Some(b' ' | b'\t') = self.text.get(self.at) {
            self.at += 1;
        }
        match self.text.get(self.at) {
            // The usual case, without reading the word twice.
            Some(&octet) if MEANING[octet as usize] == WORD && word.first() != Some(&octet) => {
                Ok(false)
            }
            _ => self.accept_slowly(word),
        }
    }

    fn offset(&self) -> usize {
        self.behind
    }
}

/// Half as many octets, down to what any record but a huge one needs.
pub(crate) fn less_trust(longest: usize) -> usize {
    longest.min((longest / 2).max(1 << 14))
}

/// Offset of the line feed that ends the line at `at`, or the end of the text.
pub(crate) fn line_end_from(text: &[u8], at: usize) -> usize {
    memchr(b'\n', &text[at..]).map_or(text.len(), |feed| at + feed)
}

/// Offset of the line after the one at `at`.
pub(crate) fn next_line(text: &[u8], at: usize) -> usize {
    (line_end_from(text, at) + 1).min(text.len())
}

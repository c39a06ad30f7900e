//! The words of a key file, with their lines.

/// A piece of a key file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// Text up to a space, a brace or a semicolon.
    Word(&'t str),
    /// Text between quotation marks.
    Quoted(&'t str),
    /// `{`
    Open,
    /// `}`
    Close,
    /// `;`
    Semicolon,
    /// The end of a line.
    Newline,
    /// A quotation mark, or the beginning of a comment, without its other end.
    Unclosed,
}

/// Gives the tokens of a text one after the other.
#[derive(Clone, Debug)]
pub(super) struct Lexer<'t> {
    rest: &'t str,
    line: usize,
}

impl<'t> Lexer<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self {
            rest: text,
            line: 1,
        }
    }

    /// The next token, with the line it is in.
    pub(super) fn next(&mut self) -> Option<(usize, Token<'t>)> {
        if !self.skip_blank() {
            return Some((self.line, self.unclosed()));
        }
        let line = self.line;
        let first = self.rest.chars().next()?;
        let token = match first {
            '\n' => self.one(Token::Newline),
            '{' => self.one(Token::Open),
            '}' => self.one(Token::Close),
            ';' => self.one(Token::Semicolon),
            '"' => self.quoted(),
            _ => self.word(),
        };
        if token == Token::Newline {
            self.line += 1;
        }
        Some((line, token))
    }

    /// The token after this one, without taking it.
    pub(super) fn peek(&self) -> Option<Token<'t>> {
        self.clone().next().map(|(_, token)| token)
    }

    /// Steps over spaces and comments; false at a comment without end. A comment begins where a word could: `//` is base64, too.
    fn skip_blank(&mut self) -> bool {
        loop {
            self.rest = self.rest.trim_start_matches([' ', '\t', '\r']);
            if self.rest.starts_with('#') || self.rest.starts_with("//") {
                self.rest = &self.rest[self.rest.find('\n').unwrap_or(self.rest.len())..];
            } else if let Some(comment) = self.rest.strip_prefix("/*") {
                let Some((inside, rest)) = comment.split_once("*/") else {
                    return false;
                };
                self.line += inside.matches('\n').count();
                self.rest = rest;
            } else {
                return true;
            }
        }
    }

    fn one(&mut self, token: Token<'t>) -> Token<'t> {
        self.rest = &self.rest[1..];
        token
    }

    fn quoted(&mut self) -> Token<'t> {
        let line = self.rest.split('\n').next().unwrap_or_default();
        let inside = &line[1..];
        match end_of(inside, &['"']) {
            Some(end) => {
                self.rest = &self.rest[end + 2..];
                Token::Quoted(&inside[..end])
            }
            None => {
                self.rest = &self.rest[line.len()..];
                Token::Unclosed
            }
        }
    }

    fn word(&mut self) -> Token<'t> {
        let end = end_of(self.rest, &[' ', '\t', '\r', '\n', '{', '}', ';', '"']);
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        Token::Word(word)
    }

    fn unclosed(&mut self) -> Token<'t> {
        self.rest = "";
        Token::Unclosed
    }
}

/// Where the first of these characters is, but for those behind a backslash: names have escapes (RFC 1035 §5.1).
fn end_of(text: &str, ends: &[char]) -> Option<usize> {
    let mut is_escaped = false;
    let mut found = text.char_indices().filter(|(_, character)| {
        let is_end = !is_escaped && ends.contains(character);
        is_escaped = !is_escaped && *character == '\\';
        is_end
    });
    found.next().map(|(at, _)| at)
}

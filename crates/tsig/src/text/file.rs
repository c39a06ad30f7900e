//! Key files: a key a line, or the `key` statements of BIND's configuration, or both.
//!
//! ```text
//! # For the web server.
//! web._update.example.org:SHA256:AAECAwQFBgcICQoLDA0ODw==
//! 192.0.2.1.192.0.2.2._transfer.example.org:SHA256:EBESExQVFhcYGRobHB0eHw==  transfers=each-alone
//!
//! key "old" { algorithm hmac-sha256-128; secret "ICEiIyQlJicoKSorLC0uLw=="; };   // as tsig-keygen writes it
//! ```

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use rr::Name;

use super::lexer::{Lexer, Token};
use super::{KeyTextError, key_of, read_key};
use crate::algorithm::Algorithm;
use crate::key::{Dialect, Key, Keyring};
use crate::limits::{KEY_FILE_OCTETS, MISTAKES};

/// What is wrong with a key file, and in which line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// From 1.
    pub line: usize,
    /// What is wrong there.
    pub kind: MistakeKind,
}

/// What is wrong with a line of a key file. It never has a secret in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MistakeKind {
    /// More than [`KEY_FILE_OCTETS`].
    TooLong,
    /// Not UTF-8.
    Encoding,
    /// The text is no key.
    Key(KeyTextError),
    /// There is a key of this name already.
    Doubled(Name),
    /// A statement that is not `key`, or a line that is no key.
    Statement,
    /// A `key` statement in which this is missing or not where it has to be.
    Expected(&'static str),
    /// A `key` statement with two algorithms or two secrets.
    Twice,
    /// A quotation mark or a comment without its other end.
    Unclosed,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        match &self.kind {
            MistakeKind::TooLong => write!(f, "the file has more than {KEY_FILE_OCTETS} octets"),
            MistakeKind::Encoding => f.write_str("not UTF-8"),
            MistakeKind::Key(error) => error.fmt(f),
            MistakeKind::Doubled(name) => {
                write!(f, "there is a key {name} already; one name, one secret")
            }
            MistakeKind::Statement => {
                f.write_str("neither NAME:ALGORITHM:SECRET nor key \"NAME\" { … };")
            }
            MistakeKind::Expected(what) => write!(f, "the key statement has no {what} here"),
            MistakeKind::Twice => f.write_str("the key statement has two algorithms or secrets"),
            MistakeKind::Unclosed => f.write_str("a quotation mark or comment has no end"),
        }
    }
}

impl core::error::Error for Mistake {}

/// Reads a key file of at most [`KEY_FILE_OCTETS`]. The octets are the caller's to overwrite.
///
/// # Errors
/// All mistakes, at most [`MISTAKES`] of them, in the order of their lines.
pub fn read_keys(text: &[u8]) -> Result<Keyring, Vec<Mistake>> {
    let whole = |line, kind| Err(Vec::from([Mistake { line, kind }]));
    if text.len() > KEY_FILE_OCTETS {
        return whole(1, MistakeKind::TooLong);
    }
    let text = match core::str::from_utf8(text) {
        Ok(text) => text,
        Err(error) => {
            let before = &text[..error.valid_up_to()];
            let line = 1 + before.iter().filter(|octet| **octet == b'\n').count();
            return whole(line, MistakeKind::Encoding);
        }
    };
    let mut reader = Reader {
        lexer: Lexer::of(text),
        keys: Keyring::default(),
        mistakes: Vec::new(),
    };
    while reader.mistakes.len() < MISTAKES && reader.entry() {}
    if reader.mistakes.is_empty() {
        Ok(reader.keys)
    } else {
        Err(reader.mistakes)
    }
}

struct Reader<'t> {
    lexer: Lexer<'t>,
    keys: Keyring,
    mistakes: Vec<Mistake>,
}

impl<'t> Reader<'t> {
    /// Reads a key or steps over what is none; false at the end.
    fn entry(&mut self) -> bool {
        let Some((line, token)) = self.lexer.next() else {
            return false;
        };
        let key = match token {
            Token::Newline | Token::Semicolon => return true,
            Token::Word("key") => self.statement(),
            Token::Word(text) if text.contains(':') => self.line(text),
            Token::Unclosed => Err(MistakeKind::Unclosed),
            _ => self.skip_line(MistakeKind::Statement),
        };
        let doubled = |key: Key| MistakeKind::Doubled(key.name().to_owned());
        if let Err(kind) = key.and_then(|key| self.keys.insert(key).map_err(doubled)) {
            self.mistakes.push(Mistake { line, kind });
        }
        true
    }

    /// `NAME:ALGORITHM:SECRET OPTION=VALUE…` up to the end of the line.
    fn line(&mut self, text: &str) -> Result<Key, MistakeKind> {
        let mut key = read_key(text).map_err(MistakeKind::Key);
        loop {
            match self.lexer.peek() {
                None | Some(Token::Newline) => return key,
                Some(Token::Word(option)) => {
                    self.lexer.next();
                    key = key.and_then(|key| with_option(key, option).map_err(MistakeKind::Key));
                }
                Some(_) => return self.skip_line(MistakeKind::Statement),
            }
        }
    }

    fn skip_line(&mut self, kind: MistakeKind) -> Result<Key, MistakeKind> {
        while !matches!(self.lexer.peek(), None | Some(Token::Newline)) {
            self.lexer.next();
        }
        Err(kind)
    }

    /// `"NAME" { algorithm ALGORITHM; secret "SECRET"; };` after `key`.
    fn statement(&mut self) -> Result<Key, MistakeKind> {
        match self.parts() {
            Ok([name, algorithm, secret]) => {
                key_of_statement(name, algorithm, secret).map_err(MistakeKind::Key)
            }
            Err(MistakeKind::Unclosed) => self.skip_line(MistakeKind::Unclosed),
            Err(kind) => {
                // Reading goes on behind the statement, or what was meant to be one.
                while let Some((_, token)) = self.lexer.next()
                    && token != Token::Close
                {}
                Err(kind)
            }
        }
    }

    /// Name, algorithm and secret of a statement.
    fn parts(&mut self) -> Result<[&'t str; 3], MistakeKind> {
        let name = self.text("name")?;
        self.exactly(Token::Open, "{")?;
        let (mut algorithm, mut secret) = (None, None);
        while self.peek() != Some(Token::Close) {
            let place = match self.text("algorithm or secret")? {
                "algorithm" => &mut algorithm,
                "secret" => &mut secret,
                _ => return Err(MistakeKind::Expected("algorithm or secret")),
            };
            if place.replace(self.text("value")?).is_some() {
                return Err(MistakeKind::Twice);
            }
            self.exactly(Token::Semicolon, ";")?;
        }
        let algorithm = algorithm.ok_or(MistakeKind::Expected("algorithm"))?;
        let secret = secret.ok_or(MistakeKind::Expected("secret"))?;
        self.exactly(Token::Close, "}")?;
        Ok([name, algorithm, secret])
    }

    fn text(&mut self, what: &'static str) -> Result<&'t str, MistakeKind> {
        let text = match self.peek() {
            Some(Token::Word(text) | Token::Quoted(text)) => text,
            Some(Token::Unclosed) => return Err(MistakeKind::Unclosed),
            _ => return Err(MistakeKind::Expected(what)),
        };
        self.lexer.next();
        Ok(text)
    }

    fn exactly(&mut self, token: Token<'_>, what: &'static str) -> Result<(), MistakeKind> {
        if self.peek() != Some(token) {
            return Err(MistakeKind::Expected(what));
        }
        self.lexer.next();
        Ok(())
    }

    /// The next token of a statement, in which lines have no meaning.
    fn peek(&mut self) -> Option<Token<'t>> {
        while self.lexer.peek() == Some(Token::Newline) {
            self.lexer.next();
        }
        self.lexer.peek()
    }
}

/// BIND cuts MACs off by a number of bits behind the algorithm: `hmac-sha256-128`.
fn key_of_statement(name: &str, algorithm: &str, secret: &str) -> Result<Key, KeyTextError> {
    let unknown = || KeyTextError::Algorithm(algorithm.into());
    if let Some(whole) = Algorithm::from_text(algorithm) {
        return key_of(name, whole, secret);
    }
    let (whole, bits) = algorithm.rsplit_once('-').ok_or_else(unknown)?;
    let whole = Algorithm::from_text(whole).ok_or_else(unknown)?;
    let bits: usize = bits.parse().map_err(|_| unknown())?;
    if !bits.is_multiple_of(8) {
        return Err(unknown());
    }
    Ok(key_of(name, whole, secret)?.with_mac_octets(bits / 8)?)
}

fn with_option(key: Key, option: &str) -> Result<Key, KeyTextError> {
    let bad_value = || KeyTextError::Value(option.into());
    let (name, value) = option
        .split_once('=')
        .ok_or_else(|| KeyTextError::Option(String::from(option)))?;
    match name {
        "mac-octets" => Ok(key.with_mac_octets(value.parse().map_err(|_| bad_value())?)?),
        "fudge-secs" => Ok(key.with_fudge_secs(value.parse().map_err(|_| bad_value())?)?),
        "transfers" => match value {
            "chained" => Ok(key.with_dialect(Dialect::Chained)),
            "each-alone" => Ok(key.with_dialect(Dialect::EachAlone)),
            _ => Err(bad_value()),
        },
        _ => Err(KeyTextError::Option(name.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::ToString;
    use alloc::vec;

    const BOTH: &str = "# For the web server.\n\
        web._update.example.org:SHA256:AAECAwQFBgcICQoLDA0ODw==  # its own\n\
        a._transfer.example.org:SHA512://8A transfers=each-alone\tmac-octets=32 fudge-secs=60\r\n\
        \n\
        /* From\n\
           BIND. */ key \"old\" { algorithm hmac-sha256-128; // half\n\
             secret \"ICEiIyQlJicoKSorLC0uLw==\"; };\n\
        key new. { secret AAEC; algorithm \"HMAC-SHA1\"; };";

    #[test]
    fn lines_and_statements() {
        let keys = read_keys(BOTH.as_bytes()).unwrap();
        let read: Vec<_> = keys
            .iter()
            .map(|key| format!("{key:?} {}", key.mac_octets()))
            .collect();
        let expected = [
            "Key(new. SHA1) 20",
            "Key(old. SHA256) 16",
            "Key(a._transfer.example.org. SHA512) 32",
            "Key(web._update.example.org. SHA256) 32",
        ];
        assert!(
            expected.iter().all(|key| read.iter().any(|r| r == key)) && read.len() == 4,
            "{read:?}"
        );
        let transfer = Name::from_text("A._TRANSFER.example.org").unwrap();
        let transfer = keys.by_name(transfer.as_ref()).unwrap();
        assert_eq!(
            (transfer.dialect(), transfer.fudge_secs()),
            (Dialect::EachAlone, 60)
        );
        assert_eq!(transfer.secret().expose(), [255, 255, 0]);
        assert_eq!(read_keys(b"").unwrap().iter().count(), 0);
    }

    #[test]
    fn what_is_written_is_read() {
        let names = r#"\035a;\047/b;\059c;d\"e;\123f\125;g\ h;key;\\i;\000j;k:l"#;
        let odd = names.split(';').map(|name| format!("{name}:SHA256:AAEC\n"));
        let odd = odd.collect::<String>() + BOTH;
        let keys = read_keys(odd.as_bytes()).unwrap();
        assert_eq!(keys.iter().count(), 14);
        for key in keys.iter() {
            for write in [super::super::write_key, super::super::write_bind_key] {
                let mut text = String::new();
                write(key, &mut text).unwrap();
                let back = read_keys(text.as_bytes()).unwrap();
                let back = back.iter().next().unwrap();
                assert_eq!(
                    format!("{back:?} {}", back.mac_octets()),
                    format!("{key:?} {}", key.mac_octets())
                );
                assert_eq!(back.secret().expose(), key.secret().expose());
            }
        }
    }

    #[test]
    fn every_mistake_has_its_line() {
        let text = "a:SHA256:AAEC\n\
            nonsense\n\
            A:SHA1:AAEC\n\
            b:SHA256:AA?C\n\
            key c { algorithm hmac-md5; secret AAEC; };\n\
            key d { algorithm hmac-sha256; }; e:SHA256:AAEC\n\
            f:SHA256:AAEC colour=red\n\
            g:SHA256:AAEC mac-octets=9\n\
            h:SHA256:AAEC mac-octets=many\n\
            h:SHA256:AAEC };\n\
            key i { algorithm hmac-sha256; algorithm hmac-sha1; secret AAEC; };\n\
            key j { algorithm hmac-sha256-129; secret AAEC; };\n\
            zone \"example.org\" { type primary; };\n\
            key \"k { algorithm hmac-sha256; secret AAEC; };\n\
            l:SHA256:AAEC\n\
            l:SHA256:AAEC\n\
            /* no end";
        let mistakes = read_keys(text.as_bytes()).unwrap_err();
        let told: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
        let lines: Vec<_> = mistakes.iter().map(|mistake| mistake.line).collect();
        assert_eq!(
            lines,
            [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17],
            "{told:#?}"
        );
        assert!(told.iter().all(|text| !text.contains("AAEC")), "{told:#?}");
        assert_eq!(
            mistakes[1].kind,
            MistakeKind::Doubled(Name::from_text("a").unwrap())
        );
    }

    #[test]
    fn limits() {
        let kind = |text: &[u8]| read_keys(text).unwrap_err()[0].clone();
        assert_eq!(
            kind(&vec![b'#'; KEY_FILE_OCTETS + 1]).kind,
            MistakeKind::TooLong
        );
        assert!(read_keys(&vec![b'#'; KEY_FILE_OCTETS]).is_ok());
        assert_eq!(
            read_keys("x\n".repeat(200).as_bytes()).unwrap_err().len(),
            MISTAKES
        );
        let encoding = Mistake {
            line: 2,
            kind: MistakeKind::Encoding,
        };
        assert_eq!(kind(b"\n\xff"), encoding);
    }
}

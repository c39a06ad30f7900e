//! The words for every mistake: what is wrong, what to do, and the text that mends it where there is one.

mod directive;
mod generate;
mod include;
mod limit;
mod record;
mod shape;

use alloc::{borrow::Cow, format, string::String, vec::Vec};

use crate::{
    error::{Fix, SyntaxError, SyntaxErrorKind as Kind},
    source_map::Span,
};

pub(super) use directive::{
    bad_origin, bad_ttl, extra_argument, missing_argument, unknown_directive,
};
pub(super) use generate::{generate_modifier, generate_range, generate_too_long, generated};
pub(super) use include::{include_failed, include_loop, include_not_utf8, include_too_deep};
pub(super) use limit::{too_many_errors, too_many_records, too_much_text};
pub(super) use record::{bad_owner, head_word, missing_owner, missing_ttl, missing_type, rdata};
pub(crate) use shape::is_utf16;
pub(super) use shape::{fault, merge_marker, wrong_encoding};

/// The `$INCLUDE` words that lead to a place, outermost first.
pub(super) type Chain = Vec<Span>;

fn error(kind: Kind, span: Span, message: impl Into<String>) -> SyntaxError {
    SyntaxError {
        kind,
        span,
        related: Vec::new(),
        message: message.into(),
        help: None,
        fix: None,
    }
}

impl SyntaxError {
    fn help(mut self, help: impl Into<String>) -> SyntaxError {
        self.help = Some(help.into());
        self
    }

    fn fix(mut self, span: Span, replacement: impl Into<String>, safe: bool) -> SyntaxError {
        self.fix = Some(Fix {
            span,
            replacement: replacement.into(),
            safe,
        });
        self
    }

    fn chain(mut self, chain: Chain) -> SyntaxError {
        self.related.extend(
            chain
                .into_iter()
                .map(|span| (span, Cow::Borrowed("included from here"))),
        );
        self
    }
}

/// A word as it can be shown anywhere: not too long, and with nothing that moves a cursor or turns the writing round.
fn shown(word: &[u8]) -> String {
    let mut text = String::new();
    for c in String::from_utf8_lossy(word).chars().take(64) {
        if c.is_control() || turns_writing(c) {
            let mut octets = [0; 4];
            text.extend(
                c.encode_utf8(&mut octets)
                    .bytes()
                    .map(|octet| format!("\\{octet:03}")),
            );
        } else {
            text.push(c);
        }
    }
    text
}

/// Invisible characters that change the direction of what follows, here or in a browser.
fn turns_writing(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_words_do_no_harm() {
        assert_eq!(shown(b"a\x1b[2Jb\n"), "a\\027[2Jb\\010");
        assert_eq!(shown("\u{202e}\u{e9}".as_bytes()), "\\226\\128\\174\u{e9}");
        assert_eq!(shown(&[b'a'; 999]).len(), 64);
    }
}

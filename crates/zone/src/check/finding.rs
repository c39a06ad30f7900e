//! What a check reports.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use zonefile::{Pos, SourceMap, Span};

use crate::rules::{Rule, Severity};

/// One mistake, where it is, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule that was broken.
    pub rule: Rule,
    /// How much it matters in this zone.
    pub severity: Severity,
    /// The text that is wrong. [`SourceMap::include_chain`] of its start says how that file came in.
    pub place: Span,
    /// Other places that belong to it, each with what it shows; for two lines that clash the earlier one.
    pub related: Vec<(Span, String)>,
    /// What is wrong here, in one sentence without a full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The change of text that repairs it.
    pub fix: Option<Fix>,
}

/// A change of text: the octets of `span` are replaced and no others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What is replaced; empty to insert.
    pub span: Span,
    /// What comes in its place.
    pub replacement: String,
    /// Whether it certainly says what was meant, so that it may be applied without asking.
    pub safe: bool,
}

impl Finding {
    /// A finding of the rule's default severity.
    pub fn new(rule: Rule, place: Span, message: impl Into<String>) -> Finding {
        let severity = rule.default_severity();
        Finding {
            rule,
            severity,
            place,
            related: Vec::new(),
            message: message.into(),
            help: None,
            fix: None,
        }
    }

    /// Adds another place and what it shows.
    #[must_use]
    pub fn related(mut self, place: Span, what: impl Into<String>) -> Finding {
        self.related.push((place, what.into()));
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Finding {
        self.help = Some(help.into());
        self
    }

    /// Offers a change of text that may be applied without asking.
    #[must_use]
    pub fn fix(mut self, span: Span, replacement: impl Into<String>) -> Finding {
        self.fix = Some(Fix {
            span,
            replacement: replacement.into(),
            safe: true,
        });
        self
    }

    /// The finding in one line for a log: `path:line:column: error[rule]: message`. Safe on a terminal.
    pub fn one_line<'a>(&'a self, map: &'a SourceMap) -> impl fmt::Display + 'a {
        OneLine { finding: self, map }
    }
}

/// The text of one file with the safe fixes carried out. `start` is the file's place in the [`SourceMap`].
/// A fix that overlaps an earlier one, or lies in another file, is left out; every other octet stays as it is.
pub fn apply_fixes(text: &[u8], start: Pos, findings: &[Finding]) -> Vec<u8> {
    let offset = |pos: Pos| {
        (pos.0 as usize)
            .checked_sub(start.0 as usize)
            .filter(|at| *at <= text.len())
    };
    let range = |fix: &Fix| Some((offset(fix.span.start)?, offset(fix.span.end)?));
    let fixes = findings
        .iter()
        .filter_map(|finding| finding.fix.as_ref())
        .filter(|fix| fix.safe);
    let mut fixes: Vec<_> = fixes
        .filter_map(|fix| Some((range(fix)?, fix.replacement.as_bytes())))
        .collect();
    fixes.sort_by_key(|(range, _)| *range);
    let (mut out, mut copied) = (Vec::with_capacity(text.len() + 64), 0);
    for ((from, to), replacement) in fixes.into_iter() {
        if from >= copied && from <= to {
            out.extend_from_slice(&text[copied..from]);
            out.extend_from_slice(replacement);
            copied = to;
        }
    }
    out.extend_from_slice(&text[copied..]);
    out
}

struct OneLine<'a> {
    finding: &'a Finding,
    map: &'a SourceMap,
}

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding {
            rule,
            severity,
            message,
            ..
        } = self.finding;
        let place = self.map.place(self.finding.place.start);
        write!(
            out,
            "{}:{}:{}: ",
            Printable(place.path),
            place.line,
            place.column
        )?;
        write!(out, "{severity}[{rule}]: {}", Printable(message))
    }
}

/// Text that came from outside, made safe for a terminal: control characters, and those that change the direction of
/// writing (so that a line reads other than it is), are shown as escapes.
#[derive(Debug, Clone, Copy)]
pub struct Printable<'a>(
    /// The text.
    pub &'a str,
);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in self.0.split_inclusive(acts_on_terminal) {
            let plain = piece.trim_end_matches(acts_on_terminal);
            out.write_str(plain)?;
            for character in piece[plain.len()..].chars() {
                write!(out, "{}", character.escape_unicode())?;
            }
        }
        Ok(())
    }
}

fn acts_on_terminal(character: char) -> bool {
    let turns = matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    character.is_control() || turns || character == '\u{2028}' || character == '\u{2029}'
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn span(start: u32, end: u32) -> Span {
        Span {
            start: Pos(start),
            end: Pos(end),
        }
    }

    #[test]
    fn a_line_for_a_log_cannot_act_on_the_terminal() {
        let mut map = SourceMap::new();
        map.add("evil\x1b]0;title\x07.zone", "first\nsecond\n", None);
        let finding = Finding::new(Rule::DuplicateRecord, span(8, 9), "twice\u{202e}");
        assert_eq!(
            finding.one_line(&map).to_string(),
            "evil\\u{1b}]0;title\\u{7}.zone:2:3: warning[duplicate-record]: twice\\u{202e}"
        );
    }

    #[test]
    fn fixes_touch_no_other_octet() {
        let fixed = |from, to, text| {
            Finding::new(Rule::MissingFinalDot, span(from, to), "").fix(span(from, to), text)
        };
        let findings = [
            fixed(14, 14, "."),
            fixed(10, 11, "A"),
            fixed(10, 12, "overlaps"),
            fixed(90, 91, "elsewhere"),
        ];
        assert_eq!(apply_fixes(b"abcd\r\n", Pos(10), &findings), b"Abcd.\r\n");
    }
}

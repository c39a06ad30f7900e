//! Comments that allow one rule at one record: `; stemma: allow mx-to-cname: moved next week`.
//!
//! The comment stands on one of the lines of the record. The reason is for whoever reads the zone later, and is
//! required.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use memchr::{memchr, memmem, memrchr};
use zonefile::{Pos, SourceMap, Span};

use super::Finding;
use crate::rules::{Rule, UnknownRule};

const MARK: &[u8] = b"stemma:";

/// One rule that is allowed on the lines around a comment.
#[derive(Debug)]
struct Allowance {
    rule: Rule,
    /// From `stemma:` to the end of the comment.
    place: Span,
    used: bool,
}

/// All that is allowed in the files of one zone.
#[derive(Debug, Default)]
pub(super) struct Allowances(Vec<Allowance>);

/// Whether the text may have a comment that allows something.
#[must_use]
pub fn may_allow(text: &[u8]) -> bool {
    memmem::find(text, MARK).is_some()
}

impl Allowances {
    /// Reads the comments of all files, in one sweep over their octets.
    pub(super) fn read(map: &SourceMap) -> (Allowances, Vec<Finding>) {
        let (mut allowances, mut findings) = (Allowances::default(), Vec::new());
        for (text, start) in files(map) {
            for at in memmem::find_iter(text, MARK).filter(|at| is_comment(text, *at)) {
                match read_one(text, at, start) {
                    Ok(allowance) => allowances.0.push(allowance),
                    Err(finding) => findings.push(*finding),
                }
            }
        }
        (allowances, findings)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the rule is allowed on these lines.
    pub(super) fn allow(&mut self, rule: Rule, lines: Span) -> bool {
        let here = |allowance: &&mut Allowance| {
            allowance.rule == rule
                && lines.start <= allowance.place.start
                && allowance.place.end <= lines.end
        };
        self.0
            .iter_mut()
            .filter(here)
            .map(|allowance| allowance.used = true)
            .count()
            > 0
    }

    /// A finding for each comment that allowed nothing.
    pub(super) fn unused(&self) -> impl Iterator<Item = Finding> {
        let unused = self.0.iter().filter(|allowance| !allowance.used);
        unused.map(|allowance| {
            let message = format!("{} finds nothing at this record", allowance.rule);
            Finding::new(Rule::UnusedAllowance, allowance.place, message).help("remove the comment")
        })
    }
}

/// Each file's text and the position of its first octet.
fn files(map: &SourceMap) -> impl Iterator<Item = (&[u8], Pos)> {
    let mut next = Pos(0);
    map.paths().map_while(move |_| {
        let (_, text, start) = map.file_of(next)?;
        next = Pos(start.0 + text.len() as u32 + 1);
        Some((&text[..], start))
    })
}

/// Whether a comment begins directly before `at`: a semicolon outside of quotes, and blanks.
fn is_comment(text: &[u8], at: usize) -> bool {
    let line = memrchr(b'\n', &text[..at]).map_or(0, |feed| feed + 1);
    let before = text[line..at].trim_ascii_end();
    let Some((b';', before)) = before.split_last() else {
        return false;
    };
    let (mut quoted, mut escaped) = (false, false);
    for octet in before {
        (quoted, escaped) = match octet {
            _ if escaped => (quoted, false),
            b'\\' => (quoted, true),
            b'"' => (!quoted, false),
            b';' if !quoted => return false,
            _ => (quoted, false),
        };
    }
    !quoted && !escaped
}

fn read_one(text: &[u8], at: usize, start: Pos) -> Result<Allowance, Box<Finding>> {
    let end = memchr(b'\n', &text[at..]).map_or(text.len(), |feed| at + feed);
    let comment = text[at..end].trim_ascii_end();
    let from = Pos(start.0 + at as u32);
    let place = Span {
        start: from,
        end: Pos(from.0 + comment.len() as u32),
    };
    let rule = allowed(&comment[MARK.len()..]).map_err(|message| {
        let finding = Finding::new(Rule::BadAllowance, place, message);
        Box::new(finding.help("write: `; stemma: allow RULE: REASON`"))
    })?;
    Ok(Allowance {
        rule,
        place,
        used: false,
    })
}

fn allowed(comment: &[u8]) -> Result<Rule, alloc::string::String> {
    let comment = core::str::from_utf8(comment)
        .map_err(|_| "the comment is not UTF-8 text")?
        .trim();
    let told = comment
        .strip_prefix("allow")
        .filter(|told| told.starts_with([' ', '\t']));
    let (id, reason) = told
        .ok_or("the comment allows nothing")?
        .split_once(':')
        .ok_or("the comment gives no reason")?;
    if reason.trim().is_empty() {
        return Err("the comment gives no reason".to_string());
    }
    let rule: Rule = id
        .trim()
        .parse()
        .map_err(|error: UnknownRule| error.to_string())?;
    if rule.is_fixed() {
        return Err(format!(
            "{rule} cannot be allowed: the zone cannot be served with it"
        ));
    }
    Ok(rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (usize, Vec<(u32, alloc::string::String)>) {
        let mut map = SourceMap::new();
        map.add("zone", text, None);
        let (allowances, findings) = Allowances::read(&map);
        (
            allowances.0.len(),
            findings
                .into_iter()
                .map(|f| (f.place.start.0, f.message))
                .collect(),
        )
    }

    #[test]
    fn only_comments_allow() {
        assert_eq!(
            read("a TXT \"; stemma: allow several-spf: no\"\n"),
            (0, [].into())
        );
        assert_eq!(
            read("a TXT \\; stemma: allow several-spf: no\n"),
            (0, [].into())
        );
        assert_eq!(
            read("a TXT x ; see stemma: allow several-spf: no\n"),
            (0, [].into())
        );
        assert_eq!(
            read("a TXT \"x\" ;stemma: allow several-spf: yes\r\n"),
            (1, [].into())
        );
    }

    #[test]
    fn a_reason_and_a_rule_are_required() {
        assert_eq!(
            read("; stemma: allow several-spf").1,
            [(2, "the comment gives no reason".into())]
        );
        assert_eq!(
            read("; stemma: allow several-spf: ").1,
            [(2, "the comment gives no reason".into())]
        );
        assert_eq!(
            read("; stemma: hello").1,
            [(2, "the comment allows nothing".into())]
        );
        assert_eq!(
            read("; stemma: allow several-spv: x").1,
            [(2, "no such rule; did you mean several-spf?".into())]
        );
        assert_eq!(read("; stemma: allow no-soa: x").1.len(), 1);
    }
}

//! What a repository thinks of the rules: the file `.zonecheck`.
//!
//! ```text
//! # zones              rule               severity
//! *                    caa-no-account     note
//! *.lab.example.org    bad-host-name      off
//! example.org          duplicate-record   error
//! ```
//!
//! `*` stands for all zones, or for all rules that are not off unless asked for. Of several lines that fit the last
//! one holds. What keeps a zone from being read or served ([`Rule::is_fixed`]) stays an error.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use rr::{Name, NameRef};
use zonefile::{Pos, Span};

use super::Finding;
use crate::rules::{Rule, Severity};

/// The severities that a repository wants, by zone and rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    lines: Vec<Line>,
}

/// The severity of every rule in one zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Severities([Severity; Rule::ALL.len()]);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    zones: Zones,
    rules: Rules,
    severity: Severity,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Zones {
    All,
    One(Name),
    Below(Name),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rules {
    All,
    One(Rule),
}

impl Policy {
    /// The name of the file, at the root of the repository.
    pub const FILE_NAME: &'static str = ".zonecheck";

    /// Reads the text of a `.zonecheck`, whose first octet is at `start` in the source map. A line that cannot be
    /// read is a finding of [`Rule::BadPolicy`] and changes nothing.
    pub fn read(text: &[u8], start: Pos) -> (Policy, Vec<Finding>) {
        let (mut policy, mut findings, mut at) = (Policy::default(), Vec::new(), start);
        for line in text.split_inclusive(|octet| *octet == b'\n') {
            match read_line(line, at) {
                Ok(read) => policy.lines.extend(read),
                Err(finding) => findings.push(*finding),
            }
            at = Pos(at.0 + line.len() as u32);
        }
        (policy, findings)
    }

    /// The severity of a rule in the zone of this apex.
    pub fn severity(&self, apex: NameRef<'_>, rule: Rule) -> Severity {
        self.in_zone(apex).of(rule)
    }

    pub(crate) fn in_zone(&self, apex: NameRef<'_>) -> Severities {
        let mut severities = Rule::ALL.iter().map(|rule| rule.default_severity());
        let mut table = [Severity::Off; Rule::ALL.len()];
        table.fill_with(|| severities.next().expect("one for each rule"));
        for line in self.lines.iter().filter(|line| line.zones.contain(apex)) {
            let concerned = Rule::ALL.iter().filter(|rule| line.rules.contain(**rule));
            concerned.for_each(|rule| table[*rule as usize] = line.severity);
        }
        Severities(table)
    }
}

impl Severities {
    pub(crate) fn of(&self, rule: Rule) -> Severity {
        self.0[rule as usize]
    }
}

impl Zones {
    fn contain(&self, apex: NameRef<'_>) -> bool {
        match self {
            Zones::All => true,
            Zones::One(name) => name.as_ref() == apex,
            Zones::Below(name) => name.as_ref() != apex && apex.is_at_or_below(name.as_ref()),
        }
    }
}

impl Rules {
    fn contain(self, rule: Rule) -> bool {
        match self {
            Rules::All => !rule.is_fixed() && rule.default_severity() != Severity::Off,
            Rules::One(one) => one == rule,
        }
    }
}

/// A word of a line and where it stands.
struct Word<'t> {
    text: &'t str,
    span: Span,
}

impl Word<'_> {
    fn bad(&self, message: impl Into<String>) -> Box<Finding> {
        Box::new(Finding::new(Rule::BadPolicy, self.span, message))
    }
}

fn read_line(line: &[u8], at: Pos) -> Result<Option<Line>, Box<Finding>> {
    let words = words(line, at)?;
    match words.as_slice() {
        [] => Ok(None),
        [zones, rule, severity] => {
            let (zones, rules) = (read_zones(zones)?, read_rules(rule)?);
            Ok(Some(Line {
                zones,
                rules,
                severity: read_severity(severity, rules)?,
            }))
        }
        [.., last] => Err(last.bad(format!(
            "a line is ZONES RULE SEVERITY, such as `*.example.org bad-host-name off`; this one has {} words",
            words.len()
        ))),
    }
}

fn words(line: &[u8], at: Pos) -> Result<Vec<Word<'_>>, Box<Finding>> {
    let end = line
        .iter()
        .position(|octet| *octet == b'#')
        .unwrap_or(line.len());
    let whole = Span {
        start: at,
        end: Pos(at.0 + end as u32),
    };
    let text = core::str::from_utf8(&line[..end]).map_err(|_| {
        Word {
            text: "",
            span: whole,
        }
        .bad("the line is not UTF-8 text")
    })?;
    let text = text.trim_start_matches('\u{feff}');
    let place = |word: &str| at.0 + (word.as_ptr() as usize - line.as_ptr() as usize) as u32;
    let word = |word| Word {
        text: word,
        span: Span {
            start: Pos(place(word)),
            end: Pos(place(word) + word.len() as u32),
        },
    };
    Ok(text.split_ascii_whitespace().map(word).collect())
}

fn read_zones(word: &Word<'_>) -> Result<Zones, Box<Finding>> {
    let name = |text: &str| {
        Name::from_text(text).map_err(|error| word.bad(format!("not the name of a zone: {error}")))
    };
    match (word.text, word.text.strip_prefix("*.")) {
        ("*", _) => Ok(Zones::All),
        (_, Some(parent)) => name(parent).map(Zones::Below),
        (one, None) => name(one).map(Zones::One),
    }
}

fn read_rules(word: &Word<'_>) -> Result<Rules, Box<Finding>> {
    match word.text {
        "*" => Ok(Rules::All),
        id => id
            .parse()
            .map(Rules::One)
            .map_err(|error: crate::rules::UnknownRule| word.bad(error.to_string())),
    }
}

fn read_severity(word: &Word<'_>, rules: Rules) -> Result<Severity, Box<Finding>> {
    let severity = word
        .text
        .parse()
        .map_err(|error: crate::rules::UnknownSeverity| word.bad(error.to_string()))?;
    match rules {
        Rules::One(rule) if rule.is_fixed() && severity != Severity::Error => Err(word.bad(
            format!("{rule} is always an error: the zone cannot be served with it"),
        )),
        _ => Ok(severity),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::borrow::ToOwned;

    fn severity(policy: &Policy, zone: &str, rule: Rule) -> Severity {
        policy.severity(Name::from_text(zone).unwrap().as_ref(), rule)
    }

    #[test]
    fn the_last_line_that_fits_holds() {
        let text = "# the lab\n*  *  note\r\n*.example.org bad-host-name off\nexample.org bad-host-name error # why\n";
        let (policy, findings) = Policy::read(text.as_bytes(), Pos(0));
        assert_eq!(findings, []);
        assert_eq!(
            severity(&policy, "example.net", Rule::BadHostName),
            Severity::Note
        );
        assert_eq!(
            severity(&policy, "lab.example.org", Rule::BadHostName),
            Severity::Off
        );
        assert_eq!(
            severity(&policy, "example.org", Rule::BadHostName),
            Severity::Error
        );
        assert_eq!(
            severity(&policy, "example.org", Rule::UnknownType),
            Severity::Error,
            "fixed"
        );
        assert_eq!(
            severity(&policy, "example.org", Rule::CaaNoAccount),
            Severity::Off,
            "only by its name"
        );
    }

    #[test]
    fn a_bad_line_is_found_at_its_word() {
        let text = "* mx-to-cnmae off\n* mx-to-cname of\n* no-soa off\na..b no-soa error\n*\n";
        let (policy, findings) = Policy::read(text.as_bytes(), Pos(100));
        assert_eq!(policy, Policy::default());
        let told: Vec<(u32, String)> = findings
            .iter()
            .map(|f| (f.place.start.0, f.message.to_owned()))
            .collect();
        assert_eq!(
            told[0],
            (102, "no such rule; did you mean mx-to-cname?".into())
        );
        assert_eq!(told[1].0, 132);
        assert_eq!(
            told[2],
            (
                144,
                "no-soa is always an error: the zone cannot be served with it".into()
            )
        );
        assert_eq!(told[3].0, 148);
        assert_eq!(told[4].0, 166);
    }
}

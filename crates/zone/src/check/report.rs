//! Gathers findings, leaves out what is allowed, and puts the rest in order.

use alloc::format;
use alloc::vec::Vec;

use zonefile::{Pos, SourceMap, Span};

use super::Finding;
use super::allowance::Allowances;
use super::entry::Entry;
use super::policy::Severities;
use crate::rules::{Rule, Severity};

/// More findings than this are counted and not kept: nobody reads them, and a hostile zone could have millions. For
/// errors there is as much room again, so that warnings never hide the only error.
pub(super) const MOST: usize = 10_000;

/// Rules of which one finding stands for several records, the first in the text, where a comment allows all of them;
/// and those that keep back another finding.
const OF_SEVERAL: [Rule; 11] = [
    Rule::MissingFinalDot,
    Rule::TargetIsAddress,
    Rule::BelowZoneCut,
    Rule::BelowDname,
    Rule::CnameLoop,
    Rule::CnameToMissingName,
    Rule::NsWithoutAddress,
    Rule::TargetWithoutAddress,
    Rule::UnsignedRrset,
    Rule::SignatureCoversNothing,
    Rule::SignatureExpired,
];

/// What came of a check.
pub(super) struct Reported {
    pub(super) findings: Vec<Finding>,
    /// Whether a comment allowed an error that stands for several: when its record goes, the error moves to a record
    /// that nobody looks at for it.
    pub(super) excused: bool,
}

pub(super) struct Report {
    severities: Severities,
    /// Each with the place of the record it is about.
    found: Vec<(Pos, Finding)>,
    more: usize,
}

impl Report {
    pub(super) fn new(severities: Severities) -> Report {
        Report {
            severities,
            found: Vec::new(),
            more: 0,
        }
    }

    pub(super) fn push(&mut self, record: Pos, finding: Finding) {
        match self.severities.of(finding.rule) {
            Severity::Off => {}
            severity if self.found.len() >= room(severity) => self.more += 1,
            severity => self.found.push((
                record,
                Finding {
                    severity,
                    ..finding
                },
            )),
        }
    }

    /// The rule of the first error, before comments are looked at.
    pub(super) fn first_error(&self) -> Option<Rule> {
        let is_error = |(_, finding): &&(Pos, Finding)| finding.severity == Severity::Error;
        self.found
            .iter()
            .find(is_error)
            .map(|(_, finding)| finding.rule)
    }

    pub(super) fn finish(mut self, map: &SourceMap) -> Reported {
        let (mut allowances, bad) = Allowances::read(map);
        let mut excused = false;
        if !allowances.is_empty() {
            self.found.retain(|(record, finding)| {
                let allowed = allowances.allow(finding.rule, lines(map, *record));
                excused |= allowed && is_error_of_several(finding);
                !allowed
            });
        }
        let (more, severities) = (self.more, self.severities);
        let found = self.found.into_iter().map(|(_, finding)| finding);
        let about_comments = bad
            .into_iter()
            .chain(allowances.unused().filter(|_| more == 0));
        let rated = about_comments.filter_map(|finding| rate(finding, &severities));
        let mut findings: Vec<Finding> = found.chain(rated).collect();
        findings.sort_by_key(|finding| (finding.place.start, finding.rule));
        let mut findings = one_a_place(findings);
        findings.extend(overflow(&findings, more));
        Reported { findings, excused }
    }
}

fn is_error_of_several(finding: &Finding) -> bool {
    finding.severity == Severity::Error && OF_SEVERAL.contains(&finding.rule)
}

fn room(severity: Severity) -> usize {
    if severity == Severity::Error {
        2 * MOST
    } else {
        MOST
    }
}

fn rate(finding: Finding, severities: &Severities) -> Option<Finding> {
    let severity = severities.of(finding.rule);
    (severity != Severity::Off).then_some(Finding {
        severity,
        ..finding
    })
}

/// All lines of the record at `record`.
fn lines(map: &SourceMap, record: Pos) -> Span {
    Entry::at(map, record).map_or(
        Span {
            start: record,
            end: record,
        },
        |entry| entry.lines(),
    )
}

/// The records of a `$GENERATE` stand on one line, and are wrong together.
fn one_a_place(findings: Vec<Finding>) -> Vec<Finding> {
    let same = |a: &Finding, b: &Finding| a.place == b.place && a.rule == b.rule;
    let mut ones: Vec<(Finding, usize)> = Vec::with_capacity(findings.len());
    for finding in findings {
        match ones.last_mut() {
            Some((one, more)) if same(one, &finding) => *more += 1,
            _ => ones.push((finding, 0)),
        }
    }
    ones.into_iter()
        .map(|(one, more)| with_more(one, more))
        .collect()
}

fn with_more(mut finding: Finding, more: usize) -> Finding {
    if more > 0 {
        finding
            .message
            .push_str(&format!("; the same of {more} more records of this line"));
    }
    finding
}

/// Says that there is more. What is left out is no worse than what is shown.
fn overflow(findings: &[Finding], more: usize) -> Option<Finding> {
    let last = findings.last().filter(|_| more > 0)?;
    let finding = Finding::new(
        Rule::TooManyErrors,
        last.place,
        format!("{more} more findings are not shown"),
    );
    let severity = Severity::Note;
    Some(Finding {
        severity,
        ..finding.help("repair these first")
    })
}

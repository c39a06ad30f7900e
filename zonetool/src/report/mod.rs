//! Findings with their places resolved, and the formats they are printed in.

mod github;
mod human;
mod json;
mod sarif;

use crate::checking::Outcome;
use crate::console::Console;
use clap::ValueEnum;
use git_store::Commit;
use serde::Serialize;
use std::io;

/// How bad a finding is. Only errors keep a zone from being published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Severity {
    /// Worth knowing
    Note,
    /// Probably a mistake
    Warning,
    /// The zone cannot be published
    Error,
}

impl Severity {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// A stretch of a file, as people count: lines and columns from 1, columns in characters, the end exclusive.
/// Line 0 is the whole file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub(crate) struct Place {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) end_line: usize,
    pub(crate) end_column: usize,
    /// The first line, without its line end.
    #[serde(rename = "source")]
    pub(crate) text: String,
}

impl Place {
    /// A file or folder as a whole: line and column are 0.
    pub(crate) fn whole(path: String) -> Place {
        Place {
            path,
            line: 0,
            column: 0,
            end_line: 0,
            end_column: 0,
            text: String::new(),
        }
    }

    pub(crate) fn starts_like(&self, other: &Place) -> bool {
        (&self.path, self.line, self.column) == (&other.path, other.line, other.column)
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.line == 0
    }
}

/// A second place that has something to say, such as the other one of two records that clash.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Related {
    #[serde(flatten)]
    pub(crate) place: Place,
    pub(crate) message: String,
}

/// A replacement that cures the finding.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Fix {
    /// Whether it cannot change the meaning of anything else, so that `--fix` may apply it unasked.
    pub(crate) safe: bool,
    /// What to put in the place of the octets.
    pub(crate) replacement: String,
    #[serde(flatten)]
    pub(crate) place: Place,
    /// The file as its [`crate::files::Files`] knows it.
    #[serde(skip)]
    pub(crate) file: String,
    /// First octet of `place` in its file.
    pub(crate) start_octet: usize,
    /// One past its last octet.
    pub(crate) end_octet: usize,
}

/// The commit that brought a finding in.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Origin {
    /// Full hexadecimal id.
    pub(crate) commit: String,
    /// `Name <address>`.
    pub(crate) author: String,
    /// First line of the message.
    pub(crate) subject: String,
}

impl Origin {
    pub(crate) fn new(commit: &Commit) -> Origin {
        Origin {
            commit: commit.id.to_string(),
            author: commit.author.to_string(),
            subject: commit.summary().to_owned(),
        }
    }
}

/// One finding with its places resolved, ready for any format.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Located {
    /// Stable id, as `zonetool explain` takes it.
    pub(crate) rule: String,
    pub(crate) severity: Severity,
    /// Apex of the zone, with the final dot.
    pub(crate) zone: String,
    pub(crate) message: String,
    #[serde(flatten)]
    pub(crate) place: Place,
    pub(crate) related: Vec<Related>,
    /// The `$INCLUDE` lines that led to `place`, outermost first.
    pub(crate) included_from: Vec<Place>,
    pub(crate) help: Option<String>,
    pub(crate) fix: Option<Fix>,
    /// In a range of commits: who brought it in.
    pub(crate) origin: Option<Origin>,
}

/// Everything one run of `check` has to say.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) findings: Vec<Located>,
    /// Places that `--fix` changed, with the rule's id.
    pub(crate) fixed: Vec<(String, Place)>,
    pub(crate) zones: usize,
    pub(crate) records: usize,
}

impl Report {
    /// Takes in what one zone came to.
    pub(crate) fn add(&mut self, outcome: Outcome) {
        self.findings.extend(outcome.findings);
        self.records += outcome.records;
        self.zones += 1;
    }

    /// Takes in another report.
    pub(crate) fn join(&mut self, other: Report) {
        self.findings.extend(other.findings);
        self.fixed.extend(other.fixed);
        self.records += other.records;
        self.zones += other.zones;
    }

    pub(crate) fn count(&self, severity: Severity) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    }

    /// Whether anything is at least as bad as `limit`.
    pub(crate) fn reaches(&self, limit: Severity) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.severity >= limit)
    }

    /// By file and place, so that the output does not depend on the order in which rules run.
    pub(crate) fn sort(&mut self) {
        self.findings
            .sort_by(|a, b| (&a.place, &a.rule).cmp(&(&b.place, &b.rule)));
    }
}

/// What `check` can print.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// Excerpts with a caret, for a person
    #[default]
    Human,
    /// One JSON document
    Json,
    /// SARIF 2.1.0, for code-scanning services
    Sarif,
    /// Workflow commands that GitHub shows beside the changed lines
    Github,
}

/// Prints `report` as `format`.
pub(crate) fn print(
    report: &Report,
    format: ReportFormat,
    console: &mut Console<'_>,
) -> io::Result<()> {
    match format {
        ReportFormat::Human => human::print(report, console),
        ReportFormat::Json => console.json(&json::document(report)),
        ReportFormat::Sarif => console.json(&sarif::document(report)),
        ReportFormat::Github => github::print(report, console),
    }
}

/// `1 zone`, `2 zones`.
pub(crate) fn counted(count: usize, thing: &str) -> String {
    match count {
        1 => format!("1 {thing}"),
        _ => format!("{count} {thing}s"),
    }
}

#[cfg(test)]
mod tests;

//! `zonetool explain`: what a rule is about.

use crate::args::Output;
use crate::console::{BOLD, Console};
use crate::failure::{Exit, Failure, Outcome};
use crate::signed;
use clap::Args;
use git_store::Problem;
use serde::Serialize;
use serde_json::json;
use std::io;
use zone::rules::Rule;

/// Explain a rule that findings name, or list all rules
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0  explained
  2  usage, or there is no such rule

Examples:
  zonetool explain
  zonetool explain missing-final-dot")]
pub(crate) struct Explain {
    /// Explain RULE, the word in brackets of a finding
    #[arg(value_name = "RULE")]
    rule: Option<String>,

    #[command(flatten)]
    output: Output,
}

/// One rule, of a zone or of the layout of a repository.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Entry {
    pub(crate) rule: &'static str,
    pub(crate) severity: &'static str,
    pub(crate) summary: &'static str,
    #[serde(rename = "text")]
    pub(crate) explanation: &'static str,
}

impl Explain {
    pub(crate) fn run(self, console: &mut Console<'_>) -> Outcome {
        console.machine = self.output.is_json();
        match &self.rule {
            Some(id) => self.explain(&find(id)?, console)?,
            None => self.list(console)?,
        }
        Ok(Exit::CLEAN)
    }

    fn explain(&self, entry: &Entry, console: &mut Console<'_>) -> io::Result<()> {
        if self.output.is_json() {
            return console.json(&json!(entry));
        }
        let heading = console.paint(BOLD, entry.rule);
        writeln!(
            console.out,
            "{heading} ({}): {}\n",
            entry.severity, entry.summary
        )?;
        writeln!(console.out, "{}", entry.explanation.trim_end())
    }

    fn list(&self, console: &mut Console<'_>) -> io::Result<()> {
        if self.output.is_json() {
            return console.json(&json!({ "rules": entries() }));
        }
        let width = entries()
            .iter()
            .map(|entry| entry.rule.len())
            .max()
            .unwrap_or(0);
        for Entry {
            rule,
            severity,
            summary,
            ..
        } in entries()
        {
            writeln!(console.out, "{rule:width$}  {severity:7}  {summary}")?;
        }
        Ok(())
    }
}

/// All rules: those of zones first, then those of the layout, then that of commits.
pub(crate) fn entries() -> Vec<Entry> {
    let zone = Rule::ALL.iter().map(|rule| Entry {
        rule: rule.id(),
        severity: rule.default_severity().word(),
        summary: rule.summary(),
        explanation: rule.explain(),
    });
    let layout = Problem::RULES.iter().map(|(rule, explanation)| Entry {
        rule,
        severity: if *rule == Problem::KeyFile.rule() {
            "warning"
        } else {
            "error"
        },
        summary: first_sentence(explanation),
        explanation,
    });
    zone.chain(layout).chain([signed::RULE]).collect()
}

fn first_sentence(text: &'static str) -> &'static str {
    text.split(['.', ':']).next().unwrap_or(text)
}

fn find(id: &str) -> Result<Entry, Failure> {
    let known = entries()
        .into_iter()
        .find(|entry| entry.rule.eq_ignore_ascii_case(id));
    known.ok_or_else(|| {
        let next = match id.parse::<Rule>() {
            Err(unknown) => unknown
                .nearest
                .map(|rule| format!("zonetool explain {rule}")),
            Ok(_) => None,
        };
        Failure::usage(format!("there is no rule `{id}`"))
            .next(next.unwrap_or("list the rules: zonetool explain".into()))
    })
}

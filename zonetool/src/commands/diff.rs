//! `zonetool diff`: what changed between two commits, record by record.

mod compare;
mod render;

pub(super) use compare::ZoneDiff;
pub(super) use render::{json, short};

use crate::console::Console;
use crate::failure::{Exit, Failure, Outcome};
use crate::records::Records;
use crate::target::Repository;
use crate::touched::{self, Side};
use clap::{Args, ValueEnum};
use git_store::{Range, ZoneName};
use std::path::PathBuf;

/// An error, 1 rather than 3, because 2 already means something else than usage here.
pub(crate) const FAILED: Exit = Exit(1);
const CHANGES: Exit = Exit(2);

/// Compare the zones of two commits, record by record
#[derive(Debug, Args)]
#[command(after_help = "\
Comments, layout and the order of lines make no difference. An end that is left out is HEAD.

Exit codes:
  0  no record differs
  1  an error, usage included
  2  records differ

Examples:
  zonetool diff HEAD~1..
  zonetool diff main..topic --format markdown")]
pub(crate) struct Diff {
    /// Compare the commits A and B
    #[arg(value_name = "A..B")]
    range: String,

    /// Take commits from the repository that DIR lies in
    #[arg(long, value_name = "DIR", default_value = ".")]
    repo: PathBuf,

    /// Print the result as FORMAT
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: DiffFormat,
}

/// What `diff` can print.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum DiffFormat {
    /// Lines with - and + for a person
    #[default]
    Human,
    /// One JSON document on standard output
    Json,
    /// Text for a merge request
    Markdown,
}

impl Diff {
    pub(crate) fn run(self, console: &mut Console<'_>) -> Outcome {
        console.machine = self.format == DiffFormat::Json;
        let diffs = self
            .compare(console)
            .map_err(|failure| failure.with_exit(FAILED))?;
        match self.format {
            DiffFormat::Human => render::human(&diffs, console)?,
            DiffFormat::Json => console.json(&json(&diffs))?,
            DiffFormat::Markdown => render::markdown(&diffs, console)?,
        }
        match diffs.is_empty() {
            true => Ok(Exit::CLEAN),
            false => Ok(CHANGES),
        }
    }

    fn compare(&self, console: &mut Console<'_>) -> Result<Vec<ZoneDiff>, Failure> {
        let repository = Repository::around(&self.repo)?;
        between(&repository, repository.range(&self.range)?, console)
    }
}

/// What the commits of a range changed in all, zone by zone.
pub(super) fn between(
    repository: &Repository,
    range: Range,
    console: &Console<'_>,
) -> Result<Vec<ZoneDiff>, Failure> {
    let older = Side::new(range.from.map(|from| repository.files(from)).transpose()?)?;
    let newer = Side::new(Some(repository.files(range.to)?))?;
    let touched = touched::between(&older, &newer)?;
    let bar = console.progress(touched.len(), "comparing zones");
    let mut diffs = Vec::new();
    for zone in touched {
        bar.inc(1);
        let (before, after) = (records(&older, &zone)?, records(&newer, &zone)?);
        diffs.extend(ZoneDiff::between(&zone, before, after));
    }
    bar.finish_and_clear();
    Ok(diffs)
}

/// The zone's records on one side; `None` where it has no such zone, or refuses its file.
fn records(side: &Side, zone: &ZoneName) -> Result<Option<Records>, Failure> {
    side.zone(zone)
        .map(|(files, at)| Records::read(files, &at))
        .transpose()
}

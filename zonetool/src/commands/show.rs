//! `zonetool show`: the records of a name, as a commit has them, and where they stand.

use super::asked::{TIMES, Where, Which};
use crate::args::Output;
use crate::console::{BLUE, Console, Plain};
use crate::failure::{Exit, Failure, Outcome};
use crate::files::{CommitFiles, Files, ZoneAt};
use crate::reading;
use crate::records::{Record, Records, Shown};
use crate::report::Place;
use clap::Args;
use rr::NameRef;
use serde_json::json;
use std::io;
use zonefile::Span;

/// Show the records of a name as a commit has them, and the lines they stand on
#[derive(Debug, Args)]
#[command(after_help = format!("\
{TIMES}

Exit codes:
  0  there are such records
  1  there are none
  2  usage
  3  something could not be read

Examples:
  zonetool show www.example.org AAAA
  zonetool show example.org ANY --at HEAD~3
  zonetool show www.example.org --at '3 days ago'"))]
pub(crate) struct Show {
    #[command(flatten)]
    which: Which,

    #[command(flatten)]
    place: Where,

    #[command(flatten)]
    output: Output,
}

impl Show {
    pub(crate) fn run(self, console: &mut Console<'_>) -> Outcome {
        console.machine = self.output.is_json();
        let (name, wanted) = (self.which.name()?, self.which.rtype()?);
        let (repository, commit) = self.place.find()?;
        let files = repository.files(commit)?;
        let zone = closest(&files, name.as_ref())?;
        let records = Records::read(&files, &zone)?;
        let found: Vec<(Shown, Place)> = records
            .records
            .iter()
            .filter(|record| {
                record.owner == name && wanted.is_none_or(|rtype| record.rtype == rtype)
            })
            .map(|record| (record.shown(), place(&files, &records, record)))
            .collect();
        self.print(&files, &zone, &found, console)?;
        match found.is_empty() {
            true => Ok(Exit::FINDINGS),
            false => Ok(Exit::CLEAN),
        }
    }

    fn print(
        &self,
        files: &CommitFiles,
        zone: &ZoneAt,
        found: &[(Shown, Place)],
        console: &mut Console<'_>,
    ) -> io::Result<()> {
        let commit = &files.snapshot.commit().id;
        if self.output.is_json() {
            let records = found
                .iter()
                .map(|(record, place)| json!({ "record": record, "place": place }));
            return console.json(&json!({
                "zone": zone.zone.as_str(),
                "commit": commit.to_string(),
                "records": records.collect::<Vec<_>>(),
            }));
        }
        for (record, place) in found {
            let place = console.paint(BLUE, format!("; {}:{}", Plain(&place.path), place.line));
            writeln!(console.out, "{record} {place}")?;
        }
        if found.is_empty() {
            writeln!(
                console.err,
                "{} has no such record in commit {}",
                zone.zone.as_str(),
                commit.short()
            )?;
        }
        Ok(())
    }
}

/// The zone whose name is the longest that `name` lies at or below.
fn closest(files: &CommitFiles, name: NameRef<'_>) -> Result<ZoneAt, Failure> {
    let zones = files.list()?.zones.into_iter();
    let around = zones.filter(|zone| name.is_at_or_below(reading::apex(zone).as_ref()));
    around
        .max_by_key(|zone| reading::apex(zone).as_ref().label_count())
        .ok_or_else(|| {
            Failure::usage(format!(
                "no zone of commit {} holds {name}",
                files.snapshot.commit().id.short()
            ))
            .next("list the zones: git ls-tree -r --name-only HEAD")
        })
}

fn place(files: &CommitFiles, records: &Records, record: &Record) -> Place {
    reading::place(
        files,
        &records.text.map,
        Span {
            start: record.at,
            end: record.at,
        },
    )
}

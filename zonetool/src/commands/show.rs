//! `zonetool show`: the records of a name, as a commit has them, and where they stand.

use crate::args::Output;
use crate::console::{BLUE, Console, Plain};
use crate::failure::{Exit, Failure, Outcome};
use crate::files::{CommitFiles, Files, ZoneAt};
use crate::reading;
use crate::records::{Record, Records, Shown};
use crate::report::Place;
use crate::target::Repository;
use clap::Args;
use rr::{Name, NameRef, Rtype};
use serde_json::json;
use std::io;
use std::path::PathBuf;
use zonefile::Span;

/// Show the records of a name as a commit has them, and the lines they stand on
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0  there are such records
  1  there are none
  2  usage
  3  something could not be read

Examples:
  zonetool show www.example.org AAAA
  zonetool show example.org ANY --at HEAD~3")]
pub(crate) struct Show {
    /// Show the records of NAME, taken as absolute
    #[arg(value_name = "NAME")]
    name: String,

    /// Show records of TYPE, or ANY for all
    #[arg(value_name = "TYPE", default_value = "ANY")]
    rtype: String,

    /// Read the zones of the commit REV
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    at: String,

    /// Take the commit from the repository that DIR lies in
    #[arg(long, value_name = "DIR", default_value = ".")]
    repo: PathBuf,

    #[command(flatten)]
    output: Output,
}

impl Show {
    pub(crate) fn run(self, console: &mut Console<'_>) -> Outcome {
        console.machine = self.output.is_json();
        let name = Name::from_text(&self.name).map_err(|error| {
            Failure::usage(format!("`{}` is no domain name", self.name)).because(&error)
        })?;
        let wanted = self.wanted_type()?;
        let repository = Repository::around(&self.repo)?;
        let files = repository.files(repository.commit(&self.at)?)?;
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

    /// `None` for all types.
    fn wanted_type(&self) -> Result<Option<Rtype>, Failure> {
        if self.rtype.eq_ignore_ascii_case("ANY") {
            return Ok(None);
        }
        self.rtype.parse().map(Some).map_err(|error| {
            Failure::usage(format!("`{}` is no record type", self.rtype))
                .because(&error)
                .next("write a mnemonic such as AAAA, TYPE65280, or ANY")
        })
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
        for (
            Shown {
                name,
                ttl,
                class,
                rtype,
                data,
            },
            place,
        ) in found
        {
            let place = console.paint(BLUE, format!("; {}:{}", Plain(&place.path), place.line));
            writeln!(
                console.out,
                "{name} {ttl} {class} {rtype} {} {place}",
                Plain(data)
            )?;
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

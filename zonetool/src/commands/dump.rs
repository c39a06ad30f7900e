//! `zonetool dump`: a zone in canonical presentation form.

use crate::args::Output;
use crate::console::{Console, Plain};
use crate::failure::{Exit, Outcome};
use crate::files::Files;
use crate::reading;
use crate::records::{Record, Records, Shown};
use crate::report::Place;
use crate::target;
use clap::Args;
use serde_json::json;
use std::io;
use std::path::PathBuf;

/// Dump a zone in canonical form, one record a line
#[derive(Debug, Args)]
#[command(after_help = "\
Names are absolute, owners in canonical order (RFC 4034), every line has TTL, class and type, each record is there once.

Exit codes:
  0  dumped
  1  the text has mistakes, shown on standard error, and the rest was dumped
  2  usage
  3  something could not be read

Examples:
  zonetool dump zones/example.org
  zonetool dump db.example --zone example.org")]
pub(crate) struct Dump {
    /// Dump the zone in FILE
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Take NAME as the zone's name, where the file is not named by it
    #[arg(long, value_name = "NAME")]
    zone: Option<String>,

    #[command(flatten)]
    output: Output,
}

impl Dump {
    pub(crate) fn run(self, console: &mut Console<'_>) -> Outcome {
        console.machine = self.output.is_json();
        let (folder, zone) = target::file(&self.file, self.zone.as_deref())?;
        let zone = Records::read(&folder, &zone)?;
        let shown = zone.records.iter().map(Record::shown);
        match self.output.is_json() {
            true => console.json(&json!({ "zone": zone.text.apex.as_ref().to_string(), "records": shown.collect::<Vec<_>>() }))?,
            false => print(shown, console)?,
        }
        complain(&folder, &zone, console)
    }
}

fn print(records: impl Iterator<Item = Shown>, console: &mut Console<'_>) -> io::Result<()> {
    for Shown {
        name,
        ttl,
        class,
        rtype,
        data,
    } in records
    {
        writeln!(console.out, "{name} {ttl} {class} {rtype} {data}")?;
    }
    Ok(())
}

/// Mistakes go to standard error: standard output is for the next program.
fn complain(files: &dyn Files, zone: &Records, console: &mut Console<'_>) -> Outcome {
    for error in &zone.text.errors {
        let Place {
            path, line, column, ..
        } = reading::place(files, &zone.text.map, error.span);
        writeln!(
            console.err,
            "{}:{line}:{column}: {}",
            Plain(&path),
            Plain(&error.message)
        )?;
    }
    match zone.text.errors.is_empty() {
        true => Ok(Exit::CLEAN),
        false => Ok(Exit::FINDINGS),
    }
}

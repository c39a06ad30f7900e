//! `zonetool blame`: who last changed each record of a name.

use super::asked::{TIMES, Where, Which};
use crate::args::Output;
use crate::console::{BLUE, BOLD, Console, Plain};
use crate::failure::{Exit, Failure, Outcome};
use crate::history::{self, Notes, Step, commit_json, commit_line};
use crate::records::{Record, Shown};
use crate::report::Place;
use clap::Args;
use git_store::Commit;
use serde_json::{Value, json};
use std::io;
use std::rc::Rc;
use zonefile::Span;

/// Tell which commit and author last changed each record of a name, and where it stands
#[derive(Debug, Args)]
#[command(after_help = format!("\
A record is its owner, type and data: the commit is the one since which they have been there without a break. Where a later \
commit changed nothing but the TTL, that one is told beside it. Layout, comments, the file a zone lies in, $ORIGIN, $TTL and \
$INCLUDE make no difference but by what they make of the records. The zone is the closest one around NAME, in each commit.

A record that a merge brought in is that of the commit on its side: it is looked for in the first parent, then in the others; \
one that no parent has is the merge's own. What a version with mistakes does not show counts as unchanged, and a note on \
standard error says so.

{TIMES}

Exit codes:
  0  there are such records
  1  there are none
  2  usage
  3  something could not be read

Examples:
  zonetool blame www.example.org
  zonetool blame example.org --below
  zonetool blame example.org MX --format json"))]
pub(crate) struct Blame {
    #[command(flatten)]
    which: Which,

    /// Take the names below NAME too, as far as its zone goes
    #[arg(long)]
    below: bool,

    #[command(flatten)]
    place: Where,

    #[command(flatten)]
    output: Output,
}

/// What there is to say.
struct Answer {
    zone: String,
    commit: Rc<Commit>,
    records: Vec<Blamed>,
    notes: Notes,
}

/// A record, where it stands, and who is behind it.
struct Blamed {
    record: Shown,
    place: Place,
    brought_by: Rc<Commit>,
    /// Where that is another commit.
    ttl_by: Option<Rc<Commit>>,
}

impl Blame {
    pub(crate) fn run(self, console: &mut Console<'_>) -> Outcome {
        console.machine = self.output.is_json();
        let answer = self.answer(console)?;
        match self.output.is_json() {
            true => console.json(&answer.to_json())?,
            false => answer.print(console)?,
        }
        match answer.records.is_empty() {
            true => Ok(Exit::FINDINGS),
            false => Ok(Exit::CLEAN),
        }
    }

    fn answer(&self, console: &Console<'_>) -> Result<Answer, Failure> {
        let wanted = self.which.wanted(self.below)?;
        let name = wanted.name.clone();
        let (walk, tip) = self.place.walk(wanted, console)?;
        let (zone, commit) = (tip.zone_name(), history::Past::commit(&tip));
        let Some(zone) = zone else {
            return Err(Failure::usage(format!(
                "no zone of commit {} holds {name}",
                commit.id.short()
            ))
            .next(format!(
                "see whether there ever was one: zonetool log {name}"
            )));
        };
        let now = tip.clone();
        let records = history::blame(tip)?;
        let records = records.into_iter().map(|blamed| Blamed {
            record: blamed.record.shown(),
            place: place(&now, &blamed.record),
            ttl_by: (blamed.ttl_by.id != blamed.brought_by.id).then_some(blamed.ttl_by),
            brought_by: blamed.brought_by,
        });
        Ok(Answer {
            zone,
            commit,
            records: records.collect(),
            notes: walk.take_notes(),
        })
    }
}

fn place(now: &Step, record: &Record) -> Place {
    let (start, end) = (record.at, record.at);
    now.place(Span { start, end })
}

impl Answer {
    fn print(&self, console: &mut Console<'_>) -> io::Result<()> {
        for blamed in &self.records {
            let Blamed { record, place, .. } = blamed;
            let place = console.paint(BLUE, format!("; {}:{}", Plain(&place.path), place.line));
            writeln!(console.out, "{record} {place}")?;
            let commit = console.paint(BOLD, commit_line(&blamed.brought_by));
            writeln!(console.out, "  {commit}")?;
            if let Some(commit) = &blamed.ttl_by {
                writeln!(console.out, "  ttl: {}", commit_line(commit))?;
            }
        }
        if self.records.is_empty() {
            let commit = self.commit.id.short();
            writeln!(
                console.err,
                "{} has no such record in commit {commit}",
                self.zone
            )?;
        }
        self.notes.print(console)
    }

    /// Fields are only ever added.
    fn to_json(&self) -> Value {
        let records = self.records.iter().map(|blamed| {
            json!({
                "record": blamed.record,
                "place": blamed.place,
                "brought_by": commit_json(&blamed.brought_by),
                "ttl_by": blamed.ttl_by.as_deref().map(commit_json),
            })
        });
        let mut document = json!({
            "zone": self.zone,
            "commit": self.commit.id.to_string(),
            "records": records.collect::<Vec<_>>(),
        });
        self.notes.add_to(&mut document);
        document
    }
}

//! `zonetool log`: which commits changed the records of a name, and how.

use super::asked::{TIMES, Where, Which};
use crate::args::Output;
use crate::changes::{self, Line, Sign};
use crate::console::{BOLD, Console, GREEN, RED};
use crate::failure::{Exit, Failure, Outcome};
use crate::history::{self, Notes, commit_json, commit_line};
use clap::Args;
use git_store::Commit;
use serde_json::{Value, json};
use std::io;
use std::rc::Rc;

/// List the commits that changed the records of a name, newest first, with the records
#[derive(Debug, Args)]
#[command(after_help = format!("\
Records are compared, not lines: layout, comments, the file a zone lies in, $ORIGIN, $TTL and $INCLUDE make no difference \
but by what they make of the records. A changed TTL is the old record going and the new one coming. The zone is the closest \
one around NAME, in each commit.

First parents are gone along: a merge is listed with all that it brings in, and below it, set in, the commits of its side that \
changed these records. What a version with mistakes does not show \
counts as unchanged, and a note on standard error says so.

{TIMES}

Exit codes:
  0  there are such commits
  1  there are none
  2  usage
  3  something could not be read

Examples:
  zonetool log www.example.org AAAA
  zonetool log example.org --below --limit 10
  zonetool log example.org MX --at 2026-11-20"))]
pub(crate) struct Log {
    #[command(flatten)]
    which: Which,

    /// Take the names below NAME too, as far as its zone goes
    #[arg(long)]
    below: bool,

    /// Stop after COUNT commits
    #[arg(long, value_name = "COUNT")]
    limit: Option<usize>,

    #[command(flatten)]
    place: Where,

    #[command(flatten)]
    output: Output,
}

/// A commit and what it changed, in words.
struct Entry {
    commit: Rc<Commit>,
    lines: Vec<Line>,
    /// Of a merge, the commits on its sides that changed a record.
    sides: Vec<Entry>,
}

impl From<history::Entry<Rc<Commit>>> for Entry {
    fn from(entry: history::Entry<Rc<Commit>>) -> Entry {
        Entry {
            commit: entry.commit,
            lines: changes::lines(entry.changes.into_iter()),
            sides: entry.sides.into_iter().map(Entry::from).collect(),
        }
    }
}

impl Entry {
    fn print(&self, indent: usize, console: &mut Console<'_>) -> io::Result<()> {
        let heading = console.paint(BOLD, commit_line(&self.commit));
        writeln!(console.out, "{:indent$}{heading}", "")?;
        for line in &self.lines {
            let style = match line.change {
                Sign::Added => GREEN,
                Sign::Removed => RED,
            };
            let line = console.paint(style, line.to_text());
            writeln!(console.out, "{:indent$}  {line}", "")?;
        }
        let mut sides = self.sides.iter();
        sides.try_for_each(|side| side.print(indent + 4, console))
    }

    /// Fields are only ever added.
    fn to_json(&self) -> Value {
        let mut entry = commit_json(&self.commit);
        entry["changes"] = json!(self.lines);
        entry["sides"] = self.sides.iter().map(Entry::to_json).collect();
        entry
    }
}

impl Log {
    pub(crate) fn run(self, console: &mut Console<'_>) -> Outcome {
        console.machine = self.output.is_json();
        let (entries, notes) = self.entries(console)?;
        match self.output.is_json() {
            true => console.json(&self.to_json(&entries, &notes)?)?,
            false => self.print(&entries, &notes, console)?,
        }
        match entries.is_empty() {
            true => Ok(Exit::FINDINGS),
            false => Ok(Exit::CLEAN),
        }
    }

    fn entries(&self, console: &Console<'_>) -> Result<(Vec<Entry>, Notes), Failure> {
        let wanted = self.which.wanted(self.below)?;
        let (walk, tip) = self.place.walk(wanted, console)?;
        let entries = history::log(tip, self.limit.unwrap_or(usize::MAX))?;
        let entries = entries.into_iter().map(Entry::from).collect();
        Ok((entries, walk.take_notes()))
    }

    fn print(
        &self,
        entries: &[Entry],
        notes: &Notes,
        console: &mut Console<'_>,
    ) -> Result<(), Failure> {
        for (number, entry) in entries.iter().enumerate() {
            if number > 0 {
                writeln!(console.out)?;
            }
            entry.print(0, console)?;
        }
        if entries.is_empty() {
            let name = self.which.name()?;
            writeln!(console.err, "no commit changed such a record of {name}")?;
        }
        Ok(notes.print(console)?)
    }

    /// Fields are only ever added.
    fn to_json(&self, entries: &[Entry], notes: &Notes) -> Result<Value, Failure> {
        let mut document = json!({
            "name": self.which.name()?.to_string(),
            "commits": entries.iter().map(Entry::to_json).collect::<Vec<_>>(),
        });
        notes.add_to(&mut document);
        Ok(document)
    }
}

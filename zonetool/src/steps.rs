//! What a command made and what it found already there, for commands that can be run twice.

use crate::console::{BOLD, Console, GREEN, Plain};
use serde_json::{Value, json};
use std::io;
use std::path::{Path, PathBuf};

/// Whether a step had anything to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Did {
    Made,
    Kept,
}

impl Did {
    fn word(self) -> &'static str {
        match self {
            Did::Made => "made",
            Did::Kept => "kept",
        }
    }
}

/// The steps of one run, in order, and what the person can do next.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    done: Vec<(&'static str, PathBuf, Did)>,
    next: Vec<String>,
}

impl Steps {
    pub(crate) fn add(&mut self, what: &'static str, path: &Path, did: Did) {
        self.done.push((what, path.to_owned(), did));
    }

    pub(crate) fn next(&mut self, command: impl Into<String>) {
        self.next.push(command.into());
    }

    /// Whether any step had something to do.
    pub(crate) fn made_something(&self) -> bool {
        self.done.iter().any(|(_, _, did)| *did == Did::Made)
    }

    pub(crate) fn print(&self, as_json: bool, console: &mut Console<'_>) -> io::Result<()> {
        match as_json {
            true => console.json(&self.to_json()),
            false => self.print_for_a_person(console),
        }
    }

    fn print_for_a_person(&self, console: &mut Console<'_>) -> io::Result<()> {
        for (what, path, did) in &self.done {
            let word = console.paint(if *did == Did::Made { GREEN } else { BOLD }, did.word());
            writeln!(
                console.out,
                "{word}  {what:<10}  {}",
                Plain(&path.display().to_string())
            )?;
        }
        if !self.next.is_empty() {
            writeln!(console.out, "next:")?;
        }
        self.next
            .iter()
            .try_for_each(|command| writeln!(console.out, "  {}", Plain(command)))
    }

    pub(crate) fn to_json(&self) -> Value {
        let step = |(what, path, did): &(&str, PathBuf, Did)| json!({ "what": what, "path": path.display().to_string(), "state": did.word() });
        json!({ "steps": self.done.iter().map(step).collect::<Vec<_>>(), "next": self.next })
    }
}

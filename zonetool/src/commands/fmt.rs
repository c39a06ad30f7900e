//! `zonetool fmt`: zone text in columns, its records and comments untouched.

use crate::args::Output;
use crate::console::{Console, GREEN, Plain, YELLOW};
use crate::failure::{Exit, Failure, Outcome};
use crate::files::{Files, Folder};
use crate::report::counted;
use crate::target;
use clap::Args;
use serde_json::json;
use std::io;
use std::path::PathBuf;

/// Lay out zone files in columns, without changing a record or a comment
#[derive(Debug, Args)]
#[command(after_help = "\
A folder means all its zone files and their parts. A file that is laid out already is not written.

Exit codes:
  0  everything is laid out
  1  with --check, something would change
  2  usage
  3  something could not be read or written

Examples:
  zonetool fmt
  zonetool fmt --check zones/example.org")]
pub(crate) struct Fmt {
    /// Lay out the files and folders PATH
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,

    /// Change nothing, and fail where something would change
    #[arg(long)]
    check: bool,

    #[command(flatten)]
    output: Output,
}

impl Fmt {
    pub(crate) fn run(self, console: &mut Console<'_>) -> Outcome {
        console.machine = self.output.is_json();
        let texts = self.texts()?;
        let bar = console.progress(texts.len(), "laying out");
        let mut changed = Vec::new();
        for (folder, path) in &texts {
            changed.extend(self.lay_out(folder, path)?);
            bar.inc(1);
        }
        bar.finish_and_clear();
        self.print(&changed, texts.len(), console)?;
        match self.check && !changed.is_empty() {
            true => Ok(Exit::FINDINGS),
            false => Ok(Exit::CLEAN),
        }
    }

    /// Every file that is meant, with the folder around it.
    fn texts(&self) -> Result<Vec<(Folder, String)>, Failure> {
        let mut texts = Vec::new();
        for path in &self.paths {
            if path.is_dir() {
                let (folder, part) = target::folder(path)?;
                let below = folder.texts(&part)?;
                texts.extend(below.into_iter().map(|path| (folder.clone(), path)));
            } else {
                texts.push(target::text(path)?);
            }
        }
        Ok(texts)
    }

    /// Gives the path, as the person would write it, if the file is not laid out yet.
    fn lay_out(&self, folder: &Folder, path: &str) -> Result<Option<String>, Failure> {
        let text = folder.read(path)?;
        let laid_out = zonefile::format(&text);
        if laid_out == text {
            return Ok(None);
        }
        if !self.check {
            folder.write(path, &laid_out)?;
        }
        Ok(Some(folder.shown(path)))
    }

    fn print(&self, changed: &[String], total: usize, console: &mut Console<'_>) -> io::Result<()> {
        if self.output.is_json() {
            return console
                .json(&json!({ "changed": changed, "files": total, "written": !self.check }));
        }
        let verb = match self.check {
            true => console.paint(YELLOW, "would change"),
            false => console.paint(GREEN, "laid out"),
        };
        for path in changed {
            writeln!(console.out, "{verb} {}", Plain(path))?;
        }
        writeln!(
            console.out,
            "{} of {}",
            changed.len(),
            counted(total, "file")
        )
    }
}

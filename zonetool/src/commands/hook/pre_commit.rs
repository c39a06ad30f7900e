//! What Git runs before it makes a commit: the files that are about to be committed, not those that lie around.

use super::refusal;
use crate::commands::check::revision;
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::report::{self, ReportFormat, Severity};
use crate::target::Repository;
use clap::Args;
use git_store::Range;
use std::io;
use std::path::Path;
use std::process::Command;

/// Check what is about to be committed
#[derive(Debug, Args)]
#[command(after_help = "\
Git runs this in a working repository. What is staged is compared with HEAD.

Exit codes:
  0  the commit brings in no error
  1  it does, and is refused
  2  usage
  3  something could not be read, and the commit is refused

Examples:
  zonetool hook pre-commit || exit 1")]
pub(super) struct PreCommit {
    /// Print findings as FORMAT
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: ReportFormat,
}

impl PreCommit {
    pub(super) fn run(self, console: &mut Console<'_>) -> Outcome {
        console.machine = self.format != ReportFormat::Human;
        let repository = Repository::around(Path::new("."))?;
        let from = repository.store.tip(None).ok().flatten();
        let staged = stage(from.map(|head| head.to_string()).as_deref())?;
        let to = repository.commit(&staged)?;
        let mut report = revision::check_range(&repository, Range { from, to }, console)?;
        // The commit that brings these in has no name yet.
        report
            .findings
            .iter_mut()
            .for_each(|finding| finding.origin = None);
        report.sort();
        let is_refused = report.reaches(Severity::Error);
        if is_refused || !report.findings.is_empty() || console.machine {
            report::print(&report, self.format, console)?;
        }
        refusal(
            is_refused,
            "the commit is refused: mend the zones, git add them, commit again",
            console,
        )
    }
}

/// A commit of what is staged, which no branch will ever know. Git itself is here: it runs us, and knows which index is meant.
fn stage(head: Option<&str>) -> Result<String, Failure> {
    let tree = git(&["write-tree"])?;
    let parent = head.map(|head| ["-p", head]);
    let words = ["commit-tree", &tree, "-m", "staged"];
    git(&[
        &words[..],
        parent.as_ref().map_or(&[][..], |parent| &parent[..]),
    ]
    .concat())
}

fn git(words: &[&str]) -> Result<String, Failure> {
    let mut command = Command::new("git");
    // The commit needs an author, and one that is not configured yet is not our complaint to make.
    for role in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{role}_NAME"), "zonetool")
            .env(format!("GIT_{role}_EMAIL"), "zonetool@localhost");
    }
    let cannot = || {
        Failure::unreadable(format!("git {} failed", words[0]))
            .next("look at the state of the index: git status")
    };
    let output = command
        .args(words)
        .output()
        .map_err(|error| cannot().because(&error))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
        false => Err(cannot().because(&io::Error::other(
            String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        ))),
    }
}

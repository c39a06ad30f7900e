//! `zonetool commit`: what was edited becomes a commit of the branch, for who has no Git.

mod message;
mod person;
mod told;

pub(super) use told::print_files;

use super::check;
use crate::args::Output;
use crate::console::Console;
use crate::failure::{Exit, Failure, Outcome};
use crate::report::{self, Report, ReportFormat, Severity};
use crate::repository::quoted;
use crate::worktree::{Index, Listed, Scan, Wanted, WorkTree, unread, unwritten};
use clap::Args;
use git_store::{CommitId, Draft, Durable, IndexLock, NewIndex, Range, WriteError};
use gix::bstr::BStr;
use person::People;
use std::path::{Path, PathBuf};
use told::{Done, document, print_left_out};

/// Commit what was changed in a working copy, if the zones are right
#[derive(Debug, Args)]
#[command(after_help = "\
Taken is every change of a plain file that is in the last commit already, and each new file that is a zone, a part of one, \
.zonecheck, .zonepolicy or .gitignore. A new file of another kind is taken where it is named. Links, executable files and what \
.gitignore lists are not. What is left out is told.

The zones are checked as `zonetool check` does, and nothing is committed that brings in an error. Hooks are not run.

The author is who Git would take: GIT_AUTHOR_NAME and GIT_AUTHOR_EMAIL, or user.name and user.email of its configuration.

Exit codes:
  0  committed, or there was nothing to commit
  1  the zones have errors, and nothing was committed
  2  usage
  3  something could not be read or written

Examples:
  zonetool commit -m 'Move the mail'
  zonetool commit zones/example.org --author 'Ada <ada@example.org>'")]
pub(crate) struct Commit {
    /// Commit what was changed at PATH and below, not everything
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Describe the change as TEXT instead of by the files that it is in
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,

    /// Commit for WHO, written as Name <address>
    #[arg(long, value_name = "WHO")]
    author: Option<String>,

    /// Commit without checking the zones
    #[arg(long)]
    no_verify: bool,

    #[command(flatten)]
    output: Output,
}

/// A commit that no branch knows yet.
struct Made {
    durable: Durable,
    index: NewIndex,
    scan: Scan,
    message: String,
}

impl Commit {
    /// Of this file and nothing else.
    pub(super) fn only(path: PathBuf, message: String, output: Output) -> Commit {
        Commit {
            paths: vec![path],
            message: Some(message),
            author: None,
            no_verify: false,
            output,
        }
    }

    pub(crate) fn run(self, console: &mut Console<'_>) -> Outcome {
        console.machine = self.output.is_json();
        let near = self.paths.iter().find(|path| path.exists());
        let tree = WorkTree::around(near.map_or(Path::new("."), |path| folder_of(path)))?;
        let people = People::of(&tree.config, self.author.as_deref())?;
        let wanted = Wanted::below(&tree.top, &self.paths)?;
        let lock = IndexLock::take(&tree.repository.store);
        let lock = lock.map_err(|why| unwritten(&tree.top, &why))?;
        let made = match self.make(&tree, lock, &wanted, people)? {
            Ok(made) => made,
            Err(scan) => return self.nothing(&scan, console),
        };
        let report = self.check(&tree, made.durable.commit(), console)?;
        if report.reaches(Severity::Error) {
            return self.refuse(&report, console);
        }
        let Made {
            durable,
            index,
            scan,
            message,
        } = made;
        let store = &tree.repository.store;
        let moved = store.advance_checked_out(&tree.branch, tree.head, &durable, index);
        moved.map_err(|why| unmoved(&tree.top, &why))?;
        let done = Done {
            tree: &tree,
            commit: durable.commit(),
            scan,
            message,
            report,
        };
        done.print(self.output.is_json(), console)
    }

    /// All but the move of the branch; the scan alone where nothing is to be committed.
    fn make(
        &self,
        tree: &WorkTree,
        lock: IndexLock,
        wanted: &Wanted,
        people: People,
    ) -> Result<Result<Made, Scan>, Failure> {
        let head = tree.files(tree.head)?;
        let (mut index, mut scan) =
            look(tree, &lock, &head, wanted).map_err(|why| unread(&tree.top, &*why))?;
        let is_there = |path: &BStr| index.is_known(path) || tree.is_on_disk(path);
        if let Some(path) = wanted.missing(is_there) {
            return Err(Failure::usage(format!("there is no {path}"))
                .next("name a file that is there, or was in the last commit"));
        }
        if scan.edits.is_empty() {
            return Ok(Err(scan));
        }
        let message = self.message.clone();
        let message = message.unwrap_or_else(|| message::of(&scan.taken));
        let draft = Draft {
            parent: tree.head,
            merged: None,
            changes: std::mem::take(&mut scan.edits),
            author: people.author,
            committer: people.committer,
            message: message.clone(),
            trailers: Vec::new(),
        };
        let written = |why: WriteError| unwritten(&tree.top, &why);
        let durable = tree.repository.store.put(&draft).map_err(written)?;
        let octets = index.octets().map_err(|why| unread(&tree.top, &*why))?;
        Ok(Ok(Made {
            durable,
            index: lock.write(&octets).map_err(written)?,
            scan,
            message,
        }))
    }

    /// What the commit brings in beyond what was pushed last, as a push will be looked at.
    fn check(
        &self,
        tree: &WorkTree,
        to: CommitId,
        console: &Console<'_>,
    ) -> Result<Report, Failure> {
        if self.no_verify {
            return Ok(Report::default());
        }
        let store = &tree.repository.store;
        let pushed = check::upstream(store).zip(tree.head);
        let pushed = pushed.filter(|(pushed, head)| store.is_ancestor(*pushed, *head) == Ok(true));
        let from = pushed.map(|(pushed, _)| pushed).or(tree.head);
        let range = Range { from, to };
        let mut report = check::revision::check_range(&tree.repository, range, console)?;
        // The commit that brings these in may never be.
        report
            .findings
            .iter_mut()
            .for_each(|finding| finding.origin = None);
        report.sort();
        Ok(report)
    }

    fn refuse(&self, report: &Report, console: &mut Console<'_>) -> Outcome {
        if self.output.is_json() {
            report::print(report, ReportFormat::Json, console)?;
            return Ok(Exit::FINDINGS);
        }
        report::print(report, ReportFormat::Human, console)?;
        writeln!(
            console.out,
            "nothing is committed: mend the zones (zonetool check --fix), commit again; or with --no-verify as they are"
        )?;
        Ok(Exit::FINDINGS)
    }

    fn nothing(&self, scan: &Scan, console: &mut Console<'_>) -> Outcome {
        match self.output.is_json() {
            true => console.json(&document(None, scan))?,
            false => {
                writeln!(console.out, "nothing to commit")?;
                print_left_out(scan, console)?;
            }
        }
        Ok(Exit::CLEAN)
    }
}

fn look(
    tree: &WorkTree,
    lock: &IndexLock,
    head: &Listed,
    wanted: &Wanted,
) -> Result<(Index, Scan), crate::worktree::Boxed> {
    let mut index = Index::read(tree, lock.index(), head)?;
    let scan = Scan::of(tree, head, &mut index, wanted)?;
    Ok((index, scan))
}

fn unmoved(top: &Path, why: &WriteError) -> Failure {
    let failure = unwritten(top, why);
    match why {
        WriteError::Lost { .. } => failure.next("run the same command again"),
        WriteError::Refused(_) => failure.next(format!("work in one of them: cd {}", quoted(top))),
        _ => failure,
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !path.is_dir() && !parent.as_os_str().is_empty() => parent,
        _ if path.is_dir() => path,
        _ => Path::new("."),
    }
}

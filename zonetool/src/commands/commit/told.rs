//! What is said of a commit that was made, or was not.

use crate::commands::diff;
use crate::console::{BOLD, Console, Plain};
use crate::failure::{Exit, Outcome};
use crate::report::{self, Report, ReportFormat};
use crate::worktree::{SHOWN, Scan, What, WorkTree};
use git_store::{CommitId, Range};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;

/// Files that are shown of a commit.
const FILES: usize = 20;

/// A commit that is made.
pub(super) struct Done<'a> {
    pub(super) tree: &'a WorkTree,
    pub(super) commit: CommitId,
    pub(super) scan: Scan,
    pub(super) message: String,
    pub(super) report: Report,
}

impl Done<'_> {
    pub(super) fn print(&self, is_json: bool, console: &mut Console<'_>) -> Outcome {
        let range = Range {
            from: self.tree.head,
            to: self.commit,
        };
        let diffs = diff::between(&self.tree.repository, range, console)?;
        if is_json {
            let mut document = document(Some((self.commit, &self.tree.branch)), &self.scan);
            document["findings"] = json!(self.report.findings);
            document["diff"] = diff::json(&diffs);
            console.json(&document)?;
            return Ok(Exit::CLEAN);
        }
        if !self.report.findings.is_empty() {
            report::print(&self.report, ReportFormat::Human, console)?;
            writeln!(console.out)?;
        }
        let subject = self.message.lines().next().unwrap_or_default();
        let heading = format!("{} {}: {subject}", self.tree.branch, self.commit);
        writeln!(console.out, "{}", console.paint(BOLD, Plain(&heading)))?;
        print_files(&self.scan.taken, console)?;
        print_left_out(&self.scan, console)?;
        writeln!(console.out)?;
        diff::short(&diffs, console)?;
        Ok(Exit::CLEAN)
    }
}

/// What became of files, a line each.
pub(in crate::commands) fn print_files(
    taken: &BTreeMap<String, What>,
    console: &mut Console<'_>,
) -> io::Result<()> {
    for (path, what) in taken.iter().take(FILES) {
        writeln!(console.out, "  {:<7}  {}", what.word(), Plain(path))?;
    }
    print_more(taken.len(), FILES, console)
}

pub(super) fn print_left_out(scan: &Scan, console: &mut Console<'_>) -> io::Result<()> {
    if scan.left_out.is_empty() {
        return Ok(());
    }
    writeln!(console.out, "left out:")?;
    for (path, why) in scan.left_out.iter().take(SHOWN) {
        writeln!(console.out, "  {}  {why}", Plain(path))?;
    }
    print_more(scan.left_out.len(), SHOWN, console)
}

fn print_more(count: usize, shown: usize, console: &mut Console<'_>) -> io::Result<()> {
    match count.checked_sub(shown) {
        None | Some(0) => Ok(()),
        Some(more) => writeln!(console.out, "  and {more} more"),
    }
}

/// Fields are only ever added.
pub(super) fn document(made: Option<(CommitId, &str)>, scan: &Scan) -> Value {
    let files = scan.taken.iter();
    let files = files.map(|(path, what)| json!({ "path": path, "change": what.word() }));
    let left_out = scan.left_out.iter();
    let left_out = left_out.map(|(path, why)| json!({ "path": path, "why": why }));
    json!({
        "commit": made.map(|(commit, _)| commit.to_string()),
        "branch": made.map(|(_, branch)| branch),
        "files": files.collect::<Vec<_>>(),
        "left_out": left_out.collect::<Vec<_>>(),
    })
}

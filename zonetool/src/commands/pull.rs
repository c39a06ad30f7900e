//! `zonetool pull`: what others have pushed comes into a working copy, for who has no Git.

use super::diff;
use crate::args::Output;
use crate::console::{BOLD, Console, Plain};
use crate::failure::{Exit, Failure, Outcome};
use crate::remote::{self, Origin};
use crate::worktree::{Boxed, Forward, Index, SHOWN, What, WorkTree, unread, unwritten};
use clap::Args;
use git_remote::Fetched;
use git_store::{CommitId, Durable, IndexLock, Range, Settler};
use primary::args::RemoteArgs;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Bring a working copy up to date with where it was cloned from
#[derive(Debug, Args)]
#[command(after_help = "\
The branch only goes forward: where it has commits that are not there, and the other way round, nothing is merged. No file \
is touched that was edited since the last commit; where one would have to be, nothing is done. A pull that was interrupted \
is begun again by the next.

Exit codes:
  0  up to date now
  1  there are commits or changes here that pulling would lose, or the server refused
  2  usage
  3  the server was not reached, or something could not be read or written

Examples:
  zonetool pull
  zonetool pull dns --token token")]
pub(crate) struct Pull {
    /// Bring the working copy that DIR lies in up to date
    #[arg(value_name = "DIR", default_value = ".")]
    dir: PathBuf,

    #[command(flatten)]
    remote: RemoteArgs,

    #[command(flatten)]
    output: Output,
}

impl Pull {
    pub(crate) fn run(self, console: &mut Console<'_>) -> Outcome {
        console.machine = self.output.is_json();
        let tree = WorkTree::around(&self.dir)?;
        let origin = Origin::open(&remote::url(&tree.config)?, &self.remote)?;
        let store = &tree.repository.store;
        let fetched = origin.remote.fetch(store, Some(&tree.branch), tree.head);
        let fetched = fetched.map_err(|why| remote::failure(&why))?;
        let Some(Fetched { commit, .. }) = fetched else {
            return Err(Failure::usage(format!("{} has no commit yet", origin.url))
                .next("make the first one: zonetool commit, zonetool push"));
        };
        let durable = settle(&tree, commit).map_err(|why| unread(&tree.top, &*why))?;
        let taken = match self.is_forward(&tree, commit)? {
            true => Some(forward(&tree, &durable)?),
            false => None,
        };
        let pulled = Pulled {
            tree: &tree,
            url: &origin.url,
            commit,
            taken,
        };
        pulled.print(self.output.is_json(), console)
    }

    /// Whether there is something new there; an error where there is something here, too.
    fn is_forward(&self, tree: &WorkTree, commit: CommitId) -> Result<bool, Failure> {
        let Some(head) = tree.head else {
            return Ok(true);
        };
        let store = &tree.repository.store;
        let is_made_on = |older, newer| {
            let answer = store.is_ancestor(older, newer);
            answer.map_err(|why| unread(&tree.top, &why))
        };
        if is_made_on(commit, head)? {
            return Ok(false);
        }
        match is_made_on(head, commit)? {
            true => Ok(true),
            false => Err(Failure::usage(format!(
                "{} has commits here that are not there, and there are others there",
                tree.branch
            ))
            .with_exit(Exit::FINDINGS)
            .next("clone anew, make the change again there, and push it; or with Git: git pull --rebase")),
        }
    }
}

/// Whole and on the disk, and where Git shows the state of the other side.
fn settle(tree: &WorkTree, commit: CommitId) -> Result<Durable, Boxed> {
    let store = &tree.repository.store;
    let durable = Settler::new().settle(store, commit, tree.head)?;
    let tracking = format!("refs/remotes/origin/{}", tree.branch);
    let before = store.commit_at(&tracking)?;
    if before != Some(commit) {
        let _receipt = store.advance(&tracking, before, &durable)?;
    }
    Ok(durable)
}

/// The files, then the branch, then the index: what is interrupted on the way is done again by who comes next.
fn forward(tree: &WorkTree, to: &Durable) -> Result<BTreeMap<String, What>, Failure> {
    let unwritten = |why: &dyn std::error::Error| {
        unwritten(&tree.top, why).next("mend that, then pull again: it goes on from here")
    };
    let store = &tree.repository.store;
    let lock = IndexLock::take(store).map_err(|why| unwritten(&why))?;
    let (old, new) = (tree.files(tree.head)?, tree.files(Some(to.commit()))?);
    let index = Index::read(tree, lock.index(), &old);
    let mut index = index.map_err(|why| unread(&tree.top, &*why))?;
    let plan = Forward::plan(tree, &index, &old, &new);
    let plan = plan.map_err(|why| unread(&tree.top, &*why))?;
    if !plan.in_the_way.is_empty() {
        return Err(obstacles("changes here would be lost", &plan.in_the_way)
            .next("move these files elsewhere, pull again, and make the change again"));
    }
    if !plan.staged.is_empty() {
        return Err(obstacles(
            "Git has been told something else of files that come",
            &plan.staged,
        )
        .next("take that back with Git: git reset"));
    }
    plan.go(tree, &mut index).map_err(|why| unwritten(&*why))?;
    let octets = index.octets().map_err(|why| unwritten(&*why))?;
    let index = lock.write(&octets).map_err(|why| unwritten(&why))?;
    let moved = store.advance_checked_out(&tree.branch, tree.head, to, index);
    moved.map_err(|why| unwritten(&why))?;
    Ok(plan.taken)
}

fn obstacles(what: &str, paths: &[String]) -> Failure {
    let shown: Vec<&str> = paths.iter().take(SHOWN).map(String::as_str).collect();
    let more = match paths.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Failure::usage(format!("{what}: {}{more}", shown.join(", "))).with_exit(Exit::FINDINGS)
}

/// What a pull came to.
struct Pulled<'a> {
    tree: &'a WorkTree,
    url: &'a str,
    commit: CommitId,
    /// The files that came; `None` where nothing did.
    taken: Option<BTreeMap<String, What>>,
}

impl Pulled<'_> {
    fn print(&self, is_json: bool, console: &mut Console<'_>) -> Outcome {
        let WorkTree { head, branch, .. } = self.tree;
        let to = match &self.taken {
            Some(_) => self.commit,
            None => head.unwrap_or(self.commit),
        };
        let range = Range { from: *head, to };
        let diffs = diff::between(&self.tree.repository, range, console)?;
        if is_json {
            let files = self.taken.iter().flatten();
            let files = files.map(|(path, what)| json!({ "path": path, "change": what.word() }));
            console.json(&json!({
                "pulled": self.taken.is_some(),
                "branch": branch,
                "commit": to.to_string(),
                "url": self.url,
                "files": files.collect::<Vec<_>>(),
                "diff": diff::json(&diffs),
            }))?;
            return Ok(Exit::CLEAN);
        }
        let Some(taken) = &self.taken else {
            writeln!(console.out, "up to date: {branch} is at {}", to.short())?;
            return Ok(Exit::CLEAN);
        };
        let heading = format!("pulled {branch} at {} from {}", to.short(), self.url);
        writeln!(console.out, "{}", console.paint(BOLD, Plain(&heading)))?;
        super::commit::print_files(taken, console)?;
        writeln!(console.out)?;
        diff::short(&diffs, console)?;
        Ok(Exit::CLEAN)
    }
}

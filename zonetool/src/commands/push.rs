//! `zonetool push`: commits go to where the repository was cloned from.

use crate::args::Output;
use crate::console::Console;
use crate::failure::{Exit, Failure, Outcome};
use crate::remote::{self, Origin};
use crate::repository;
use crate::target::Repository;
use clap::Args;
use git_remote::{Pushed, RemoteError};
use git_store::CommitId;
use primary::args::RemoteArgs;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Send the commits of the branch to where the repository was cloned from
#[derive(Debug, Args)]
#[command(after_help = "\
The branch there only goes forward: where it has commits that are not here, nothing is sent. What a check there says \
against the commits is shown, and then the branch is as it was.

Exit codes:
  0  pushed, or there was nothing to push
  1  the server refused, or has commits that are not here
  2  usage
  3  the server was not reached, or something could not be read

Examples:
  zonetool push
  zonetool push dns --token token")]
pub(crate) struct Push {
    /// Take the commits from the repository that DIR lies in
    #[arg(value_name = "DIR", default_value = ".")]
    dir: PathBuf,

    #[command(flatten)]
    remote: RemoteArgs,

    #[command(flatten)]
    output: Output,
}

impl Push {
    pub(crate) fn run(self, console: &mut Console<'_>) -> Outcome {
        console.machine = self.output.is_json();
        let store = Repository::around(&self.dir)?.store;
        let branch = store.head_branch().map_err(|why| unread(&self.dir, &why))?;
        let branch = branch.ok_or_else(|| {
            Failure::usage("no branch is checked out, but a commit")
                .next("check one out: git checkout BRANCH")
        })?;
        let tip = store
            .tip(Some(&branch))
            .map_err(|why| unread(&self.dir, &why))?;
        let tip = tip.ok_or_else(|| {
            Failure::usage(format!("{branch} has no commit yet")).next("make one: zonetool commit")
        })?;
        let config = repository::discover(&self.dir)?;
        let origin = Origin::open(&remote::url(&config)?, &self.remote)?;
        let theirs = theirs(&origin, &branch)?;
        let pushed = origin.remote.push(&store, &branch, (theirs, tip));
        let pushed = pushed.map_err(|why| remote::failure(&why))?;
        remember(&config, &branch, tip);
        self.print((pushed, &branch, tip), &origin.url, console)
    }

    fn print(
        &self,
        (pushed, branch, tip): (Pushed, &str, CommitId),
        url: &str,
        console: &mut Console<'_>,
    ) -> Outcome {
        let is_new = pushed.is_new();
        match (self.output.is_json(), is_new) {
            (true, _) => console.json(&json!({
                "pushed": is_new,
                "branch": branch,
                "commit": tip.to_string(),
                "url": url,
            }))?,
            (_, true) => writeln!(console.out, "pushed {branch} at {} to {url}", tip.short())?,
            (_, false) => writeln!(
                console.out,
                "up to date: {url} has {branch} at {}",
                tip.short()
            )?,
        }
        Ok(Exit::CLEAN)
    }
}

/// Where the branch is there; none if it is to be made.
fn theirs(origin: &Origin, branch: &str) -> Result<Option<CommitId>, Failure> {
    match origin.remote.tip(Some(branch)) {
        Ok(tip) => Ok(tip.map(|tip| tip.commit)),
        Err(RemoteError::NoSuchBranch { .. }) => Ok(None),
        Err(why) => Err(remote::failure(&why)),
    }
}

/// What Git shows as the state of the other side. Without it nothing is wrong: the next fetch sets it.
fn remember(config: &gix::Repository, branch: &str, tip: CommitId) {
    let id = gix::ObjectId::from_hex(tip.to_string().as_bytes());
    if let Ok(id) = id {
        let name = format!("refs/remotes/origin/{branch}");
        let any = gix::refs::transaction::PreviousValue::Any;
        let _ = config.reference(name, id, any, "update by push");
    }
}

fn unread(dir: &Path, why: &dyn std::error::Error) -> Failure {
    Failure::unreadable(format!("cannot read the repository in {}", dir.display()))
        .because(why)
        .next("look at it: git fsck")
}

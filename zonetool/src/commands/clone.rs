//! `zonetool clone`: a working copy of a repository on another machine, for who has no Git.

use crate::args::Output;
use crate::console::Console;
use crate::failure::{Exit, Failure, Outcome};
use crate::remote::{self, Origin};
use crate::repository::{BRANCH, quoted};
use crate::steps::{Did, Steps};
use crate::worktree::{Boxed, NewClone, Of};
use clap::Args;
use git_store::ObjectFormat;
use primary::args::RemoteArgs;
use std::path::{Path, PathBuf};

/// Make a working copy of a repository on another machine
#[derive(Debug, Args)]
#[command(after_help = "\
What is made is a repository as git clone makes it, which Git itself can go on with; `zonetool push` knows where it is \
from. It is whole or not there. Nothing of the repository is run, and no filter changes a file.

Exit codes:
  0  cloned
  1  the server refused
  2  usage
  3  the server was not reached, or something could not be written

Examples:
  zonetool clone https://git.example.org/zones.git
  zonetool clone ssh://git@git.example.org/zones.git#main dns --ssh-key key --host-key known_hosts")]
pub(crate) struct Clone {
    /// Copy the repository at URL, of its BRANCH instead of HEAD
    #[arg(value_name = "URL[#BRANCH]")]
    url: String,

    /// Make the copy in DIR instead of a folder named like the repository
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,

    #[command(flatten)]
    remote: RemoteArgs,

    #[command(flatten)]
    output: Output,
}

impl Clone {
    pub(crate) fn run(self, console: &mut Console<'_>) -> Outcome {
        console.machine = self.output.is_json();
        let origin = Origin::open(&self.url, &self.remote)?;
        let dir = self.dir(&origin.url)?;
        let tip = origin.remote.tip(origin.branch.as_deref());
        let tip = tip.map_err(|why| remote::failure(&why))?;
        let branch = match (&tip, &origin.branch) {
            (Some(tip), _) => tip.branch.clone(),
            (None, Some(branch)) => branch.trim_start_matches("refs/heads/").to_owned(),
            (None, None) => BRANCH.to_owned(),
        };
        let of = Of {
            url: &origin.url,
            branch: &branch,
            format: tip
                .as_ref()
                .map_or(ObjectFormat::Sha1, |tip| tip.commit.object_format()),
        };
        let clone = NewClone::begin(&dir, &of).map_err(|why| unwritten(&dir, &why))?;
        let fetched = origin.remote.fetch(&clone.store, Some(&branch), None);
        match tip.and(fetched.map_err(|why| remote::failure(&why))?) {
            Some(fetched) => clone.finish(&branch, fetched.commit).map(drop),
            None => clone.finish_empty(&branch),
        }
        .map_err(|why| unwritten(&dir, &why))?;
        let mut steps = Steps::default();
        steps.add("repository", &dir, Did::Made);
        steps.next(format!("zonetool check {}", quoted(&dir)));
        let dir = quoted(&dir);
        steps.next(format!("edit, zonetool commit {dir}, zonetool push {dir}"));
        steps.print(self.output.is_json(), console)?;
        Ok(Exit::CLEAN)
    }

    /// As Git does: the last part of the URL, without `.git`.
    fn dir(&self, url: &str) -> Result<PathBuf, Failure> {
        if let Some(dir) = &self.dir {
            return Ok(dir.clone());
        }
        let last = url.trim_end_matches('/').rsplit(['/', ':']).next();
        let name = last.unwrap_or_default().trim_end_matches(".git");
        match name {
            "" | "." | ".." => Err(Failure::usage(format!("{url} names no folder"))
                .next("say where: zonetool clone URL DIR")),
            name => Ok(PathBuf::from(name)),
        }
    }
}

fn unwritten(dir: &Path, why: &Boxed) -> Failure {
    Failure::unreadable(format!("cannot make a repository in {}", dir.display()))
        .because(&**why)
        .next("name a folder that is yours to write, and that is empty or not there")
}

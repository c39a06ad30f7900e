//! What `show`, `log` and `blame` have in common: which records, in which commit of which branch.

use crate::console::Console;
use crate::failure::Failure;
use crate::history::{Step, Walk, Wanted};
use crate::moment;
use crate::target::Repository;
use clap::Args;
use git_store::CommitId;
use rr::{Name, Rtype};
use std::path::Path;
use std::rc::Rc;

/// The records that are asked about.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// Take records of NAME, which is absolute
    #[arg(value_name = "NAME")]
    name: String,

    /// Take records of TYPE, or ANY for all
    #[arg(value_name = "TYPE", default_value = "ANY")]
    rtype: String,
}

impl Which {
    pub(super) fn name(&self) -> Result<Name, Failure> {
        Name::from_text(&self.name).map_err(|error| {
            Failure::usage(format!("`{}` is no domain name", self.name))
                .because(&error)
                .next("write a name such as www.example.org")
        })
    }

    /// `None` for all types.
    pub(super) fn rtype(&self) -> Result<Option<Rtype>, Failure> {
        if self.rtype.eq_ignore_ascii_case("ANY") {
            return Ok(None);
        }
        self.rtype.parse().map(Some).map_err(|error| {
            Failure::usage(format!("`{}` is no record type", self.rtype))
                .because(&error)
                .next("write a mnemonic such as AAAA, TYPE65280, or ANY")
        })
    }

    /// For the history of these records, and of those below the name if that is wanted.
    pub(super) fn wanted(&self, below: bool) -> Result<Wanted, Failure> {
        Ok(Wanted {
            name: self.name()?,
            rtype: self.rtype()?,
            below,
        })
    }
}

/// The commit that is meant.
#[derive(Debug, Args)]
pub(super) struct Where {
    /// Begin at the commit REV, or the newest first parent that is not later than TIME
    #[arg(long, value_name = "REV|TIME")]
    at: Option<String>,

    #[command(flatten)]
    branch: Branch,
}

/// The repository and branch that are meant.
#[derive(Debug, Args)]
pub(super) struct Branch {
    /// Take commits from the repository that DIR lies in, of its BRANCH instead of HEAD
    #[arg(long, value_name = "DIR[#BRANCH]", default_value = ".")]
    repo: String,
}

/// For the help of commands with [`Where`].
pub(super) const TIMES: &str = "\
A TIME is 2026-11-20 (the end of that day, UTC), 2026-11-20T14:00:00Z or with +01:00, `yesterday` (its end, UTC), or a \
count of seconds, minutes, hours, days or weeks: `3 days ago`. The committer's date is what counts. A revision of the \
same name wins.";

impl Where {
    /// Begins to go back from there.
    pub(super) fn walk(
        &self,
        wanted: Wanted,
        console: &Console<'_>,
    ) -> Result<(Rc<Walk>, Step), Failure> {
        let (repository, commit) = self.find()?;
        let bar = console.counter("reading commits");
        let walk = Walk::new(&repository.store, wanted, bar);
        let tip = walk.from(repository.files(commit)?)?;
        Ok((walk, tip))
    }

    pub(super) fn find(&self) -> Result<(Repository, CommitId), Failure> {
        let (repository, tip) = self.branch.open()?;
        let commit = match &self.at {
            None => repository.commit(&tip)?,
            Some(at) => repository.commit(at).or_else(|failure| {
                let now = i64::try_from(moment::now_secs()).unwrap_or(i64::MAX);
                let time = moment::read(at, now);
                let time = time.ok_or_else(|| {
                    failure.next("list commits: git log --oneline; or write a time such as 2026-11-20 or '3 days ago'")
                })?;
                newest_until(&repository, repository.commit(&tip)?, time)
            })?,
        };
        Ok((repository, commit))
    }
}

impl Branch {
    /// The repository, and the revision that names the branch in it.
    pub(super) fn open(&self) -> Result<(Repository, String), Failure> {
        let (dir, branch) = self.dir_and_branch();
        let repository = Repository::around(Path::new(dir))?;
        let tip = branch.map_or("HEAD".to_owned(), |branch| format!("refs/heads/{branch}"));
        Ok((repository, tip))
    }

    /// A folder wins whose own name has a `#`.
    fn dir_and_branch(&self) -> (&str, Option<&str>) {
        match self.repo.rsplit_once('#') {
            Some((dir, branch)) if !Path::new(&self.repo).exists() => (dir, Some(branch)),
            _ => (&self.repo, None),
        }
    }
}

fn newest_until(
    repository: &Repository,
    tip: CommitId,
    time_secs: i64,
) -> Result<CommitId, Failure> {
    let mut oldest = None;
    for commit in repository.store.first_parents(tip) {
        let commit = commit.map_err(|error| {
            Failure::unreadable("cannot read the history")
                .because(&error)
                .next("look at the repository: git fsck")
        })?;
        if commit.committer.time_secs <= time_secs {
            return Ok(commit.id);
        }
        oldest = Some(commit);
    }
    let time = moment::write(time_secs);
    let failure = Failure::usage(format!("no commit is as old as {time}"));
    Err(match oldest {
        None => failure,
        Some(oldest) => failure.next(format!(
            "the oldest is of {}: --at {}",
            moment::write(oldest.committer.time_secs),
            oldest.id.short()
        )),
    })
}

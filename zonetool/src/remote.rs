//! Repositories on other machines: how they are named, and what is said when they cannot be reached.

use crate::failure::{Exit, Failure};
use crate::repository::quoted;
use git_remote::{Remote, RemoteError};
use git_store::{Location, Place};
use primary::args::{RemoteArgs, next_step};

/// A repository on another machine, not connected yet.
pub(crate) struct Origin {
    pub(crate) remote: Remote,
    /// As it was written, without the branch.
    pub(crate) url: String,
    pub(crate) branch: Option<String>,
}

impl Origin {
    pub(crate) fn open(url: &str, args: &RemoteArgs) -> Result<Origin, Failure> {
        let location = Location::parse(url).map_err(|why| {
            Failure::usage(format!("`{url}` names no repository"))
                .because(&why)
                .next("write a URL such as https://git.example.org/zones.git")
        })?;
        let Place::Remote(to) = &location.repository else {
            return Err(
                Failure::usage(format!("{url} is a repository on this machine"))
                    .next("use it with Git, or name it as another machine would: ssh://HOST/PATH"),
            );
        };
        let options = args.options().map_err(|why| failure(&why))?;
        Ok(Origin {
            remote: Remote::open(to, options).map_err(|why| failure(&why))?,
            url: to.to_string(),
            branch: location.branch.clone(),
        })
    }
}

/// `remote.origin.url`, as `clone` has written it.
pub(crate) fn url(config: &gix::Repository) -> Result<String, Failure> {
    let url = config.config_snapshot().string("remote.origin.url");
    url.map(|url| url.to_string()).ok_or_else(|| {
        let dir = config.workdir().unwrap_or(config.git_dir());
        Failure::usage(format!("{} was not cloned from anywhere", quoted(dir)))
            .next("say where it belongs: git remote add origin URL")
    })
}

/// What became of a fetch or a push, for the person: exit code 1 where the server decided, 3 where it was not reached.
pub(crate) fn failure(why: &RemoteError) -> Failure {
    let (what, exit, step) = match why {
        RemoteError::Moved { .. } | RemoteError::Diverged { .. } => (
            "the branch has commits that are not here",
            Exit::FINDINGS,
            Some(
                "clone anew, make the change again there, and push it; or with Git: git pull --rebase",
            ),
        ),
        RemoteError::Refused { .. } => (
            "the server refused",
            Exit::FINDINGS,
            Some("mend what it says, commit, push again"),
        ),
        RemoteError::Unreachable { .. } | RemoteError::TimedOut { .. } => (
            "the server was not reached",
            Exit::UNREADABLE,
            Some("look at the URL and the network, then try again: nothing is done twice"),
        ),
        other => (
            "the repository cannot be used",
            Exit::UNREADABLE,
            next_step(other),
        ),
    };
    let mut failure = Failure::unreadable(what).because(why).with_exit(exit);
    if let RemoteError::Refused { words, .. } = why {
        failure = failure.quoting(words);
    }
    match step {
        Some(step) => failure.next(step),
        None => failure,
    }
}

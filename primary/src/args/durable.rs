//! The option about what an acknowledged update is.

use clap::error::ErrorKind;
use clap::{Args, CommandFactory};
use git_store::{Location, Place};

use crate::updating::Durability;

/// What an acknowledged update is.
#[derive(Debug, Args)]
pub(super) struct DurableArgs {
    /// Where an update must be before it is acknowledged: on the disk here, or pushed to the URL [default: local; for a URL without --state-dir: pushed]
    #[arg(long, value_name = "WHERE", requires = "repo")]
    pub(super) durable: Option<Durability>,
}

impl DurableArgs {
    /// Whether that can be had.
    pub(super) fn check(&self, repo: Option<&Location>, is_kept: bool) -> Result<(), clap::Error> {
        let why = match (self.durable, repo.map(|repo| &repo.repository)) {
            (Some(Durability::Pushed), Some(Place::Local(_))) => {
                "there is nowhere to push to: the repository is on this machine"
            }
            (Some(Durability::Local), Some(Place::Remote(_))) if !is_kept => {
                "without --state-dir DIR nothing lasts on this machine: name one, or leave --durable local out"
            }
            _ => return Ok(()),
        };
        Err(super::Args::command().error(ErrorKind::ArgumentConflict, why))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use crate::args::{Args, Task};
    use crate::updating::Durability;

    fn read(words: &str) -> Result<Durability, clap::Error> {
        let words = format!("primary --listen ::1 {words}");
        let args = Args::try_parse_from(words.split(' '))?;
        args.check(false)?;
        match args.task().expect("it serves") {
            Task::Serve(config) => Ok(config.durability()),
            Task::Status { .. } => panic!("it serves"),
        }
    }

    #[test]
    fn what_lasts_is_chosen_where_nothing_is_said() {
        for (words, wanted) in [
            ("--repo x", Some(Durability::Local)),
            ("--repo x --state-dir s", Some(Durability::Local)),
            ("--repo x --durable local", Some(Durability::Local)),
            ("--repo x --durable pushed", None),
            ("--repo https://h/x", Some(Durability::Pushed)),
            ("--repo https://h/x --state-dir s", Some(Durability::Local)),
            ("--repo https://h/x --durable local", None),
            (
                "--repo https://h/x --state-dir s --durable pushed",
                Some(Durability::Pushed),
            ),
        ] {
            assert_eq!(read(words).ok(), wanted, "{words}");
        }
    }
}

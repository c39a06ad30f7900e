//! What Git runs before it takes a push: every branch that the push moves is checked for what it brings in.
//!
//! The objects of the push are in a quarantine (git-receive-pack(1)); nothing of a refused push stays behind.

use super::refusal;
use crate::commands::check::revision;
use crate::console::Console;
use crate::failure::{Failure, Outcome};
use crate::report::{self, Report, ReportFormat, Severity};
use crate::signed::SignersArg;
use crate::target::Repository;
use clap::Args;
use git_store::{CommitId, Range};
use std::io::{self, BufRead};
use std::path::Path;

/// Check the push that Git describes on standard input
#[derive(Debug, Args)]
#[command(after_help = "\
Git runs this in the repository that is pushed to, with lines of OLD NEW REF.

Exit codes:
  0  the push brings in no error
  1  it does, and is refused
  2  usage
  3  something could not be read, and the push is refused

Examples:
  zonetool hook pre-receive || exit 1
  zonetool hook pre-receive --allowed-signers /etc/stemma/signers || exit 1")]
pub(super) struct PreReceive {
    /// Print findings as FORMAT
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: ReportFormat,

    #[command(flatten)]
    signers: SignersArg,
}

impl PreReceive {
    pub(super) fn run(self, console: &mut Console<'_>) -> Outcome {
        console.machine = self.format != ReportFormat::Human;
        let mut repository = Repository::around(Path::new("."))?;
        if let Some(quarantine) = std::env::var_os("GIT_QUARANTINE_PATH") {
            repository.store = repository.store.with_incoming(Path::new(&quarantine));
        }
        let signatures = self.signers.open(&repository)?;
        let mut all = Report::default();
        for line in io::stdin().lock().lines() {
            let line = line.map_err(|error| {
                Failure::unreadable("cannot read what is pushed").because(&error)
            })?;
            if let Some(moved) = Moved::read(&line) {
                let range = moved.range(&repository)?;
                all.join(revision::check_range(&repository, range, console)?);
                if let Some(signatures) = &signatures {
                    all.findings.extend(signatures.check(&range)?);
                }
            }
        }
        all.sort();
        let is_refused = all.reaches(Severity::Error);
        if is_refused || !all.findings.is_empty() || console.machine {
            report::print(&all, self.format, console)?;
        }
        refusal(
            is_refused,
            "the push is refused: mend the zones, amend or add a commit, push again",
            console,
        )
    }
}

/// One branch that a push moves.
struct Moved<'l> {
    old: &'l str,
    new: &'l str,
    branch: &'l str,
}

impl<'l> Moved<'l> {
    /// `None` for tags, for notes, and for a branch that goes away.
    fn read(line: &'l str) -> Option<Moved<'l>> {
        let mut words = line.split(' ');
        let (old, new, reference) = (words.next()?, words.next()?, words.next()?);
        let branch = reference.strip_prefix("refs/heads/")?;
        (!is_nothing(new)).then_some(Moved { old, new, branch })
    }

    fn range(&self, repository: &Repository) -> Result<Range, Failure> {
        let from = match is_nothing(self.old) {
            true => self.beginning(repository),
            false => Some(repository.commit(self.old)?),
        };
        let to = repository.commit(self.new)?;
        Ok(Range { from, to })
    }

    /// A new branch is compared with the one that the repository's HEAD names, if that is another one.
    fn beginning(&self, repository: &Repository) -> Option<CommitId> {
        repository
            .store
            .tip(None)
            .ok()
            .flatten()
            .filter(|_| !self.branch.is_empty())
    }
}

/// Git's way to say that there is no commit.
fn is_nothing(id: &str) -> bool {
    id.bytes().all(|octet| octet == b'0')
}

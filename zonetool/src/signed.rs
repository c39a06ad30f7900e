//! Who has signed what a range of commits brings in.

use std::path::PathBuf;

use clap::Args;
use git_store::{Commit, CommitId, Range};
use signers::{AllowedSigners, Refusal};

use crate::commands::explain::Entry;
use crate::failure::Failure;
use crate::report::{Located, Origin, Place, Severity};
use crate::target::Repository;

/// Who may sign.
#[derive(Debug, Args)]
pub(crate) struct SignersArg {
    /// Also want new commits signed by a key in FILE, as `primary --allowed-signers` does
    #[arg(long, value_name = "FILE")]
    pub(crate) allowed_signers: Option<PathBuf>,
}

/// What `zonetool explain` tells of it.
pub(crate) const RULE: Entry = Entry {
    rule: "commit-not-signed",
    severity: "error",
    summary: "A commit is not signed by anybody who may",
    explanation: "\
With --allowed-signers FILE each commit along first parents that is new must be signed by a key in the file, as a primary with
this option wants it; else the primary would refuse the push after it was taken. What a merge brings in by its other
parents is for who signs the merge.

Sign the last commit: git commit --amend --no-edit --gpg-sign
Sign all since origin/main: git rebase --force-rebase --gpg-sign origin/main
",
};

/// States of a branch that nobody who may has signed.
pub(crate) struct Signatures<'r> {
    repository: &'r Repository,
    list: AllowedSigners,
}

impl SignersArg {
    /// The list that was named, if one was.
    pub(crate) fn open<'r>(
        &self,
        repository: &'r Repository,
    ) -> Result<Option<Signatures<'r>>, Failure> {
        let read = |path: &PathBuf| {
            let list = primary::read_signers(path);
            list.map_err(|why| unread_list(&why))
        };
        let list = self.allowed_signers.as_ref().map(read).transpose()?;
        Ok(list.map(|list| Signatures { repository, list }))
    }
}

impl Signatures<'_> {
    /// Findings about what the range brings in; of a branch that begins with it, about its newest commit.
    pub(crate) fn check(&self, range: &Range) -> Result<Vec<Located>, Failure> {
        let store = &self.repository.store;
        let states = match range.from {
            Some(from) => store
                .first_parents_since(range.to, &[from])
                .map_err(|error| unread(&error))?,
            None => vec![range.to],
        };
        let mut findings = Vec::new();
        for id in states {
            if let Err(why) = self
                .list
                .judge(&store.commit_octets(id).map_err(|error| unread(&error))?)
            {
                let commit = store.commit(id).map_err(|error| unread(&error))?;
                findings.push(finding(&commit, range.from, &why));
            }
        }
        Ok(findings)
    }
}

pub(crate) fn unread_list(why: &primary::Failure) -> Failure {
    Failure::unreadable("there is no list of signers").because(why)
}

fn unread(error: &git_store::Error) -> Failure {
    Failure::unreadable("cannot read the history").because(error)
}

fn finding(commit: &Commit, from: Option<CommitId>, why: &Refusal) -> Located {
    let sign = match from {
        Some(from) => format!("git rebase --force-rebase --gpg-sign {}", from.short()),
        None => "git commit --amend --no-edit --gpg-sign".to_owned(),
    };
    Located {
        rule: RULE.rule.to_owned(),
        severity: Severity::Error,
        zone: String::new(),
        message: format!("commit {} {why}", commit.id.short()),
        place: Place::whole(".".to_owned()),
        related: Vec::new(),
        included_from: Vec::new(),
        help: Some(format!("have it signed: {sign}")),
        fix: None,
        origin: Some(Origin::new(commit)),
    }
}

//! Laws of what is in Git.

use std::collections::{BTreeMap, BTreeSet};

use git_store::{Commit, CommitId};

use super::Book;
use crate::mutation::Mutation;
use crate::repository::{MISTAKE, Repository};
use crate::scenario::{BRIEF, Token};

impl Book {
    /// All of them, at the end.
    pub(crate) fn look_at_git(&mut self, repository: &mut Repository, mutation: Option<Mutation>) {
        repository.look_again();
        let tip = repository.tip();
        let mut all = repository.history(tip);
        for forced in repository.forced.clone() {
            all.extend(repository.history(forced));
        }
        self.no_commit_is_lost(repository, &all);
        self.updates_touch_nothing_else(repository, &all, mutation);
        self.merges_keep_what_people_wrote(repository, &all, mutation);
        self.what_is_acknowledged_is_kept(repository, &all);
        self.briefs_are_in_no_commit(repository, &all, mutation);
    }

    /// What is meant to be served for a while only is never in Git.
    fn briefs_are_in_no_commit(
        &mut self,
        repository: &mut Repository,
        all: &BTreeMap<CommitId, Commit>,
        mutation: Option<Mutation>,
    ) {
        for commit in all.values() {
            let is_wrong = mutation == Some(Mutation::CommitsBriefs)
                && commit.message.contains("Stemma-Update:");
            if is_wrong || repository.text(commit.id).contains(BRIEF) {
                self.breaks(|| format!("commit {} has a name {BRIEF}", commit.id));
            }
        }
    }

    /// No commit is ever lost: what a person pushed leads to the tip, or to one that a person took away.
    fn no_commit_is_lost(&mut self, repository: &Repository, all: &BTreeMap<CommitId, Commit>) {
        for pushed in &repository.pushed {
            if !all.contains_key(pushed) {
                self.breaks(|| format!("commit {pushed} of a person is gone"));
            }
        }
    }

    /// The commit of an update changes the lines that are meant: no comment and no line of an operator is lost.
    fn updates_touch_nothing_else(
        &mut self,
        repository: &mut Repository,
        all: &BTreeMap<CommitId, Commit>,
        mutation: Option<Mutation>,
    ) {
        let is_ours = |commit: &&Commit| commit.message.contains("Stemma-Update:");
        for commit in all.values().filter(is_ours) {
            let Some(parent) = commit.parents.first() else {
                continue;
            };
            let (before, mut after) = (repository.text(*parent), repository.text(commit.id));
            if mutation == Some(Mutation::LosesComments) {
                after = after.replace(" ; rack 7", "");
            }
            let kept: BTreeSet<Token> = after.lines().filter_map(token).collect();
            let gone = |it: &Token| !kept.contains(it) && !self.removed.contains(it);
            if let Some(lost) = before.lines().filter_map(token).find(gone) {
                self.breaks(|| {
                    format!("the commit of an update, {}, has lost {lost:?}", commit.id)
                });
            }
            let (before, after) = (others(&before), others(&after));
            if before != after {
                self.breaks(|| {
                    let lost: Vec<_> = before.iter().filter(|it| !after.contains(it)).collect();
                    format!(
                        "the commit of an update, {}, has changed other lines: {lost:?}",
                        commit.id
                    )
                });
            }
        }
    }

    /// A merge has the lines of both sides: updates make and take no others than those with their numbers, so all else is as the
    /// person left it, comments among it. Where one of the sides cannot be read, the other one counts.
    fn merges_keep_what_people_wrote(
        &mut self,
        repository: &mut Repository,
        all: &BTreeMap<CommitId, Commit>,
        mutation: Option<Mutation>,
    ) {
        if all.keys().any(|id| repository.text(*id).contains(MISTAKE)) {
            return;
        }
        for commit in all.values() {
            let [_, theirs] = commit.parents[..] else {
                continue;
            };
            self.seen.merges += 1;
            let mut merged = repository.text(commit.id);
            if mutation == Some(Mutation::MergesWithoutComments) {
                merged = merged.replace(" ; rack 7", "");
            }
            let theirs = repository.text(theirs);
            let (wanted, merged) = (others(&theirs), others(&merged));
            if wanted != merged {
                let lost: Vec<_> = wanted.iter().filter(|it| !merged.contains(it)).collect();
                self.breaks(|| {
                    format!(
                        "merge {} has other lines than people wrote: {lost:?}",
                        commit.id
                    )
                });
            }
        }
    }

    /// With `--durable pushed` the other machine has an update when it is acknowledged.
    pub(crate) fn what_is_pushed_is_there(&mut self, repository: &mut Repository, token: Token) {
        let is_of_git = matches!(token, Token::Line(_)) && !self.removed.contains(&token);
        let line = format!("{} ", token.owner());
        let has = |text: String| text.lines().any(|it| it.starts_with(&line));
        if !is_of_git || has(repository.text(repository.tip())) {
            return;
        }
        let forced = repository.forced.iter().copied();
        let tips: Vec<CommitId> = forced.chain([repository.tip()]).collect();
        let all: BTreeSet<CommitId> = tips
            .into_iter()
            .flat_map(|tip| repository.history(tip).into_keys())
            .collect();
        if !all.into_iter().any(|id| has(repository.text(id))) {
            self.breaks(|| format!("{token:?} was acknowledged, and the other machine has it not"));
        }
    }

    /// No acknowledged update is ever missing from Git.
    fn what_is_acknowledged_is_kept(
        &mut self,
        repository: &mut Repository,
        all: &BTreeMap<CommitId, Commit>,
    ) {
        let texts: Vec<String> = all.keys().map(|id| repository.text(*id)).collect();
        for (token, is_added) in self.acknowledged.clone() {
            // What was added and taken out again before there was a commit is in none, and need not be.
            if !is_added || self.removed.contains(&token) || !matches!(token, Token::Line(_)) {
                continue;
            }
            let line = format!("{} ", token.owner());
            let has = |text: &String| text.lines().any(|it| it.starts_with(&line));
            if !texts.iter().any(has) {
                self.breaks(|| format!("{token:?} was acknowledged, and is in no commit"));
            }
        }
    }
}

/// Lines that updates have not made.
fn others(text: &str) -> Vec<&str> {
    text.lines().filter(|line| token(line).is_none()).collect()
}

/// The number in a line that updates have made.
fn token(line: &str) -> Option<Token> {
    let number = line.strip_prefix('t')?.split(' ').next()?;
    number.parse().ok().map(Token::Line)
}

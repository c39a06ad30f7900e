//! Names of commits as people write them: a small, total part of `git rev-parse`.
//!
//! ```text
//! range    = [revision] ".." [revision]            an end left out is HEAD
//! revision = base *( "~" [count] | "^" [count] )   "^0" is the commit itself
//! base     = "HEAD" | "@" | branch | tag | "refs/..." | 4 to 64 hexadecimal digits
//! ```
//! Nothing that needs configuration, reflogs or searching (`@{upstream}`, `main@{1}`, `:/text`).

use crate::commit::{Commit, CommitId, peel};
use crate::error::{Error, Result};
use crate::store::Store;

/// What lies between two commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The older end, itself not included; `None` is before the first commit.
    pub from: Option<CommitId>,
    /// The newer end, included.
    pub to: CommitId,
}

/// One step from a commit to another.
#[derive(Clone, Copy)]
enum Step {
    /// That many first parents back.
    Back(usize),
    /// To the parent of that number, counted from 1; 0 stays.
    Parent(usize),
}

impl Store {
    /// The commit a revision names, tags followed.
    ///
    /// # Errors
    /// [`Error::NoSuchRevision`], [`Error::Ambiguous`] or [`Error::RevisionSyntax`]; others if the repository is damaged.
    pub fn resolve(&self, revision: &str) -> Result<CommitId> {
        check_syntax(revision)?;
        let steps_at = revision.find(['~', '^']).unwrap_or(revision.len());
        let (base, steps) = revision.split_at(steps_at);
        let mut commit = self.resolve_base(base)?;
        for step in read_steps(revision, steps)? {
            commit = self.follow(revision, commit, step)?;
        }
        Ok(commit)
    }

    /// The ends of `A..B`. An end of only zeros, as a hook gets it for a new branch, is before the first commit.
    ///
    /// # Errors
    /// As [`Self::resolve`] for either end.
    pub fn resolve_range(&self, range: &str) -> Result<Range> {
        let (from, to) = range
            .split_once("..")
            .ok_or_else(|| syntax(range, "a range is written A..B"))?;
        if to.starts_with('.') {
            return Err(syntax(range, "A...B is not understood; write A..B"));
        }
        Ok(Range {
            from: match is_all_zeros(from) {
                true => None,
                false => Some(self.resolve(or_head(from))?),
            },
            to: self.resolve(or_head(to))?,
        })
    }

    fn resolve_base(&self, base: &str) -> Result<CommitId> {
        let objects = self.objects();
        let name = if base == "@" { "HEAD" } else { base };
        let id = match self.reference(name)? {
            Some(id) => Some(id),
            None if is_hex(base) => objects.by_prefix(base)?,
            None => None,
        };
        let id = id.ok_or_else(|| no_such(base))?;
        peel(&objects, id)
    }

    fn follow(&self, revision: &str, from: CommitId, step: Step) -> Result<CommitId> {
        match step {
            Step::Back(count) => self
                .first_parents(from)
                .nth(count)
                .unwrap_or_else(|| Err(no_such(revision)))
                .map(|commit| commit.id),
            Step::Parent(0) => Ok(from),
            Step::Parent(number) => Commit::read(&self.objects(), from)?
                .parents
                .get(number - 1)
                .copied()
                .ok_or_else(|| no_such(revision)),
        }
    }
}

fn check_syntax(revision: &str) -> Result<()> {
    let why = match revision {
        "" => "it is empty",
        _ if revision.starts_with('-') => "it begins with -",
        _ if revision.contains("..") => "a range stands where one commit is meant",
        _ if revision.contains("@{") => "reflogs and upstreams are not consulted",
        _ if revision.contains(':') => "paths and searches are not understood",
        _ => return Ok(()),
    };
    Err(syntax(revision, why))
}

fn read_steps(revision: &str, mut text: &str) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    while let Some(sign) = text.chars().next() {
        let after = &text[1..];
        let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let count = match &after[..digits] {
            "" => 1,
            number => number
                .parse()
                .map_err(|_| syntax(revision, "a count is too large"))?,
        };
        steps.push(match sign {
            '~' => Step::Back(count),
            '^' => Step::Parent(count),
            _ => return Err(syntax(revision, "after ~ and ^ only a count can follow")),
        });
        text = &after[digits..];
    }
    Ok(steps)
}

fn or_head(end: &str) -> &str {
    if end.is_empty() { "HEAD" } else { end }
}

fn is_hex(text: &str) -> bool {
    (4..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn is_all_zeros(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|b| b == b'0')
}

fn no_such(revision: &str) -> Error {
    Error::NoSuchRevision {
        revision: revision.to_owned(),
    }
}

fn syntax(revision: &str, why: &'static str) -> Error {
    Error::RevisionSyntax {
        revision: revision.to_owned(),
        why,
    }
}

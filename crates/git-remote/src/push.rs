//! Pushing one branch: forward only, never forced.

use git_store::{CommitId, Store};

use crate::error::RemoteError;
use crate::remote::{Remote, Session};
use crate::transport::{AGENT, Service};
use crate::wire::sideband::Sideband;
use crate::wire::{packet, report};

/// The branch on the other machine has this commit: what may be acknowledged to a client.
///
/// There is no other way to one than [`Remote::push`] and [`Remote::has`]:
///
/// ```compile_fail
/// let pushed = git_remote::Pushed { commit: todo!(), is_new: true };
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pushed {
    commit: CommitId,
    is_new: bool,
}

impl Pushed {
    /// The commit.
    #[must_use]
    pub fn commit(&self) -> CommitId {
        self.commit
    }

    /// Whether it was this push that brought it there.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.is_new
    }
}

impl Remote {
    /// Moves a branch from `expected` to `new`, and sends what that needs: new commits, and the difference of their files.
    ///
    /// `expected` is `None` for a branch that is to be made.
    ///
    /// # Errors
    /// [`RemoteError::Moved`] if the branch is elsewhere, also where somebody else was faster by a
    /// moment; [`RemoteError::Diverged`] if `new` was not made on `expected`; [`RemoteError::Refused`]
    /// with the words of the server or its hook. The branch has then not been touched.
    /// [`RemoteError::Unreachable`] and [`RemoteError::TimedOut`] leave open whether it was: ask
    /// ([`Remote::has`]), or push again.
    pub fn push(
        &self,
        from: &Store,
        branch: &str,
        (expected, new): (Option<CommitId>, CommitId),
    ) -> Result<Pushed, RemoteError> {
        let reference = full(branch);
        let mut session = self.begin(Service::ReceivePack)?;
        let theirs = session.at(&reference)?;
        let pushed = |is_new| Pushed {
            commit: new,
            is_new,
        };
        if theirs == Some(new) {
            return Ok(pushed(false));
        }
        if theirs != expected {
            return Err(RemoteError::Moved { theirs });
        }
        session.check_format(from)?;
        session.check_forward(from, theirs, new)?;
        let pack = from.pack(new, &session.known(from))?;
        match session.send(&reference, (theirs, new), &pack)? {
            Ok(()) => Ok(pushed(true)),
            Err(words) => Err(self.why(&reference, (expected, new), session.refused(words))),
        }
    }

    /// Whether a branch, or the one that `HEAD` names, has a commit, after a push of which nobody knows what became. What it
    /// has beyond that is fetched.
    ///
    /// # Errors
    /// As [`Remote::fetch`].
    pub fn has(
        &self,
        into: &Store,
        branch: Option<&str>,
        commit: CommitId,
    ) -> Result<Option<Pushed>, RemoteError> {
        let Some(fetched) = self.fetch(into, branch, Some(commit))? else {
            return Ok(None);
        };
        let is_there = into.reopened()?.is_ancestor(commit, fetched.commit)?;
        Ok(is_there.then_some(Pushed {
            commit,
            is_new: false,
        }))
    }

    /// A server that was asked a moment too late says so in words only; where the branch is tells more.
    fn why(
        &self,
        reference: &str,
        (expected, new): (Option<CommitId>, CommitId),
        refused: RemoteError,
    ) -> RemoteError {
        let look = self.begin(Service::ReceivePack);
        match look.and_then(|session| session.at(reference)) {
            Ok(theirs) if theirs != expected && theirs != Some(new) => {
                RemoteError::Moved { theirs }
            }
            _ => refused,
        }
    }
}

impl Session {
    fn at(&self, reference: &str) -> Result<Option<CommitId>, RemoteError> {
        let digits = self.greeting.find(reference);
        digits.map(|digits| self.commit(digits)).transpose()
    }

    fn check_forward(
        &self,
        from: &Store,
        theirs: Option<CommitId>,
        new: CommitId,
    ) -> Result<(), RemoteError> {
        match theirs {
            Some(theirs) if from.commit(theirs).is_err() || !from.is_ancestor(theirs, new)? => {
                Err(RemoteError::Diverged { theirs })
            }
            _ => Ok(()),
        }
    }

    /// What the server has and we have too.
    fn known(&self, store: &Store) -> Vec<CommitId> {
        let ids = self.greeting.references.iter();
        ids.filter_map(|(_, digits)| CommitId::from_hex(digits))
            .filter(|&id| store.commit(id).is_ok())
            .collect()
    }

    /// `gitprotocol-pack`, "Reference Update Request". Inside: what the server says against it.
    fn send(
        &mut self,
        reference: &str,
        (old, new): (Option<CommitId>, CommitId),
        pack: &[u8],
    ) -> Result<Result<(), String>, RemoteError> {
        if !self.greeting.can("report-status") {
            return Err(self.protocol("it cannot say what became of a push".into()));
        }
        let has_words = self.greeting.can("side-band-64k");
        let old = old.map_or_else(|| "0".repeat(new.as_bytes().len() * 2), |id| id.to_string());
        let mut capabilities = format!(" report-status agent={AGENT}");
        for (word, is_wanted) in [
            ("side-band-64k", has_words),
            ("quiet", self.greeting.can("quiet")),
        ] {
            if is_wanted {
                capabilities = format!("{capabilities} {word}");
            }
        }
        let format = self.greeting.object_format();
        if format != "sha1" {
            capabilities = format!("{capabilities} object-format={format}");
        }
        let mut request = Vec::with_capacity(pack.len() + 512);
        packet::write(
            &mut request,
            &format!("{old} {new} {reference}\0{capabilities}"),
        );
        packet::end_section(&mut request);
        request.extend(pack);
        let said = {
            let mut answer = self.peer.ask(&request)?;
            match has_words {
                true => with_words(Sideband::new(answer)),
                false => report::read(&mut answer),
            }
        };
        said.map_err(|error| self.failed(error))
    }
}

/// The report is the data; what hooks print are the words.
fn with_words(mut answer: Sideband<impl std::io::Read>) -> std::io::Result<Result<(), String>> {
    let outcome = report::read(&mut answer)?;
    Ok(outcome.map_err(|why| match answer.words() {
        words if words.is_empty() => why,
        words => format!("{why}\n{words}"),
    }))
}

fn full(branch: &str) -> String {
    match branch.starts_with("refs/") {
        true => branch.to_owned(),
        false => format!("refs/heads/{branch}"),
    }
}

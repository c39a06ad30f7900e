//! A repository on another machine.

use std::io::{self, Read};

use git_store::{CommitId, RemoteUrl};

use crate::deadline::Deadline;
use crate::error::RemoteError;
use crate::options::{Limits, RemoteOptions};
use crate::transport::{self, Peer, Service};
use crate::wire::greeting::Greeting;

/// A repository on another machine. Nothing stays connected between two calls.
#[derive(Debug)]
pub struct Remote {
    url: RemoteUrl,
    options: RemoteOptions,
}

/// Where a branch is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tip {
    /// The branch, without `refs/heads/`.
    pub branch: String,
    /// Its newest commit.
    pub commit: CommitId,
}

impl Remote {
    /// Prepares to talk to a repository; nothing is connected yet.
    ///
    /// # Errors
    /// [`RemoteError::Credential`] where a token would be sent for everybody to read, or the list of certificate
    /// authorities cannot be used.
    pub fn open(url: &RemoteUrl, options: RemoteOptions) -> Result<Remote, RemoteError> {
        transport::check(url, &options)?;
        Ok(Remote {
            url: url.clone(),
            options,
        })
    }

    /// The newest commit of a branch, or of the branch that `HEAD` names; `None` in a repository without commits.
    ///
    /// # Errors
    /// [`RemoteError::NoSuchBranch`], or whatever keeps us from asking.
    pub fn tip(&self, branch: Option<&str>) -> Result<Option<Tip>, RemoteError> {
        let session = self.begin(Service::UploadPack)?;
        session.tip(branch)
    }

    pub(crate) fn begin(&self, service: Service) -> Result<Session, RemoteError> {
        let deadline = Deadline::new(self.options.limits);
        let server = self.url.authority();
        let peer = transport::connect(&self.url, &self.options, deadline, service)?;
        let mut session = Session {
            peer,
            server,
            limits: self.options.limits,
            greeting: Greeting::default(),
        };
        session.greet()?;
        Ok(session)
    }
}

/// A conversation with one service of the server; ended when dropped.
pub(crate) struct Session {
    pub(crate) peer: Box<dyn Peer>,
    pub(crate) server: String,
    pub(crate) limits: Limits,
    pub(crate) greeting: Greeting,
}

impl Session {
    fn greet(&mut self) -> Result<(), RemoteError> {
        let limit = self.limits.references_octets;
        let mut from = Limited::new(self.peer.greeting()?, limit, "the list of references");
        let read = Greeting::read(&mut from);
        drop(from);
        match read {
            Ok(Ok(greeting)) => self.greeting = greeting,
            Ok(Err(words)) => return Err(self.refused(words)),
            Err(error) => return Err(self.failed(error)),
        }
        Ok(())
    }

    pub(crate) fn tip(&self, branch: Option<&str>) -> Result<Option<Tip>, RemoteError> {
        if self.greeting.branches().next().is_none() {
            return Ok(None);
        }
        let short = branch.map(|name| name.strip_prefix("refs/heads/").unwrap_or(name));
        let name = short.or(self.greeting.head_branch());
        let reference = format!("refs/heads/{}", name.unwrap_or_default());
        match (name, self.greeting.find(&reference)) {
            (Some(name), Some(digits)) => Ok(Some(Tip {
                branch: name.to_owned(),
                commit: self.commit(digits)?,
            })),
            _ => Err(self.no_such_branch(name)),
        }
    }

    pub(crate) fn commit(&self, digits: &str) -> Result<CommitId, RemoteError> {
        let kind = match self.greeting.object_format() {
            "sha1" => 40,
            "sha256" => 64,
            other => return Err(self.protocol(format!("its object format is {other}"))),
        };
        CommitId::from_hex(digits)
            .filter(|_| digits.len() == kind)
            .ok_or_else(|| self.protocol("an id is of another object format".into()))
    }

    fn no_such_branch(&self, name: Option<&str>) -> RemoteError {
        let known = self.greeting.branches().take(10);
        RemoteError::NoSuchBranch {
            branch: name.unwrap_or("HEAD").to_owned(),
            known: known.map(|(name, _)| name.to_owned()).collect(),
        }
    }

    /// An error of reading; where the server went away, with what it said on leaving.
    pub(crate) fn failed(&mut self, error: io::Error) -> RemoteError {
        let words = match error.kind() {
            io::ErrorKind::UnexpectedEof => self.peer.last_words(),
            io::ErrorKind::InvalidData => return self.protocol(error.to_string()),
            _ => None,
        };
        match words {
            Some(words) if !words.is_empty() => self.refused(words),
            _ => RemoteError::io(&self.server, error),
        }
    }

    pub(crate) fn refused(&self, words: String) -> RemoteError {
        RemoteError::Refused {
            server: self.server.clone(),
            words,
        }
    }

    pub(crate) fn protocol(&self, why: String) -> RemoteError {
        RemoteError::Protocol {
            server: self.server.clone(),
            why,
        }
    }
}

/// So many octets and no more: one beyond is an error, not an end.
pub(crate) struct Limited<R> {
    inner: R,
    left: u64,
    limit: u64,
    what: &'static str,
}

impl<R> Limited<R> {
    pub(crate) fn new(inner: R, limit: u64, what: &'static str) -> Limited<R> {
        Limited {
            inner,
            left: limit,
            limit,
            what,
        }
    }
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| {
            io::Error::from(RemoteError::TooLarge {
                what: self.what,
                limit_octets: self.limit,
            })
        })?;
        Ok(count)
    }
}

//! What can go wrong between two repositories, by what a caller does about it.

use std::fmt;
use std::io;

use git_store::{CommitId, ObjectFormat, Printable};

use crate::wire::sideband::Words;

/// Why a remote could not be asked, fetched from or pushed to. None of these holds a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RemoteError {
    /// There is no way to the server, or it ended the connection. Worth another try later.
    Unreachable {
        /// Host and port.
        server: String,
        /// What was seen.
        why: String,
    },
    /// The server was silent or slow for too long, and was given up. Worth another try later.
    TimedOut {
        /// Host and port.
        server: String,
    },
    /// The server does not know us, or does not let us.
    Unauthorized {
        /// Host and port.
        server: String,
        /// What was tried, and what was answered.
        why: String,
        /// What it wants to see.
        wants: Proof,
    },
    /// A key file, token or list that we were given cannot be used.
    Credential {
        /// A path, or `$VARIABLE`.
        named: String,
        /// What about it.
        why: String,
    },
    /// The server's key is not among those that are known for it: it is another, or somebody is in between.
    HostKey {
        /// Host and port.
        server: String,
        /// Kind and fingerprint of the key that it showed: `ssh-ed25519 SHA256:...`.
        seen: String,
        /// Those that are known for it.
        expected: Vec<String>,
    },
    /// The server's certificate is not accepted.
    Certificate {
        /// Host and port.
        server: String,
        /// What about it, and what to do.
        why: String,
    },
    /// The web server sends us elsewhere.
    Redirected {
        /// Host and port.
        server: String,
        /// To where.
        to: String,
    },
    /// The server answered with words instead of doing it: no such repository, a hook, a rule.
    Refused {
        /// Host and port.
        server: String,
        /// Its words, in lines; terminal-safe, and in one line, only when displayed.
        words: String,
    },
    /// There is no such branch, though there are others.
    NoSuchBranch {
        /// The name asked for.
        branch: String,
        /// Some of those there are.
        known: Vec<String>,
    },
    /// The branch is not where it was expected, as somebody else has pushed.
    Moved {
        /// Where it is; `None` if it is gone.
        theirs: Option<CommitId>,
    },
    /// The new commit was not made on the one that the branch is at.
    Diverged {
        /// Where the branch is.
        theirs: CommitId,
    },
    /// More octets than the limit.
    TooLarge {
        /// `the pack`, `the list of references`.
        what: &'static str,
        /// The limit.
        limit_octets: u64,
    },
    /// What the server says is not Git's protocol, or not a part of it that is understood here.
    Protocol {
        /// Host and port.
        server: String,
        /// What about it.
        why: String,
    },
    /// The server names objects in another way than the local repository does.
    ObjectFormat {
        /// Host and port.
        server: String,
        /// How the server does.
        theirs: ObjectFormat,
    },
    /// Our own repository.
    Local(git_store::Error),
}

/// What a server knows us by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// Over ssh.
    Key,
    /// Over http and https.
    Token,
}

impl RemoteError {
    /// All there are of [`Self::kind`].
    pub const KINDS: [&'static str; 14] = [
        "unreachable",
        "timed-out",
        "unauthorized",
        "credential",
        "host-key",
        "certificate",
        "redirected",
        "refused",
        "no-branch",
        "not-forward",
        "too-large",
        "protocol",
        "object-format",
        "local",
    ];

    /// Of which kind it is, in a word, for counts.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            RemoteError::Unreachable { .. } => "unreachable",
            RemoteError::TimedOut { .. } => "timed-out",
            RemoteError::Unauthorized { .. } => "unauthorized",
            RemoteError::Credential { .. } => "credential",
            RemoteError::HostKey { .. } => "host-key",
            RemoteError::Certificate { .. } => "certificate",
            RemoteError::Redirected { .. } => "redirected",
            RemoteError::Refused { .. } => "refused",
            RemoteError::NoSuchBranch { .. } => "no-branch",
            RemoteError::Moved { .. } | RemoteError::Diverged { .. } => "not-forward",
            RemoteError::TooLarge { .. } => "too-large",
            RemoteError::Protocol { .. } => "protocol",
            RemoteError::ObjectFormat { .. } => "object-format",
            RemoteError::Local(_) => "local",
        }
    }

    /// Whether another try may succeed without anybody doing anything.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(
            self,
            RemoteError::Unreachable { .. } | RemoteError::TimedOut { .. }
        )
    }

    /// A failure of reading or writing, or the typed error that it carries.
    pub(crate) fn io(server: &str, error: io::Error) -> RemoteError {
        let server = server.to_owned();
        match error.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => RemoteError::TimedOut { server },
            io::ErrorKind::UnexpectedEof => RemoteError::Unreachable {
                server,
                why: "it ended the connection".into(),
            },
            _ => match error.downcast::<RemoteError>() {
                Ok(typed) => typed,
                Err(error) => RemoteError::untyped(server, &error),
            },
        }
    }

    fn untyped(server: String, error: &io::Error) -> RemoteError {
        let inner = error.get_ref();
        let words = inner.and_then(|inner| inner.downcast_ref::<Words>());
        match words {
            Some(Words(words)) => RemoteError::Refused {
                server,
                words: words.clone(),
            },
            None => RemoteError::Unreachable {
                server,
                why: error.to_string(),
            },
        }
    }
}

impl From<RemoteError> for io::Error {
    fn from(error: RemoteError) -> io::Error {
        io::Error::other(error)
    }
}

impl From<git_store::Error> for RemoteError {
    fn from(error: git_store::Error) -> RemoteError {
        RemoteError::Local(error)
    }
}

impl fmt::Display for RemoteError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RemoteError::Unreachable { server, why } => {
                write!(out, "{server} cannot be reached: {}", shown(why))
            }
            RemoteError::TimedOut { server } => {
                write!(out, "{server} did not answer in time and was given up")
            }
            RemoteError::Unauthorized { server, why, .. } => {
                write!(out, "{server} does not let us: {}", shown(why))
            }
            RemoteError::Credential { named, why } => {
                write!(out, "cannot use {}: {why}", shown(named))
            }
            RemoteError::HostKey {
                server,
                seen,
                expected,
            } => write_host_key(out, server, seen, expected),
            RemoteError::Certificate { server, why } => {
                write!(out, "the certificate of {server} is not accepted: {why}")
            }
            RemoteError::Redirected { server, to } => write!(
                out,
                "{server} sends us to {}, which is not followed; use that URL if you trust it",
                shown(to)
            ),
            RemoteError::Refused { server, words } => {
                write!(out, "{server} refused: {}", shown(&in_one_line(words)))
            }
            RemoteError::NoSuchBranch { branch, known } => {
                write!(out, "there is no branch {}; there are:", shown(branch))?;
                known
                    .iter()
                    .try_for_each(|name| write!(out, " {}", shown(name)))
            }
            RemoteError::Moved { theirs: Some(id) } => {
                write!(out, "somebody else pushed first: the branch is at {id} now")
            }
            RemoteError::Moved { theirs: None } => write!(out, "the branch is gone"),
            RemoteError::Diverged { theirs } => write!(
                out,
                "the branch is at {theirs}, which the new commit was not made on; fetch and merge first"
            ),
            RemoteError::TooLarge { what, limit_octets } => {
                write!(out, "{what} is larger than {limit_octets} octets")
            }
            RemoteError::Protocol { server, why } => {
                write!(
                    out,
                    "{server} does not speak Git's protocol: {}",
                    shown(why)
                )
            }
            RemoteError::ObjectFormat { server, theirs } => write!(
                out,
                "the object format of {server} is {}, that of the local repository is another",
                theirs.name()
            ),
            RemoteError::Local(error) => write!(out, "the local repository: {error}"),
        }
    }
}

fn write_host_key(
    out: &mut fmt::Formatter<'_>,
    server: &str,
    seen: &str,
    expected: &[String],
) -> fmt::Result {
    match expected {
        [] => write!(
            out,
            "the host key of {server} is not known; it shows {}; compare that with what its operator says, then add it to the known hosts",
            shown(seen)
        ),
        known => write!(
            out,
            "{server} shows another host key than is known: {} instead of {}; somebody may be in between, or it has a new key: ask its operator",
            shown(seen),
            known.join(" or ")
        ),
    }
}

/// What it comes to stands first; what is said about it follows.
fn in_one_line(words: &str) -> String {
    let mut lines = words.lines().map(str::trim);
    let first = lines.next().unwrap_or_default();
    match lines.collect::<Vec<_>>() {
        none if none.is_empty() => first.to_owned(),
        rest => format!("{first}: {}", rest.join("; ")),
    }
}

fn shown(text: &str) -> Printable<'_> {
    Printable(text.as_bytes())
}

impl std::error::Error for RemoteError {}

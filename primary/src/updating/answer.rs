//! What becomes of an update.

use authority::Reply;
use git_remote::Pushed;
use git_store::{CommitId, Receipt, WriteError};
use wire::{Ede, ResponseCode};

use crate::state::journal::Journaled;

/// What becomes of an update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is kept, and served: NOERROR.
    Acknowledged(Acknowledged),
    /// It is in the journal of the state directory, and served: NOERROR. There is no commit of it.
    Ephemeral(Journaled),
    /// It asked for what is there already, and that is kept: NOERROR. There is no commit of it.
    Unchanged,
    /// Nothing of it was done, nor will be.
    Refused(Refusal),
}

/// An answer, with what its sender is told beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The answer.
    pub answer: Answer,
    /// What of the update was left out without an error (RFC 2136 §3.4.2), in words; empty if nothing was.
    pub ignored: String,
}

impl From<Answer> for Answered {
    fn from(answer: Answer) -> Answered {
        Answered {
            answer,
            ignored: String::new(),
        }
    }
}

impl Answered {
    /// What is sent in words; none where it is done, and that is all.
    pub(crate) fn said(&self) -> Option<(Reply, &str)> {
        let words = match (&self.answer, self.ignored.as_str()) {
            (Answer::Refused(why), _) => return Some(why.said()),
            (Answer::Unchanged, "") => "nothing had to be changed: the zone is like that already",
            (_, "") => return None,
            (_, ignored) => ignored,
        };
        Some(in_words(ResponseCode::NoError, Ede::OTHER, words))
    }
}

/// With as much of the words as is sent.
fn in_words(code: ResponseCode, info: u16, words: &str) -> (Reply, &str) {
    let end = words.floor_char_boundary(WORDS);
    (Reply::because(code, Ede::new(info, "")), &words[..end])
}

/// An update is in a commit on the branch that would survive a power loss, or that the remote has. It takes the receipt
/// of the disk, or the remote's yes, to say so:
///
/// ```compile_fail
/// let acknowledged = primary::Acknowledged { commit: todo!() };
/// ```
/// A commit to which no branch leads yet is not enough:
///
/// ```compile_fail
/// let acknowledged = |durable: &git_store::Durable| primary::Acknowledged::of(durable);
/// ```
/// ```
/// let acknowledged = |receipt: &git_store::Receipt| primary::Acknowledged::of(receipt);
/// ```
/// Nor is a commit that was to be pushed:
///
/// ```compile_fail
/// let acknowledged = |commit: &git_store::CommitId| primary::Acknowledged::of_pushed(commit);
/// ```
/// ```
/// let acknowledged = |pushed: &git_remote::Pushed| primary::Acknowledged::of_pushed(pushed);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acknowledged {
    commit: CommitId,
}

impl Acknowledged {
    /// Of every update that is in the commit.
    #[must_use]
    pub fn of(receipt: &Receipt) -> Acknowledged {
        Acknowledged {
            commit: receipt.commit(),
        }
    }

    /// Of every update that is in the commit.
    #[must_use]
    pub fn of_pushed(pushed: &Pushed) -> Acknowledged {
        Acknowledged {
            commit: pushed.commit(),
        }
    }

    /// The commit.
    #[must_use]
    pub fn commit(&self) -> CommitId {
        self.commit
    }
}

/// Octets of EXTRA-TEXT that are sent: with name and signature they fit into a datagram.
const WORDS: usize = 300;

/// Why an update is not done, for its sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The response code.
    pub code: ResponseCode,
    /// INFO-CODE of the extended error (RFC 8914).
    pub info: u16,
    /// Its EXTRA-TEXT.
    pub text: String,
}

impl Refusal {
    /// What is sent, with as much of the text as is.
    pub(crate) fn said(&self) -> (Reply, &str) {
        in_words(self.code, self.info, &self.text)
    }

    /// What the rules of updates say.
    pub(crate) fn of(why: &update::Refusal) -> Refusal {
        let (code, info) = why.verdict();
        Refusal {
            code,
            info,
            text: why.to_string(),
        }
    }

    /// It is not to be done, whoever asks again.
    pub(crate) fn refused(info: u16, text: impl Into<String>) -> Refusal {
        Refusal {
            code: ResponseCode::Refused,
            info,
            text: text.into(),
        }
    }

    /// It cannot be done now; the same may be asked again.
    pub(crate) fn trouble(text: impl Into<String>) -> Refusal {
        Refusal {
            code: ResponseCode::ServFail,
            info: Ede::OTHER,
            text: text.into(),
        }
    }

    /// The same, as another machine does not answer (RFC 8914 §4.24).
    pub(crate) fn unreachable(text: impl Into<String>) -> Refusal {
        Refusal {
            info: Ede::NETWORK_ERROR,
            ..Refusal::trouble(text)
        }
    }

    /// RFC 2136 §3.1.2.
    pub(crate) fn no_such_zone() -> Refusal {
        Refusal {
            code: ResponseCode::NotAuth,
            info: Ede::NOT_AUTHORITATIVE,
            text: "there is no such zone here".into(),
        }
    }

    /// The same, as there are no zones at all.
    pub(crate) fn nothing_yet(branch: &str) -> Refusal {
        Refusal {
            text: format!(
                "the branch {branch} has no commit yet, so there is no zone; push the first one"
            ),
            ..Refusal::no_such_zone()
        }
    }
}

impl From<WriteError> for Refusal {
    fn from(why: WriteError) -> Refusal {
        match why {
            WriteError::Refused(_) => Refusal::refused(Ede::PROHIBITED, why.to_string()),
            _ => Refusal::trouble(why.to_string()),
        }
    }
}

impl From<git_store::Error> for Refusal {
    fn from(why: git_store::Error) -> Refusal {
        Refusal::trouble(why.to_string())
    }
}

//! Messages of ours to other servers, and their answers.
//!
//! - [`Datagrams`] is one thread for any number of questions over UDP, each from a port of its own.
//! - [`Dialogue`] is one connection, over TCP or TLS, whose messages are taken one by one by the thread that opened it.
//!
//! Nothing here looks into a message: whether a datagram is the answer is for who asked to say, as are ids, signatures and
//! how many dialogues there are at a time.

mod clock;
mod datagrams;
mod dialogue;
mod shared;
mod trust;

pub use datagrams::{AskOptions, Datagrams, Ended, Question, Ticket};
pub use dialogue::{Cutter, Dialogue, DialogueLimits, Peer};
pub use trust::{Trust, TrustError, transfer_config};

use std::{fmt, io};

/// Why there is no answer.
#[derive(Debug)]
pub enum Trouble {
    /// Nothing came in time.
    TimedOut,
    /// The peer cannot be reached, or the connection broke.
    Broken(io::Error),
    /// The peer's certificate, or what it speaks, is not what was agreed.
    NotTrusted(rustls::Error),
    /// The peer has closed in the middle of a message.
    CutShort,
    /// More is under way than is allowed.
    TooMany,
    /// We have given up ourselves.
    Cancelled,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => f.write_str("no answer came in time"),
            Self::Broken(error) => write!(f, "the connection failed: {error}"),
            Self::NotTrusted(error) => write!(f, "the TLS session failed: {error}"),
            Self::CutShort => f.write_str("the connection was closed in the middle of a message"),
            Self::TooMany => f.write_str("too much is under way already"),
            Self::Cancelled => f.write_str("it was given up"),
        }
    }
}

impl std::error::Error for Trouble {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Broken(error) => Some(error),
            Self::NotTrusted(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // What a deadline on a blocking socket looks like.
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Self::TimedOut,
            io::ErrorKind::UnexpectedEof => Self::CutShort,
            _ => match error.downcast::<rustls::Error>() {
                Ok(error) => Self::NotTrusted(error),
                Err(error) => Self::Broken(error),
            },
        }
    }
}

//! What goes into a [`Refresh`](super::Refresh), and what comes out.

use core::fmt;

use rr::Serial;

use crate::Version;

/// A question or a transfer of one zone, from the action that begins it to the event that ends it. Never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Exchange(pub(super) u64);

/// How a primary is asked for its SOA record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Over UDP first, over TCP where that brings nothing.
    Datagrams,
    /// Over TCP or TLS only (RFC 9103 §7.2 has all of it over TLS).
    Connections,
}

/// Of what only so much goes on at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Asking for an SOA record.
    Ask,
    /// Fetching a zone.
    Transfer,
}

/// A NOTIFY that was let in (RFC 1996 §3.11): who may send one is the caller's to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// The place of the primary that sent it, to be asked first; none if it is known as none of them.
    pub primary: Option<usize>,
    /// The serial in its answer section, if there is one.
    pub serial: Option<Serial>,
}

/// An SOA record of a primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// What is in it.
    pub version: Version,
    /// What the EXPIRE option beside it says (RFC 7314 §3.2), in seconds.
    pub expire_secs: Option<u32>,
}

impl Heard {
    /// One without the EXPIRE option.
    #[must_use]
    pub fn of(version: Version) -> Self {
        Self {
            version,
            expire_secs: None,
        }
    }
}

/// What happens to a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The [next timeout](super::Refresh::next_timeout) has come.
    Timeout,
    /// The step that [is wanted](super::Refresh::wants) may begin.
    Permit,
    /// A primary says that the zone has changed.
    Notify(Told),
    /// The SOA record that was asked for, from an answer with authority.
    Soa(Exchange, Heard),
    /// The answer did not fit into a datagram.
    Truncated(Exchange),
    /// A whole zone has come, is checked, and waits aside. For IXFR that brings nothing: the SOA record that it is.
    Transferred(Exchange, Heard),
    /// Nothing will come of it.
    Failed(Exchange, Failure),
}

/// Why a question or a transfer came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No connection, or one that broke.
    Unreachable,
    /// Nothing came in time.
    TimedOut,
    /// An answer that is a refusal of any kind; to a question for the SOA record, that the zone is not there for us (REFUSED,
    /// NOTAUTH).
    Refused,
    /// It has trouble of its own (SERVFAIL).
    Failing,
    /// It is not known to be who it should be, or it does not know us.
    NotTrusted(Doubt),
    /// What came is not what it should be: no SOA record, differences that do not apply, a zone with errors.
    Broken,
}

/// What is wrong with a signature, here or there, or with a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// The certificate is not one that is believed.
    Certificate,
    /// The primary says that it does not know the key (BADKEY, RFC 8945 §5.2.1).
    UnknownKey,
    /// The primary says that its secret is another one (BADSIG, RFC 8945 §5.2.2).
    OtherSecret,
    /// One of the clocks is wrong (BADTIME, RFC 8945 §5.2.3).
    Clocks {
        /// How far that of the primary is ahead of ours, in seconds; none if it does not say.
        ahead_secs: Option<i64>,
    },
    /// MACs of another length were agreed on (BADTRUNC, RFC 8945 §5.2.2.1).
    MacLength,
    /// The answer is not signed.
    Unsigned,
    /// The answer is signed with another key.
    OtherKey,
    /// A signature is wrong, or one of those in a transfer is missing.
    Signature,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clocks {
                ahead_secs: Some(secs),
            } => {
                let (apart, way) = (
                    secs.unsigned_abs(),
                    if *secs < 0 { "behind" } else { "ahead of" },
                );
                return write!(f, "its clock is {apart} s {way} ours (BADTIME)");
            }
            Self::Clocks { ahead_secs: None } => "its clock and ours are too far apart (BADTIME)",
            Self::Certificate => "its certificate is not right",
            Self::UnknownKey => "it does not know the key (BADKEY)",
            Self::OtherSecret => "it has another secret for the key (BADSIG)",
            Self::MacLength => "its MACs are to have another length than ours (BADTRUNC)",
            Self::Unsigned => "it does not sign its answers",
            Self::OtherKey => "it signs with another key",
            Self::Signature => "a signature of it is wrong or missing",
        })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotTrusted(doubt) => return doubt.fmt(f),
            Self::Unreachable => "it cannot be reached",
            Self::TimedOut => "it did not answer in time",
            Self::Refused => "it refuses",
            Self::Failing => "it has trouble of its own (SERVFAIL)",
            Self::Broken => "what it sends is not right",
        })
    }
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Ask the primary of this place for its SOA record: end it with [`Event::Soa`], [`Event::Truncated`] or
    /// [`Event::Failed`].
    Ask {
        /// Which it is.
        exchange: Exchange,
        /// Whom.
        primary: usize,
        /// How.
        by: Way,
    },
    /// Fetch the zone from the primary of this place: end it with [`Event::Transferred`] or [`Event::Failed`].
    Transfer {
        /// Which it is.
        exchange: Exchange,
        /// From whom.
        primary: usize,
        /// By IXFR from this serial; by AXFR if there is none.
        from: Option<Serial>,
    },
    /// Nobody waits for this any longer.
    Cancel(Exchange),
    /// What this brought takes the place of what is served, and is kept.
    Publish(Exchange),
    /// What this brought is not wanted.
    Discard(Exchange),
    /// Answer SERVFAIL from now on (RFC 1034 §4.3.5), and keep the zone.
    Expire,
    /// Serve the zone again that had expired.
    Revive,
    /// Tell the operator.
    Tell(News),
}

/// What an operator wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// The serial of a primary is not newer than ours: what we have stays (RFC 1982 §3.2).
    Behind {
        /// Its place.
        primary: usize,
        /// What it has.
        theirs: Serial,
        /// What we have.
        ours: Serial,
    },
    /// A primary was of no help.
    Failed {
        /// Its place.
        primary: usize,
        /// Why.
        failure: Failure,
    },
}

/// Whether a zone is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It was never transferred.
    Missing,
    /// It is answered from.
    Served,
    /// No primary has confirmed it for too long.
    Expired,
}

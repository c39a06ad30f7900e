//! What can happen.

use std::net::{IpAddr, SocketAddr};

/// A connection, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Connection(pub(crate) u64);

/// An end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Who has opened it.
    Opener,
    /// Who was called.
    Called,
}

impl Side {
    pub(crate) fn other(self) -> Side {
        match self {
            Side::Opener => Side::Called,
            Side::Called => Side::Opener,
        }
    }
}

/// How a connection has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The other side has said all that it had to say.
    Closed,
    /// It is gone, and what was on its way with it.
    Broken,
}

/// Something that happens, at the time that the clocks show then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// A datagram has arrived.
    Datagram {
        /// Who sent it.
        from: SocketAddr,
        /// Where it has arrived.
        to: SocketAddr,
        /// What it says.
        octets: Vec<u8>,
    },
    /// Somebody has opened a connection.
    Opened {
        /// Which one.
        connection: Connection,
        /// Who has.
        from: SocketAddr,
        /// Who was called.
        to: SocketAddr,
    },
    /// A piece has arrived, after all that was said before it on the same side.
    Heard {
        /// On which connection.
        connection: Connection,
        /// By whom.
        by: Side,
        /// What it says.
        octets: Vec<u8>,
    },
    /// A connection has ended; nothing else comes on it.
    Ended {
        /// Which one.
        connection: Connection,
        /// Who learns it.
        by: Side,
        /// How.
        end: End,
    },
    /// It is time for something that a host has asked for.
    Due {
        /// Which host.
        host: IpAddr,
        /// What it called it.
        what: u64,
    },
}

impl Happening {
    pub(crate) fn is_on(&self, line: Connection) -> bool {
        match self {
            Happening::Opened { connection, .. }
            | Happening::Heard { connection, .. }
            | Happening::Ended { connection, .. } => *connection == line,
            Happening::Datagram { .. } | Happening::Due { .. } => false,
        }
    }
}

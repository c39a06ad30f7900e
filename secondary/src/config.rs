//! What the operator chose.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use rr::Name;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tsig::{Key, Keyring};

/// What to follow, and where to answer.
#[derive(Debug, Clone)]
pub struct Config {
    /// Addresses to answer on, over UDP and TCP.
    pub listen: Vec<SocketAddr>,
    /// Threads that answer, for each address; one for each CPU if there is none.
    pub workers: Option<usize>,
    /// Keys that NOTIFY and questions may be signed with.
    pub keys: Keyring,
    /// Zones and catalogs to follow.
    pub zones: Vec<FollowedZone>,
    /// Primaries whose NOTIFY may bring further zones: those within the scope of the primary's key.
    pub announcers: Vec<Primary>,
    /// Where zones are kept over restarts; nowhere if there is none.
    pub state_dir: Option<PathBuf>,
    /// How long is waited for what.
    pub pace: replication::Pace,
    /// How much goes on at a time.
    pub limits: replication::FleetLimits,
}

/// The most zones that follow from NOTIFY alone.
pub(crate) const MOST_ANNOUNCED: usize = 100_000;

impl Config {
    /// Nothing to follow yet.
    #[must_use]
    pub fn new(listen: impl Into<Vec<SocketAddr>>) -> Config {
        Config {
            listen: listen.into(),
            workers: None,
            keys: Keyring::default(),
            zones: Vec::new(),
            announcers: Vec::new(),
            state_dir: None,
            pace: replication::Pace::default(),
            limits: replication::FleetLimits::default(),
        }
    }
}

/// A zone to follow.
#[derive(Debug, Clone)]
pub struct FollowedZone {
    /// Its name.
    pub name: Name,
    /// Its primaries, in the order in which they are asked.
    pub primaries: Vec<Primary>,
    /// It is a catalog (RFC 9432): the zones that it lists are followed, too, from the same primaries.
    pub is_catalog: bool,
}

/// A server to fetch zones from.
#[derive(Debug, Clone)]
pub struct Primary {
    /// Its address and port.
    pub address: SocketAddr,
    /// The address that it is asked from; any if there is none.
    pub from: Option<IpAddr>,
    /// What questions to it are signed with.
    pub key: Option<Arc<Key>>,
    /// What sessions are made with and the name in its certificate, if it is asked over TLS only (RFC 9103).
    pub tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
}

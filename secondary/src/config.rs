//! What the operator chose.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rr::Name;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tsig::Key;

/// As it is told to others.
pub(crate) const PROGRAM: &str = "secondary";

/// What to follow, and where to answer.
#[derive(Debug, Clone)]
pub struct Config {
    /// What all programs that serve zones have: addresses, keys, limits, TLS, and what is told of it. Without an address, those
    /// that the keys say are our own.
    pub server: server::Config,
    /// Whether what the names of keys say is followed. Default: it is.
    pub follows_keys: bool,
    /// The port of primaries that keys name. Default 53.
    pub primary_port: u16,
    /// The file of zones to follow, which is read again on a reload.
    pub zones_file: Option<PathBuf>,
    /// The file with the certificates of who has signed those of primaries, for `tls=` in the file of zones; read likewise.
    pub primary_ca: Option<PathBuf>,
    /// Zones and catalogs to follow besides.
    pub zones: Vec<FollowedZone>,
    /// Where zones are kept over restarts; nowhere if there is none.
    pub state_dir: Option<PathBuf>,
    /// How long is waited for what.
    pub pace: replication::Pace,
    /// How much goes on at a time.
    pub limits: replication::FleetLimits,
    /// The most zones that follow from NOTIFY alone. Default 100,000.
    pub most_announced: usize,
    /// How long a zone that was announced may be refused by its primary before it was ever transferred. Default a day.
    pub announced_in_vain: Duration,
    /// How much is taken in from a primary in one transfer.
    pub transfer_limits: transfer::Limits,
}

const MOST_ANNOUNCED: usize = 100_000;

const ANNOUNCED_IN_VAIN: Duration = Duration::from_secs(86_400);

impl Config {
    /// Nothing to follow yet.
    #[must_use]
    pub fn new(listen: impl Into<Vec<SocketAddr>>) -> Config {
        Config {
            server: server::Config::new(PROGRAM, listen),
            follows_keys: true,
            primary_port: 53,
            zones_file: None,
            primary_ca: None,
            zones: Vec::new(),
            state_dir: None,
            pace: replication::Pace::default(),
            limits: replication::FleetLimits::default(),
            most_announced: MOST_ANNOUNCED,
            announced_in_vain: ANNOUNCED_IN_VAIN,
            transfer_limits: transfer::Limits::default(),
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

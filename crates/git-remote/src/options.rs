//! Who we are, whom we believe, and how long we wait.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::SshKey;
use crate::credentials::Token;
use crate::host_keys::HostKeys;
use crate::transport::Dial;

/// What a remote is opened with. The defaults suit a public repository over `https://` or `git://`.
#[derive(Debug, Clone, Default)]
pub struct RemoteOptions {
    /// Sent over https, and over http only to this machine.
    pub token: Option<Token>,
    /// Which key to log in with over ssh.
    pub key: Option<SshKey>,
    /// Which host keys are those of the server; without any no server is believed over ssh.
    pub host_keys: HostKeys,
    /// Which authorities may say who a server is over https.
    pub roots: Roots,
    /// How long and how much.
    pub limits: Limits,
    /// Who stands in for the network; nobody, as a rule.
    pub dial: Option<Arc<dyn Dial>>,
}

/// Certificate authorities.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Roots {
    /// Those of the operating system.
    #[default]
    System,
    /// Only those in this PEM file.
    File(PathBuf),
}

/// Limits of one fetch, push or look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Until a connection is there.
    pub connect: Duration,
    /// Silence of the server.
    pub idle: Duration,
    /// From the beginning to the end.
    pub total: Duration,
    /// Octets of a pack that is received.
    pub pack_octets: u64,
    /// Octets of the list of references.
    pub references_octets: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(30),
            total: Duration::from_secs(600),
            pack_octets: 1 << 30,
            references_octets: 16 << 20,
        }
    }
}

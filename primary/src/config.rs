//! What the operator chose, and what the system provides.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use git_store::{Location, Place};
use rr::Name;
use server::{Entropy, Inherited, ServiceManager};

use crate::args::RemoteArgs;
use crate::event::Event;
use crate::failure::Failure;
use crate::updating::Durability;
use crate::webhook::WebhookConfig;

/// As it is told to others.
pub(crate) const PROGRAM: &str = "primary";
/// A look at a repository on this machine is a few small reads.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// One at a repository on another machine is a connection.
const POLL_REMOTE: Duration = Duration::from_secs(30);

/// What the operator chose.
#[derive(Debug, Clone)]
pub struct Config {
    /// The repository and the branch.
    pub location: Location,
    /// What all programs that serve zones have: addresses, keys, limits, TLS, and what is told of it.
    pub server: server::Config,
    /// How often the branch is looked at: of a repository on this machine where the file system tells nothing (default
    /// 2 s), of one on another always (default 30 s).
    pub poll: Duration,
    /// How a repository on another machine is reached.
    pub remote: RemoteArgs,
    /// Where it is written down which commit and serials were served. Default: nowhere.
    pub state_dir: Option<PathBuf>,
    /// The file with those who may sign commits. Default: commits need no signature.
    pub allowed_signers: Option<PathBuf>,
    /// The name of the zone that lists all zones. Default: there is none.
    pub catalog: Option<Name>,
    /// How many commits are gone back for the last good version of a zone. Default 1,000.
    pub look_back: usize,
    /// Whether updates are taken and become commits of the repository. Default: it is only read.
    pub takes_updates: bool,
    /// What an update must have become before it is acknowledged. Default: [`Config::durability`].
    pub durable: Option<Durability>,
    /// Where forges tell of pushes. Default: nowhere.
    pub webhook: Option<WebhookConfig>,
}

impl Config {
    /// The defaults for a repository and some addresses.
    #[must_use]
    pub fn new(location: Location, listen: impl Into<Vec<SocketAddr>>) -> Config {
        Config {
            server: server::Config::new(PROGRAM, listen),
            poll: match location.repository {
                Place::Local(_) => LOOK_EVERY,
                Place::Remote(_) => POLL_REMOTE,
            },
            remote: RemoteArgs::default(),
            state_dir: None,
            allowed_signers: None,
            catalog: None,
            look_back: 1000,
            takes_updates: false,
            durable: None,
            webhook: None,
            location,
        }
    }

    /// What an update must have become before it is acknowledged: what was chosen, else a commit on this disk, or, of a
    /// repository on another machine without a state directory, one that is pushed.
    #[must_use]
    pub fn durability(&self) -> Durability {
        let is_kept = self.state_dir.is_some();
        match (self.durable, &self.location.repository) {
            (Some(chosen), _) => chosen,
            (None, Place::Remote(_)) if !is_kept => Durability::Pushed,
            (None, _) => Durability::Local,
        }
    }

    /// How often the repository on this machine is looked at, be it a copy or not, where the file system tells nothing.
    pub(crate) fn look_every(&self) -> Duration {
        match self.location.repository {
            Place::Local(_) => self.poll,
            Place::Remote(_) => LOOK_EVERY,
        }
    }
}

/// What the system provides, or a test in its place.
pub struct Edges {
    /// Sockets that were bound already. Default: none.
    pub inherited: Inherited,
    /// Who wants to know how the server fares. Default: nobody.
    pub manager: Option<ServiceManager>,
    /// Gives octets nobody can guess: for hashes and for server cookies, at the start and once a day.
    pub entropy: Entropy,
    /// Told of each event, in order, from the thread that reads zones.
    pub on_event: Box<dyn Fn(&Event) + Send + Sync>,
}

impl Edges {
    /// Entropy of the kernel; nobody is told of events.
    ///
    /// # Errors
    /// [`server::Failure::System`] if `/dev/urandom` cannot be opened.
    pub fn of_the_system() -> Result<Edges, Failure> {
        Ok(Edges {
            inherited: Inherited::default(),
            manager: None,
            entropy: server::entropy_of_the_system()?,
            on_event: Box::new(|_| {}),
        })
    }

    /// The same, with the sockets of the service manager and reports to it, where the environment speaks of one.
    ///
    /// # Errors
    /// [`server::Failure::System`] if a socket that it speaks of is not there.
    pub fn with_service_manager(self) -> Result<Edges, Failure> {
        Ok(Edges {
            inherited: Inherited::of_the_environment().map_err(Failure::system)?,
            manager: ServiceManager::of_the_environment(),
            ..self
        })
    }

    /// The same, with someone to tell.
    #[must_use]
    pub fn on_event(self, on_event: impl Fn(&Event) + Send + Sync + 'static) -> Edges {
        Edges {
            on_event: Box::new(on_event),
            ..self
        }
    }
}

impl fmt::Debug for Edges {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Edges")
    }
}

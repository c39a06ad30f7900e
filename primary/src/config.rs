//! What the operator chose, and what the system provides.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use authority::{Nsid, Prefix, RateLimit};
use git_store::{Location, Place};

use crate::args::RemoteArgs;
use crate::event::Event;
use crate::failure::Failure;
use crate::keys::KeysConfig;
use crate::system::activation::Inherited;
use crate::system::manager::ServiceManager;
use crate::system::restraint::Restraint;
use crate::telling::dnstap::Dnstap;

/// A look at a repository on this machine is a few small reads.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// One at a repository on another machine is a connection.
const POLL_REMOTE: Duration = Duration::from_secs(30);

/// What the operator chose.
#[derive(Debug, Clone)]
pub struct Config {
    /// The repository and the branch.
    pub location: Location,
    /// Addresses and ports, each served over UDP and TCP; port 0 takes a free one.
    pub listen: Vec<SocketAddr>,
    /// Threads that answer, and that read zones. Default: one for each CPU the process may use.
    pub workers: Option<usize>,
    /// How often the branch is looked at: of a repository on this machine where the file system tells nothing (default
    /// 2 s), of one on another always (default 30 s).
    pub poll: Duration,
    /// How a repository on another machine is reached.
    pub remote: RemoteArgs,
    /// Where metrics and health are told over HTTP; `None`: nowhere. Port 0 takes a free one.
    pub metrics: Option<SocketAddr>,
    /// Where `primary --status` asks; without it nobody can.
    pub control: Option<ControlSocket>,
    /// Where it is written down which commit and serials were served. Default: nowhere.
    pub state_dir: Option<PathBuf>,
    /// The file with those who may sign commits. Default: commits need no signature.
    pub allowed_signers: Option<PathBuf>,
    /// Keys of signed messages. Default: none, and what is signed is answered as if it were not.
    pub keys: KeysConfig,
    /// Networks that may transfer zones without a key. Default: none.
    pub allow_transfer: Vec<Prefix>,
    /// How many commits are gone back for the last good version of a zone. Default 1,000.
    pub look_back: usize,
    /// What NSID answers (RFC 5001). Default: the commit that the zone was read from.
    pub nsid: Nsid,
    /// What `id.server` and `hostname.bind` answer (RFC 4892). Default: they are refused.
    pub id: Option<String>,
    /// What `version.server` and `version.bind` answer (RFC 4892). Default: they are refused.
    pub version: Option<String>,
    /// How much is sent over UDP to one network; `None`: whatever is asked for. Default: [`RateLimit::default`].
    pub rate_limit: Option<RateLimit>,
    /// The file with the secret of server cookies. Default: a secret of this process, replaced each day.
    pub cookie_secret: Option<PathBuf>,
    /// DNS over TLS; `None`: not spoken.
    pub tls: Option<TlsConfig>,
    /// What the process gives up once its addresses are bound, for good; `None`: nothing, as it is another program's.
    pub restraint: Option<Restraint>,
    /// Whether updates are taken and become commits of the repository. Default: it is only read.
    pub takes_updates: bool,
    /// Who is told of questions and answers. Default: nobody.
    pub dnstap: Option<Dnstap>,
}

/// DNS over TLS (RFC 7858).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsConfig {
    /// Addresses and ports; port 0 takes a free one.
    pub listen: Vec<SocketAddr>,
    /// The file with the certificate and those that lead to its root, in PEM.
    pub certificate: PathBuf,
    /// The file with its private key, in PEM.
    pub key: PathBuf,
    /// The file with the secret of session tickets, if servers share one.
    pub ticket_secret: Option<PathBuf>,
    /// Handshakes that begin in a second, all threads together, if not as many as the stack lets.
    pub handshakes_per_sec: Option<u32>,
}

/// The Unix socket for `primary --status`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlSocket {
    /// Its path.
    pub path: PathBuf,
    /// Whether the operator named it. One taken by default may be in use by another server: then
    /// this one goes without.
    pub is_required: bool,
}

impl Config {
    /// The defaults for a repository and some addresses.
    #[must_use]
    pub fn new(location: Location, listen: impl Into<Vec<SocketAddr>>) -> Config {
        Config {
            listen: listen.into(),
            workers: None,
            poll: match location.repository {
                Place::Local(_) => LOOK_EVERY,
                Place::Remote(_) => POLL_REMOTE,
            },
            remote: RemoteArgs::default(),
            metrics: None,
            control: None,
            state_dir: None,
            allowed_signers: None,
            keys: KeysConfig::default(),
            allow_transfer: Vec::new(),
            look_back: 1000,
            nsid: Nsid::Revision,
            id: None,
            version: None,
            rate_limit: Some(RateLimit::default()),
            cookie_secret: None,
            tls: None,
            restraint: None,
            takes_updates: false,
            dnstap: None,
            location,
        }
    }

    /// How often the repository on this machine is looked at, be it a copy or not, where the file system tells nothing.
    pub(crate) fn look_every(&self) -> Duration {
        match self.location.repository {
            Place::Local(_) => self.poll,
            Place::Remote(_) => LOOK_EVERY,
        }
    }

    /// How many threads answer.
    #[must_use]
    pub fn worker_count(&self) -> usize {
        self.workers
            .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
            .max(1)
    }
}

/// Octets nobody can guess.
pub type Entropy = Box<dyn FnMut() -> io::Result<[u8; 16]> + Send>;

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
    /// [`Failure::System`] if `/dev/urandom` cannot be opened.
    pub fn of_the_system() -> Result<Edges, Failure> {
        // Opened once: later there may be no files to be opened.
        let mut source = File::open("/dev/urandom").map_err(Failure::system)?;
        let entropy = move || {
            let mut octets = [0; 16];
            source.read_exact(&mut octets).map(|()| octets)
        };
        Ok(Edges {
            inherited: Inherited::default(),
            manager: None,
            entropy: Box::new(entropy),
            on_event: Box::new(|_| {}),
        })
    }

    /// The same, with the sockets of the service manager and reports to it, where the environment speaks of one.
    ///
    /// # Errors
    /// [`Failure::System`] if a socket that it speaks of is not there.
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

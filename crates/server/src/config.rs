//! What the operator chose of what all programs have, and what the system provides.

use std::fs::File;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use authority::{Nsid, Prefix, RateLimit};

use crate::announcing::NotifyConfig;
use crate::failure::Failure;
use crate::keys::KeysConfig;
use crate::system::restraint::Restraint;
use crate::telling::dnstap::Dnstap;

/// What the operator chose.
#[derive(Debug, Clone)]
pub struct Config {
    /// The name of the program, as it tells others.
    pub program: &'static str,
    /// Addresses and ports, each served over UDP and TCP; port 0 takes a free one.
    pub listen: Vec<SocketAddr>,
    /// Threads that answer, for each address. Default: one for each CPU the process may use.
    pub workers: Option<usize>,
    /// Where metrics and health are told over HTTP; `None`: nowhere. Port 0 takes a free one.
    pub metrics: Option<SocketAddr>,
    /// Where `--status` asks; without it nobody can.
    pub control: Option<ControlSocket>,
    /// Keys of signed messages. Default: none, and what is signed is answered as if it were not.
    pub keys: KeysConfig,
    /// Networks that may transfer zones without a key. Default: none.
    pub allow_transfer: Vec<Prefix>,
    /// Who is told of changes, where zones can be had or somebody is named. Default: nobody.
    pub notify: Option<NotifyConfig>,
    /// What NSID answers (RFC 5001). Default: the version of the zone.
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

/// The Unix socket for `--status`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlSocket {
    /// Its path.
    pub path: PathBuf,
    /// Whether the operator named it. One taken by default may be in use by another server: then
    /// this one goes without.
    pub is_required: bool,
}

impl Config {
    /// The defaults for a program and some addresses.
    #[must_use]
    pub fn new(program: &'static str, listen: impl Into<Vec<SocketAddr>>) -> Config {
        Config {
            program,
            listen: listen.into(),
            workers: None,
            metrics: None,
            control: None,
            keys: KeysConfig::default(),
            allow_transfer: Vec::new(),
            notify: None,
            nsid: Nsid::Revision,
            id: None,
            version: None,
            rate_limit: Some(RateLimit::default()),
            cookie_secret: None,
            tls: None,
            restraint: None,
            dnstap: None,
        }
    }

    /// Whom to tell of changes; `None`: nobody, as nobody can have a zone without keys and networks, and nobody is named.
    #[must_use]
    pub fn told(&self) -> Option<&NotifyConfig> {
        let are_given = self.keys.is_any() || !self.allow_transfer.is_empty();
        let told = self.notify.as_ref();
        told.filter(|told| are_given || !told.notified.is_empty())
    }

    /// How many threads answer.
    #[must_use]
    pub fn worker_count(&self) -> usize {
        self.workers
            .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
            .max(1)
    }

    /// Files that may be replaced while the server runs, and are read again then.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        let tls = self.tls.iter();
        let tls = tls.flat_map(|tls| {
            let pair = [tls.certificate.as_path(), &tls.key];
            pair.into_iter().chain(tls.ticket_secret.as_deref())
        });
        tls.chain(self.cookie_secret.as_deref())
            .chain(self.keys.files.iter().map(PathBuf::as_path))
    }
}

/// Octets nobody can guess.
pub type Entropy = Box<dyn FnMut() -> io::Result<[u8; 16]> + Send>;

/// Those of the kernel.
///
/// # Errors
/// [`Failure::System`] if `/dev/urandom` cannot be opened.
pub fn entropy_of_the_system() -> Result<Entropy, Failure> {
    // Opened once: later there may be no files to be opened.
    let mut source = File::open("/dev/urandom").map_err(Failure::system)?;
    let entropy = move || {
        let mut octets = [0; 16];
        source.read_exact(&mut octets).map(|()| octets)
    };
    Ok(Box::new(entropy))
}

//! From binding addresses to the first answer.

use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;
use authority::Limiter;
use stack_os::{Clock, Options, Sockets};
use zone::Zones;

use super::{Doors, Front};
use crate::config::{Config, Entropy};
use crate::cookies::{Mint, Source};
use crate::failure::Failure;
use crate::requests::Desk;
use crate::service::Answering;
use crate::system::activation::Inherited;
use crate::system::restraint::{self, Belongings, Restrained};
use crate::telling::control::{self, Control};
use crate::telling::dnstap::Sending;
use crate::telling::health::Engine;
use crate::telling::tally::Ledger;
use crate::telling::{http, log};
use crate::tls::{self, Keeper};

/// Where is answered: bound early, when the process may do more than later.
#[derive(Debug)]
pub struct Entrance {
    sockets: Sockets,
    tls: Option<Arc<Keeper>>,
    control: Option<control::Bound>,
    http: Option<TcpListener>,
    tcp_idle: u16,
}

/// How is answered: the engine, its cookies and its limits.
pub struct Making {
    mint: Mint,
    source: Source,
    limiter: Option<Arc<Limiter>>,
}

impl Entrance {
    /// Binds all addresses, or takes those that were passed on, and makes the control socket. The process may have as many files and
    /// connections open from here on as it may allow itself: 1,024 is what most are started with.
    ///
    /// # Errors
    /// What cannot be bound, and a certificate or key of TLS that is of no use.
    pub fn bind(config: &Config, inherited: Inherited) -> Result<Entrance, Failure> {
        if let Err(why) = kernel_calls::raise_descriptor_limit() {
            // There are fewer connections, then.
            tracing::warn!(%why, "the limit of open files stays as it was; LimitNOFILE= or ulimit -n sets it");
        }
        let options = stack_options(config);
        let sockets = sockets(&options, inherited.serving)?;
        let (sockets, tls) = tls::listen(sockets, config.tls.as_ref(), inherited.tls)?;
        Ok(Entrance {
            sockets,
            tls,
            control: Control::bind(config.control.as_ref())?,
            http: match inherited.metrics {
                None => http::bind(config.metrics)?,
                listener => listener,
            },
            tcp_idle: options.tcp.keepalive_deciseconds(),
        })
    }

    /// The addresses and ports that were bound, for TLS not.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.sockets.addresses()
    }

    /// Becomes the user that the operator wants, if any. What is opened after this can be opened again later.
    ///
    /// # Errors
    /// [`Failure::User`] if that cannot be done.
    pub fn become_user(&self, config: &Config, own: &Belongings<'_>) -> Result<(), Failure> {
        let control = self.control.as_ref().map(control::Bound::path);
        restraint::become_user(config, control, own)
    }

    /// How is answered, as the operator wants it.
    ///
    /// # Errors
    /// A file with the secret of cookies that is of no use, and no entropy.
    pub fn making(&self, config: &Config, entropy: Entropy) -> Result<Making, Failure> {
        Making::new(config, self.tcp_idle, entropy)
    }

    /// Tells where is listened; there is a thread for the log by now.
    pub fn tell(&self, config: &Config) {
        log::listening(config.worker_count(), &self.sockets);
    }

    /// Answers from these zones, from now on. Requests that are no plain questions go to the desk, or are refused without
    /// one.
    ///
    /// # Errors
    /// [`Failure::System`] if a thread cannot be made.
    pub fn serve(
        self,
        config: Config,
        engine: Engine,
        making: Making,
        (desk, restrained): (Option<Arc<Desk>>, Option<Restrained>),
    ) -> Result<(Front, Doors), Failure> {
        let copying = Sending::start(&config).map_err(Failure::system)?;
        let ledger = Arc::<Ledger>::default();
        let answering = Answering {
            zones: Arc::clone(&engine.zones),
            authority: Arc::clone(&engine.authority),
            ledger: Arc::clone(&ledger),
            is_timed: self.http.is_some(),
            copies: copying.as_ref().map(Sending::queue),
            narrowing: restrained.as_ref().and_then(|it| it.narrowing.clone()),
            desk,
            clock: Clock::of_the_system(),
        };
        let server = self.sockets.serve(answering).map_err(Failure::system)?;
        let front = Front {
            server,
            engine,
            restrained,
            tls: self.tls,
            ledger,
            limiter: making.limiter,
            copying,
            metrics: self.http.as_ref().and_then(|it| it.local_addr().ok()),
            started: Instant::now(),
            started_at_secs: crate::now_secs(),
            config,
        };
        let doors = Doors {
            control: self.control,
            http: self.http,
            making: (making.mint, making.source),
        };
        Ok((front, doors))
    }
}

impl Making {
    /// How is answered, as the operator wants it. Connections are left open for so many tenths of a second (RFC 7828).
    ///
    /// # Errors
    /// As [`Entrance::making`].
    pub fn new(config: &Config, tcp_idle: u16, mut entropy: Entropy) -> Result<Making, Failure> {
        let secret = words(&mut entropy)?;
        let limit = config.rate_limit.as_ref();
        let limiter = limit.map(|limit| Arc::new(Limiter::new(limit, secret)));
        let mut source = Source::of(config, entropy);
        let engine = authority::Config {
            nsid: config.nsid.clone(),
            id: config.id.as_deref().map(Into::into),
            version: config.version.as_deref().map(Into::into),
            cookies: None,
            tcp_idle: Some(tcp_idle),
            limiter: limiter.clone(),
        };
        let mint = Mint::new(engine, source.first()?);
        Ok(Making {
            mint,
            source,
            limiter,
        })
    }

    /// An engine that answers from these zones.
    #[must_use]
    pub fn engine(&self, zones: &Arc<ArcSwap<Zones>>) -> Engine {
        Engine {
            zones: Arc::clone(zones),
            authority: Arc::clone(&self.mint.authority),
        }
    }
}

impl std::fmt::Debug for Making {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Making")
    }
}

/// Two numbers that nobody can guess.
///
/// # Errors
/// [`Failure::System`] if the system has no entropy.
pub fn words(entropy: &mut Entropy) -> Result<[u64; 2], Failure> {
    let number = u128::from_le_bytes(entropy().map_err(Failure::system)?);
    Ok([number as u64, (number >> 64) as u64])
}

fn stack_options(config: &Config) -> Options {
    let workers = config.worker_count();
    let mut options = Options::new(config.listen.clone());
    options.udp_workers = workers;
    options.tcp_workers = workers.min(4);
    tls::limit(&mut options, config.tls.as_ref());
    options
}

fn sockets(options: &Options, inherited: Vec<OwnedFd>) -> Result<Sockets, Failure> {
    match inherited.is_empty() {
        true => Ok(Sockets::bind(options)?),
        false => Sockets::adopt(options, inherited).map_err(Failure::Inherited),
    }
}

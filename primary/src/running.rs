//! Starting and stopping: the wiring.

use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use authority::Limiter;
use git_store::{Pulse, Store, Watch};
use stack_os::{Options, Server, Sockets};
use zone::HashKey;

use crate::config::{Config, Edges};
use crate::cookies::{Mint, Rotation, Source};
use crate::event::Event;
use crate::failure::Failure;
use crate::following::origin::Origin;
use crate::following::{Contact, Follower};
use crate::keys::Keys;
use crate::loading::accept::Gate;
use crate::loading::loader::{Loader, lock};
use crate::loading::memory::Gatherer;
use crate::loading::signers::SignersFile;
use crate::requests::{self, Desk, Ear};
use crate::service::{Answering, engine_config};
use crate::state::StateDir;
use crate::system::manager::{Reporter, ServiceManager};
use crate::system::restraint::{self, Restrained};
use crate::telling::board::Board;
use crate::telling::control::{self, Control};
use crate::telling::dnstap::Sending;
use crate::telling::health::Engine;
use crate::telling::http::{self, Http};
use crate::telling::loads::Loads;
use crate::telling::status::Status;
use crate::telling::tally::Ledger;
use crate::tls::{self, Keeper, Renewal};
use crate::transferring::Transfers;
use crate::updating::{Intake, Queue, Updates, Writer};

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub struct Primary {
    watch: Watch,
    /// Follows the repository on another machine, if it is one.
    remote: Option<Follower>,
    /// Makes commits of updates, if any are taken.
    updates: Option<Queue>,
    view: Arc<View>,
    control: Option<Control>,
    http: Option<Http>,
    rotation: Rotation,
    renewal: Option<Renewal>,
    reporter: Option<Reporter>,
}

/// What a status is made of.
pub(crate) struct View {
    pub(crate) config: Config,
    pub(crate) board: Arc<Mutex<Board>>,
    pub(crate) server: Server,
    /// Knows what was held back; none if nothing is.
    pub(crate) limiter: Option<Arc<Limiter>>,
    pub(crate) started: Instant,
    /// Seconds since 1970.
    pub(crate) started_at_secs: u64,
    pub(crate) engine: Engine,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) loads: Arc<Loads>,
    /// Of the thread that follows the branch.
    pub(crate) pulse: Arc<Pulse>,
    /// How the repository on another machine fares, if it is one.
    pub(crate) remote: Option<Arc<Contact>>,
    /// Where refused commits are let in.
    pub(crate) gate: Gate,
    /// The certificate, where TLS is spoken.
    pub(crate) tls: Option<Arc<Keeper>>,
    /// Where metrics are told.
    pub(crate) metrics: Option<SocketAddr>,
    pub(crate) restrained: Option<Restrained>,
    /// Sends copies of messages, if anybody takes them.
    pub(crate) copying: Option<Sending>,
    /// Those who may sign commits, if commits must be signed.
    pub(crate) signers: Option<Arc<SignersFile>>,
    /// The keys of signed messages, if there are any.
    pub(crate) keys: Option<Arc<Keys>>,
}

/// Binds the addresses, reads the newest commit, and then answers and follows the branch until stopped.
///
/// Questions that arrive while the first commit is read wait in the sockets. If the branch has no
/// commit yet, everything is refused until there is one. Of a repository on another machine the copy is read; without
/// one the first fetch is waited for a few seconds, and then everything is answered SERVFAIL until it has come.
///
/// # Errors
/// An address that cannot be bound, a repository that cannot be read, a branch that does not exist
/// although others do, or a control socket that was asked for and cannot be made. That a remote cannot be reached is none.
pub fn run(mut config: Config, mut edges: Edges) -> Result<Primary, Failure> {
    // Asked once: what tells of limits may be out of reach later.
    config.workers = Some(config.worker_count());
    let options = stack_options(&config);
    let sockets = sockets(&options, edges.inherited.serving)?;
    let (sockets, tls) = tls::listen(sockets, config.tls.as_ref(), edges.inherited.tls)?;
    let doors = Doors::bind(&config, edges.inherited.metrics)?;
    // What is opened after this can be opened again later.
    restraint::become_user(&config, doors.control.as_ref().map(control::Bound::path))?;
    let dir = config.state_dir.as_deref();
    let state = dir.map(StateDir::open).transpose()?;
    let mut origin = Origin::open(&config, state.as_ref().map(|(state, _)| state.dir()))?;

    let mut words = || (edges.entropy)().map(split).map_err(Failure::system);
    let (key, limiter, seed) = (HashKey::new(words()?), limiter(&config, words()?), words()?);
    let mut source = Source::of(&config, edges.entropy);
    let tcp_idle = options.tcp.keepalive_deciseconds();
    let engine_config = engine_config(&config, limiter.as_ref(), tcp_idle);
    let mint = Mint::new(engine_config, source.first()?);
    let (loads, ledger) = (Arc::<Loads>::default(), Arc::<Ledger>::default());
    let signers = SignersFile::open(config.allowed_signers.as_deref())?;
    let keys = Keys::open(&config.keys)?;
    let mut loader = Loader::new(origin.store.clone(), &config, key, signers.clone());
    loader.on_event = counted(edges.on_event, &loads);
    state
        .into_iter()
        .for_each(|(state, kept)| loader.remember(state, kept));
    // Threads, from here on.
    let restrained = restraint::confine(&config, &origin, edges.manager.as_ref())?;
    crate::telling::log::starting(&config, &sockets);
    loader.gatherer = Gatherer::start().map_err(Failure::system)?;
    let remote = origin.follow(config.poll, seed[0])?;
    origin.hear_first(&mut loader, remote.is_some())?;

    let engine = engine(&loader, &mint);
    let copying = Sending::start(&config).map_err(Failure::system)?;
    let loader = Arc::new(Mutex::new(loader));
    let updates = updates(&config, &loader)?;
    let (desk, ear) = desk(&config, &keys, intake(updates.as_ref(), &engine), &loader)?;
    let mut answering = engine.answering(&ledger, &doors, copying.as_ref(), desk);
    answering.narrowing = restrained.as_ref().and_then(|it| it.narrowing.clone());
    let server = sockets.serve(answering).map_err(Failure::system)?;
    let board = Arc::clone(&lock(&loader).board);
    let watch = origin.watch(Arc::clone(&loader), &config, remote.as_ref());
    listen(ear, &watch, remote.as_ref())?;
    let view = Arc::new(View {
        gate: gate(origin.store, &board, &watch),
        board,
        server,
        limiter,
        started: Instant::now(),
        started_at_secs: now_secs(),
        engine,
        ledger,
        loads,
        pulse: watch.pulse(),
        remote: remote.as_ref().map(Follower::contact),
        tls,
        metrics: doors.metrics(),
        restrained,
        copying,
        signers,
        keys,
        config,
    });
    let mut primary = doors.open(view, watch, Rotation::start(mint, source))?;
    (primary.remote, primary.updates) = (remote, updates);
    primary.report_to(edges.manager)?;
    Ok(primary)
}

/// Where requests go, if anybody may ask for more than answers.
fn desk(
    config: &Config,
    keys: &Option<Arc<Keys>>,
    intake: Option<Intake>,
    loader: &Mutex<Loader>,
) -> Result<(Option<Arc<Desk>>, Option<Ear>), Failure> {
    let archive = &mut lock(loader).archive;
    let transfers = Transfers::open(&config.allow_transfer, keys.is_some(), archive)?;
    Ok(requests::open(keys.clone(), intake, transfers))
}

fn updates(config: &Config, loader: &Arc<Mutex<Loader>>) -> Result<Option<Queue>, Failure> {
    if !config.takes_updates {
        return Ok(None);
    }
    let writer = Writer {
        loader: Arc::clone(loader),
        branch: config.location.branch.clone(),
    };
    Queue::start(writer).map(Some).map_err(Failure::system)
}

fn intake(updates: Option<&Queue>, engine: &Engine) -> Option<Intake> {
    updates.map(|queue| queue.intake(engine.clone()))
}

fn engine(loader: &Loader, mint: &Mint) -> Engine {
    Engine {
        zones: Arc::clone(&loader.zones),
        authority: Arc::clone(&mint.authority),
    }
}

fn gate(store: Store, board: &Arc<Mutex<Board>>, watch: &Watch) -> Gate {
    Gate {
        store,
        board: Arc::clone(board),
        waker: watch.waker(),
    }
}

/// Has the repository looked at when somebody says that it has changed, if anybody can.
fn listen(ear: Option<Ear>, watch: &Watch, remote: Option<&Follower>) -> Result<(), Failure> {
    let Some(ear) = ear else {
        return Ok(());
    };
    let (waker, remote) = (watch.waker(), remote.map(Follower::looker));
    let look = move || {
        waker.look();
        remote.iter().for_each(|look| look());
    };
    ear.listen(look).map_err(Failure::system)
}

impl Engine {
    fn answering(
        &self,
        ledger: &Arc<Ledger>,
        doors: &Doors,
        copying: Option<&Sending>,
        desk: Option<Arc<Desk>>,
    ) -> Answering {
        Answering {
            zones: Arc::clone(&self.zones),
            authority: Arc::clone(&self.authority),
            ledger: Arc::clone(ledger),
            is_timed: doors.http.is_some(),
            copies: copying.map(Sending::queue),
            narrowing: None,
            desk,
        }
    }
}

fn limiter(config: &Config, secret: [u64; 2]) -> Option<Arc<Limiter>> {
    let limit = config.rate_limit.as_ref()?;
    Some(Arc::new(Limiter::new(limit, secret)))
}

fn sockets(options: &Options, inherited: Vec<OwnedFd>) -> Result<Sockets, Failure> {
    match inherited.is_empty() {
        true => Ok(Sockets::bind(options)?),
        false => Sockets::adopt(options, inherited).map_err(Failure::Inherited),
    }
}

/// Where others than resolvers ask: bound early, opened last.
struct Doors {
    control: Option<control::Bound>,
    http: Option<TcpListener>,
}

impl Doors {
    fn bind(config: &Config, inherited: Option<TcpListener>) -> Result<Doors, Failure> {
        Ok(Doors {
            control: Control::bind(config.control.as_ref())?,
            http: match inherited {
                None => http::bind(config.metrics)?,
                listener => listener,
            },
        })
    }

    /// With the port that port 0 became.
    fn metrics(&self) -> Option<SocketAddr> {
        self.http.as_ref()?.local_addr().ok()
    }

    fn open(self, view: Arc<View>, watch: Watch, rotation: Rotation) -> Result<Primary, Failure> {
        let serve_http = |listener| Http::serve(listener, Arc::clone(&view));
        let renew = |keeper: &Arc<Keeper>| Renewal::start(Arc::clone(keeper), view.config.poll);
        Ok(Primary {
            renewal: view.tls.as_ref().map(renew),
            http: self
                .http
                .map(serve_http)
                .transpose()
                .map_err(Failure::system)?,
            reporter: None,
            control: self.control.map(|control| control.serve(Arc::clone(&view))),
            watch,
            remote: None,
            updates: None,
            view,
            rotation,
        })
    }
}

fn counted(
    on_event: Box<dyn Fn(&Event) + Send + Sync>,
    loads: &Arc<Loads>,
) -> Box<dyn Fn(&Event) + Send + Sync> {
    let loads = Arc::clone(loads);
    Box::new(move |event| {
        loads.note(event);
        on_event(event);
    })
}

pub(crate) fn now_secs() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    since_1970.unwrap_or_default().as_secs()
}

impl Primary {
    fn report_to(&mut self, manager: Option<ServiceManager>) -> Result<(), Failure> {
        let start = |manager| Reporter::start(manager, Arc::clone(&self.view));
        self.reporter = manager.map(start).transpose().map_err(Failure::system)?;
        Ok(())
    }

    /// The addresses in the order they were asked for, with real ports.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        self.view.server.addresses()
    }

    /// The addresses for TLS, likewise.
    #[must_use]
    pub fn tls_addresses(&self) -> &[SocketAddr] {
        self.view.server.tls_addresses()
    }

    /// What is served, what is not, and why.
    #[must_use]
    pub fn status(&self) -> Status {
        self.view.status()
    }

    /// Has the files with the cookie secret, the certificate and its key, the keys and the allowed signers read again, the branch
    /// looked at now, and the service manager told.
    pub fn look(&self) {
        self.rotation.read_again();
        self.renewal.iter().for_each(Renewal::read_again);
        self.view.signers.iter().for_each(|file| file.read_again());
        self.view.keys.iter().for_each(|keys| keys.read_again());
        let begun = self.view.pulse.begun();
        self.reporter
            .iter()
            .for_each(|reporter| reporter.reloading(begun));
        self.watch.look();
        self.remote.iter().for_each(Follower::look);
    }

    /// Has a commit taken in that was refused ([`Event::Refused`](crate::Event::Refused)), and what was made on it. At
    /// least four digits of its id are wanted. Gives the whole id.
    ///
    /// # Errors
    /// Why not, in a sentence.
    pub fn accept(&self, digits: &str) -> Result<String, String> {
        self.view.gate.accept(digits, None).map(|id| id.to_string())
    }

    /// Where updates are handed in, if they are taken.
    #[must_use]
    pub fn updates(&self) -> Option<Updates> {
        self.updates.as_ref().map(Queue::updates)
    }

    /// Answers what has arrived, and ends all threads.
    pub fn stop(self) {
        drop(self.reporter);
        drop(self.updates);
        drop(self.watch);
        drop(self.remote);
        self.view.server.stop();
        self.view.copying.iter().for_each(Sending::stop);
        drop(self.control);
        drop(self.http);
        crate::telling::log::stopped(&self.view.server.totals());
    }
}

impl View {
    pub(crate) fn status(&self) -> Status {
        Status::new(self, &lock(&self.board))
    }
}

impl std::fmt::Debug for View {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "View({:?})", self.server.addresses())
    }
}

fn stack_options(config: &Config) -> Options {
    let workers = config.worker_count();
    let mut options = Options::new(config.listen.clone());
    options.udp_workers = workers;
    options.tcp_workers = workers.min(4);
    tls::limit(&mut options, config.tls.as_ref());
    options
}

fn split(octets: [u8; 16]) -> [u64; 2] {
    let number = u128::from_le_bytes(octets);
    [number as u64, (number >> 64) as u64]
}

//! Starting and stopping: the wiring.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use git_store::{Pulse, Store, Watch};
use server::restraint::confine;
use server::{Announcing, Desk, Entrance, Front, Herald, Keys, Program, Told, Transfers, Watchers};
use stack_os::Clock;
use zone::HashKey;

use crate::clerk::{self, Bell, Ear};
use crate::config::{Config, Edges};
use crate::event::Event;
use crate::failure::Failure;
use crate::following::origin::Origin;
use crate::following::{Contact, Follower};
use crate::loading::accept::Gate;
use crate::loading::key_files::KeyFiles;
use crate::loading::loader::{Loader, lock};
use crate::loading::memory::Gatherer;
use crate::loading::signers::SignersFile;
use crate::needs;
use crate::past::Past;
use crate::state::StateDir;
use crate::telling::board::Board;
use crate::telling::loads::Loads;
use crate::telling::status::Status;
use crate::updating::{Counts, Intake, Taking, Updates};
use crate::webhook::{self, Webhook};

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub struct Primary {
    watch: Watch,
    /// Follows the repository on another machine, if it is one.
    remote: Option<Follower>,
    /// Makes commits of updates, if any are taken, and pushes them.
    updates: Option<Taking>,
    /// Tells of changes, if anybody is told.
    announcing: Option<Announcing>,
    view: Arc<View>,
    watchers: Watchers,
    /// Hears forges, if any may tell of pushes.
    webhook: Option<Webhook>,
}

/// What a status is made of.
pub(crate) struct View {
    pub(crate) config: Config,
    pub(crate) board: Arc<Mutex<Board>>,
    pub(crate) front: Front,
    pub(crate) loads: Arc<Loads>,
    /// Of the thread that follows the branch.
    pub(crate) pulse: Arc<Pulse>,
    /// How the repository on another machine fares, if it is one.
    pub(crate) remote: Option<Arc<Contact>>,
    /// Where refused commits are let in.
    pub(crate) gate: Gate,
    /// Those who may sign commits, if commits must be signed.
    pub(crate) signers: Option<Arc<SignersFile>>,
    /// The keys of signed messages, if there are any.
    pub(crate) keys: Option<Arc<Keys>>,
    /// What has become of updates, if any are taken.
    pub(crate) updates: Option<Arc<Counts>>,
    /// What was told to secondaries, if anybody is told.
    pub(crate) announced: Option<Arc<Told>>,
    /// Where forges tell of pushes, with the port that port 0 became.
    pub(crate) webhook: Option<SocketAddr>,
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
    config.server.workers = Some(config.server.worker_count());
    let entrance = Entrance::bind(&config.server, edges.inherited)?;
    let webhook = webhook::Bound::of(config.webhook.as_ref())?;
    // What is opened after this can be opened again later.
    entrance.become_user(&config.server, &needs::belongings(&config))?;
    let dir = config.state_dir.as_deref();
    let state = dir.map(StateDir::open).transpose()?;
    let mut origin = Origin::open(&config, dir, None)?;

    let key = HashKey::new(server::words(&mut edges.entropy)?);
    let [seed, _] = server::words(&mut edges.entropy)?;
    let making = entrance.making(&config.server, edges.entropy)?;
    let loads = Arc::<Loads>::default();
    let signers = SignersFile::open(config.allowed_signers.as_deref())?;
    let keys = Keys::open(&config.server.keys)?;
    let mut loader = Loader::new(origin.store.clone(), &config, key, signers.clone());
    loader.on_event = counted(edges.on_event, &loads);
    loader.key_files = KeyFiles::of(&config.server.keys, keys.as_ref());
    state
        .into_iter()
        .try_for_each(|kept| loader.remember(kept))?;
    // Threads, from here on.
    let manager = edges.manager;
    let own = |needs: &mut _| needs::add(needs, &config, &origin, manager.as_ref());
    let restrained = confine(&config.server, own)?;
    entrance.tell(&config.server);
    tracing::info!(repository = %config.location, "reading");
    loader.gatherer = Gatherer::start().map_err(Failure::system)?;
    let remote = origin.follow(config.poll, seed)?;
    origin.hear_first(&mut loader);

    let engine = making.engine(&loader.zones);
    let loader = Arc::new(Mutex::new(loader));
    let updates = Taking::start(&config, &loader, (&origin, remote.as_ref()), !seed)?;
    let intake = updates.intake(&engine);
    let announcing = announcing(&config, &entrance, keys.as_ref(), &loader)?;
    let told_by = herald(announcing.as_ref());
    let (desk, ear) = desk(&config, &keys, (intake, told_by), &loader)?;
    let (server, board) = (config.server.clone(), Arc::clone(&lock(&loader).board));
    let (front, doors) = entrance.serve(server, engine, making, (desk, restrained))?;
    let watch = origin.watch(Arc::clone(&loader), &config, remote.as_ref())?;
    listen(ear, looker(&watch, remote.as_ref()))?;
    let webhook = webhook::open(webhook, &config, &front, looker(&watch, remote.as_ref()))?;
    let view = Arc::new(View {
        gate: gate(origin.store, &board, &watch),
        board,
        front,
        loads,
        pulse: watch.pulse(),
        remote: remote.as_ref().map(Follower::contact),
        signers,
        keys,
        updates: updates.counts(),
        announced: announcing.as_ref().map(Announcing::told),
        webhook: webhook.as_ref().map(Webhook::address),
        config,
    });
    let program: Arc<dyn Program> = Arc::clone(&view) as _;
    Ok(Primary {
        watchers: doors.open(&program, manager, view.config.poll)?,
        watch,
        remote,
        updates: Some(updates),
        announcing,
        view,
        webhook,
    })
}

/// Where requests go, if anybody may ask for more than answers.
fn desk(
    config: &Config,
    keys: &Option<Arc<Keys>>,
    (intake, herald): (Option<Intake>, Herald),
    loader: &Mutex<Loader>,
) -> Result<(Option<Arc<Desk>>, Option<Ear>), Failure> {
    let allowed = &config.server.allow_transfer;
    if allowed.is_empty() && keys.is_none() {
        return Ok((None, None));
    }
    let mut loader = lock(loader);
    let older = Past::of(&loader).map(Past::reader);
    let transfers = Transfers::open(allowed, older, &mut loader.archive, Clock::of_the_system())?;
    let (bell, ear) = Bell::new();
    let clerk = clerk::Clerk { bell, intake };
    let desk = Desk::new(keys.clone(), transfers, herald, Box::new(clerk));
    Ok((Some(Arc::new(desk)), Some(ear)))
}

/// Tells of changes, if anybody is to be told.
fn announcing(
    config: &Config,
    entrance: &Entrance,
    keys: Option<&Arc<Keys>>,
    loader: &Mutex<Loader>,
) -> Result<Option<Announcing>, Failure> {
    let mut loader = lock(loader);
    let announcing = Announcing::open(&config.server, entrance.addresses(), keys, &loader.zones)?;
    loader.herald = announcing
        .as_ref()
        .map(Announcing::herald)
        .unwrap_or_default();
    announcing.iter().for_each(Announcing::begin);
    Ok(announcing)
}

fn gate(store: Store, board: &Arc<Mutex<Board>>, watch: &Watch) -> Gate {
    Gate {
        store,
        board: Arc::clone(board),
        waker: watch.waker(),
    }
}

/// Has the repository looked at when somebody says that it has changed, if anybody can.
fn listen(ear: Option<Ear>, look: impl Fn() + Send + 'static) -> Result<(), Failure> {
    let listening = ear.map(|ear| ear.listen(look)).transpose();
    listening.map(drop).map_err(Failure::system)
}

/// Who tells of changes, or nobody.
fn herald(announcing: Option<&Announcing>) -> Herald {
    announcing.map(Announcing::herald).unwrap_or_default()
}

/// Looks at the repository, wherever it is.
fn looker(watch: &Watch, remote: Option<&Follower>) -> impl Fn() + Send + 'static {
    let (waker, remote) = (watch.waker(), remote.map(Follower::looker));
    move || {
        waker.look();
        remote.iter().for_each(|look| look());
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

impl Primary {
    /// The addresses in the order they were asked for, with real ports.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        self.view.front.server.addresses()
    }

    /// The addresses for TLS, likewise.
    #[must_use]
    pub fn tls_addresses(&self) -> &[SocketAddr] {
        self.view.front.server.tls_addresses()
    }

    /// What is served, what is not, and why.
    #[must_use]
    pub fn status(&self) -> Status {
        self.view.shown()
    }

    /// Has the files with the cookie secret, the certificate and its key, the keys, the allowed signers and the secrets of the webhook
    /// read again, the branch looked at now, and the service manager told.
    pub fn look(&self) {
        self.watchers.read_again();
        self.view.signers.iter().for_each(|file| file.read_again());
        self.view.keys.iter().for_each(|keys| keys.read_again());
        self.webhook.iter().for_each(Webhook::read_again);
        self.watchers.reloading(self.view.pulse.begun());
        self.watch.look();
        self.remote.iter().for_each(Follower::look);
        self.updates.iter().for_each(Taking::look);
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
        self.updates.as_ref()?.updates()
    }

    /// Answers what has arrived, and ends all threads.
    pub fn stop(mut self) {
        self.watchers.stopping();
        drop(self.updates);
        drop(self.watch);
        drop(self.remote);
        drop(self.announcing);
        self.view.front.stop();
        drop(self.watchers);
        self.view.front.tell_stopped();
    }
}

impl View {
    pub(crate) fn shown(&self) -> Status {
        Status::new(self, &lock(&self.board))
    }
}

impl std::fmt::Debug for View {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "View({:?})", self.front)
    }
}

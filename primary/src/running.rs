//! Starting and stopping: the wiring.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use git_store::{Store, Watch, WatchOptions};
use stack_os::{Options, Server, Sockets};
use zone::HashKey;

use crate::board::Board;
use crate::config::{Config, Edges};
use crate::control::Control;
use crate::failure::Failure;
use crate::loader::{Loader, lock};
use crate::service::{Answering, authority};
use crate::status::Status;

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub struct Primary {
    watch: Watch,
    view: Arc<View>,
    control: Option<Control>,
}

/// What a status is made of.
pub(crate) struct View {
    pub(crate) config: Config,
    pub(crate) board: Arc<Mutex<Board>>,
    pub(crate) server: Server,
    pub(crate) started: Instant,
}

/// Binds the addresses, reads the newest commit, and then answers and follows the branch until stopped.
///
/// Questions that arrive while the first commit is read wait in the sockets. If the branch has no
/// commit yet, everything is refused until there is one.
///
/// # Errors
/// An address that cannot be bound, a repository that cannot be read, a branch that does not exist
/// although others do, or a control socket that was asked for and cannot be made.
pub fn run(config: Config, edges: Edges) -> Result<Primary, Failure> {
    let store = Store::open(&config.location)?;
    let tip = store.tip(config.location.branch.as_deref())?;
    let options = stack_options(&config);
    let sockets = Sockets::bind(&options)?;
    let control = Control::bind(config.control.as_ref())?;

    let (key, cookie_secret) = split_entropy(&edges.entropy);
    let mut loader = Loader::new(store.clone(), &config, key);
    loader.on_event = edges.on_event;
    crate::log::starting(&config, &sockets.addresses());
    loader.hear(Ok(tip));

    let answering = Answering {
        zones: Arc::clone(&loader.zones),
        authority: Arc::new(authority(
            &config,
            cookie_secret,
            options.tcp.keepalive_deciseconds(),
        )),
    };
    let server = sockets.serve(answering).map_err(Failure::system)?;
    let view = Arc::new(View {
        board: Arc::clone(&loader.board),
        config,
        server,
        started: Instant::now(),
    });
    let control = control.map(|control| control.serve(Arc::clone(&view)));
    let watch = follow(store, loader, &view.config);
    Ok(Primary {
        watch,
        view,
        control,
    })
}

fn follow(store: Store, mut loader: Loader, config: &Config) -> Watch {
    let options = WatchOptions {
        branch: config.location.branch.clone(),
        known: loader.heard(),
        poll: config.poll,
    };
    let watch = Watch::start(store, options, move |tip| loader.hear(tip));
    if !watch.is_told {
        crate::log::untold(config.poll);
    }
    watch
}

impl Primary {
    /// The addresses in the order they were asked for, with real ports.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        self.view.server.addresses()
    }

    /// What is served, what is not, and why.
    #[must_use]
    pub fn status(&self) -> Status {
        self.view.status()
    }

    /// Has the branch looked at now.
    pub fn look(&self) {
        self.watch.look();
    }

    /// Answers what has arrived, and ends all threads.
    pub fn stop(self) {
        drop(self.watch);
        self.view.server.stop();
        drop(self.control);
        crate::log::stopped(&self.view.server.totals());
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
    options
}

fn split_entropy(entropy: &[u8; 32]) -> (HashKey, [u8; 16]) {
    let word = |at: usize| u64::from_le_bytes(std::array::from_fn(|n| entropy[at + n]));
    (
        HashKey::new([word(0), word(8)]),
        std::array::from_fn(|n| entropy[16 + n]),
    )
}

//! The server without threads, sockets and clock.

mod there;

use std::sync::{Arc, Mutex};

use git_remote::Dial;
use git_store::CommitId;
use server::{ByHand, Desk, Entropy, Giver, Herald, Keys, Making, Transfers};
use stack_os::{Clock, Message};
use zone::{HashKey, Zones};

use crate::clerk::{Bell, Clerk, Ear};
use crate::config::Config;
use crate::failure::Failure;
use crate::following::origin::Origin;
use crate::loading::accept::accept;
use crate::loading::loader::{Loader, lock};
use crate::milestone::OnMilestone;
use crate::past::Past;
use crate::state::StateDir;
use crate::updating::{Intake, Keeping, QueueByHand, Writer};
use there::There;

/// For how many tenths of a second a connection is said to be left open (RFC 7828): who stands in for sockets has none that age.
const TCP_IDLE: u16 = 100;

/// What stands in for the system.
pub struct StepsEdges {
    /// Who is asked what time it is.
    pub clock: Clock,
    /// Gives octets nobody can guess.
    pub entropy: Entropy,
    /// Told how far commits have come. It may end all with a panic, as a kill would.
    pub on_milestone: OnMilestone,
    /// Who reaches the repository where it is on another machine.
    pub dial: Option<Arc<dyn Dial>>,
}

/// A primary whose turns are taken by whoever has it: the same rooms that [`run`](crate::run) gives to threads. Nothing happens
/// in between, so where all that comes from outside is the same, all that it does is the same.
///
/// It has no TLS, status, metrics or limits of rates, and tells nobody of changes. When a repository on another machine is
/// looked at, and when something is pushed there, is decided by whoever has it.
pub struct Steps {
    loader: Arc<Mutex<Loader>>,
    origin: Origin,
    there: Option<There>,
    updates: QueueByHand,
    giver: Giver,
    ear: Ear,
    answerer: ByHand,
}

impl Steps {
    /// Reads the newest commit and serves it. Of the addresses in the configuration nothing is bound.
    ///
    /// # Errors
    /// As [`run`](crate::run).
    pub fn open(config: &Config, mut edges: StepsEdges) -> Result<Steps, Failure> {
        let dir = config.state_dir.as_deref();
        let state = dir.map(StateDir::open).transpose()?;
        let mut origin = Origin::open(config, dir, edges.dial)?;
        let there = There::of(&mut origin);
        let key = HashKey::new(server::words(&mut edges.entropy)?);
        let making = Making::new(&config.server, TCP_IDLE, edges.entropy)?;
        let mut loader = Loader::new(origin.store.clone(), config, key, None);
        (loader.on_milestone, loader.clock) = (edges.on_milestone, edges.clock.clone());
        state
            .into_iter()
            .try_for_each(|kept| loader.remember(kept))?;
        let allowed = config.server.allow_transfer.clone();
        let older = Past::of(&loader).map(Past::reader);
        let (transfers, archive, giver) = Transfers::by_hand(allowed, older, edges.clock.clone());
        loader.archive = archive;
        origin.hear_first(&mut loader);
        let engine = making.engine(&loader.zones);
        let loader = Arc::new(Mutex::new(loader));
        let updates = QueueByHand::new(Writer {
            loader: Arc::clone(&loader),
            line: Arc::clone(&origin.line),
            keeping: Keeping::of(config, &origin, there.as_ref().map(There::word)),
        });
        let intake = Intake::new(updates.updates(), engine.clone(), edges.clock.clone());
        let (bell, ear) = Bell::new();
        let clerk = Clerk {
            bell,
            intake: config.takes_updates.then_some(intake),
        };
        let keys = Keys::open(&config.server.keys)?;
        let desk = Desk::new(keys, transfers, Herald::default(), Box::new(clerk));
        Ok(Steps {
            answerer: ByHand::new(&engine, Some(Arc::new(desk)), edges.clock),
            loader,
            origin,
            there,
            updates,
            giver,
            ear,
        })
    }

    /// Writes the answer to the front of `answer` and gives its length. None: there is silence, or the answer comes later, when
    /// a step was taken.
    pub fn handle_message(&mut self, message: Message<'_>, answer: &mut [u8]) -> Option<usize> {
        self.answerer.handle_message(message, answer)
    }

    /// Makes one commit of all the updates that wait; gives how many these were.
    pub fn write(&mut self) -> usize {
        self.updates.serve_batch()
    }

    /// Begins the transfers that were asked for, with the differences between all that was served by now.
    pub fn give(&mut self) {
        self.giver.give_all();
    }

    /// Whether somebody has said since this was asked last that the repository is to be looked at.
    #[must_use]
    pub fn is_notified(&self) -> bool {
        self.ear.is_rung()
    }

    /// Brings what is new on the other machine. It is known when it was [taken in](Self::take_in).
    pub fn fetch(&mut self) {
        self.there.iter_mut().for_each(There::fetch);
    }

    /// Has what was fetched last be what the other machine has. Gives whether that was reached.
    pub fn take_in(&mut self) -> bool {
        self.there.as_mut().is_some_and(There::take_in)
    }

    /// Whether there may be something to push to the other machine since this was asked last.
    #[must_use]
    pub fn is_ahead(&self) -> bool {
        self.there.as_ref().is_some_and(There::is_ahead)
    }

    /// Pushes to the other machine what it has not. Gives whether it has all then.
    pub fn push(&mut self) -> bool {
        self.there.as_mut().is_none_or(There::push)
    }

    /// Looks at the branch, and serves its newest commit if that may follow.
    pub fn look(&mut self) {
        self.origin.line.bring_up(&mut lock(&self.loader));
    }

    /// Has a commit taken in that was refused ([`Primary::accept`](crate::Primary::accept)), with the next look.
    ///
    /// # Errors
    /// Why not, in a sentence.
    pub fn accept(&mut self, digits: &str) -> Result<CommitId, String> {
        let board = Arc::clone(&lock(&self.loader).board);
        accept(&self.origin.store, &board, digits)
    }

    /// What is served.
    #[must_use]
    pub fn zones(&self) -> Arc<Zones> {
        lock(&self.loader).zones.load_full()
    }
}

impl std::fmt::Debug for StepsEdges {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("StepsEdges")
    }
}

impl std::fmt::Debug for Steps {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Steps")
    }
}

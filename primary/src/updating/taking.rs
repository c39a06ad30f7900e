//! Whether updates are taken, and what becomes of their commits then.

use std::sync::{Arc, Mutex};

use super::{Counts, Intake, Keeping, Means, Pusher, Queue, Updates, Writer};
use crate::config::Config;
use crate::failure::Failure;
use crate::following::Follower;
use crate::following::origin::Origin;
use crate::loading::loader::Loader;
use server::Engine;

/// What takes updates, and what pushes them. Dropped in this order: what is answered at the end is pushed still.
#[derive(Debug)]
pub(crate) struct Taking {
    /// None if no updates are taken.
    queue: Option<Queue>,
    /// None if the repository is on this machine. What a process before this one has taken is pushed in any case.
    pusher: Option<Pusher>,
}

impl Taking {
    pub(crate) fn start(
        config: &Config,
        loader: &Arc<Mutex<Loader>>,
        (origin, remote): (&Origin, Option<&Follower>),
        seed: u64,
    ) -> Result<Taking, Failure> {
        let means = means(origin, remote, seed);
        let pusher = means.map(Pusher::start).transpose();
        let pusher = pusher.map_err(Failure::system)?;
        if let Some(pusher) = &pusher {
            let word = pusher.word();
            origin.line.tells(move || word.met());
            if let Some(remote) = remote {
                let word = pusher.word();
                remote.tells(move || word.met());
            }
        }
        let writer = Writer {
            loader: Arc::clone(loader),
            line: Arc::clone(&origin.line),
            keeping: Keeping::of(config, origin, pusher.as_ref().map(Pusher::word)),
        };
        let queue = config.takes_updates.then(|| Queue::start(writer));
        Ok(Taking {
            queue: queue.transpose().map_err(Failure::system)?,
            pusher,
        })
    }

    pub(crate) fn intake(&self, engine: &Engine) -> Option<Intake> {
        let queue = self.queue.as_ref();
        queue.map(|queue| queue.intake(engine.clone()))
    }

    /// Has it pushed now what is to be pushed, also if that was refused before.
    pub(crate) fn look(&self) {
        self.pusher.iter().for_each(|pusher| pusher.word().now());
    }

    pub(crate) fn counts(&self) -> Option<Arc<Counts>> {
        self.queue.as_ref().map(Queue::counts)
    }

    pub(crate) fn updates(&self) -> Option<Updates> {
        self.queue.as_ref().map(Queue::updates)
    }
}

fn means(origin: &Origin, remote: Option<&Follower>, seed: u64) -> Option<Means> {
    let remote = remote?;
    Some(Means {
        mirror: Arc::clone(origin.line.mirror()?),
        exchange: origin.exchange.clone()?,
        contact: remote.contact(),
        look: Box::new(remote.looker()),
        seed,
    })
}

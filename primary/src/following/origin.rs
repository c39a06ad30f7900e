//! Where commits come from: a repository on this machine, or the copy of one on another.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use git_store::{CommitId, Heard, Place, Store, Watch, WatchOptions};

use crate::config::Config;
use crate::failure::Failure;
use crate::following::{Fetching, Follower, Mirror};
use crate::loading::loader::{Loader, lock};

/// How long a start without a copy waits for the first fetch before it answers that it has nothing yet: as long as
/// resolvers wait, so that who asks meanwhile asks no second time.
const FIRST_FETCH: Duration = Duration::from_secs(3);

/// A repository that is read from, and the branch in it that is watched.
pub(crate) struct Origin {
    pub(crate) store: Store,
    pub(crate) branch: Option<String>,
    remote: Option<(Mirror, Fetching)>,
}

impl Origin {
    /// # Errors
    /// A repository that cannot be read, a branch that does not exist although others do, credentials or a copy that
    /// cannot be used. That a remote cannot be reached is none.
    pub(crate) fn open(config: &Config, state_dir: Option<&Path>) -> Result<Origin, Failure> {
        let branch = config.location.branch.as_deref();
        let Place::Remote(url) = &config.location.repository else {
            let store = Store::open(&config.location)?;
            store.tip(branch)?;
            return Ok(Origin {
                store,
                branch: branch.map(str::to_owned),
                remote: None,
            });
        };
        let fetching = Fetching::new(url, branch, &config.remote)?;
        let mirror = Mirror::open(state_dir, &config.location)?;
        Ok(Origin {
            store: mirror.store().clone(),
            branch: Some(mirror.fetched_name().to_owned()),
            remote: Some((mirror, fetching)),
        })
    }

    /// Where the copy is, if it goes away at the end.
    pub(crate) fn temporary(&self) -> Option<&Path> {
        self.remote.as_ref()?.0.temporary()
    }

    /// The newest commit that is here.
    pub(crate) fn tip(&self) -> git_store::Result<Option<CommitId>> {
        self.store.reopened()?.tip(self.branch.as_deref())
    }

    /// Begins to follow the remote, if it is one; where nothing of it is here yet, its first commit is waited for a while.
    pub(crate) fn follow(
        &mut self,
        poll: Duration,
        seed: u64,
    ) -> Result<Option<Follower>, Failure> {
        let Some((mirror, fetching)) = self.remote.take() else {
            return Ok(None);
        };
        let is_empty = mirror.fetched()?.is_none();
        let started = Follower::start(mirror, fetching, poll, seed);
        let (follower, first) = started.map_err(Failure::system)?;
        if is_empty {
            // However it ends: what there is to serve is in the copy.
            let _ = first.recv_timeout(FIRST_FETCH);
        }
        Ok(Some(follower))
    }

    /// Has the loader read what is here at the start. That nothing was fetched yet is no news of the branch.
    pub(crate) fn hear_first(&self, loader: &mut Loader, is_remote: bool) -> Result<(), Failure> {
        let tip = self.tip()?;
        if tip.is_some() || !is_remote {
            loader.hear(Ok(tip));
        }
        Ok(())
    }

    /// Has the loader read what comes, and the remote told what was taken in.
    pub(crate) fn watch(
        &self,
        loader: Arc<Mutex<Loader>>,
        config: &Config,
        remote: Option<&Follower>,
    ) -> Watch {
        let options = WatchOptions {
            branch: self.branch.clone(),
            known: lock(&loader).heard(),
            poll: config.look_every(),
        };
        let taken = remote.map(Follower::taken);
        let note = move |loader: &Loader| {
            if let (Some(taken), Some(commit)) = (&taken, loader.taken()) {
                taken.note(commit);
            }
        };
        note(&lock(&loader));
        let is_remote = remote.is_some();
        let (store, branch) = (self.store.clone(), self.branch.clone());
        let watch = Watch::start(self.store.clone(), options, move |tip| {
            if is_remote && tip == Ok(None) {
                return Heard::Done;
            }
            let mut loader = lock(&loader);
            // While the loader was waited for, a commit of ours may have come.
            let tip = tip.and_then(|_| store.reopened()?.tip(branch.as_deref()));
            let heard = loader.hear(tip);
            note(&loader);
            heard
        });
        match remote {
            Some(remote) => remote.wakes(watch.waker()),
            None if !watch.is_told => crate::telling::log::untold(config.poll),
            None => {}
        }
        watch
    }
}

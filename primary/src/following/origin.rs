//! Where commits come from: a repository on this machine, or the copy of one on another.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use git_remote::Dial;
use git_store::{Known, Place, Store, Watch, WatchOptions};

use crate::branch::Line;
use crate::config::Config;
use crate::failure::Failure;
use crate::following::{ByHand, Exchange, Fetching, Follower, Mirror};
use crate::loading::loader::{Loader, lock};

/// How long a start without a copy waits for the first fetch before it answers that it has nothing yet: as long as
/// resolvers wait, so that who asks meanwhile asks no second time.
const FIRST_FETCH: Duration = Duration::from_secs(3);

/// A repository that is read from, and the branch in it that is watched.
pub(crate) struct Origin {
    pub(crate) store: Store,
    pub(crate) branch: Option<String>,
    pub(crate) line: Arc<Line>,
    remote: Option<(Arc<Mutex<Mirror>>, Fetching)>,
    /// How something is said to the remote, if it is one.
    pub(crate) exchange: Option<Exchange>,
    /// Where the copy is, if it goes away at the end.
    temporary: Option<PathBuf>,
}

impl Origin {
    /// Who dials is asked instead of the network.
    ///
    /// # Errors
    /// A repository that cannot be read, a branch that does not exist although others do, credentials or a copy that
    /// cannot be used. That a remote cannot be reached is none.
    pub(crate) fn open(
        config: &Config,
        state_dir: Option<&Path>,
        dial: Option<Arc<dyn Dial>>,
    ) -> Result<Origin, Failure> {
        let branch = config.location.branch.as_deref();
        let Place::Remote(url) = &config.location.repository else {
            // What is written is read next by the loader, and looked at by the watch.
            let store = Store::open(&config.location)?.remembering();
            store.tip(branch)?;
            let branch = branch.map(str::to_owned);
            return Ok(Origin {
                line: Arc::new(Line::here(store.clone(), branch.clone())),
                store,
                branch,
                remote: None,
                exchange: None,
                temporary: None,
            });
        };
        let fetching = Fetching::new(url, branch, &config.remote, dial)?;
        let mirror = Mirror::open(state_dir, &config.location)?;
        let (store, branch) = (mirror.store().clone(), mirror.fetched_name().to_owned());
        let temporary = mirror.temporary().map(Path::to_owned);
        let mirror = Arc::new(Mutex::new(mirror));
        Ok(Origin {
            line: Arc::new(Line::there(store.clone(), Arc::clone(&mirror))),
            store,
            branch: Some(branch),
            exchange: fetching.exchange(),
            remote: Some((mirror, fetching)),
            temporary,
        })
    }

    /// Where the copy is, if it goes away at the end.
    pub(crate) fn temporary(&self) -> Option<&Path> {
        self.temporary.as_deref()
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
        let is_empty = lock(&mirror).fetched()?.is_none();
        let started = Follower::start(mirror, fetching, poll, seed);
        let (follower, first) = started.map_err(Failure::system)?;
        if is_empty {
            // However it ends: what there is to serve is in the copy.
            let _ = first.recv_timeout(FIRST_FETCH);
        }
        Ok(Some(follower))
    }

    /// Has somebody else look at the remote, if it is one.
    pub(crate) fn by_hand(&mut self) -> Option<ByHand> {
        let (mirror, fetching) = self.remote.take()?;
        Some(ByHand::new(mirror, fetching))
    }

    /// Has the loader read what is here at the start.
    pub(crate) fn hear_first(&self, loader: &mut Loader) {
        self.line.bring_up(loader);
    }

    /// Has the loader read what comes.
    pub(crate) fn watch(
        &self,
        loader: Arc<Mutex<Loader>>,
        config: &Config,
        remote: Option<&Follower>,
    ) -> Result<Watch, Failure> {
        let options = WatchOptions {
            branch: self.branch.clone(),
            known: self.known(&lock(&loader)),
            poll: config.look_every(),
        };
        let line = Arc::clone(&self.line);
        // While the loader was waited for, a commit of ours may have come: where the branch is, is looked at anew.
        let watch = Watch::start(self.store.clone(), options, move |_| {
            line.bring_up(&mut lock(&loader))
        });
        let watch = watch.map_err(Failure::system)?;
        match remote {
            Some(remote) => remote.wakes(watch.waker()),
            None if !watch.is_told => crate::telling::log::untold(config.poll),
            None => {}
        }
        Ok(watch)
    }

    /// What the loader has taken in is not told. What was fetched is, also where it was pushed from here: who pushed is told
    /// then.
    fn known(&self, loader: &Loader) -> Known {
        match self.line.mirror() {
            None => loader.known.clone(),
            Some(_) => Known::default(),
        }
    }
}

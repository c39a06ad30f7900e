//! One look at the remote, on a thread of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use git_remote::{Dial, Fetched, Limits, RemoteError};
use git_store::{CommitId, RemoteUrl, Store};

use super::Exchange;
use super::trouble::Trouble;
use crate::args::RemoteArgs;
use server::warn_if_open;

/// Brings what is new into a store; gives where the branch is.
type Look = dyn Fn(&Store, Option<CommitId>) -> Result<Option<Fetched>, RemoteError> + Send + Sync;

/// Whom is fetched from, and how.
pub(crate) struct Fetching {
    look: Arc<Look>,
    limits: Limits,
    /// What it is done by, if it can be given other credentials.
    exchange: Option<Exchange>,
}

impl Fetching {
    /// # Errors
    /// [`RemoteError::Credential`] if a file that is named cannot be used.
    pub(crate) fn new(
        url: &RemoteUrl,
        branch: Option<&str>,
        args: &RemoteArgs,
        dial: Option<Arc<dyn Dial>>,
    ) -> Result<Fetching, RemoteError> {
        let exchange = Exchange::open(url, branch, args, dial)?;
        warn_of_open_files(args);
        let by = exchange.clone();
        Ok(Fetching {
            limits: exchange.limits(),
            look: Arc::new(move |store: &Store, known| by.fetch(store, known)),
            exchange: Some(exchange),
        })
    }

    /// For those who say something to the remote.
    pub(crate) fn exchange(&self) -> Option<Exchange> {
        self.exchange.clone()
    }

    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    /// Credentials that cannot be read stay as they were.
    pub(super) fn read_again(&self) {
        if let Some(exchange) = &self.exchange
            && let Err(why) = exchange.read_again()
        {
            crate::telling::log::credentials_kept(&why);
        }
    }

    /// Fetches what is new since `known`.
    pub(super) fn fetch(
        &self,
        store: &Store,
        known: Option<CommitId>,
    ) -> Result<Option<Fetched>, Trouble> {
        fetch(&*self.look, store, known)
    }

    /// Starts a thread that fetches what is new since `known`, and then tells.
    pub(super) fn begin(
        &self,
        store: Store,
        known: Option<CommitId>,
        tell: impl FnOnce(Result<Option<Fetched>, Trouble>) + Send + 'static,
    ) -> Result<(), Trouble> {
        let look = Arc::clone(&self.look);
        let thread = thread::Builder::new().name("fetch".into());
        let started = thread.spawn(move || {
            let found = catch_unwind(AssertUnwindSafe(|| fetch(&*look, &store, known)));
            tell(found.unwrap_or(Err(Trouble::Panicked)));
        });
        match started {
            Ok(_) => Ok(()),
            Err(why) => Err(RemoteError::Local(git_store::Error::Refused {
                why: format!("a thread for the fetch cannot be started: {why}"),
            })
            .into()),
        }
    }
}

fn fetch(look: &Look, store: &Store, known: Option<CommitId>) -> Result<Option<Fetched>, Trouble> {
    // Opened anew, as packs come and go.
    let store = store.reopened().map_err(RemoteError::Local)?;
    look(&store, known).map_err(Trouble::Remote)
}

fn warn_of_open_files(args: &RemoteArgs) {
    let RemoteArgs {
        ssh_key,
        ssh_passphrase,
        token,
        ..
    } = args;
    for (path, what) in [
        (ssh_key, "the ssh key"),
        (ssh_passphrase, "its passphrase"),
        (token, "the token"),
    ] {
        path.iter().for_each(|path| warn_if_open(path, what));
    }
}

#[cfg(test)]
impl Fetching {
    /// Looks in another way.
    pub(super) fn by(
        look: impl Fn(&Store, Option<CommitId>) -> Result<Option<Fetched>, RemoteError>
        + Send
        + Sync
        + 'static,
        limits: Limits,
    ) -> Fetching {
        Fetching {
            look: Arc::new(look),
            limits,
            exchange: None,
        }
    }
}

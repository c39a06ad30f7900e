//! One look at the remote, on a thread of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use git_remote::{Fetched, Limits, Remote, RemoteError, RemoteOptions};
use git_store::{CommitId, RemoteUrl, Store};

use super::trouble::Trouble;
use crate::args::RemoteArgs;
use server::warn_if_open;

/// Brings what is new into a store; gives where the branch is.
type Look = dyn Fn(&Store, Option<CommitId>) -> Result<Option<Fetched>, RemoteError> + Send + Sync;

/// Whom is fetched from, and how.
pub(crate) struct Fetching {
    look: Arc<Look>,
    limits: Limits,
    /// Who can make another `look`, with credentials that have been replaced.
    made_from: Option<Source>,
}

#[derive(Clone)]
struct Source {
    url: RemoteUrl,
    branch: Option<String>,
    args: RemoteArgs,
}

impl Fetching {
    /// # Errors
    /// [`RemoteError::Credential`] if a file that is named cannot be used.
    pub(crate) fn new(
        url: &RemoteUrl,
        branch: Option<&str>,
        args: &RemoteArgs,
    ) -> Result<Fetching, RemoteError> {
        let source = Source {
            url: url.clone(),
            branch: branch.map(str::to_owned),
            args: args.clone(),
        };
        let options = args.options()?;
        source.warn_if_open();
        Ok(Fetching {
            limits: options.limits,
            look: source.look(options)?,
            made_from: Some(source),
        })
    }

    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    /// Credentials that cannot be read stay as they were.
    pub(super) fn read_again(&mut self) {
        let Some(source) = &self.made_from else {
            return;
        };
        let options = source.args.options();
        match options.and_then(|options| source.look(options)) {
            Ok(look) => self.look = look,
            Err(why) => crate::telling::log::credentials_kept(&why),
        }
    }

    /// Starts a thread that fetches what is new since `known`, and then tells.
    pub(super) fn begin(
        &self,
        store: Store,
        known: Option<CommitId>,
        tell: impl FnOnce(Result<Option<Fetched>, Trouble>) + Send + 'static,
    ) -> Result<(), Trouble> {
        let look = Arc::clone(&self.look);
        let fetch = move || {
            // Opened anew, as packs come and go.
            let store = store.reopened().map_err(RemoteError::Local)?;
            look(&store, known).map_err(Trouble::Remote)
        };
        let thread = thread::Builder::new().name("fetch".into());
        let started = thread.spawn(move || {
            let found = catch_unwind(AssertUnwindSafe(fetch));
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

impl Source {
    fn warn_if_open(&self) {
        let RemoteArgs {
            ssh_key,
            ssh_passphrase,
            token,
            ..
        } = &self.args;
        for (path, what) in [
            (ssh_key, "the ssh key"),
            (ssh_passphrase, "its passphrase"),
            (token, "the token"),
        ] {
            path.iter().for_each(|path| warn_if_open(path, what));
        }
    }

    fn look(&self, options: RemoteOptions) -> Result<Arc<Look>, RemoteError> {
        let remote = Remote::open(&self.url, options)?;
        let branch = self.branch.clone();
        Ok(Arc::new(move |store: &Store, known| {
            remote.fetch(store, branch.as_deref(), known)
        }))
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
            made_from: None,
        }
    }
}

//! What is said to the remote: with what it is reached, which is replaced as a whole when it is read again.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use git_remote::{Dial, Fetched, Limits, Pushed, Remote, RemoteError, RemoteOptions};
use git_store::{CommitId, RemoteUrl, Store};

use crate::args::RemoteArgs;

/// A push that somebody waits for takes no longer.
const WAITED_FOR: Duration = Duration::from_secs(60);

/// How a push with an unknown end is done again at most: what arrived is told from what did not by the second.
const TRIES: usize = 2;

/// Whom is talked to, for any thread.
#[derive(Clone)]
pub(crate) struct Exchange(Arc<Shared>);

struct Shared {
    url: RemoteUrl,
    branch: Option<String>,
    args: RemoteArgs,
    dial: Option<Arc<dyn Dial>>,
    limits: Limits,
    remote: ArcSwap<Remotes>,
}

/// The same, with more or less patience.
struct Remotes {
    patient: Remote,
    prompt: Remote,
}

/// A push that did not end well.
#[derive(Debug)]
pub(crate) struct Unsure {
    pub(crate) why: RemoteError,
    /// Nobody knows whether the remote has the commit.
    pub(crate) is_open: bool,
}

impl Exchange {
    pub(super) fn open(
        url: &RemoteUrl,
        branch: Option<&str>,
        args: &RemoteArgs,
        dial: Option<Arc<dyn Dial>>,
    ) -> Result<Exchange, RemoteError> {
        let options = options(args, dial.clone())?;
        Ok(Exchange(Arc::new(Shared {
            limits: options.limits,
            remote: ArcSwap::from_pointee(Remotes::open(url, options)?),
            url: url.clone(),
            branch: branch.map(str::to_owned),
            args: args.clone(),
            dial,
        })))
    }

    pub(super) fn limits(&self) -> Limits {
        self.0.limits
    }

    /// What cannot be read stays as it was.
    pub(super) fn read_again(&self) -> Result<(), RemoteError> {
        let options = options(&self.0.args, self.0.dial.clone())?;
        let remotes = Remotes::open(&self.0.url, options)?;
        self.0.remote.store(Arc::new(remotes));
        Ok(())
    }

    /// Brings what is new since `known`; gives where the branch is.
    pub(crate) fn fetch(
        &self,
        into: &Store,
        known: Option<CommitId>,
    ) -> Result<Option<Fetched>, RemoteError> {
        let remotes = self.0.remote.load_full();
        remotes.patient.fetch(into, self.branch(), known)
    }

    /// Moves the branch there from one commit to another. Where nobody knows what became of it, asks; `is_waited_for` if
    /// somebody would rather hear no than wait.
    ///
    /// # Errors
    /// [`Unsure`] if the branch was not moved, or nobody knows.
    pub(crate) fn push(
        &self,
        from: &Store,
        (expected, new): (Option<CommitId>, CommitId),
        is_waited_for: bool,
    ) -> Result<Pushed, Unsure> {
        let remotes = self.0.remote.load_full();
        let remote = match is_waited_for {
            true => &remotes.prompt,
            false => &remotes.patient,
        };
        let mut tries = 0;
        loop {
            tries += 1;
            let why = match self.push_once(remote, from, (expected, new)) {
                Ok(pushed) => return Ok(pushed),
                Err(why) => why,
            };
            if !why.may_pass() {
                // One that was here before us may have been our own, of which nobody knew.
                let is_late = matches!(
                    why,
                    RemoteError::Moved { .. } | RemoteError::Diverged { .. }
                );
                let found = is_late.then(|| remote.has(from, self.branch(), new));
                return match found {
                    Some(Ok(Some(pushed))) => Ok(pushed),
                    _ => Err(Unsure {
                        why,
                        is_open: false,
                    }),
                };
            }
            match remote.has(from, self.branch(), new) {
                Ok(Some(pushed)) => return Ok(pushed),
                // It may be on its way still: the same again tells, as it is there only once.
                Ok(None) if tries < TRIES => {}
                _ => {
                    return Err(Unsure { why, is_open: true });
                }
            }
        }
    }

    fn push_once(
        &self,
        remote: &Remote,
        from: &Store,
        ends: (Option<CommitId>, CommitId),
    ) -> Result<Pushed, RemoteError> {
        if let Some(branch) = self.branch() {
            return remote.push(from, branch, ends);
        }
        match remote.tip(None)? {
            Some(tip) => remote.push(from, &tip.branch, ends),
            None => Err(RemoteError::Moved { theirs: None }),
        }
    }

    fn branch(&self) -> Option<&str> {
        self.0.branch.as_deref()
    }
}

fn options(args: &RemoteArgs, dial: Option<Arc<dyn Dial>>) -> Result<RemoteOptions, RemoteError> {
    let options = args.options()?;
    Ok(RemoteOptions { dial, ..options })
}

impl Remotes {
    fn open(url: &RemoteUrl, options: RemoteOptions) -> Result<Remotes, RemoteError> {
        let mut prompt = options.clone();
        prompt.limits.total = waited_for(options.limits.total);
        Ok(Remotes {
            prompt: Remote::open(url, prompt)?,
            patient: Remote::open(url, options)?,
        })
    }
}

fn waited_for(total: Duration) -> Duration {
    total.min(WAITED_FOR)
}

impl fmt::Debug for Exchange {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Exchange({:?})", self.0.url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::net::TcpStream;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use testbed::daemons::{Server, run_on};
    use testbed::{Repo, git};

    #[test]
    fn who_is_waited_for_is_given_up_after_a_minute() {
        let secs = |total: u64| waited_for(Duration::from_secs(total)).as_secs();
        assert_eq!((secs(59), secs(60), secs(61), secs(600)), (59, 60, 60, 60));
    }

    /// Whether a client has come to push: it says so first.
    fn wants_to_push(stream: &TcpStream) -> bool {
        let mut first = [0; 20];
        while stream
            .peek(&mut first)
            .is_ok_and(|count| (1..20).contains(&count))
        {}
        &first[4..] == b"git-receive-pack"
    }

    /// Nobody hears what becomes of pushes, while the branch can be looked at: one more is tried, and no third one.
    #[test]
    fn a_push_that_nobody_hears_of_is_tried_twice() {
        let (here, there) = (Repo::new(), Repo::new());
        let first = here.commit(&[("a", "1")]);
        let path = there.path();
        here.git(&["push", "-q", path.to_str().expect("UTF-8"), "main"]);
        let second = here.commit(&[("a", "2")]);
        let pushes = Arc::<AtomicUsize>::default();
        let (counted, base) = (Arc::clone(&pushes), there.base().to_owned());
        let daemon = Server::start(move |stream| {
            if wants_to_push(&stream) {
                counted.fetch_add(1, Ordering::SeqCst);
                return;
            }
            let mut daemon = git(&base);
            daemon.args(["daemon", "--inetd", "--export-all"]);
            daemon.arg(format!("--base-path={}", base.display()));
            run_on(&mut daemon, stream);
        });
        let url = format!("git://127.0.0.1:{}/zones.git", daemon.port);
        let location = git_store::Location::parse(&url).expect("a URL");
        let git_store::Place::Remote(url) = location.repository else {
            panic!("another machine")
        };
        let exchange = Exchange::open(&url, Some("main"), &RemoteArgs::default(), None);
        let ids = [&first, &second].map(|id| CommitId::from_hex(id).expect("an id"));
        let store = Store::open_path(&here.path()).expect("opens");
        let pushed = exchange
            .expect("opens")
            .push(&store, (Some(ids[0]), ids[1]), true);
        let unsure = pushed.expect_err("nobody heard");
        assert!(unsure.is_open, "{unsure:?}");
        assert_eq!(pushes.load(Ordering::SeqCst), TRIES);
        assert_eq!(there.tip("main"), Some(first));
    }
}

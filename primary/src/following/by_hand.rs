//! Looks at the remote, which somebody else takes one after the other.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use git_remote::Fetched;

use super::run::Run;
use super::schedule::{Outcome, Pace, Schedule};
use super::trouble::Trouble;
use super::{Contact, Fetching, Mirror};

/// What the thread `remote` does, without it and without its schedule.
pub(crate) struct ByHand {
    run: Run,
    found: Option<Result<Option<Fetched>, Trouble>>,
}

impl ByHand {
    pub(super) fn new(mirror: Arc<Mutex<Mirror>>, fetching: Fetching) -> ByHand {
        // Nobody hears what comes back, as nothing is begun that would.
        let (back, _) = channel();
        let pace = Pace {
            poll: Duration::MAX,
            patience: Duration::MAX,
        };
        let run = Run {
            schedule: Schedule::new(pace, Instant::now()),
            patience: Duration::MAX,
            mirror,
            fetching,
            contact: Arc::default(),
            waker: Arc::default(),
            on_return: Arc::default(),
            back,
            pushes: 0,
            is_known_empty: false,
            first: None,
            seed: 0,
        };
        ByHand { run, found: None }
    }

    pub(crate) fn contact(&self) -> Arc<Contact> {
        Arc::clone(&self.run.contact)
    }

    /// Brings what is new there. What it is, nobody knows before the look is [taken in](Self::take_in).
    pub(crate) fn look(&mut self) {
        let (store, pushes) = {
            let mirror = self.run.mirror();
            (mirror.store().clone(), mirror.pushes())
        };
        self.run.pushes = pushes;
        let known = self.run.known();
        self.found = Some(known.and_then(|known| self.run.fetching.fetch(&store, known)));
    }

    /// Writes down what the last look has found. Gives whether the remote was reached.
    pub(crate) fn take_in(&mut self) -> bool {
        let Some(found) = self.found.take() else {
            return false;
        };
        match self.run.take(found) {
            Ok(outcome) => outcome == Outcome::Reached,
            Err(trouble) => {
                self.run.hear_trouble(&trouble);
                false
            }
        }
    }
}

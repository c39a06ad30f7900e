//! Changes since versions that are not remembered: they are read again from where zones come from, in a thread of its own, so
//! that nobody who asks for less waits for that.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;

use rr::{Name, NameRef, Serial};
use transfer::Difference;
use zone::{Checked, Zone};

use super::Errand;

/// Gives a zone as it was served with a serial, if that is known. It may take as long as reading the zone does.
pub type Older = Box<dyn Fn(NameRef<'_>, Serial) -> Option<Zone<Checked>> + Send>;

/// Requests that wait for versions that are read again; further ones get the whole zone.
pub(super) const MOST_WAITING: usize = 128;

/// Differences that are kept, as many secondaries may have the same version...
pub(super) const MOST_KEPT: usize = 64;

/// ... and octets of them.
pub(super) const MOST_OCTETS: usize = 16 << 20;

/// Who reads versions again.
#[derive(Debug)]
pub(super) enum Reader {
    /// A thread, which ends with the value.
    Thread(SyncSender<Errand>),
    /// Whoever asks.
    ByHand(Box<Again>),
}

/// What reads versions again.
pub(super) struct Again {
    older: Older,
    kept: Kept,
}

impl Reader {
    pub(super) fn start(older: Older) -> io::Result<Reader> {
        let (queue, errands) = sync_channel(MOST_WAITING);
        let thread = thread::Builder::new().name("older versions".into());
        let mut again = Again::new(older);
        thread.spawn(move || again.run(&errands))?;
        Ok(Reader::Thread(queue))
    }

    pub(super) fn by_hand(older: Older) -> Reader {
        Reader::ByHand(Box::new(Again::new(older)))
    }

    /// Hands on a request for changes that nobody remembers. It comes back if too many wait.
    pub(super) fn take(&mut self, errand: Errand) -> Option<Errand> {
        let queue = match self {
            Reader::Thread(queue) => queue,
            Reader::ByHand(again) => {
                again.answer(errand);
                return None;
            }
        };
        match queue.try_send(errand) {
            Ok(()) => None,
            Err(TrySendError::Full(errand) | TrySendError::Disconnected(errand)) => Some(errand),
        }
    }
}

impl Again {
    fn new(older: Older) -> Again {
        Again {
            older,
            kept: Kept::default(),
        }
    }

    fn run(&mut self, errands: &Receiver<Errand>) {
        while let Ok(errand) = errands.recv() {
            self.answer(errand);
        }
    }

    fn answer(&mut self, errand: Errand) {
        let since = errand.request.needs_changes_since(&errand.zone);
        let step = since.and_then(|since| self.kept.find(&self.older, since, &errand.zone));
        errand.send(step.map(|step| vec![step]));
    }
}

impl std::fmt::Debug for Again {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Again")
    }
}

/// Differences that were made last, and how many octets they are.
#[derive(Default)]
pub(super) struct Kept {
    steps: VecDeque<(Name, Arc<Difference>)>,
    octets: usize,
}

impl Kept {
    /// What leads from a version to this one, if it is less than the zone.
    fn find(
        &mut self,
        older: &Older,
        since: Serial,
        zone: &Zone<Checked>,
    ) -> Option<Arc<Difference>> {
        let is_it = |(apex, step): &&(Name, Arc<Difference>)| {
            apex.as_ref() == zone.apex() && step.from() == since && Some(step.to()) == zone.serial()
        };
        if let Some((_, step)) = self.steps.iter().find(is_it) {
            return Some(Arc::clone(step));
        }
        let old = older(zone.apex(), since)?;
        // A difference of more records than the zone has is never sent (RFC 1995 §4).
        let step = Difference::between(&old, zone)
            .filter(|step| step.record_count() <= zone.record_count())?;
        let step = Arc::new(step);
        self.keep(zone.apex().to_owned(), Arc::clone(&step));
        Some(step)
    }

    pub(super) fn keep(&mut self, apex: Name, step: Arc<Difference>) {
        self.octets += step.octets();
        self.steps.push_back((apex, step));
        while self.steps.len() > MOST_KEPT || self.octets > MOST_OCTETS {
            let Some((_, oldest)) = self.steps.pop_front() else {
                return;
            };
            self.octets -= oldest.octets();
        }
    }
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.steps.len()
    }

    #[cfg(test)]
    pub(super) fn has(&self, zone: &Name) -> bool {
        self.steps.iter().any(|(apex, _)| apex == zone)
    }
}

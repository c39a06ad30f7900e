//! Where zones lie in memory.

use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use rr::Name;
use zone::{Checked, Zone};

/// Octets of a zone from which on it is gathered in large pages: a smaller one is found without them.
const LARGE: usize = 4 << 20;

/// For so long a large zone waits, for answers need the processor first, and a newer version may come.
const SETTLED_AFTER: Duration = Duration::from_secs(2);

/// Gathers large zones in large pages, in a thread of its own, so that lookups find their way faster.
#[derive(Debug, Default)]
pub(crate) struct Gatherer(Option<Sender<Zone<Checked>>>);

impl Gatherer {
    /// Starts the thread; it ends with the value.
    pub(crate) fn start() -> io::Result<Gatherer> {
        let (sender, zones) = channel();
        let thread = thread::Builder::new().name("memory".into());
        thread.spawn(move || gather_all(&zones))?;
        Ok(Gatherer(Some(sender)))
    }

    /// Notes a zone that is served from now on.
    pub(crate) fn note(&self, zone: &Zone<Checked>) {
        if zone.octets() < LARGE {
            return;
        }
        if let Some(sender) = &self.0 {
            // Without the thread, memory stays as it is.
            let _ = sender.send(zone.clone());
        }
    }
}

fn gather_all(zones: &Receiver<Zone<Checked>>) {
    while let Ok(zone) = zones.recv() {
        let Some(settled) = settle(zone, zones) else {
            return;
        };
        for zone in settled.values() {
            kernel_calls::gather_in_large_pages(zone.memory());
        }
    }
}

/// The newest version of each zone that was noted in a while; `None` at the end of the program.
fn settle(
    first: Zone<Checked>,
    zones: &Receiver<Zone<Checked>>,
) -> Option<BTreeMap<Name, Zone<Checked>>> {
    let until = Instant::now() + SETTLED_AFTER;
    let mut newest = BTreeMap::new();
    let mut next = Ok(first);
    loop {
        match next {
            Ok(zone) => drop(newest.insert(zone.apex().to_owned(), zone)),
            Err(RecvTimeoutError::Timeout) => return Some(newest),
            Err(RecvTimeoutError::Disconnected) => return None,
        }
        next = zones.recv_timeout(until.saturating_duration_since(Instant::now()));
    }
}

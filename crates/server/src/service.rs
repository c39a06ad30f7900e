//! What each serving thread does with a message: the newest zones, the clock, the engine.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use arc_swap::cache::Cache;
use authority::{Authority, Outcome, Request};
use kernel_calls::fetch_ahead;
use stack_os::{Clock, Handler, Message, Service, Transport};
use zone::{Approach, Zones};

use crate::requests::{Asked, Desk};
use crate::system::restraint::Narrowing;
use crate::telling::dnstap::{Queue, Tap};
use crate::telling::health::Engine;
use crate::telling::late::{Arrived, LateTelling};
use crate::telling::panics;
use crate::telling::tally::{Ledger, Tally};

/// Makes an [`Answerer`] for each thread.
pub struct Answering {
    pub(crate) zones: Arc<ArcSwap<Zones>>,
    pub(crate) authority: Arc<ArcSwap<Authority>>,
    pub(crate) ledger: Arc<Ledger>,
    /// Whether the time of answers is measured.
    pub(crate) is_timed: bool,
    /// Where requests that are no plain questions go; none without keys.
    pub(crate) desk: Option<Arc<Desk>>,
    /// Where messages are copied to, if anybody takes copies.
    pub(crate) copies: Option<Arc<Queue>>,
    /// What each thread gives up, if it does.
    pub(crate) narrowing: Option<Arc<Narrowing>>,
    pub(crate) clock: Clock,
}

/// Questions whose names are fetched from memory together. Enough that the first has come when the last was asked for, few
/// enough that none is gone again when its answer is made.
const AHEAD: usize = 16;

/// What was loaded last of what others replace.
type Cached<T> = Cache<Arc<ArcSwap<T>>, Arc<T>>;

/// One thread's view: the zones and cookie secrets it saw last, and the time it was then.
pub struct Answerer {
    zones: Cached<Zones>,
    authority: Cached<Authority>,
    clock: Clock,
    /// Since 1970.
    now: Duration,
    tally: Tally,
    tap: Option<Tap>,
    desk: Option<Arc<Desk>>,
    /// Tells of answers that come later.
    late: Arc<LateTelling>,
}

impl Answering {
    /// Answers, with nothing counted or copied that anybody could ask for: for who stands in for sockets and clocks.
    #[must_use]
    pub fn plain(engine: &Engine, desk: Option<Arc<Desk>>, clock: Clock) -> Answering {
        Answering {
            zones: Arc::clone(&engine.zones),
            authority: Arc::clone(&engine.authority),
            ledger: Arc::default(),
            is_timed: false,
            desk,
            copies: None,
            narrowing: None,
            clock,
        }
    }
}

impl std::fmt::Debug for Answering {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Answering")
    }
}

impl std::fmt::Debug for Answerer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Answerer")
    }
}

impl Service for Answering {
    type Handler = Answerer;

    fn handler(&self) -> Answerer {
        Answerer {
            zones: Cache::new(Arc::clone(&self.zones)),
            authority: Cache::new(Arc::clone(&self.authority)),
            clock: self.clock.clone(),
            now: Duration::ZERO,
            tally: self.ledger.tally(self.is_timed),
            tap: self.copies.as_ref().map(Queue::tap),
            desk: self.desk.clone(),
            late: Arc::new(LateTelling {
                ledger: Arc::clone(&self.ledger),
                copies: self.copies.clone(),
                clock: self.clock.clone(),
            }),
        }
    }

    fn begin_thread(&self, transport: Transport) {
        if let Some(narrowing) = &self.narrowing {
            narrowing.begin_thread(transport);
        }
    }

    fn answer_after_panic(&self, message: Message<'_>, answer: &mut [u8]) -> Option<usize> {
        panics::log_question(&message);
        let (octets, transport) = (message.octets, engine_transport(message.transport));
        let length = authority::answer_failure(octets, transport, answer)?;
        self.ledger.note_aside(&message, &answer[..length]);
        Some(length)
    }
}

impl Handler for Answerer {
    fn begin_batch(&mut self) {
        self.tally.begin_batch();
        self.now = self.clock.wall();
        self.zones.load();
    }

    fn foresee<'m>(&mut self, messages: impl Iterator<Item = &'m [u8]>) -> usize {
        let zones = self.zones.load();
        let mut ahead = [None; AHEAD];
        for (place, message) in ahead.iter_mut().zip(messages) {
            *place = authority::approach(zones, message);
            place.iter().for_each(|way| fetch_ahead(way.slots()));
        }
        for node in ahead.iter().flatten().filter_map(Approach::node) {
            fetch_ahead(node);
        }
        AHEAD
    }

    fn handle_message(&mut self, message: Message<'_>, answer: &mut [u8]) -> Option<usize> {
        let request = Request {
            message: message.octets,
            transport: engine_transport(message.transport),
            client: message.peer.ip(),
            now: self.now,
        };
        let (authority, zones) = (self.authority.load(), self.zones.load());
        let length = match &self.desk {
            None => authority.answer(zones, request, answer),
            Some(desk) => match authority.answer_or_hand_on(zones, request, answer) {
                Outcome::Answer(length) => Some(length),
                Outcome::Silence => {
                    desk.hear_answer(&message);
                    None
                }
                Outcome::Handed(task, query) => {
                    let asked = Asked {
                        authority,
                        zones,
                        request,
                        query,
                    };
                    let arrived = Arrived {
                        message,
                        telling: &self.late,
                        at: self.now,
                        is_copied: self.tap.as_ref().is_some_and(Tap::copies_next),
                    };
                    desk.handle(task, (&asked, &arrived), answer)
                }
            },
        };
        if let Some(tap) = &mut self.tap {
            tap.note(&message, length.map(|length| &answer[..length]), self.now);
        }
        let length = length?;
        self.tally.note(&message, &answer[..length]);
        Some(length)
    }

    fn end_batch(&mut self) {
        self.tally.end_batch();
    }
}

#[inline]
fn engine_transport(transport: Transport) -> authority::Transport {
    match transport {
        Transport::Udp => authority::Transport::Udp,
        Transport::Tcp => authority::Transport::Tcp,
        Transport::Tls => authority::Transport::Tls,
    }
}

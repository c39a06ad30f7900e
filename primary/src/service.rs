//! What each serving thread does with a message: the newest zones, the clock, the engine.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwap;
use arc_swap::cache::Cache;
use authority::{Authority, Config, CookiePolicy, CookieSecret, Cookies, Request};
use stack_os::{Handler, Message, Service, Transport};
use zone::Zones;

use crate::config;
use crate::tally::{Ledger, Tally};

/// Makes an [`Answerer`] for each thread.
pub(crate) struct Answering {
    pub(crate) zones: Arc<ArcSwap<Zones>>,
    pub(crate) authority: Arc<Authority>,
    pub(crate) ledger: Arc<Ledger>,
    /// Whether the time of answers is measured.
    pub(crate) is_timed: bool,
}

/// One thread's view: the zones it saw last, and the second it is.
pub(crate) struct Answerer {
    zones: Cache<Arc<ArcSwap<Zones>>, Arc<Zones>>,
    authority: Arc<Authority>,
    now_secs: u32,
    tally: Tally,
}

impl Service for Answering {
    type Handler = Answerer;

    fn handler(&self) -> Answerer {
        Answerer {
            zones: Cache::new(Arc::clone(&self.zones)),
            authority: Arc::clone(&self.authority),
            now_secs: 0,
            tally: self.ledger.tally(self.is_timed),
        }
    }

    fn answer_after_panic(&self, message: Message<'_>, answer: &mut [u8]) -> Option<usize> {
        let length = authority::answer_failure(message.octets, answer)?;
        self.ledger.note_failure(&message, &answer[..length]);
        Some(length)
    }
}

impl Handler for Answerer {
    fn begin_batch(&mut self) {
        self.tally.begin_batch();
        let since_1970 = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        // RFC 9018 §4.3: the time in a cookie is counted modulo 2^32.
        self.now_secs = since_1970.as_secs() as u32;
        self.zones.load();
    }

    fn handle_message(&mut self, message: Message<'_>, answer: &mut [u8]) -> Option<usize> {
        let request = Request {
            message: message.octets,
            transport: match message.transport {
                Transport::Udp => authority::Transport::Udp,
                Transport::Tcp => authority::Transport::Tcp,
            },
            client: message.peer.ip(),
            now_secs: self.now_secs,
        };
        let length = self.authority.answer(self.zones.load(), request, answer)?;
        self.tally.note(&message, &answer[..length]);
        Some(length)
    }

    fn end_batch(&mut self) {
        self.tally.end_batch();
    }
}

/// The engine as the operator wants it, with a cookie secret for as long as this process lives.
pub(crate) fn authority(
    config: &config::Config,
    cookie_secret: [u8; 16],
    tcp_idle: u16,
) -> Authority {
    Authority::new(Config {
        nsid: config.nsid.clone(),
        id: config.id.as_deref().map(Into::into),
        version: config.version.as_deref().map(Into::into),
        cookies: Some(Cookies {
            secret: CookieSecret::new(cookie_secret),
            previous: None,
            policy: CookiePolicy::Offer,
        }),
        tcp_idle: Some(tcp_idle),
    })
}

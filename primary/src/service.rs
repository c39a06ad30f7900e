//! What each serving thread does with a message: the newest zones, the clock, the engine.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwap;
use arc_swap::cache::Cache;
use authority::{Authority, Config, CookiePolicy, CookieSecret, Cookies, Request};
use stack_os::{Handler, Message, Service, Transport};
use zone::Zones;

use crate::config;

/// Makes an [`Answerer`] for each thread.
pub(crate) struct Answering {
    pub(crate) zones: Arc<ArcSwap<Zones>>,
    pub(crate) authority: Arc<Authority>,
}

/// One thread's view: the zones it saw last, and the second it is.
pub(crate) struct Answerer {
    zones: Cache<Arc<ArcSwap<Zones>>, Arc<Zones>>,
    authority: Arc<Authority>,
    now_secs: u32,
}

impl Service for Answering {
    type Handler = Answerer;

    fn handler(&self) -> Answerer {
        Answerer {
            zones: Cache::new(Arc::clone(&self.zones)),
            authority: Arc::clone(&self.authority),
            now_secs: 0,
        }
    }

    fn answer_after_panic(&self, message: Message<'_>, answer: &mut [u8]) -> Option<usize> {
        authority::answer_failure(message.octets, answer)
    }
}

impl Handler for Answerer {
    fn begin_batch(&mut self) {
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
        self.authority.answer(self.zones.load(), request, answer)
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

//! What each serving thread does with a message: the newest zones, the engine, and the door for NOTIFY.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use arc_swap::cache::Cache;
use authority::{Authority, Outcome, Reply, Request, Task};
use replication::message::{notify_answer, read_notify};
use rr::{Name, Serial};
use stack_os::{Clock, Handler, Message, Service, Transport};
use tsig::{Key, Keyring, Operation, ResponseSigner, Time, Verified};
use wire::{Ede, Query, ResponseCode};
use zone::Zones;

use crate::config::Config;
use crate::following::Orders;

/// Who may say that a zone has changed.
#[derive(Debug)]
pub(crate) struct Door {
    keys: Keyring,
    /// The addresses of the primaries of each zone that is followed.
    pub(crate) followed: ArcSwap<BTreeMap<Name, Vec<IpAddr>>>,
    /// Addresses of primaries that may announce further zones, if they sign.
    announcers: Vec<(IpAddr, Arc<Key>)>,
}

/// A NOTIFY that was let in.
#[derive(Debug, Clone)]
pub(crate) struct Knock {
    pub(crate) zone: Name,
    pub(crate) serial: Option<Serial>,
    pub(crate) from: IpAddr,
    /// The zone is not followed yet, and may be.
    pub(crate) is_new: bool,
}

impl Door {
    pub(crate) fn of(config: &Config) -> Door {
        let announcers = config.announcers.iter().filter_map(|primary| {
            let key = primary.key.clone()?;
            Some((primary.address.ip(), key))
        });
        Door {
            keys: config.keys.clone(),
            followed: ArcSwap::default(),
            announcers: announcers.collect(),
        }
    }

    /// RFC 1996 §3.10: from a primary of the zone. Addresses can be forged over UDP, which costs us one question a second at
    /// most; a key cannot, so it alone may bring new zones.
    fn judge(
        &self,
        message: &[u8],
        from: IpAddr,
        key: Option<&Key>,
    ) -> Result<Knock, ResponseCode> {
        let notified = read_notify(message)?;
        let followed = self.followed.load();
        let primaries = followed.get(&notified.zone);
        let may = |operation| key.is_some_and(|key| key.may(operation, notified.zone.as_ref()));
        let is_known = primaries.is_some_and(|ips| may(Operation::Notify) || ips.contains(&from));
        let is_announcer = |(ip, named): &(IpAddr, Arc<Key>)| {
            *ip == from && key.is_some_and(|key| key.name() == named.name())
        };
        let is_new = primaries.is_none()
            && may(Operation::Transfer)
            && self.announcers.iter().any(is_announcer);
        match is_known || is_new {
            true => Ok(Knock {
                zone: notified.zone,
                serial: notified.serial,
                from,
                is_new,
            }),
            // RFC 1996 §3.10 leaves a stranger unanswered; one who is told does not come again.
            false => Err(ResponseCode::Refused),
        }
    }
}

/// Makes an [`Answerer`] for each thread.
pub(crate) struct Answering {
    pub(crate) zones: Arc<ArcSwap<Zones>>,
    pub(crate) authority: Arc<Authority>,
    pub(crate) door: Arc<Door>,
    pub(crate) orders: Orders,
    pub(crate) clock: Clock,
}

/// One thread's view.
pub(crate) struct Answerer {
    zones: Cache<Arc<ArcSwap<Zones>>, Arc<Zones>>,
    authority: Arc<Authority>,
    door: Arc<Door>,
    orders: Orders,
    clock: Clock,
    /// Since 1970.
    now: Duration,
}

impl Service for Answering {
    type Handler = Answerer;

    fn handler(&self) -> Answerer {
        Answerer {
            zones: Cache::new(Arc::clone(&self.zones)),
            authority: Arc::clone(&self.authority),
            door: Arc::clone(&self.door),
            orders: self.orders.clone(),
            clock: self.clock.clone(),
            now: Duration::ZERO,
        }
    }

    fn answer_after_panic(&self, message: Message<'_>, answer: &mut [u8]) -> Option<usize> {
        authority::answer_failure(message.octets, engine_transport(message.transport), answer)
    }
}

impl Handler for Answerer {
    fn begin_batch(&mut self) {
        self.now = self.clock.wall();
        self.zones.load();
    }

    fn handle_message(&mut self, message: Message<'_>, answer: &mut [u8]) -> Option<usize> {
        let request = self.request(&message, message.octets);
        let authority = Arc::clone(&self.authority);
        match authority.answer_or_hand_on(self.zones.load(), request, answer) {
            Outcome::Answer(length) => Some(length),
            Outcome::Silence => None,
            Outcome::Handed(task, query) => self.perform(task, &message, &query, answer),
        }
    }
}

impl Answerer {
    fn request<'m>(&self, message: &Message<'_>, octets: &'m [u8]) -> Request<'m> {
        Request {
            message: octets,
            transport: engine_transport(message.transport),
            client: message.peer.ip(),
            now: self.now,
        }
    }

    fn perform(
        &mut self,
        task: Task,
        message: &Message<'_>,
        query: &Query<'_>,
        answer: &mut [u8],
    ) -> Option<usize> {
        let said = match task {
            // Nobody is asked on anybody's behalf (RFC 2136 §6 would have it forwarded).
            Task::Update => refusal(ResponseCode::NotImp, Ede::NOT_SUPPORTED),
            Task::Transfer => refusal(ResponseCode::Refused, Ede::PROHIBITED),
            Task::Notify | Task::Question => {
                return self.perform_signed(task, message, query, answer);
            }
        };
        let request = self.request(message, message.octets);
        let authority = Arc::clone(&self.authority);
        authority.reply(self.zones.load(), &request, query, (said, answer))
    }

    /// What may be signed. RFC 8945 §5.2: what is wrongly signed is not looked at.
    fn perform_signed(
        &mut self,
        task: Task,
        message: &Message<'_>,
        query: &Query<'_>,
        answer: &mut [u8],
    ) -> Option<usize> {
        let door = Arc::clone(&self.door);
        let now = Time::from_secs(self.now.as_secs());
        match door.keys.verify(message.octets, now) {
            Ok(tsig::Request::Signed(verified)) => {
                let said = self.answer_verified(task, message, &verified, answer)?;
                finish(said, verified.into_signer(), now, answer)
            }
            Ok(tsig::Request::Unsigned) => self.notified(message, message.octets, None, answer),
            Err(rejection) => {
                let (code, _) = rejection.reason.verdict();
                let request = self.request(message, message.octets);
                let said = Reply {
                    rcode: code,
                    ede: None,
                    is_authoritative: false,
                };
                let authority = Arc::clone(&self.authority);
                let length = authority.reply(self.zones.load(), &request, query, (said, answer))?;
                let mut signed = answer[..length].to_vec();
                rejection.finish(&mut signed).ok()?;
                put(&signed, answer)
            }
        }
    }

    fn answer_verified(
        &mut self,
        task: Task,
        message: &Message<'_>,
        verified: &Verified<'_>,
        answer: &mut [u8],
    ) -> Option<usize> {
        if task == Task::Notify {
            let key = Some(verified.key());
            return self.notified(message, verified.message(), key, answer);
        }
        let request = self.request(message, verified.message());
        let room = answer
            .len()
            .checked_sub(verified.key().signature_octets())?;
        let authority = Arc::clone(&self.authority);
        authority.answer(self.zones.load(), request, &mut answer[..room])
    }

    fn notified(
        &self,
        message: &Message<'_>,
        octets: &[u8],
        key: Option<&Key>,
        answer: &mut [u8],
    ) -> Option<usize> {
        let code = match self.door.judge(octets, message.peer.ip(), key) {
            Ok(knock) => {
                self.orders.knock(knock);
                ResponseCode::NoError
            }
            Err(code) => code,
        };
        put(&notify_answer(octets, code)?, answer)
    }
}

fn finish(length: usize, signer: ResponseSigner, now: Time, answer: &mut [u8]) -> Option<usize> {
    let mut signed = answer[..length].to_vec();
    signer.sign(&mut signed, now).ok()?;
    put(&signed, answer)
}

fn put(octets: &[u8], answer: &mut [u8]) -> Option<usize> {
    answer.get_mut(..octets.len())?.copy_from_slice(octets);
    Some(octets.len())
}

fn refusal(code: ResponseCode, why: u16) -> Reply {
    Reply::because(code, Ede::new(why, ""))
}

fn engine_transport(transport: Transport) -> authority::Transport {
    match transport {
        Transport::Udp => authority::Transport::Udp,
        Transport::Tcp => authority::Transport::Tcp,
        Transport::Tls => authority::Transport::Tls,
    }
}

//! What is decided before and after the zone is looked at: operation, EDNS, cookies, class, meta types, size.

use core::net::IpAddr;
use core::time::Duration;

use rr::{Class, NameRef, Rtype};
use wire::{Composer, Ede, Edns, Flags, OpCode, Query, Question, ResponseCode};
use zone::{Approach, Lookup, Published, Zones};

use crate::config::Config;
use crate::edns::Asking;
use crate::handed::{self, Outcome, Reply};
use crate::limit::{self, Account, Verdict};
use crate::resolve;

/// RFC 9715 §3.1, DNS flag day 2020: what passes every path without fragments.
pub(crate) const UDP_SIZE: usize = 1232;
/// RFC 1035 §4.2.1: what everybody takes without EDNS.
pub(crate) const UDP_SIZE_WITHOUT_EDNS: usize = 512;
/// RFC 1035 §4.2.2: the length before a message over TCP has two octets.
const TCP_SIZE: usize = 65_535;

/// How a message came, and how the response will go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A datagram: small, and its source may be forged.
    Udp,
    /// A stream that others on the way can read.
    Tcp,
    /// A stream that nobody on the way can read.
    Tls,
}

impl Transport {
    /// Nothing limits the answer but its length of two octets, and who asked is known to be there.
    #[inline]
    pub(crate) fn is_stream(self) -> bool {
        self != Transport::Udp
    }
}

/// A message to be answered.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Its octets, without the length that TCP puts before them.
    pub message: &'a [u8],
    /// How it came.
    pub transport: Transport,
    /// The address it came from.
    pub client: IpAddr,
    /// Since 1970; for cookies and rates.
    pub now: Duration,
}

/// Answers questions about zones. Made once, shared by all threads.
#[derive(Debug, Default)]
pub struct Authority {
    pub(crate) config: Config,
}

impl Authority {
    /// An authority that says of itself what `config` tells it to.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Authority { config }
    }

    /// Writes the response to `request` into `out`, and returns its octets. `None`: there is none to be sent.
    ///
    /// `out` should hold 1,232 octets for UDP and 65,535 for a stream; a response never grows beyond it.
    #[must_use]
    pub fn answer(&self, zones: &Zones, request: Request<'_>, out: &mut [u8]) -> Option<usize> {
        match Query::parse(request.message) {
            Ok(query) => self.answer_query(Source::of(zones), &request, &query, out),
            Err(fault) => self.answer_fault(&request, &fault, out),
        }
    }

    /// The same for who may have whole zones: also from those that are withheld ([`Zones::withholding`]).
    #[must_use]
    pub fn answer_in_confidence(
        &self,
        zones: &Zones,
        request: Request<'_>,
        out: &mut [u8],
    ) -> Option<usize> {
        let source = Source {
            is_trusted: true,
            ..Source::of(zones)
        };
        match Query::parse(request.message) {
            Ok(query) => self.answer_query(source, &request, &query, out),
            Err(fault) => self.answer_fault(&request, &fault, out),
        }
    }

    /// The same as [`Authority::answer`], but hands back what zones alone do not answer: UPDATE, NOTIFY, transfers, whatever is
    /// signed, and what a zone is asked for that is withheld.
    #[must_use]
    pub fn answer_or_hand_on<'m>(
        &self,
        zones: &Zones,
        request: Request<'m>,
        out: &mut [u8],
    ) -> Outcome<'m> {
        let answered = match Query::parse(request.message) {
            Ok(query) => match handed::task(zones, &query) {
                None => self.answer_query(Source::of(zones), &request, &query, out),
                Some(task) => return Outcome::Handed(task, query),
            },
            Err(fault) => self.answer_fault(&request, &fault, out),
        };
        answered.map_or(Outcome::Silence, Outcome::Answer)
    }

    /// Writes a response without records to a query that was handed on, and returns its octets. `None`: there is none to be
    /// sent, as it is over the rate.
    #[must_use]
    pub fn reply(
        &self,
        zones: &Zones,
        request: &Request<'_>,
        query: &Query<'_>,
        (said, out): (Reply, &mut [u8]),
    ) -> Option<usize> {
        self.reply_in_words(zones, (request, query), (said, ""), out)
    }

    /// The same with words for people in the extended error (RFC 8914 EXTRA-TEXT), where there is one.
    #[must_use]
    pub fn reply_in_words(
        &self,
        zones: &Zones,
        (request, query): (&Request<'_>, &Query<'_>),
        (said, words): (Reply, &str),
        out: &mut [u8],
    ) -> Option<usize> {
        let said = Some((said, words));
        let source = Source {
            said,
            ..Source::of(zones)
        };
        self.answer_query(source, request, query, out)
    }

    fn answer_query(
        &self,
        source: Source<'_>,
        request: &Request<'_>,
        query: &Query<'_>,
        out: &mut [u8],
    ) -> Option<usize> {
        let size = response_size(request.transport, query.edns.as_ref()).min(out.len());
        let mut reply = Composer::reply(query, &mut out[..size])?;
        match &query.edns {
            None => {
                let told = self.decide(source, request.transport, query, &mut reply);
                let told = self.limit(request, told, &mut reply)?;
                reply.set_rcode(told.rcode);
            }
            Some(edns) => self.answer_with_edns(
                source,
                &Asking {
                    request,
                    query,
                    edns,
                },
                &mut reply,
            )?,
        }
        Some(reply.finish())
    }

    /// Counts the response against its account, and says what is sent: it, less, or nothing (`None`).
    #[inline]
    pub(crate) fn limit<'z>(
        &self,
        request: &Request<'_>,
        told: Told<'z>,
        reply: &mut Composer<'_>,
    ) -> Option<Told<'z>> {
        match &self.config.limiter {
            Some(limiter) if !request.transport.is_stream() => {
                match limiter.judge(request.now, request.client, told.account) {
                    Verdict::Send => Some(told),
                    Verdict::Truncate => Some(told.held_back(reply)),
                    Verdict::Drop => None,
                }
            }
            _ => Some(told),
        }
    }

    /// Looks at operation, class and type, and answers from a zone if there is one.
    pub(crate) fn decide<'z>(
        &self,
        Source {
            zones,
            said,
            is_trusted,
        }: Source<'z>,
        transport: Transport,
        query: &Query<'_>,
        reply: &mut Composer<'_>,
    ) -> Told<'z> {
        if let Some((said, words)) = said {
            return said.told(words, reply);
        }
        // RFC 1996 §3.12, RFC 2136 §3.1: who does not implement an operation says so.
        if query.opcode != OpCode::Query {
            return Told::because(ResponseCode::NotImp, Ede::NOT_SUPPORTED);
        }
        // RFC 9619 §4: without EDNS there is no cookie that could stand for the question.
        let Some(question) = &query.question else {
            return Told::new(ResponseCode::FormErr);
        };
        if question.rtype.is_meta()
            && let Some(told) = meta(question.rtype)
        {
            return told;
        }
        match question.class {
            Class::IN | Class::ANY => {}
            Class::CH => return self.chaos(question, reply),
            // RFC 8906 §3.1.2: a class without zones is refused, not ignored.
            _ => return Told::because(ResponseCode::Refused, Ede::NOT_AUTHORITATIVE),
        }
        let dnssec = query.edns.is_some_and(|edns| edns.dnssec_ok);
        let how = How {
            transport,
            dnssec,
            is_trusted,
        };
        from_zones(zones, question, how, reply)
    }
}

/// What a response is made of: zones, or what somebody else has decided.
#[derive(Clone, Copy)]
pub(crate) struct Source<'z> {
    pub(crate) zones: &'z Zones,
    said: Option<(Reply, &'z str)>,
    /// Whether who asks may have whole zones.
    is_trusted: bool,
}

impl<'z> Source<'z> {
    #[inline]
    fn of(zones: &'z Zones) -> Source<'z> {
        Source {
            zones,
            said: None,
            is_trusted: false,
        }
    }
}

/// Where the lookup for `message` will begin, if it is a question; a guess, see [`Zones::approach`].
#[must_use]
#[inline]
pub fn approach<'z>(zones: &'z Zones, message: &[u8]) -> Option<Approach<'z>> {
    // RFC 1035 §4.1.1: the question comes after twelve octets.
    zones.approach(message.get(12..)?)
}

/// How the answer is wanted.
#[derive(Clone, Copy)]
pub(crate) struct How {
    pub(crate) transport: Transport,
    /// With signatures and proofs (RFC 3225).
    pub(crate) dnssec: bool,
    /// Whether who asks may have whole zones.
    is_trusted: bool,
}

/// What is said to people while it is not known which zones are served.
const PENDING: &str = "zones have not been fetched yet";

/// RFC 1034 §4.3.2 step 2: the zone that is the nearest ancestor to QNAME.
fn from_zones<'z>(
    zones: &'z Zones,
    question: &Question<'_>,
    how: How,
    reply: &mut Composer<'_>,
) -> Told<'z> {
    if zones.is_awaited(belongs_to(question)) {
        return awaited(zones, question, how);
    }
    let Some((published, found)) = in_zone(zones, question) else {
        if zones.is_pending() {
            // RFC 8914 §4.15: it may well be ours, and nobody knows yet.
            return Told {
                ede: Some(Ede::new(Ede::NOT_READY, PENDING)),
                ..Told::new(ResponseCode::ServFail)
            };
        }
        // RFC 8906 §3.1.1, RFC 8914 §4.21.
        return Told::because(ResponseCode::Refused, Ede::NOT_AUTHORITATIVE);
    };
    if !how.is_trusted && zones.is_withheld(published) {
        return withheld();
    }
    // RFC 1035 §6.2: an answer to class ANY can never be authoritative.
    if question.class == Class::IN {
        reply.set(Flags::AA);
    }
    let outcome = resolve::answer(&published.zone, found, question, how, reply);
    Told {
        published: Some(published),
        account: Account::of(&published.zone, found, question.rtype, outcome),
        ..Told::new(outcome.rcode)
    }
}

/// RFC 8914 §4.25: the zone is to be served and there is nothing good to serve. Not a word of the zone above it.
#[cold]
fn awaited<'z>(zones: &Zones, question: &Question<'_>, how: How) -> Told<'z> {
    match how.is_trusted || zones.withheld(belongs_to(question)).is_none() {
        true => Told::because(ResponseCode::ServFail, Ede::INVALID_DATA),
        false => withheld(),
    }
}

/// RFC 9432 §7: who may not have a zone is told as little as if there were none.
fn withheld<'z>() -> Told<'z> {
    Told::because(ResponseCode::Refused, Ede::NOT_AUTHORITATIVE)
}

/// The name whose zone has the answer. RFC 4035 §3.1.4.1: DS belongs to the parent.
fn belongs_to<'q>(question: &Question<'q>) -> NameRef<'q> {
    let parent = question
        .name
        .parent()
        .filter(|_| question.rtype == Rtype::DS);
    parent.unwrap_or(question.name)
}

fn in_zone<'z>(zones: &'z Zones, question: &Question<'_>) -> Option<(&'z Published, Lookup<'z>)> {
    let (published, found) = zones.lookup(question.name)?;
    // RFC 4035 §3.1.4.1: DS belongs to the parent. Where the child alone is served, it says that it has none.
    let is_apex = question.name.as_wire().len() == published.zone.apex().as_wire().len();
    if question.rtype == Rtype::DS
        && is_apex
        && let Some(parent) = zones.find_above(question.name)
    {
        return Some((parent, parent.zone.lookup(question.name)));
    }
    Some((published, found))
}

/// Types that are not data; `None` if the zone is to answer.
#[cold]
fn meta(rtype: Rtype) -> Option<Told<'static>> {
    match rtype {
        // RFC 5936 §2.2.1, RFC 1995: transfers are not done here.
        Rtype::AXFR | Rtype::IXFR => Some(Told::because(ResponseCode::Refused, Ede::NOT_SUPPORTED)),
        // RFC 1035 §3.2.3: mailbox queries, obsolete since RFC 973; BIND says the same.
        Rtype(253 | 254) => Some(Told::because(ResponseCode::NotImp, Ede::NOT_SUPPORTED)),
        // RFC 6891 §6.1.1, RFC 8945 §4.2, RFC 2930 §2, RFC 9824 §3.5: records of messages, never asked for.
        Rtype::OPT | Rtype::TSIG | Rtype::TKEY | Rtype(128) => {
            Some(Told::because(ResponseCode::FormErr, INVALID_TYPE))
        }
        // ANY, and RFC 8906 §3.1.3: types that nobody knows are types without data.
        _ => None,
    }
}

/// RFC 9824 §10.2: Invalid Query Type.
const INVALID_TYPE: u16 = 30;

pub(crate) fn response_size(transport: Transport, edns: Option<&Edns<'_>>) -> usize {
    match (transport, edns) {
        (Transport::Tcp | Transport::Tls, _) => TCP_SIZE,
        (Transport::Udp, None) => UDP_SIZE_WITHOUT_EDNS,
        // RFC 6891 §6.2.3: less than 512 means 512. RFC 9715 §3.1: never more than ours, whatever is offered.
        (Transport::Udp, Some(edns)) => {
            usize::from(edns.payload_size).clamp(UDP_SIZE_WITHOUT_EDNS, UDP_SIZE)
        }
    }
}

/// What is said beside the records.
pub(crate) struct Told<'z> {
    pub(crate) rcode: ResponseCode,
    /// Without text or with few words of it, unless somebody else said it.
    pub(crate) ede: Option<Ede<'z>>,
    /// The zone of the answer.
    pub(crate) published: Option<&'z Published>,
    /// What the response is counted under.
    pub(crate) account: Account<'z>,
    /// All but the question was taken back, as the account is exhausted.
    pub(crate) is_held_back: bool,
}

impl Told<'_> {
    pub(crate) fn new(rcode: ResponseCode) -> Self {
        Told {
            rcode,
            ede: None,
            published: None,
            account: Account::ERROR,
            is_held_back: false,
        }
    }

    /// The least that brings a true client back over TCP. Of the response codes only that of an error stays: the others
    /// would say something of a name.
    #[cold]
    fn held_back(self, reply: &mut Composer<'_>) -> Self {
        reply.truncate();
        reply.clear(Flags::AA);
        let rcode = match self.account.class {
            limit::Class::Error => self.rcode,
            _ => ResponseCode::NoError,
        };
        Told {
            is_held_back: true,
            ..Told::new(rcode)
        }
    }

    pub(crate) fn because(rcode: ResponseCode, ede: u16) -> Self {
        Told {
            ede: Some(Ede::new(ede, "")),
            ..Told::new(rcode)
        }
    }
}

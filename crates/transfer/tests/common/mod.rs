//! Zones from text, messages put together by hand, and whole transfers from one end to the other.

#![allow(dead_code, reason = "each test uses its part")]

use std::sync::Arc;

use rr::{Class, Name, NameRef, Rtype, Secret, Ttl};
use transfer::{
    Arrived, Asked, Failure, Incoming, Next, Outgoing, Progress, Request, Transport, accept,
};
use tsig::{Algorithm, Dialect, Key, Keyring, ResponseSigner, Time};
use zone::{Builder, Checked, HashKey, Zone};
use zonefile::{Limits, NoSources, Sink, SourceMap, Span, read_zone};

pub(crate) const KEY: HashKey = HashKey::new([0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344]);
pub(crate) const NOW: Time = Time::from_secs(1_800_000_000);
pub(crate) const ID: u16 = 0x4d2;

pub(crate) fn apex() -> Name {
    name("example.org")
}

pub(crate) fn name(text: &str) -> Name {
    Name::from_text(text).unwrap()
}

/// A record on its way into a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rec {
    pub(crate) owner: Name,
    pub(crate) class: Class,
    pub(crate) ttl: u32,
    pub(crate) rtype: Rtype,
    pub(crate) rdata: Vec<u8>,
}

#[derive(Default)]
struct Collected(Vec<Rec>);

impl Sink for Collected {
    fn record(
        &mut self,
        owner: NameRef<'_>,
        class: Class,
        ttl: Ttl,
        rtype: Rtype,
        rdata: &[u8],
        _at: Span,
    ) {
        self.0.push(Rec {
            owner: owner.to_owned(),
            class,
            ttl: ttl.as_secs(),
            rtype,
            rdata: rdata.to_vec(),
        });
    }
}

/// The records of a text, in its order, whatever they would be as a zone.
pub(crate) fn records(text: &str) -> Vec<Rec> {
    let mut sink = Collected::default();
    read(apex().as_ref(), text, &mut sink);
    sink.0
}

fn read(apex: NameRef<'_>, text: &str, sink: &mut impl Sink) {
    let text = format!("$TTL 300\n{text}");
    let (mut map, limits) = (SourceMap::new(), Limits::default());
    let errors = read_zone(apex, "zone", text, &mut NoSources, &limits, &mut map, sink);
    assert!(errors.is_empty(), "{errors:?}");
}

/// The zone example.org.
pub(crate) fn zone(text: &str) -> Zone<Checked> {
    zone_of(&apex(), text)
}

pub(crate) fn zone_of(apex: &Name, text: &str) -> Zone<Checked> {
    let mut builder = Builder::new(apex.clone(), KEY);
    read(apex.as_ref(), text, &mut builder);
    let (zone, _) = accept(builder.finish()).unwrap_or_else(|refused| panic!("{refused}"));
    zone
}

/// All records of a zone, with owners and names as they are spelt.
pub(crate) fn listed<S>(zone: &Zone<S>) -> Vec<(String, u32, Rtype, Vec<u8>)> {
    let sets = zone.nodes().flat_map(zone::Node::entries);
    sets.flat_map(|set| {
        let owner = set.node().owner().to_lowercase().to_string();
        set.rdatas()
            .map(|rdata| {
                let mut canonical = Vec::new();
                rr::wire::canonical_rdata(set.rtype(), rdata, &mut canonical);
                (owner.clone(), set.ttl().as_secs(), set.rtype(), canonical)
            })
            .collect::<Vec<_>>()
    })
    .collect()
}

/// A message with these octets as its header's second word and records in the answer section, nothing compressed.
pub(crate) fn message(flags: u16, question: Option<(&Name, Rtype)>, answer: &[Rec]) -> Vec<u8> {
    let mut out = ID.to_be_bytes().to_vec();
    out.extend(flags.to_be_bytes());
    out.extend(u16::from(question.is_some()).to_be_bytes());
    out.extend((answer.len() as u16).to_be_bytes());
    out.extend([0; 4]);
    if let Some((name, rtype)) = question {
        out.extend(name.as_wire());
        out.extend(rtype.0.to_be_bytes());
        out.extend([0, 1]);
    }
    for record in answer {
        out.extend(record.owner.as_wire());
        out.extend(record.rtype.0.to_be_bytes());
        out.extend(record.class.0.to_be_bytes());
        out.extend(record.ttl.to_be_bytes());
        out.extend((record.rdata.len() as u16).to_be_bytes());
        out.extend(&record.rdata);
    }
    out
}

pub(crate) const ANSWER: u16 = 0x8400;
pub(crate) const AXFR: Rtype = Rtype(252);
pub(crate) const IXFR: Rtype = Rtype(251);

pub(crate) fn rtype_of(asked: &Asked) -> Rtype {
    match asked {
        Asked::Whole(_) => AXFR,
        Asked::Changes(_) => IXFR,
    }
}

/// What comes of messages with these records, the question in the first one only.
pub(crate) fn taken(asked: Asked, messages: &[&str]) -> Result<Progress, Failure> {
    let rtype = rtype_of(&asked);
    let messages: Vec<_> = messages.iter().map(|text| records(text)).collect();
    let octets = messages.iter().enumerate().map(|(number, records)| {
        let apex = apex();
        message(ANSWER, (number == 0).then_some((&apex, rtype)), records)
    });
    take_all(incoming(asked, Transport::Stream), octets)
}

pub(crate) fn incoming(asked: Asked, transport: Transport) -> Incoming {
    Incoming::new(ID, apex(), asked, transport, KEY)
}

pub(crate) fn take_all(
    mut incoming: Incoming,
    messages: impl IntoIterator<Item = Vec<u8>>,
) -> Result<Progress, Failure> {
    let mut messages = messages.into_iter();
    while let Some(message) = messages.next() {
        match incoming.take(&message, NOW)? {
            Progress::More(more) => incoming = more,
            Progress::Done(arrived) => {
                assert_eq!(messages.next(), None, "messages after the end");
                return Ok(Progress::Done(arrived));
            }
        }
    }
    Ok(Progress::More(incoming))
}

pub(crate) fn done(progress: Result<Progress, Failure>) -> Arrived {
    match progress {
        Ok(Progress::Done(arrived)) => arrived,
        Ok(Progress::More(_)) => panic!("more is awaited"),
        Err(failure) => panic!("{failure}"),
    }
}

pub(crate) fn key(dialect: Dialect) -> Arc<Key> {
    let secret = Secret::new(*b"0123456789abcdef0123456789abcdef");
    let key = Key::new(
        name("a._transfer.example.org").as_ref(),
        Algorithm::Sha256,
        secret,
    );
    Arc::new(key.unwrap().with_dialect(dialect))
}

/// The keys of the server that shares this one.
pub(crate) fn keyring(dialect: Dialect) -> Keyring {
    let secret = Secret::new(*b"0123456789abcdef0123456789abcdef");
    let key = Key::new(
        name("a._transfer.example.org").as_ref(),
        Algorithm::Sha256,
        secret,
    );
    let mut keys = Keyring::default();
    assert!(keys.insert(key.unwrap().with_dialect(dialect)).is_ok());
    keys
}

/// The messages that a server sends.
pub(crate) fn sent(mut outgoing: Outgoing) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    loop {
        let mut message = Vec::new();
        let next = outgoing.next_message(&mut message, NOW).unwrap();
        messages.push(message);
        if next == Next::Last {
            return messages;
        }
    }
}

/// A request, both ends of it: what the server has to answer with, and who awaits that.
pub(crate) struct Exchange {
    pub(crate) request: Request,
    pub(crate) signer: Option<ResponseSigner>,
    pub(crate) incoming: Incoming,
}

pub(crate) fn exchange(asked: Asked, dialect: Option<Dialect>) -> Exchange {
    exchange_over(asked, dialect, Transport::Stream)
}

pub(crate) fn exchange_over(
    asked: Asked,
    dialect: Option<Dialect>,
    transport: Transport,
) -> Exchange {
    let mut octets = match &asked {
        Asked::Whole(_) => transfer::ask_whole(ID, apex().as_ref()),
        Asked::Changes(version) => transfer::ask_changes(ID, version).unwrap(),
    };
    let mut incoming = Incoming::new(ID, apex(), asked, transport, KEY);
    let mut signer = None;
    if let Some(dialect) = dialect {
        let awaited = tsig::sign_request(&key(dialect), &mut octets, NOW).unwrap();
        incoming = incoming.signed(awaited);
        let keys = keyring(dialect);
        let Ok(tsig::Request::Signed(verified)) = keys.verify(&octets, NOW) else {
            panic!("not verified")
        };
        signer = Some(verified.into_signer());
    }
    Exchange {
        request: Request::read(&octets).unwrap(),
        signer,
        incoming,
    }
}

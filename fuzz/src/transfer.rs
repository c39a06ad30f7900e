//! Requests for transfers, and transfers that come in.

use std::sync::LazyLock;

use ::transfer::zonemd::{Digest, Hash};
use ::transfer::{
    Asked, Content, Incoming, Limits, Next, Outgoing, Progress, Request, SendError, Transport,
    accept,
};
use rr::{Class, Name, NameRef, Rtype, Ttl};
use tsig::Time;
use zone::{Builder, Checked, HashKey, Unchecked, Zone};
use zonefile::Pos;

const NOW: Time = Time::from_secs(1_700_000_002);
const KEY: HashKey = HashKey::new([1, 2]);
/// The identity that the corpus has.
const ID: u16 = 1;
const LIMITS: Limits = Limits {
    records: 10_000,
    octets: 1 << 20,
};

/// Serial 7 of example.org, from which the changes of the corpus lead to serials 8 and 9.
static VERSION: LazyLock<Zone<Checked>> = LazyLock::new(|| {
    let mut builder = Builder::new(apex(), KEY);
    let ns = b"\x02ns\x07example\x03org\0";
    let numbers = [7, 7200, 3600, 1_209_600, 300]
        .map(u32::to_be_bytes)
        .concat();
    let soa = [&ns[..], b"\x04mail\x07example\x03org\0", &numbers].concat();
    let mut add = |owner: &[u8], rtype, rdata: &[u8]| {
        let owner = NameRef::from_wire(owner).expect("a name");
        let ttl = Ttl::from_secs(300);
        builder.add(owner, Class::IN, ttl, rtype, rdata, Pos(0));
    };
    add(apex().as_wire(), Rtype::SOA, &soa);
    add(apex().as_wire(), Rtype::NS, ns);
    add(ns, Rtype::A, &[192, 0, 2, 1]);
    accept(builder.finish()).expect("a good zone").0
});

fn apex() -> Name {
    Name::from_text("example.org").expect("a name")
}

/// Messages with their lengths before them: as a request each, and together as the answer to a request for the whole zone
/// and to one for changes.
pub fn transfer(octets: &[u8]) {
    let messages: Vec<_> = crate::signed_message::framed(octets).collect();
    messages.iter().for_each(|message| requested(message));
    for asked in [Asked::Whole(None), Asked::Changes(VERSION.clone())] {
        for transport in [Transport::Stream, Transport::Datagram] {
            taken(asked.clone(), transport, &messages);
        }
    }
}

/// A request that can be read is answered, and by messages that can be.
fn requested(message: &[u8]) {
    let Ok(request) = Request::read(message) else {
        return;
    };
    let mut outgoing = Outgoing::new(request, VERSION.clone(), None, None);
    let mut out = Vec::new();
    match outgoing.next_message(&mut out, NOW) {
        Err(SendError::OtherZone) => return,
        sent => assert_eq!(sent, Ok(Next::Last), "a small zone"),
    }
    wire::message::Message::read(&out).expect("it can be read");
}

/// What is taken is a zone that goes out and comes in again as it is.
fn taken(asked: Asked, transport: Transport, messages: &[&[u8]]) {
    let mut incoming = Incoming::new(ID, apex(), asked, transport, KEY).with_limits(LIMITS);
    for message in messages {
        match incoming.take(message, NOW) {
            Ok(Progress::More(more)) => incoming = more,
            Ok(Progress::Done(arrived)) => return goes_on(arrived.what),
            Err(failure) => return assert!(!failure.to_string().is_empty()),
        }
    }
}

fn goes_on(content: Content) {
    let (Content::Whole(zone) | Content::Changed(zone, _)) = content else {
        return;
    };
    let Ok((zone, _)) = accept(zone) else { return };
    let copy = passed_on(&zone);
    assert_eq!(
        Digest::of(&copy, Hash::Sha384),
        Digest::of(&zone, Hash::Sha384)
    );
}

fn passed_on(zone: &Zone<Checked>) -> Zone<Unchecked> {
    let request = Request::read(&::transfer::ask_whole(ID, zone.apex())).expect("a request");
    let mut outgoing = Outgoing::new(request, zone.clone(), None, None);
    let asked = Asked::Whole(None);
    let mut incoming = Incoming::new(ID, apex(), asked, Transport::Stream, KEY);
    let mut message = Vec::new();
    loop {
        outgoing.next_message(&mut message, NOW).expect("it fits");
        match incoming.take(&message, NOW).expect("it is ours") {
            Progress::More(more) => incoming = more,
            Progress::Done(arrived) => match arrived.what {
                Content::Whole(copy) => return copy,
                other => panic!("{other:?}"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mutations begin at what is good.
    #[test]
    fn the_corpus_is_taken() {
        for name in ["whole", "changes", "record_by_record"] {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/transfer");
            let octets = std::fs::read(format!("{folder}/{name}")).expect("a corpus");
            let mut messages = crate::signed_message::framed(&octets);
            Request::read(messages.next().expect("a request")).expect("a request");
            let asked = match name {
                "changes" => Asked::Changes(VERSION.clone()),
                _ => Asked::Whole(None),
            };
            let mut incoming = Incoming::new(ID, apex(), asked, Transport::Stream, KEY);
            let last = loop {
                let message = messages.next().expect("it ends");
                match incoming.take(message, NOW).expect("good") {
                    Progress::More(more) => incoming = more,
                    Progress::Done(arrived) => break arrived.what,
                }
            };
            assert_eq!(matches!(last, Content::Changed(..)), name == "changes");
            assert_eq!(messages.next(), None);
        }
    }
}

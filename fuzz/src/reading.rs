//! Zone text as the targets read, check and serve it.

use std::net::Ipv4Addr;
use std::time::Duration;

use authority::{Authority, Request, Transport};
use rr::{Class, Name, NameRef, Rtype, Ttl};
use zone::check::{CheckOptions, Finding, Policy};
use zone::{Builder, Checked, HashKey, Published, Revision, Zone, Zones};
use zonefile::{
    Limits, Pos, Sink, SourceError, SourceMap, Sources, Span, SyntaxError, Text, read_zone,
};

/// One record as it was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    pub(crate) owner: Name,
    pub(crate) class: u16,
    pub(crate) ttl: u32,
    pub(crate) rtype: u16,
    pub(crate) rdata: Vec<u8>,
}

/// A text that was read, with what goes with it.
pub(crate) struct Reading {
    pub(crate) rows: Vec<Row>,
    pub(crate) errors: Vec<SyntaxError>,
    pub(crate) map: SourceMap,
    builder: Builder,
}

/// Small enough that no input takes long.
fn limits() -> Limits {
    Limits {
        records: 5_000,
        generate_steps: 1_000,
        includes: 20,
        text_octets: 1 << 20,
        ..Limits::default()
    }
}

/// Reads `text` as the zone `apex`; it may include itself.
pub(crate) fn read(apex: NameRef<'_>, text: &[u8]) -> Reading {
    let builder = Builder::new(apex.to_owned(), HashKey::new([1, 2]));
    let mut rows = Rows {
        rows: Vec::new(),
        builder,
    };
    let mut map = SourceMap::new();
    let errors = read_zone(
        apex,
        "zone",
        text,
        &mut Itself(text),
        &limits(),
        &mut map,
        &mut rows,
    );
    Reading {
        rows: rows.rows,
        errors,
        map,
        builder: rows.builder,
    }
}

impl Reading {
    /// Checks the zone with a policy that lets pass what can be served.
    pub(crate) fn check(self) -> (Option<Zone<Checked>>, Vec<Finding>, SourceMap) {
        let (policy, _) = Policy::read(b"* * note\n", Pos(0));
        let options = CheckOptions::new(&self.map, &self.errors, &policy);
        let (zone, findings) = self.builder.finish().check(&options);
        (zone.ok(), findings, self.map)
    }
}

/// The zone alone in service.
pub(crate) fn publish(zone: Zone<Checked>) -> Zones {
    let revision = Revision::new("fuzz");
    Zones::new(HashKey::new([1, 2]), revision.clone()).with(Published { zone, revision })
}

/// Asks, and holds the answer to what every answer must be.
pub(crate) fn ask(
    authority: &Authority,
    zones: &Zones,
    message: &[u8],
    transport: Transport,
) -> Option<Vec<u8>> {
    let request = Request {
        message,
        transport,
        client: Ipv4Addr::LOCALHOST.into(),
        now: Duration::from_secs(1_800_000_000),
    };
    let mut out = vec![0xAA; 65_535];
    let length = authority.answer(zones, request, &mut out)?;
    out.truncate(length);
    let limit = if transport == Transport::Udp {
        1232
    } else {
        65_535
    };
    assert!((12..=limit).contains(&length), "{length} octets");
    assert_eq!(out[..2], message[..2], "the id is the question's");
    assert!(
        out[2] & 0x80 != 0 && out[3] & 0x80 == 0,
        "QR is set and RA is not"
    );
    wire::message::Message::read(&out).expect("an answer can be read");
    Some(out)
}

struct Rows {
    rows: Vec<Row>,
    builder: Builder,
}

impl Sink for Rows {
    fn record(
        &mut self,
        owner: NameRef<'_>,
        class: Class,
        ttl: Ttl,
        rtype: Rtype,
        rdata: &[u8],
        at: Span,
    ) {
        self.builder.add(owner, class, ttl, rtype, rdata, at.start);
        let (owner, rdata) = (owner.to_owned(), rdata.to_vec());
        self.rows.push(Row {
            owner,
            class: class.0,
            ttl: ttl.as_secs(),
            rtype: rtype.0,
            rdata,
        });
    }
}

/// Every file is this one, or is missing.
struct Itself<'t>(&'t [u8]);

impl Sources for Itself<'_> {
    fn open(&mut self, _: &str, named: &str) -> Result<(String, Text), SourceError> {
        if named.len() > 4 {
            return Err(SourceError::Missing);
        }
        Ok((named.to_owned(), self.0.into()))
    }
}

//! Our own answering engine in this process: the same zones, no sockets.

use std::net::Ipv4Addr;

use authority::{Authority, Config, Request, Transport};
use rr::{Class, Name, NameRef, Rtype, Ttl};
use zone::{Builder, HashKey, Published, Revision, Zones};
use zonefile::{Limits, NoSources, Sink, SourceMap, Span, read_zone};

use crate::peers::{Server, ZoneText};

/// Zones in service and who answers for them.
#[derive(Debug)]
pub struct Engine {
    authority: Authority,
    zones: Zones,
}

impl Engine {
    /// Serves zones whatever the checks would say of them: the text itself must be right.
    pub fn serving(zones: &[ZoneText]) -> Engine {
        let key = HashKey::new([1, 2]);
        let empty = Zones::new(key, Revision::new("test"));
        let zones = zones
            .iter()
            .fold(empty, |served, zone| served.with(published(zone, key)));
        Engine {
            authority: Authority::new(Config::default()),
            zones,
        }
    }

    fn answer(&self, message: &[u8], transport: Transport) -> Option<Vec<u8>> {
        let client = Ipv4Addr::LOCALHOST.into();
        let request = Request {
            message,
            transport,
            client,
            now_secs: 1_800_000_000,
        };
        let mut out = vec![0; 65_535];
        let length = self.authority.answer(&self.zones, request, &mut out)?;
        out.truncate(length);
        Some(out)
    }
}

impl Server for Engine {
    fn name(&self) -> String {
        "ours".to_owned()
    }

    fn udp(&self, message: &[u8]) -> Option<Vec<u8>> {
        self.answer(message, Transport::Udp)
    }

    fn tcp(&self, message: &[u8]) -> Option<Vec<u8>> {
        self.answer(message, Transport::Tcp)
    }
}

fn published(zone: &ZoneText, key: HashKey) -> Published {
    let apex = Name::from_wire(zone.apex.as_wire()).expect("the harness makes names");
    let mut builder = Records(Builder::new(apex.clone(), key));
    let mut map = SourceMap::new();
    let errors = read_zone(
        apex.as_ref(),
        "zone",
        zone.text.as_str(),
        &mut NoSources,
        &Limits::default(),
        &mut map,
        &mut builder,
    );
    let told: Vec<String> = errors
        .iter()
        .map(|e| format!("{}: {}", map.place(e.span.start), e.kind.name()))
        .collect();
    assert!(told.is_empty(), "{}: {told:?}", zone.apex);
    Published {
        zone: builder.0.finish().into_checked(),
        revision: Revision::new("test"),
    }
}

struct Records(Builder);

impl Sink for Records {
    fn record(
        &mut self,
        owner: NameRef<'_>,
        class: Class,
        ttl: Ttl,
        rtype: Rtype,
        rdata: &[u8],
        at: Span,
    ) {
        self.0.add(owner, class, ttl, rtype, rdata, at.start);
    }
}

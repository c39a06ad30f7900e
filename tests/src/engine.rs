//! Our own answering engine in this process: the same zones, no sockets.

use std::net::Ipv4Addr;
use std::time::Duration;

use authority::{Authority, Config, Request, Transport};
use rr::Name;
use zone::check::{CheckOptions, Policy};
use zone::rules::Severity;
use zone::{Builder, HashKey, Published, Revision, Zones};
use zonefile::{Limits, NoSources, Pos, SourceMap, read_zone};

use crate::peers::{Server, ZoneText};

/// A `.zonecheck` that lets everything pass that can be served: generated zones are full of what operators regret.
pub const LENIENT: &str = "* * note\n";

/// Zones in service and who answers for them.
#[derive(Debug)]
pub struct Engine {
    authority: Authority,
    zones: Zones,
}

impl Engine {
    /// Serves zones that may be careless and must be servable.
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
            now: Duration::from_secs(1_800_000_000),
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
    let mut records = Builder::new(apex.clone(), key);
    let mut map = SourceMap::new();
    let limits = Limits::default();
    let errors = read_zone(
        apex.as_ref(),
        "zone",
        zone.text.as_str(),
        &mut NoSources,
        &limits,
        &mut map,
        &mut records,
    );
    let (policy, _) = Policy::read(LENIENT.as_bytes(), Pos(0));
    let (checked, findings) = records
        .finish()
        .check(&CheckOptions::new(&map, &errors, &policy));
    let refused = || -> Vec<String> {
        let errors = findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error);
        errors
            .map(|finding| finding.one_line(&map).to_string())
            .collect()
    };
    let zone = checked.unwrap_or_else(|zone| panic!("{zone:?}: {:?}", refused()));
    Published {
        zone,
        revision: Revision::new("test"),
    }
}

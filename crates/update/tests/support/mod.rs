//! Zones, updates in words, and the tables of cases that several tests go through.
#![allow(dead_code, reason = "each test takes what it needs")]

pub(crate) mod script;
pub(crate) mod table;

use std::sync::Arc;

use rr::{Name, NameRef, Rtype, Serial};
use tsig::{Algorithm, Key, Keyring, ReplayGuard, Request, Time};
use update::{Planned, Policy, Refusal, Scene, Update, plan};
use zone::check::CheckOptions;
use zone::{Builder, Checked, HashKey, Revision, Zone, Zones};
use zonefile::{Limits, NoSources, SourceMap, read_zone};

pub(crate) const HASH: HashKey = HashKey::new([0x5eed, 0x5eed]);
/// When all tests take place: 2027-01-15.
pub(crate) const NOW: Time = Time::from_secs(1_800_000_000);
pub(crate) const ROOT_KEY: &str = "boss._update";

pub(crate) fn name(text: &str) -> Name {
    Name::from_text(text).unwrap()
}

/// A zone from text, which must be readable and publishable.
pub(crate) fn zone(apex: &str, text: &str) -> Zone<Checked> {
    let (apex, mut map) = (name(apex), SourceMap::new());
    let mut builder = Builder::new(apex.clone(), HASH);
    let errors = read_zone(
        apex.as_ref(),
        "text",
        text,
        &mut NoSources,
        &Limits::default(),
        &mut map,
        &mut builder,
    );
    let (policy, _) = zone::check::Policy::read(b"* * off\n", zonefile::Pos(0));
    let options = CheckOptions::new(&map, &errors, &policy);
    let (checked, findings) = builder.finish().check(&options);
    checked.unwrap_or_else(|_| panic!("{text}\n{errors:#?}\n{findings:#?}"))
}

pub(crate) fn no_zones() -> Zones {
    Zones::new(HASH, Revision::new("beef"))
}

pub(crate) fn key(text: &str) -> Key {
    let secret = rr::Secret::new(vec![7; 32]);
    Key::new(name(text).as_ref(), Algorithm::Sha256, secret).unwrap()
}

/// The message as a server would have it: signed by this key, verified, not seen before.
pub(crate) fn update(mut message: Vec<u8>, key_name: &str) -> Result<Update, Refusal> {
    tsig::sign_request(&Arc::new(key(key_name)), &mut message, NOW).unwrap();
    let mut ring = Keyring::default();
    ring.insert(key(key_name)).map_err(|_| ()).unwrap();
    let Ok(Request::Signed(verified)) = ring.verify(&message, NOW) else {
        panic!("the signature is good");
    };
    Update::read(&ReplayGuard::new().admit(verified, NOW).unwrap())
}

/// Reads and plans a message with the key of all rights.
pub(crate) fn planned(zone: &Zone<Checked>, message: &[u8]) -> Result<Planned, Refusal> {
    planned_with(zone, message, ROOT_KEY, &Policy::default(), NOW)
}

pub(crate) fn planned_with(
    zone: &Zone<Checked>,
    message: &[u8],
    key: &str,
    policy: &Policy,
    now: Time,
) -> Result<Planned, Refusal> {
    let scene = Scene {
        zone,
        serial: zone.serial().unwrap_or(Serial(0)),
        zones: &no_zones(),
        policy,
        now,
    };
    Ok(plan(&update(message.to_vec(), key)?, &scene)?.planned)
}

/// A record as one line of zone text, names below `apex` relative to it.
pub(crate) fn line(
    apex: &Name,
    owner: NameRef<'_>,
    ttl: u32,
    rtype: Rtype,
    rdata: &[u8],
) -> String {
    let mut data = String::new();
    rr::text::write_rdata(rtype, rdata, &mut data).unwrap();
    format!(
        "{} {ttl} {rtype} {data}",
        relative(apex, &owner.to_string())
    )
    .replace(&format!(" {apex}"), " @")
    .replace(&format!(".{apex}"), "")
}

fn relative(apex: &Name, owner: &str) -> String {
    match owner.strip_suffix(&apex.to_string()) {
        Some("") => "@".into(),
        Some(labels) => labels.trim_end_matches('.').into(),
        None => owner.into(),
    }
}

/// The changes as lines that begin with `-` and `+`, sorted.
pub(crate) fn lines(planned: &Planned, apex: &Name) -> Vec<String> {
    let Planned::Changes(changes) = planned else {
        return match planned {
            Planned::Nothing => Vec::new(),
            _ => vec!["removal".into()],
        };
    };
    let mut lines: Vec<String> = changes
        .records()
        .iter()
        .map(|change| shown(apex, change))
        .collect();
    lines.sort();
    lines
}

pub(crate) fn shown(apex: &Name, change: &zone::Change<'_>) -> String {
    let record = change.record();
    let sign = match change {
        zone::Change::Removed(_) => '-',
        zone::Change::Added(_) => '+',
    };
    let line = line(
        apex,
        record.owner,
        record.ttl.as_secs(),
        record.rtype,
        record.rdata,
    );
    format!("{sign} {line}")
}

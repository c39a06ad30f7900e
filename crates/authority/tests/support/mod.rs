//! Zones from `tests/zones`, questions to them, and answers as zone text.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use authority::{Authority, Request, Transport};
use rr::{Class, Name, Record, Rtype};
use wire::message::{Ask, AskEdns};
use wire::{EdnsOption, Flags, OptionCode};
use zone::check::{CheckOptions, Policy};
use zone::rules::Severity;
use zone::{Builder, Checked, HashKey, Published, Revision, Zone, Zones};
use zonefile::{Limits, NoSources, SourceMap, read_zone};

/// When all tests take place: 2027-01-15.
pub(crate) const NOW: Duration = Duration::from_secs(1_800_000_000);
/// Who asks.
pub(crate) const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 200));
const KEY: HashKey = HashKey::new([0x5eed, 0x5eed]);

pub(crate) fn name(text: &str) -> Name {
    Name::from_text(text).unwrap()
}

/// A zone from text, which must be readable and publishable.
pub(crate) fn zone(apex: &str, text: &str) -> Zone<Checked> {
    let (apex, mut map) = (name(apex), SourceMap::new());
    let mut builder = Builder::new(apex.clone(), KEY);
    let limits = Limits::default();
    let errors = read_zone(
        apex.as_ref(),
        "text",
        text,
        &mut NoSources,
        &limits,
        &mut map,
        &mut builder,
    );
    // What a repository may allow itself has to be answered well too.
    let (policy, _) = Policy::read(b"* cname-loop off\n", zonefile::Pos(0));
    let options = CheckOptions::new(&map, &errors, &policy);
    let (checked, findings) = builder.finish().check(&options);
    let errors = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error);
    checked.unwrap_or_else(|_| panic!("{:#?}", errors.collect::<Vec<_>>()))
}

/// The zones of `tests/zones` with these names.
pub(crate) fn zones<'n>(names: impl IntoIterator<Item = &'n str>) -> Zones {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/zones");
    let published = |file: &str| {
        let text = std::fs::read_to_string(folder.join(file))
            .unwrap_or_else(|error| panic!("{file}: {error}"));
        Published {
            zone: zone(file, &text),
            revision: Revision::new("c0ffee"),
        }
    };
    let mut zones = Zones::new(KEY, Revision::new("beef"));
    zones.extend(names.into_iter().map(published));
    zones
}

/// Everything that `tests/zones` has.
pub(crate) fn all_zones() -> Zones {
    zones([
        "plain.example",
        "empty-minimum.example",
        "nsec.example",
        "secure.nsec.example",
        "nsec3.example",
        "optout.example",
    ])
}

/// The octets of the answer; none for silence.
pub(crate) fn exchange(
    authority: &Authority,
    zones: &Zones,
    message: &[u8],
    transport: Transport,
) -> Option<Vec<u8>> {
    let mut out = vec![
        0;
        if transport == Transport::Udp {
            1232
        } else {
            65_535
        }
    ];
    let request = Request {
        message,
        transport,
        client: CLIENT,
        now: NOW,
    };
    let length = authority.answer(zones, request, &mut out)?;
    out.truncate(length);
    Some(out)
}

/// A record as a table shows it: one blank between words, and of a signature only what it covers.
pub(crate) fn shown(record: &Record) -> String {
    let data = record.data.to_string();
    let data = if record.data.rtype() == Rtype::RRSIG {
        data.split(' ').next().unwrap_or_default()
    } else {
        &data
    };
    format!(
        "{} {} {} {data}",
        record.owner,
        record.ttl.as_secs(),
        record.data.rtype()
    )
}

/// The questions of all tables, as they are sent over each transport.
pub(crate) fn questions() -> Vec<(Vec<u8>, Transport)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tables");
    let tables = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap());
    let text: String = tables.collect();
    text.lines()
        .filter_map(|line| line.strip_prefix("? "))
        .map(question)
        .collect()
}

/// A question as a table has it, and how it is sent.
pub(crate) fn question(text: &str) -> (Vec<u8>, Transport) {
    let (options, words): (Vec<&str>, Vec<&str>) = text
        .split_whitespace()
        .partition(|word| word.starts_with('+'));
    let owner = name(words[0]);
    let (class, rtype) = match words[1..] {
        [rtype] => (Class::IN, rtype),
        [class, rtype] => (Class::from_mnemonic(class.as_bytes()).unwrap(), rtype),
        _ => panic!("not a question: {text}"),
    };
    let has = |option: &str| options.contains(&option);
    let number = |option: &str| {
        options
            .iter()
            .find_map(|word| word.strip_prefix(option)?.parse().ok())
    };
    let flags = [("+rd", Flags::RD), ("+cd", Flags::CD), ("+ad", Flags::AD)];
    let speaks_edns = options
        .iter()
        .any(|option| !matches!(*option, "+tcp" | "+rd" | "+cd" | "+ad"));
    let ask = Ask {
        id: 7,
        flags: flags
            .iter()
            .filter(|(word, _)| has(word))
            .fold(Flags::default(), |all, (_, flag)| all.with(*flag)),
        name: owner.as_ref(),
        rtype: rtype.parse().unwrap(),
        class,
        edns: speaks_edns.then(|| AskEdns {
            payload_size: number("+size=").unwrap_or(1232),
            dnssec_ok: has("+do"),
            version: number("+version=").unwrap_or(0) as u8,
            options: [
                ("+nsid", OptionCode::NSID),
                ("+zoneversion", OptionCode::ZONEVERSION),
            ]
            .into_iter()
            .filter(|(word, _)| has(word))
            .map(|(_, code)| EdnsOption { code, data: &[] })
            .collect(),
        }),
    };
    (
        ask.emit(),
        if has("+tcp") {
            Transport::Tcp
        } else {
            Transport::Udp
        },
    )
}

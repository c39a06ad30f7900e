//! A zone with another serial than its file says.

#![allow(clippy::unwrap_used, reason = "a test says what it expects")]

use rr::{Name, Serial};
use zone::check::{CheckOptions, Policy};
use zone::{Builder, Change, Checked, HashKey, SignedSerial, Zone, difference};
use zonefile::{Limits, NoSources, SourceMap, read_zone};

const TOP: &str =
    "$TTL 3600\n@ SOA ns1 hostmaster 1 7200 900 1209600 300\n@ NS ns1\nns1 A 192.0.2.1\n";

#[test]
fn only_the_serial_is_another() {
    let zone = zone_of(TOP);
    let wanted = Serial(u32::MAX);
    let served = zone.with_serial(wanted).expect("it is not signed");
    assert_eq!(zone.serial(), Some(Serial(1)));
    assert_eq!(served.serial(), Some(wanted));
    let (before, after) = (zone.soa().unwrap(), served.soa().unwrap());
    assert_eq!(
        (before.ttl, before.value.expire),
        (after.ttl, after.value.expire)
    );
    let changed: Vec<_> = difference(&zone, &served).collect();
    assert!(matches!(
        changed[..],
        [Change::Removed(_), Change::Added(_)]
    ));
    assert_eq!(
        served.with_serial(Serial(1)).unwrap().serial(),
        Some(Serial(1))
    );
}

#[test]
fn a_signed_serial_stays() {
    let signature = |owner, rtype| {
        format!("{owner} RRSIG {rtype} 13 2 3600 20380119031407 20200101000000 1 @ AAAA\n")
    };
    let signatures =
        [("@", "SOA"), ("@", "NS"), ("ns1", "A")].map(|(owner, rtype)| signature(owner, rtype));
    let zone = zone_of(&format!("{TOP}{}", signatures.concat()));
    let (signed, wanted) = (Serial(1), Serial(2));
    assert_eq!(zone.with_serial(signed).unwrap().serial(), Some(signed));
    let refused = zone.with_serial(wanted).unwrap_err();
    assert_eq!(refused, SignedSerial { signed, wanted });
    assert!(
        refused
            .to_string()
            .ends_with("sign it with serial 2 or later")
    );
}

/// The zone example.org of a text without errors.
fn zone_of(text: &str) -> Zone<Checked> {
    let apex = Name::from_text("example.org").unwrap();
    let (mut map, mut zone) = (
        SourceMap::new(),
        Builder::new(apex.clone(), HashKey::new([1, 2])),
    );
    let limits = Limits::default();
    let syntax = read_zone(
        apex.as_ref(),
        "zone",
        text,
        &mut NoSources,
        &limits,
        &mut map,
        &mut zone,
    );
    let policy = Policy::default();
    let (zone, findings) = zone
        .finish()
        .check(&CheckOptions::new(&map, &syntax, &policy));
    zone.unwrap_or_else(|_| panic!("{findings:?}"))
}

//! What the builder keeps, what it drops, and what it says about that.

use rr::{Class, Name, Rtype, Ttl};
use zone::check::defect::DefectKind;
use zone::{Builder, HashKey, Limits, Unchecked, Zone};
use zonefile::Pos;

const KEY: HashKey = HashKey::new([1, 2]);

fn name(text: &str) -> Name {
    Name::from_text(text).expect("a name")
}

/// Adds records of class IN one after the other; the place of each is its number.
fn add(builder: &mut Builder, records: &[(&str, u32, Rtype, &[u8])]) {
    for (at, (owner, ttl, rtype, rdata)) in (0..).zip(records) {
        builder.add(
            name(owner).as_ref(),
            Class::IN,
            Ttl::from_secs(*ttl),
            *rtype,
            rdata,
            Pos(at),
        );
    }
}

fn build(records: &[(&str, u32, Rtype, &[u8])]) -> Zone<Unchecked> {
    let mut builder = Builder::new(name("example"), KEY);
    add(&mut builder, records);
    builder.finish()
}

/// Kind, place and first place of each defect.
fn defects(zone: &Zone<Unchecked>) -> Vec<(DefectKind, u32, u32)> {
    zone.defects()
        .iter()
        .map(|defect| (defect.kind, defect.at.0, defect.first.0))
        .collect()
}

fn rdatas<'z>(zone: &'z Zone<Unchecked>, owner: &str, rtype: Rtype) -> Vec<&'z [u8]> {
    let node = zone.node(name(owner).as_ref()).expect("a node");
    node.rrset(rtype).expect("a set").rdatas().collect()
}

#[test]
fn the_first_of_two_equal_records_stays() {
    let zone = build(&[
        ("a.example", 60, Rtype::NS, b"\x02Ns\x07example\0"),
        ("b.example", 60, Rtype::A, &[192, 0, 2, 1]),
        ("A.Example", 60, Rtype::NS, b"\x02nS\x07EXAMPLE\0"),
    ]);
    assert_eq!(defects(&zone), [(DefectKind::Duplicate, 2, 0)]);
    assert_eq!(
        rdatas(&zone, "a.example", Rtype::NS),
        [b"\x02Ns\x07example\0"]
    );
    assert_eq!(zone.record_count(), 2);
}

#[test]
fn a_set_has_the_ttl_of_its_first_record_in_the_text() {
    let zone = build(&[
        ("a.example", 60, Rtype::A, &[192, 0, 2, 2]),
        ("a.example", 61, Rtype::A, &[192, 0, 2, 1]),
        ("a.example", 61, Rtype::AAAA, &[0; 16]),
    ]);
    assert_eq!(defects(&zone), [(DefectKind::TtlDiffers, 1, 0)]);
    let set = zone
        .node(name("a.example").as_ref())
        .and_then(|node| node.rrset(Rtype::A))
        .expect("a set");
    assert_eq!((set.ttl().as_secs(), set.len()), (60, 2));
    let places: Vec<_> = zone.places(set).collect();
    assert_eq!(
        places,
        [Some(Pos(1)), Some(Pos(0))],
        "places follow canonical order"
    );
}

#[test]
fn types_that_stand_alone_keep_their_first_record() {
    let zone = build(&[
        ("a.example", 60, Rtype::CNAME, b"\x01z\0"),
        ("a.example", 60, Rtype::CNAME, b"\x01y\0"),
        ("a.example", 60, Rtype::CNAME, b"\x01Z\0"),
        ("b.example", 60, Rtype::DNAME, b"\x01z\0"),
        ("b.example", 60, Rtype::DNAME, b"\x01y\0"),
        ("example", 60, Rtype::SOA, &[1]),
        ("example", 60, Rtype::SOA, &[0]),
    ]);
    let expected = [
        (DefectKind::SecondCname, 1, 0),
        (DefectKind::Duplicate, 2, 0),
        (DefectKind::SecondDname, 4, 3),
        (DefectKind::SecondSoa, 6, 5),
    ];
    assert_eq!(defects(&zone), expected);
    assert_eq!(rdatas(&zone, "a.example", Rtype::CNAME), [b"\x01z\0"]);
}

#[test]
fn what_is_not_of_the_zone_is_dropped() {
    let mut builder = Builder::new(name("example"), KEY);
    add(
        &mut builder,
        &[
            ("example.net", 60, Rtype::A, &[0; 4]),
            ("anexample", 60, Rtype::A, &[0; 4]),
        ],
    );
    builder.add(
        name("a.example").as_ref(),
        Class::CH,
        Ttl::ZERO,
        Rtype::TXT,
        b"\x01a",
        Pos(7),
    );
    let zone = builder.finish();
    let expected = [
        (DefectKind::OutOfZone, 0, 0),
        (DefectKind::OutOfZone, 1, 1),
        (DefectKind::OtherClass, 7, 7),
    ];
    assert_eq!(defects(&zone), expected);
    assert_eq!(zone.record_count(), 0);
    assert!(zone.apex_node().is_empty_non_terminal());
}

#[test]
fn signatures_stand_behind_what_they_cover() {
    let covering = |rtype: u8, last: u8| [0, rtype, 13, 2, 0, 0, 0, 60, last];
    let (over_a, over_a_too, over_txt) = (covering(1, 2), covering(1, 1), covering(16, 0));
    let zone = build(&[
        ("a.example", 60, Rtype::RRSIG, &over_txt),
        ("a.example", 30, Rtype::RRSIG, &over_a),
        ("a.example", 30, Rtype::A, &[192, 0, 2, 1]),
        ("a.example", 30, Rtype::RRSIG, &over_a_too),
        ("a.example", 30, Rtype::AAAA, &[0; 16]),
    ]);
    // RFC 4034 §3: the TTL of a signature is that of the set it covers, so two TTLs are no clash.
    assert_eq!(defects(&zone), []);
    let node = zone.node(name("a.example").as_ref()).expect("a node");
    let of = |rtype| node.rrset(rtype).and_then(zone::RrsetRef::signatures);
    assert_eq!(
        of(Rtype::A).expect("signed").rdatas().collect::<Vec<_>>(),
        [over_a_too, over_a]
    );
    assert!(of(Rtype::AAAA).is_none());
    assert_eq!(
        node.rrsets().map(zone::RrsetRef::rtype).collect::<Vec<_>>(),
        [Rtype::A, Rtype::AAAA]
    );
    assert_eq!(
        node.signatures()
            .map(zone::RrsetRef::covers)
            .collect::<Vec<_>>(),
        [Some(Rtype::A), Some(Rtype::TXT)]
    );
    assert_eq!(zone.record_count(), 5);
}

#[test]
fn names_of_the_zone_say_where_the_apex_begins() {
    let zone = build(&[
        ("a.example", 60, Rtype::MX, b"\0\x01\x02mx\x07Example\0"),
        ("a.example", 60, Rtype::MX, b"\0\x02\x02mx\x03net\0"),
        ("a.example", 60, Rtype::NS, b"\x07example\0"),
        // RFC 3597 §4: this type is newer than compression.
        (
            "a.example",
            60,
            Rtype::SRV,
            b"\0\0\0\0\0\0\x02mx\x07example\0",
        ),
    ]);
    let node = zone.node(name("a.example").as_ref()).expect("a node");
    let joins = |rtype| {
        node.rrset(rtype)
            .expect("a set")
            .records()
            .map(|record| record.apex_at())
            .collect::<Vec<_>>()
    };
    assert_eq!(joins(Rtype::MX), [Some(5), None]);
    assert_eq!(joins(Rtype::NS), [Some(0)]);
    assert_eq!(joins(Rtype::SRV), [None]);
}

#[test]
fn a_set_that_fits_in_no_message_is_cut() {
    let mut builder = Builder::new(name("example"), KEY);
    for number in 0..5_000_u16 {
        let [high, low] = number.to_be_bytes();
        builder.add(
            name("a.example").as_ref(),
            Class::IN,
            Ttl::ZERO,
            Rtype::A,
            &[10, 0, high, low],
            Pos(number.into()),
        );
    }
    let zone = builder.finish();
    assert_eq!(rdatas(&zone, "a.example", Rtype::A).len(), 65_264 / 16);
    assert_eq!(defects(&zone)[0], (DefectKind::SetTooLarge, 65_264 / 16, 0));
    assert_eq!(zone.record_count() + zone.defects().len(), 5_000);
}

#[test]
fn records_beyond_the_limit_are_dropped() {
    let limits = Limits {
        records: 2,
        ..Limits::default()
    };
    let mut builder = Builder::new(name("example"), KEY).with_limits(limits);
    let record = ("example", 60, Rtype::A, &[0; 4][..]);
    add(
        &mut builder,
        &[
            record,
            ("b.example", 60, Rtype::A, &[0; 4]),
            ("c.example", 60, Rtype::A, &[0; 4]),
        ],
    );
    let zone = builder.finish();
    assert_eq!(defects(&zone), [(DefectKind::TooManyRecords, 2, 2)]);
    assert_eq!(zone.record_count(), 2);
}

#[test]
fn octets_beyond_the_limit_are_dropped() {
    let limits = Limits {
        octets: 70_000,
        ..Limits::default()
    };
    let mut builder = Builder::new(name("example"), KEY).with_limits(limits);
    for at in 0..4 {
        builder.add(
            name("example").as_ref(),
            Class::IN,
            Ttl::ZERO,
            Rtype(65_280),
            &[at; 30_000],
            Pos(at.into()),
        );
    }
    let zone = builder.finish();
    assert_eq!(
        defects(&zone),
        [
            (DefectKind::TooManyRecords, 2, 2),
            (DefectKind::TooManyRecords, 3, 3)
        ]
    );
}

#[test]
fn a_name_with_many_large_sets_has_a_page_of_its_own() {
    let mut builder = Builder::new(name("example"), KEY);
    for rtype in 0..8 {
        builder.add(
            name("a.example").as_ref(),
            Class::IN,
            Ttl::ZERO,
            Rtype(65_280 + rtype),
            &[7; 60_000],
            Pos(0),
        );
        builder.add(
            name("b.example").as_ref(),
            Class::IN,
            Ttl::ZERO,
            Rtype(65_280 + rtype),
            &[8; 10],
            Pos(0),
        );
    }
    let zone = builder.finish();
    for rtype in (0..8).map(|number| Rtype(65_280 + number)) {
        assert_eq!(rdatas(&zone, "a.example", rtype), [[7; 60_000]]);
        assert_eq!(rdatas(&zone, "b.example", rtype), [[8; 10]]);
    }
}

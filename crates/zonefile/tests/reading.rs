//! Zone text in, records and mistakes out.

mod common;

use common::{read, read_with};
use zonefile::Note;

#[test]
fn the_master_file_format() {
    let zone = read(
        "$TTL 1h\n\
         @\tIN SOA ns1 host.master (\n\t2024010101 ; serial\n\t1h 15m 1w\n\t300 )\n\
         \tNS ns1\n\
         ns1 300 IN A 192.0.2.1\n\
         \tIN 300 AAAA 2001:db8::1\n\
         www CNAME ns1.example.org.\n\
         $ORIGIN sub\n\
         a TXT \"one; \\\"two\\\"\" three\\032four\n\
         \\@ MX 10 @\n\
         MX MX 20 a\n",
    );
    assert_eq!(zone.errors, [""; 0]);
    assert_eq!(
        zone.records,
        [
            "example.org. 3600 IN SOA ns1.example.org. host.master.example.org. 2024010101 3600 900 604800 300",
            "example.org. 3600 IN NS ns1.example.org.",
            "ns1.example.org. 300 IN A 192.0.2.1",
            "ns1.example.org. 300 IN AAAA 2001:db8::1",
            "www.example.org. 3600 IN CNAME ns1.example.org.",
            "a.sub.example.org. 3600 IN TXT \"one; \\\"two\\\"\" \"three four\"",
            "\\@.sub.example.org. 3600 IN MX 10 sub.example.org.",
            "MX.sub.example.org. 3600 IN MX 20 a.sub.example.org.",
        ]
    );
}

#[test]
fn line_ends_and_byte_order_mark() {
    let plain = read("$TTL 60\na A 192.0.2.1\n\n; c\n  \nb TXT (\n\"x\" )\n");
    assert_eq!(plain.errors, [""; 0]);
    for text in [
        "$TTL 60\r\na A 192.0.2.1\r\n\r\n; c\r\n  \r\nb TXT (\r\n\"x\" )\r\n",
        "\u{feff}$TTL 60\na A 192.0.2.1\nb TXT x",
        "$TTL 60\r\na A 192.0.2.1\r\nb TXT x\r",
    ] {
        let zone = read(text);
        assert_eq!(
            (zone.records, zone.errors),
            (plain.records.clone(), vec![]),
            "{text:?}"
        );
    }
}

#[test]
fn included_files() {
    let zone = read_with(
        "$TTL 60\na A 192.0.2.1\n$INCLUDE sub sub\n A 192.0.2.2\n$INCLUDE \"plain\"\nc A 192.0.2.3\n",
        &[
            (
                "sub",
                "x A 192.0.2.9\n$ORIGIN deep\ny A 192.0.2.9\n$TTL 30\n",
            ),
            ("plain", " TXT same\nz TXT plain"),
        ],
    );
    assert_eq!(zone.errors, [""; 0]);
    assert_eq!(
        zone.records,
        [
            "a.example.org. 60 IN A 192.0.2.1",
            "x.sub.example.org. 60 IN A 192.0.2.9",
            "y.deep.sub.example.org. 60 IN A 192.0.2.9",
            "a.example.org. 30 IN A 192.0.2.2",
            "a.example.org. 30 IN TXT \"same\"",
            "z.example.org. 30 IN TXT \"plain\"",
            "c.example.org. 30 IN A 192.0.2.3",
        ]
    );
}

#[test]
fn where_a_ttl_comes_from() {
    let soa = "@ SOA a b 1 2 3 4 5\n";
    for (text, ttls, notes) in [
        (
            format!("{soa}a A 1.2.3.4\n"),
            vec![5, 5],
            vec![Note::TtlFromSoa],
        ),
        (
            format!("{soa}a 9 A 1.2.3.4\nb A 1.2.3.4\n"),
            vec![5, 9, 5],
            vec![Note::TtlFromSoa],
        ),
        (
            format!("@ 7{}a A 1.2.3.4\nb A 1.2.3.4\n", &soa[1..]),
            vec![7, 7, 7],
            vec![Note::TtlFromRecordBefore],
        ),
        (
            format!("$TTL 6\n{soa}a 9 A 1.2.3.4\nb A 1.2.3.4\n"),
            vec![6, 9, 6],
            vec![],
        ),
    ] {
        let zone = read(text.as_str());
        let found: Vec<u32> = zone
            .records
            .iter()
            .filter_map(|record| record.split(' ').nth(1)?.parse().ok())
            .collect();
        assert_eq!(
            (zone.errors, found, zone.notes),
            (vec![], ttls, notes),
            "{text}"
        );
    }
    let zone = read("a A 1.2.3.4\nb A 1.2.3.4\n");
    assert_eq!(
        zone.errors,
        [
            "zone:1:3: missing-ttl: this record has no TTL, and there is no $TTL before it (RFC 2308 §4)"
        ]
    );
    assert_eq!(zone.records.len(), 2, "they are read all the same");
}

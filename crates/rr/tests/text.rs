//! Record data in text and on the wire, against tables and against BIND.

#![allow(clippy::unwrap_used, reason = "a test that fails here has failed")]

use rr::text::{Words, read_rdata, write_rdata};
use rr::wire::check_rdata;
use rr::{Name, Rtype};
use std::io::Write;
use std::process::{Command, Stdio};

const RECORDS: &str = include_str!("records.txt");
const REFUSED: &str = include_str!("refused.txt");

/// What BIND 9.18 takes and we do not, each with the reason.
const BIND_ACCEPTS: [(&str, &str); 1] = [
    // RFC 9460 §14.3.1 reserves the number as an invalid key.
    ("SVCB", "1 foo key65535=x"),
];

fn rows<const N: usize>(table: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    let lines = table
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| {
        let cells: Vec<&str> = line.split(" | ").map(str::trim).collect();
        cells.try_into().unwrap_or_else(|_| panic!("{line}"))
    })
}

fn read(rtype: &str, text: &str) -> Result<Vec<u8>, String> {
    let origin = Name::from_text("example.net").unwrap();
    let mut wire = Vec::new();
    read_rdata(
        rtype.parse().unwrap(),
        &mut Words::new(text),
        origin.as_ref(),
        &mut wire,
    )
    .map(|()| wire)
    .map_err(|error| error.to_string())
}

fn written(rtype: &str, wire: &[u8]) -> String {
    let mut text = String::new();
    write_rdata(rtype.parse().unwrap(), wire, &mut text).unwrap();
    text
}

fn hex(octets: &[u8]) -> String {
    match octets {
        [] => "-".into(),
        _ => octets.iter().map(|octet| format!("{octet:02X}")).collect(),
    }
}

/// What BIND makes of a record: the octets in hexadecimal, or its complaint.
fn named_rrchecker(rtype: &str, text: &str) -> Result<String, String> {
    let mut bind = Command::new("named-rrchecker")
        .args(["-o", "example.net.", "-u"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("named-rrchecker of Debian's bind9-utils or bind9 is installed");
    writeln!(bind.stdin.take().unwrap(), "IN {rtype} {text}").unwrap();
    let output = bind.wait_with_output().unwrap();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let line = String::from_utf8(output.stdout).unwrap();
    let octets: String = line.split_whitespace().skip(4).collect();
    Ok(if octets.is_empty() {
        "-".into()
    } else {
        octets
    })
}

#[test]
fn every_type_reads_and_writes() {
    for [rtype, text, canonical, wire] in rows(RECORDS) {
        let octets = read(rtype, text).unwrap_or_else(|error| panic!("{rtype} {text}: {error}"));
        assert_eq!(hex(&octets), wire, "{rtype} {text}");
        assert_eq!(written(rtype, &octets), canonical, "{rtype} {text}");
        assert_eq!(read(rtype, canonical), Ok(octets), "{rtype} {canonical}");
    }
}

#[test]
fn every_type_of_the_table_has_a_row() {
    for (_, mnemonic) in rr::known() {
        assert!(
            rows::<4>(RECORDS).any(|[rtype, ..]| rtype == mnemonic),
            "{mnemonic}"
        );
    }
}

#[test]
fn refused_with_the_reason() {
    for [rtype, text, reason] in rows(REFUSED) {
        let error = read(rtype, text).expect_err(&format!("{rtype} {text}"));
        assert!(error.contains(reason), "{rtype} {text}: {error}");
    }
}

#[test]
fn bind_reads_the_same_octets() {
    for [rtype, text, _, wire] in rows(RECORDS) {
        assert_eq!(
            named_rrchecker(rtype, text).as_deref(),
            Ok(wire),
            "{rtype} {text}"
        );
    }
}

#[test]
fn bind_refuses_the_same() {
    for [rtype, text, _] in rows(REFUSED) {
        let expected = BIND_ACCEPTS.contains(&(rtype, text));
        assert_eq!(
            named_rrchecker(rtype, text).is_ok(),
            expected,
            "{rtype} {text}"
        );
    }
}

#[test]
fn octets_without_the_shape_of_their_type_are_written_as_they_are() {
    assert!(check_rdata(Rtype::A, &[192, 0, 2]).is_err());
    assert_eq!(written("A", &[192, 0, 2]), "\\# 3 C00002");
    assert_eq!(written("TLSA", &[3, 1, 1]), "\\# 3 030101");
    assert_eq!(written("NSEC", b"\0\0\0"), "\\# 3 000000");
}

#[test]
fn places_are_those_of_the_word() {
    let read = |text: &str| {
        let mut wire = Vec::new();
        let error = read_rdata(
            Rtype::SOA,
            &mut Words::new(text),
            Name::root().as_ref(),
            &mut wire,
        );
        error.map_err(|error| (error.start, error.end))
    };
    assert_eq!(read("ns1 host 1 2 x 4 5"), Err((13, 14)));
    assert_eq!(read("ns1 host 1 2 3 4 5 \"six\""), Err((19, 24)));
    assert_eq!(read("ns1 host 1 2"), Err((12, 12)));
}

#[test]
fn data_of_more_than_65535_octets_is_refused() {
    let string = format!("{} ", "a".repeat(255)).repeat(256);
    assert_eq!(
        read("TXT", &string),
        Err("more than 65535 octets of data".into())
    );
    assert!(read("TXT", &string[256..]).is_ok());
}

//! What a question can make us hash for proofs (RFC 5155): bounded, whatever the zone.
#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]

use authority::{Authority, Config};
use sha1::{Digest, Sha1};
use wire::ResponseCode;
use wire::message::Message;

mod support;

fn ask(zone: zone::Zone<zone::Checked>, question: &str) -> Message {
    let revision = zone::Revision::new("1");
    let zones = support::zones([]).with(zone::Published { zone, revision });
    let (message, transport) = support::question(question);
    let authority = Authority::new(Config::default());
    Message::read(&support::exchange(&authority, &zones, &message, transport).unwrap()).unwrap()
}

/// RFC 9276 §3.2: hashing without end is not done for anybody; the SOA record is still there.
#[test]
fn too_many_rounds_of_hashing_are_not_done() {
    let text = |iterations: u16| {
        format!(
            "@ 60 SOA ns host 1 2 3 4 5\n@ 60 NS ns\nns 60 A 192.0.2.1\n@ 0 NSEC3PARAM 1 0 {iterations} -\n\
             ku1ev2s2o9oq5ja3l2l2k8qkj3p9c0c8 60 NSEC3 1 0 {iterations} - ku1ev2s2o9oq5ja3l2l2k8qkj3p9c0c9 A\n"
        )
    };
    for (iterations, proofs) in [(0, 1), (150, 1), (151, 0), (u16::MAX, 0)] {
        let zone = support::zone("rounds.example", &text(iterations));
        let told = ask(zone, "nothing.rounds.example. A +do");
        assert_eq!(
            (told.rcode, told.authority.len()),
            (ResponseCode::NXDomain, 1 + proofs),
            "{iterations} rounds"
        );
    }
}

/// The encloser of a name with 120 labels is looked for one label after the other (CVE-2023-50868): only while that costs
/// no more than sixteen names do at 150 rounds.
#[test]
fn an_encloser_is_not_looked_for_without_end() {
    let deep = "a.".repeat(117);
    for (iterations, salt, proofs) in [
        (0, 0, 1),
        (19, 0, 1),
        (20, 0, 0),
        (150, 0, 0),
        (0, 255, 1),
        (3, 255, 1),
        (4, 255, 0),
    ] {
        let octets = vec![0xAB; salt];
        let salt = match salt {
            0 => "-".to_owned(),
            _ => "AB".repeat(salt),
        };
        let hash = hash(b"\x06rounds\x07example\0", iterations, &octets);
        // One record, of the apex: it covers everything but itself.
        let text = format!(
            "@ 60 SOA ns host 1 2 3 4 5\n@ 60 NS ns\nns 60 A 192.0.2.1\n{deep}rounds.example. 60 A 192.0.2.2\n\
             @ 0 NSEC3PARAM 1 0 {iterations} {salt}\n{hash} 60 NSEC3 1 0 {iterations} {salt} {hash} SOA NS NSEC3PARAM\n"
        );
        let zone = support::zone("rounds.example", &text);
        let told = ask(zone, &format!("x.{deep}rounds.example. A +do"));
        assert_eq!(
            (told.rcode, told.authority.len()),
            (ResponseCode::NXDomain, 1 + proofs),
            "{iterations} rounds, {} octets of salt",
            octets.len()
        );
    }
}

/// RFC 5155 §5, in the characters of §3.3.
fn hash(name: &[u8], iterations: u16, salt: &[u8]) -> String {
    let salted = |octets: &[u8]| -> [u8; 20] {
        Sha1::new()
            .chain_update(octets)
            .chain_update(salt)
            .finalize()
            .into()
    };
    let hash = (0..iterations).fold(salted(name), |hash, _| salted(&hash));
    let bits: String = hash.iter().map(|octet| format!("{octet:08b}")).collect();
    let digit = |five: &str| char::from_digit(u32::from_str_radix(five, 2).unwrap(), 32).unwrap();
    (0..32).map(|at| digit(&bits[5 * at..5 * at + 5])).collect()
}

//! Crafted records, as zone text and in answers; many of one name.

use std::net::TcpStream;

use wire::message::Message;
use wire::{Flags, ResponseCode};

use crate::support::{PATIENCE, Repo, Server, poll, query, zone};
use crate::{LISTEN, exchange};

/// Type, and octets that have its shape, or any if it is not known to us: odd, but to be served as they are.
const TAKEN: [(&str, &str); 22] = [
    // SVCB and HTTPS: no parameters, unknown ones, empty and long values (CVE-2026-12244).
    ("TYPE64", "000100"),
    ("TYPE64", "0001000003000201BB029B0000"),
    ("TYPE64", "000100FFFE0000"),
    ("TYPE65", "000103616263000001000302683200040004C0000201"),
    ("TYPE65", "0001000005000400000000"),
    // APL: nothing, prefixes without octets, as many as there may be (CVE-2026-12246).
    ("TYPE42", ""),
    ("TYPE42", "00010000"),
    ("TYPE42", "00012004C0000201"),
    ("TYPE42", "0002808101"),
    // BRID and HHIT: unknown to us, so whatever they are (CVE-2025-13878, CVE-2026-10822).
    ("TYPE68", ""),
    ("TYPE68", "00"),
    ("TYPE68", "8401FFFFFFFFFFFFFFFF"),
    ("TYPE67", ""),
    ("TYPE67", "FF"),
    ("TYPE67", "830A4401"),
    // What may be empty, and what has to have one octet.
    ("TYPE16", "00"),
    ("TYPE13", "0000"),
    ("TYPE256", "00000000"),
    ("TYPE44", "01FFFF"),
    ("TYPE37", "00000000000000"),
    ("TYPE10", ""),
    ("TYPE65399", "C00C"),
];

/// Octets without the shape of their type.
const REFUSED: [(&str, &str); 34] = [
    // SVCB: cut off anywhere, keys out of order or twice, a port of three octets, hints of odd lengths, `mandatory` with
    // itself or what is not there, a pointer in the target, a value longer than the record.
    ("TYPE64", ""),
    ("TYPE64", "0001"),
    ("TYPE64", "000103"),
    ("TYPE64", "000100000300"),
    ("TYPE64", "00010000030002"),
    ("TYPE64", "00010000030003000035"),
    ("TYPE64", "00010000030001FF"),
    ("TYPE64", "0001000003FFFF0035"),
    ("TYPE64", "000100000300020035000300020035"),
    ("TYPE64", "000100000300020035000100030268320A"),
    ("TYPE64", "0001000004000300C00002"),
    ("TYPE64", "00010000040000"),
    ("TYPE64", "000100000600040A000001"),
    ("TYPE64", "000100000000020000"),
    ("TYPE64", "000100000000020004"),
    ("TYPE64", "0001000000000101"),
    ("TYPE64", "0001C00C"),
    ("TYPE65", "000100000100020568"),
    ("TYPE65", "0001000001000100"),
    ("TYPE65", "00010000020001FF"),
    // APL: a length beyond the record or the family, a prefix beyond the address, octets that are cut off.
    ("TYPE42", "0001"),
    ("TYPE42", "00012005C000020101"),
    ("TYPE42", "00012004C00002"),
    ("TYPE42", "00012104C0000201"),
    ("TYPE42", "00028111"),
    ("TYPE42", "0001207F"),
    // Lengths that go beyond the record, or what has to be there and is not.
    ("TYPE16", ""),
    ("TYPE16", "05616263"),
    ("TYPE257", "0005"),
    ("TYPE257", "00FF69"),
    ("TYPE50", "0101000AFF"),
    ("TYPE47", "000020"),
    ("TYPE35", "000A000A0573"),
    ("TYPE29", "00"),
];

fn record(rtype: &str, hex: &str) -> String {
    format!("x {rtype} \\# {} {hex}\n", hex.len() / 2)
}

/// Over TCP, which has room for all.
fn ask(server: &Server, name: &str, rtype: u16) -> Message {
    let mut stream = TcpStream::connect(server.addresses[0]).expect("connected");
    let answer = exchange(&mut stream, &with_type(query(name), rtype));
    Message::read(&answer).expect("well-formed")
}

/// With another type in the question, which OPT and NSID follow.
fn with_type(mut message: Vec<u8>, rtype: u16) -> Vec<u8> {
    let type_at = message.len() - 19;
    message[type_at..type_at + 2].copy_from_slice(&rtype.to_be_bytes());
    message
}

fn number(rtype: &str) -> u16 {
    rtype.trim_start_matches("TYPE").parse().expect("a number")
}

/// What is odd is served octet for octet, and as text says the same; what has not the shape of its type is refused
/// where it stands, and neither ends anything.
#[test]
fn crafted_data_is_served_as_it_is_or_refused() {
    let repo = Repo::new();
    let name = |number: usize, of: &str| format!("{of}{number}.example");
    let own = zone(1, "192.0.2.1");
    let taken = TAKEN.iter().enumerate();
    let taken = taken.map(|(at, (rtype, hex))| (name(at, "t"), own.clone() + &record(rtype, hex)));
    let refused = REFUSED.iter().enumerate();
    let refused =
        refused.map(|(at, (rtype, hex))| (name(at, "r"), own.clone() + &record(rtype, hex)));
    let files: Vec<(String, String)> = taken.chain(refused).collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (&**path, &**text))
        .collect();
    repo.commit(&files);
    let server = Server::start(&repo);
    for (at, (rtype, hex)) in TAKEN.iter().enumerate() {
        let told = ask(&server, &format!("x.t{at}.example"), number(rtype));
        assert_eq!(
            (told.rcode, told.answer.len()),
            (ResponseCode::NoError, 1),
            "{rtype} {hex}"
        );
        let data = &told.answer[0].data;
        let octets: String = data
            .to_wire()
            .iter()
            .map(|octet| format!("{octet:02X}"))
            .collect();
        assert_eq!(octets, *hex, "{rtype}");
        assert_eq!(
            read_again(number(rtype), &data.to_string()),
            data.to_wire(),
            "{data}"
        );
    }
    for (at, (rtype, hex)) in REFUSED.iter().enumerate() {
        let told = ask(&server, &format!("x.r{at}.example"), number(rtype));
        assert_eq!(told.rcode, ResponseCode::ServFail, "{rtype} {hex}");
        let place = format!("r{at}.example:8:");
        // The log is written by a thread of its own, after what it tells of.
        poll(|| match server.log() {
            log if log.contains(&place) => Ok(()),
            log => Err(format!("{rtype} {hex}: {log}")),
        });
    }
    server.stop();
}

fn read_again(rtype: u16, text: &str) -> Vec<u8> {
    let root = rr::Name::root();
    let mut octets = Vec::new();
    let mut words = rr::text::Words::new(text);
    rr::text::read_rdata(rr::Rtype(rtype), &mut words, root.as_ref(), &mut octets)
        .expect("text of ours");
    octets
}

const ADDRESSES: u32 = 1500;
const TYPES: u32 = 5000;
/// Of types that nobody has a shape for.
const FIRST_TYPE: u32 = 20_000;

/// CVE-2024-1737 and CVE-2024-11187: 1,500 addresses of one name, 5,000 types of another, 400 exchanges that each have an
/// address to be added: whole over TCP or cut at a record, with TC over UDP, and others are answered.
#[test]
fn large_sets_and_many_types_are_served_within_a_message() {
    let repo = Repo::new();
    let addresses = (0..ADDRESSES).map(|n| format!("big A 10.0.{}.{}\n", n >> 8, n & 255));
    let types = (0..TYPES).map(|n| format!("many TYPE{} \\# 1 00\n", FIRST_TYPE + n));
    let exchanges = (0..400).map(|n| {
        format!(
            "post MX 10 mail{n}\nmail{n} A 10.1.{}.{}\n",
            n >> 8,
            n & 255
        )
    });
    let text = zone(1, "192.0.2.1") + &addresses.chain(types).chain(exchanges).collect::<String>();
    repo.commit(&[("a.example", &text)]);
    let server = Server::start_with(&repo, &[&LISTEN[..], &["--rate-limit", "off"]].concat());

    let told = ask(&server, "big.a.example", 1);
    assert_eq!(
        (told.answer.len() as u32, told.flags.has(Flags::TC)),
        (ADDRESSES, false)
    );
    for rtype in (FIRST_TYPE..FIRST_TYPE + TYPES).step_by(499) {
        let told = ask(&server, "many.a.example", rtype as u16);
        assert_eq!((told.rcode, told.answer.len()), (ResponseCode::NoError, 1));
    }
    let told = ask(&server, "many.a.example", 255);
    assert!(told.answer.len() > 4000, "{}", told.answer.len());
    let told = ask(&server, "post.a.example", 15);
    assert_eq!((told.answer.len(), told.additional.len()), (400, 400));
    for (name, rtype) in [("big", 1), ("post", 15), ("many", 255)] {
        let told = ask_over_udp(&server, &format!("{name}.a.example"), rtype);
        assert_eq!(told.rcode, ResponseCode::NoError, "{name}");
        assert!(told.flags.has(Flags::TC) || told.answer.len() < 3, "{name}");
    }
    assert!(crate::support::served("192.0.2.1")(
        &server.ask("www.a.example")
    ));
    server.stop();
}

fn ask_over_udp(server: &Server, name: &str, rtype: u16) -> Message {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.set_read_timeout(Some(PATIENCE)).expect("a limit");
    let question = with_type(query(name), rtype);
    socket
        .send_to(&question, server.addresses[0])
        .expect("sent");
    let mut answer = [0; 4096];
    let length = socket.recv(&mut answer).expect("an answer");
    assert!(length <= 1232, "{length} octets");
    Message::read(&answer[..length]).expect("well-formed")
}

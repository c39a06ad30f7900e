//! `query` against a server that says what the test wants, octet by octet.

use crate::desk::Desk;
use std::io::{Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::thread;

use testbed::process::free_address;

/// Answers UDP questions with what `reply` makes of them, until the test ends.
pub(crate) fn udp_server(
    reply: impl Fn(&[u8]) -> Vec<Vec<u8>> + Send + 'static,
) -> (UdpSocket, u16) {
    let socket = UdpSocket::bind(free_address()).unwrap();
    let (ours, port) = (
        socket.try_clone().unwrap(),
        socket.local_addr().unwrap().port(),
    );
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok((octets, peer)) = ours.recv_from(&mut buffer) {
            for message in reply(&buffer[..octets]) {
                ours.send_to(&message, peer).unwrap();
            }
        }
    });
    (socket, port)
}

/// The question given back as a response with these flags and counts, and what follows it.
pub(crate) fn response(question: &[u8], flags: u16, counts: [u16; 3], rest: &[u8]) -> Vec<u8> {
    // The question ends where the OPT record of 11 or 15 octets begins.
    let name_end = 12 + question[12..].iter().position(|octet| *octet == 0).unwrap() + 1;
    let mut message = question[..name_end + 4].to_vec();
    message[2..4].copy_from_slice(&(0x8000 | flags).to_be_bytes());
    for (index, count) in counts.into_iter().enumerate() {
        message[6 + 2 * index..8 + 2 * index].copy_from_slice(&count.to_be_bytes());
    }
    message.extend_from_slice(rest);
    message
}

pub(crate) const ADDRESS: &[u8] = &[0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 192, 0, 2, 1];

#[test]
fn an_answer_with_nsid_and_an_extended_error() {
    let opt = b"\0\0\x29\x04\xd0\0\0\0\0\0\x16\0\x03\0\x06abc\x1b[2\0\x0f\0\x08\0\x12no \x9b1!";
    let opt = opt.to_vec();
    let (_socket, port) = udp_server(move |question| {
        vec![
            b"noise".to_vec(),
            response(question, 0x0500, [1, 0, 1], &[ADDRESS, &opt].concat()),
        ]
    });
    let desk = Desk::new();
    let server = format!("@127.0.0.1:{port}");
    let ran = desk
        .zonetool(
            "",
            &["query", &server, "www.example.org", "--nsid", "--recurse"],
        )
        .succeeded();
    assert!(ran.out.contains("; NOERROR aa rd, "), "{}", ran.out);
    assert!(
        ran.out.contains("\nwww.example.org. 300 IN A 192.0.2.1\n"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("; nsid: 6162631b5b32\n"), "{}", ran.out);
    assert!(
        ran.out
            .contains("; extended error 18 (Prohibited): no \u{fffd}1!\n"),
        "{}",
        ran.out
    );
    let json = desk
        .zonetool(
            "",
            &["query", &server, "www.example.org", "--format", "json"],
        )
        .succeeded()
        .json();
    assert_eq!(json["answer"][0]["data"], "192.0.2.1");
    assert_eq!(json["edns"]["errors"][0]["code"], 18);
}

#[test]
fn a_truncated_response_is_asked_for_again_over_tcp() {
    let (socket, port) = udp_server(|question| vec![response(question, 0x0200, [0, 0, 0], &[])]);
    let listener = TcpListener::bind(socket.local_addr().unwrap()).unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut length = [0; 2];
        stream.read_exact(&mut length).unwrap();
        let mut question = vec![0; usize::from(u16::from_be_bytes(length))];
        stream.read_exact(&mut question).unwrap();
        let answer = response(&question, 0x0400, [1, 0, 0], ADDRESS);
        let length = u16::try_from(answer.len()).unwrap().to_be_bytes();
        stream.write_all(&[&length[..], &answer].concat()).unwrap();
    });
    let ran = Desk::new()
        .zonetool(
            "",
            &["query", &format!("@127.0.0.1:{port}"), "www.example.org"],
        )
        .succeeded();
    assert!(
        ran.out.contains("tcp (after a truncated udp response)"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("192.0.2.1"), "{}", ran.out);
}

#[test]
fn exit_codes() {
    let (_socket, port) = udp_server(|question| vec![response(question, 5, [0, 0, 0], &[])]);
    let desk = Desk::new();
    let server = format!("@127.0.0.1:{port}");
    let ran = desk
        .zonetool("", &["query", &server, "www.example.org"])
        .exited(1);
    assert!(ran.out.contains("; REFUSED, "), "{}", ran.out);
    desk.zonetool("", &["query", "127.0.0.1", "www.example.org"])
        .exited(2);
    desk.zonetool("", &["query", &server, "a..b"]).exited(2);
    let free = UdpSocket::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let ran = desk
        .zonetool(
            "",
            &[
                "query",
                &format!("@127.0.0.1:{free}"),
                "www.example.org",
                "--format",
                "json",
            ],
        )
        .exited(3);
    let error: serde_json::Value = serde_json::from_str(&ran.err).unwrap();
    assert!(error["error"]["next"].is_string(), "{error}");
}

#[test]
fn a_message_that_is_cut_anywhere_is_an_error_and_no_panic() {
    for cut in 1..ADDRESS.len() {
        let (_socket, port) =
            udp_server(move |question| vec![response(question, 0, [1, 0, 0], &ADDRESS[..cut])]);
        let ran = Desk::new()
            .zonetool(
                "",
                &["query", &format!("@127.0.0.1:{port}"), "www.example.org"],
            )
            .exited(3);
        assert!(
            ran.err.contains("not a well-formed DNS message"),
            "{}",
            ran.err
        );
    }
}

//! `dig`, `kdig`, `nsupdate` and `knsupdate`: what they sign is believed, and they believe what is signed.

use std::io::Write;
use std::net::UdpSocket;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use tsig::{Time, sign_request};

use crate::support::{PATIENCE, Server};
use crate::{ELSEWHERE, OTHER, SECRET, UPDATE, ask, line, scene, start, stop};

/// Whether a client has believed the signature of an answer.
fn is_believed(said: &str) -> bool {
    let lower = said.to_lowercase();
    let complaints = [";; couldn't", ";; error", ";; warning", "bad"];
    said.contains("TSIG PSEUDOSECTION") && !complaints.iter().any(|word| lower.contains(word))
}

#[test]
fn answers_to_signed_questions_are_signed_over_udp_and_tcp() {
    let (repo, keys) = scene();
    let server = start(&repo, &keys);
    for program in ["dig", "kdig"] {
        for transport in ["+notcp", "+tcp"] {
            for (name, wanted) in [
                ("www.example.org", "192.0.2.1"),
                ("no.example.org", "NXDOMAIN"),
            ] {
                let said = ask(
                    program,
                    &server,
                    (ELSEWHERE, SECRET),
                    &[transport, name, "A"],
                );
                assert!(
                    said.contains(wanted) && is_believed(&said),
                    "{program}: {said}"
                );
            }
        }
    }
    stop(server);
}

/// RFC 8945 §5.3: an answer leaves room for its signature.
#[test]
fn an_answer_that_has_no_room_for_its_signature_is_cut_off_and_comes_over_tcp() {
    let (repo, keys) = scene();
    // 470 octets of text: with what is around it they fit into 512 without a signature, and with one they do not.
    let text: String = (0..2).map(|_| format!(" {}", "x".repeat(215))).collect();
    let zone = crate::zone(2, "192.0.2.1") + &format!("long TXT{text}\n");
    let commit = repo.commit(&[("example.org", &zone)]);
    let server = start(&repo, &keys);
    server.wait_for_commit(&commit);
    let words = ["+noedns", "+ignore", "long.example.org", "TXT"];
    let said = ask("dig", &server, (UPDATE, SECRET), &words);
    assert!(
        said.contains("flags: qr aa tc") && is_believed(&said),
        "{said}"
    );
    let said = ask(
        "dig",
        &server,
        (UPDATE, SECRET),
        &["+noedns", "long.example.org", "TXT"],
    );
    assert!(said.contains("xxx") && is_believed(&said), "{said}");
    stop(server);
}

/// RFC 8945 §5.2.1 to §5.2.3.
#[test]
fn wrong_keys_signatures_and_clocks_are_told() {
    let (repo, keys) = scene();
    let server = start(&repo, &keys);
    // `kdig` shows the error of the signature in place of NOTAUTH.
    for (program, code) in [("dig", "NOTAUTH"), ("kdig", "BAD")] {
        let stranger = ("web._update.example.com", SECRET);
        for (key, wanted) in [(stranger, "BADKEY"), ((UPDATE, OTHER), "BADSIG")] {
            let said = ask(program, &server, key, &["example.org"]);
            let code = format!("status: {code}");
            assert!(said.contains(&code) && said.contains(wanted), "{said}");
        }
    }
    assert_eq!(signed_earlier(&server, 300), 0);
    assert_eq!(signed_earlier(&server, 600), 18, "BADTIME");
    stop(server);
}

/// The error in the signature of the answer to a question that was signed so many seconds ago.
fn signed_earlier(server: &Server, secs: u64) -> u16 {
    let since_1970 = UNIX_EPOCH.elapsed().expect("after 1970").as_secs();
    let key = tsig::text::read_key(&line(UPDATE, SECRET)).expect("a key");
    let mut message = crate::support::query("www.example.org");
    let then = Time::from_secs(since_1970 - secs + 5);
    sign_request(&Arc::new(key), &mut message, then).expect("signed");
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.set_read_timeout(Some(PATIENCE)).expect("a limit");
    socket.send_to(&message, server.addresses[0]).expect("sent");
    let mut answer = [0; 1232];
    let length = socket.recv(&mut answer).expect("an answer");
    // RFC 8945 §4.2: behind the error there is other data with its length: our time, to who has another one.
    let other = if answer[3] & 15 == 9 { 6 } else { 0 };
    let end = &answer[length - other - 4..];
    assert_eq!(end[2..4], [0, other as u8]);
    u16::from_be_bytes([end[0], end[1]])
}

/// What a program for updates says of one to `example.org`.
fn update(program: &str, server: &Server, (name, secret): (&str, &str)) -> String {
    let address = server.addresses[0];
    let mut child = Command::new(program)
        .args(["-y", &format!("hmac-sha256:{name}:{secret}")])
        .args(["-t", "10"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs; `tests/run programs` installs it");
    let script = format!(
        "server {} {}\nzone example.org.\nupdate add new.example.org. 60 A 192.0.2.9\nsend\n",
        address.ip(),
        address.port()
    );
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(script.as_bytes()).expect("sent");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

/// RFC 2136 §3.3 and RFC 8945 §5.2: what is not signed well is not made.
#[test]
fn an_update_with_a_wrong_secret_is_not_made() {
    let (repo, keys) = scene();
    let before = repo.tip("main");
    let server = start(&repo, &keys);
    for program in ["nsupdate", "knsupdate"] {
        let said = update(program, &server, (UPDATE, OTHER));
        assert!(
            said.contains("BADSIG") || said.contains("NOTAUTH"),
            "{program}: {said}"
        );
        assert_eq!(repo.tip("main"), before);
    }
    stop(server);
}

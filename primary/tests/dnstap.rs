//! Copies of questions and answers, taken by `fstrm_capture` and read by BIND's `dnstap-read`.

mod support;

use std::fs;
use std::net::TcpStream;
use std::path::PathBuf;

use support::{Repo, Server, ask_tcp, poll, program, served, zone};
use testbed::dnstap::Capture;

fn start(more: &[&str]) -> (Repo, PathBuf, Server) {
    let repo = Repo::new();
    repo.commit(&[("a.example", &zone(1, "192.0.2.1"))]);
    let socket = repo.beside("tap");
    let common = [
        "--listen",
        "127.0.0.1:0",
        "--metrics",
        "127.0.0.1:0",
        "--id",
        "ns1",
    ];
    let tap = ["--dnstap", socket.to_str().expect("UTF-8")];
    let server = Server::start_with(&repo, &[&common, &tap[..], more].concat());
    (repo, socket, server)
}

/// The counts of frames sent and dropped.
fn counts(server: &Server) -> [u64; 2] {
    let status = server.status().expect("it runs");
    let address = status["metrics"].as_str().expect("an address").to_owned();
    let mut stream = TcpStream::connect(address).expect("connected");
    std::io::Write::write_all(&mut stream, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        .expect("sent");
    let page = std::io::read_to_string(stream).expect("a page");
    ["sent", "dropped"].map(|outcome| {
        let name = format!("stemma_dnstap_frames_total{{outcome=\"{outcome}\"}} ");
        let line = page.lines().find_map(|line| line.strip_prefix(&name));
        line.expect("a sample").parse().expect("a number")
    })
}

fn wait_for_counts(server: &Server, are_there: impl Fn([u64; 2]) -> bool) {
    poll(|| match counts(server) {
        counts if are_there(counts) => Ok(()),
        counts => Err(format!("{counts:?}")),
    });
}

/// Nobody listens at first; somebody comes, goes, and comes again.
#[test]
fn questions_and_answers_are_copied_to_who_comes() {
    let (repo, socket, server) = start(&[]);
    let capture = Capture::start(&socket, repo.beside("first"));
    poll(|| match server.log().contains("are copied") {
        true => Ok(()),
        false => Err(server.log()),
    });
    assert!(served("192.0.2.1")(&server.ask("www.a.example")));
    let mut stream = TcpStream::connect(server.addresses[0]).expect("connected");
    assert!(served("192.0.2.1")(&ask_tcp(&mut stream, "ns1.a.example")));
    wait_for_counts(&server, |[sent, dropped]| sent == 4 && dropped == 0);
    let lines = capture.finish();
    assert_eq!(lines.len(), 4, "{lines:?}");
    let port = server.addresses[0].port();
    for (line, said) in lines.iter().zip([
        ["AQ", "UDP", "www.a.example/IN/A"],
        ["AR", "UDP", "www.a.example/IN/A"],
        ["AQ", "TCP", "ns1.a.example/IN/A"],
        ["AR", "TCP", "ns1.a.example/IN/A"],
    ]) {
        let port = format!("127.0.0.1:{port}");
        let is_told = said.iter().all(|word| line.contains(word));
        assert!(is_told && line.contains(&port), "{line}");
    }

    let _ = fs::remove_file(&socket);
    let capture = Capture::start(&socket, repo.beside("second"));
    // What is sent to who has gone is noticed at the second attempt to write.
    let mut asked = 0;
    poll(|| {
        server.ask("www.a.example");
        asked += 2;
        match counts(&server) {
            [sent, _] if sent >= 8 && asked > 8 => Ok(()),
            counts => Err(format!("{counts:?}")),
        }
    });
    // All that waits is sent before the end.
    server.stop();
    assert!(!capture.finish().is_empty());
}

#[test]
fn a_sample_is_copied_and_what_finds_no_room_is_counted() {
    let (repo, socket, server) = start(&["--dnstap-sample", "3", "--workers", "1"]);
    let capture = Capture::start(&socket, repo.beside("sampled"));
    for _ in 0..9 {
        assert!(served("192.0.2.1")(&server.ask("www.a.example")));
    }
    wait_for_counts(&server, |[sent, dropped]| sent + dropped == 6);
    drop(capture);
    server.stop();

    // Nobody comes: answers go out all the same.
    let (_repo, _, server) = start(&["--rate-limit", "off"]);
    for _ in 0..2200 {
        server.ask("www.a.example");
    }
    wait_for_counts(&server, |[sent, dropped]| sent == 0 && dropped > 0);
    server.stop();
}

#[test]
fn the_options_belong_together() {
    let output = program()
        .args(["--repo", "x", "--listen", "::1", "--dnstap-sample", "2"])
        .output();
    assert_eq!(output.expect("it runs").status.code(), Some(2));
}

//! NOTIFY (RFC 1996): the repository is looked at, for who may say so.

use std::net::UdpSocket;

use testbed::daemons;

use crate::support::{PATIENCE, Server, poll, zone};
use crate::{ELSEWHERE, NOTIFY, SECRET, UPDATE, ask, run, scene, start, stop};

/// What `dig` hears of a NOTIFY for a zone.
fn notify(server: &Server, key: &str, zone: &str) -> String {
    ask(
        "dig",
        server,
        (key, SECRET),
        &["+opcode=notify", zone, "SOA"],
    )
}

#[test]
fn who_may_is_heard_and_who_may_not_is_refused() {
    let (repo, keys) = scene();
    let server = start(&repo, &keys);
    for key in [NOTIFY, UPDATE] {
        let said = notify(&server, key, "example.org");
        let wanted = "opcode: NOTIFY, status: NOERROR";
        assert!(
            said.contains(wanted) && said.contains("flags: qr aa"),
            "{said}"
        );
        assert!(said.contains("TSIG PSEUDOSECTION"), "{said}");
    }
    let said = notify(&server, ELSEWHERE, "example.org");
    assert!(
        said.contains("status: REFUSED") && said.contains("TSIG PSEUDOSECTION"),
        "{said}"
    );
    // Of a zone that is not there (yet) the repository is looked at, and that it is not there is told.
    let said = notify(&server, NOTIFY, "sub.example.org");
    assert!(said.contains("status: NOTAUTH"), "{said}");
    let said = ask(
        "kdig",
        &server,
        (NOTIFY, SECRET),
        &["-t", "NOTIFY", "example.org"],
    );
    assert!(
        said.contains("NOERROR") && said.contains("TSIG PSEUDOSECTION"),
        "{said}"
    );
    stop(server);
}

/// RFC 1996 §3.7: of SOA only.
#[test]
fn other_types_are_not_implemented() {
    let (repo, keys) = scene();
    let server = start(&repo, &keys);
    let said = ask(
        "dig",
        &server,
        (NOTIFY, SECRET),
        &["+opcode=notify", "example.org", "A"],
    );
    assert!(said.contains("status: NOTIMP"), "{said}");
    stop(server);
}

#[test]
fn strangers_are_refused_and_without_keys_it_is_not_implemented() {
    let (repo, keys) = scene();
    let words = |server: &Server| {
        let address = server.addresses[0];
        run(std::process::Command::new("dig")
            .arg(format!("@{}", address.ip()))
            .args(["-p", &address.port().to_string(), "+tries=1", "+time=10"])
            .args(["+opcode=notify", "example.org", "SOA"]))
    };
    let server = start(&repo, &keys);
    let said = words(&server);
    assert!(
        said.contains("status: REFUSED") && said.contains("EDE: 18"),
        "{said}"
    );
    stop(server);
    let server = Server::start(&repo);
    let said = words(&server);
    assert!(said.contains("status: NOTIMP"), "{said}");
    stop(server);
}

/// A repository that is looked at each day and when told: strangers tell nothing, and who may does at once.
#[test]
fn a_remote_is_fetched_at_once_and_not_for_strangers() {
    let (repo, keys) = scene();
    let first = repo.git(&["rev-parse", "main"]);
    let daemon = daemons::Server::git_daemon(&repo.beside(""));
    let url = format!("git://127.0.0.1:{}/zones.git#main", daemon.port);
    let state = repo.beside("state");
    let words = [
        ["--listen", "127.0.0.1:0"],
        ["--poll", "86400"],
        ["--rate-limit", "off"],
        ["--keys", keys.to_str().expect("UTF-8")],
        ["--state-dir", state.to_str().expect("UTF-8")],
    ];
    let server = Server::start_on(&["env"], &repo, &url, &words.concat());
    server.wait_for_commit(&first);
    let second = repo.commit(&[("example.org", &zone(2, "192.0.2.2"))]);
    flood(&server);
    let status = server.status().expect("a status");
    assert_eq!(
        status["commit"]["id"], first,
        "strangers have nothing fetched"
    );
    for _ in 0..20 {
        let said = notify(&server, NOTIFY, "example.org");
        assert!(said.contains("status: NOERROR"), "{said}");
    }
    server.wait_for_commit(&second);
    let third = repo.commit(&[("example.org", &zone(3, "192.0.2.3"))]);
    notify(&server, NOTIFY, "example.org");
    server.wait_for_commit(&third);
    stop(server);
}

/// Five thousand NOTIFY from strangers, and an answer to a question behind them.
fn flood(server: &Server) {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let mut message = b"\0\x07\x20\0\0\x01\0\0\0\0\0\0\x07example\x03org\0\0\x06\0\x01".to_vec();
    for number in 0..5000_u16 {
        message[..2].copy_from_slice(&number.to_be_bytes());
        socket.send_to(&message, server.addresses[0]).expect("sent");
    }
    socket.set_read_timeout(Some(PATIENCE)).expect("a limit");
    let mut answer = [0; 512];
    let length = socket.recv(&mut answer).expect("an answer");
    assert_eq!((answer[3] & 15, length), (5, message.len()), "REFUSED");
    let is_there = |name: &str| match server.ask(name).rcode {
        0 => Ok(()),
        rcode => Err(format!("{rcode}")),
    };
    poll(|| is_there("www.example.org"));
}

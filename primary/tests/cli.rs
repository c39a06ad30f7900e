//! The program from outside: what an operator and a resolver see.

mod support;

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::Instant;

use support::{
    NXDOMAIN, PATIENCE, REFUSED, Repo, SERVFAIL, Server, ask_tcp, ask_udp, poll, program, read_tcp,
    send_tcp, served, zone,
};

#[test]
fn a_zone_through_its_life() {
    let repo = Repo::new();
    let first = repo.commit(&[
        ("example.org", &zone(1, "192.0.2.81")),
        ("example.net", &zone(1, "192.0.2.91")),
    ]);
    let server = Server::start(&repo);
    let answer = server.ask("www.example.org");
    assert!(served("192.0.2.81")(&answer));
    assert_eq!(answer.nsid, first, "the commit that is served");

    // A push.
    let second = repo.commit(&[
        ("example.org", &zone(2, "192.0.2.82")),
        ("example.net", &zone(1, "192.0.2.91")),
    ]);
    server.wait_for_commit(&second);
    assert!(served("192.0.2.82")(&server.ask("www.example.org")));

    // A mistake holds back one zone, and no other.
    let broken = zone(3, "192.0.2.83") + "mail MX 10 192.0.2.25\nbad A 192.0.2\n";
    let third = repo.commit_by(
        "Eve",
        &[
            ("example.org", &broken),
            ("example.net", &zone(2, "192.0.2.92")),
        ],
    );
    let status = server.wait_for_commit(&third);
    assert!(served("192.0.2.82")(&server.ask("www.example.org")));
    assert!(served("192.0.2.92")(&server.ask("www.example.net")));
    let kept = &status["zones"][1];
    assert_eq!(
        (&kept["zone"], &kept["standing"]),
        (&"example.org.".into(), &"kept".into())
    );
    assert_eq!(
        (&kept["serial"], &kept["commit"]),
        (&2.into(), &second.into())
    );
    assert_eq!(kept["brought_by"]["author"], "Eve <ann@example.org>");
    let place = kept["findings"][0]["place"].as_str().expect("a place");
    assert!(place.starts_with("example.org:"), "{place}");

    // Another commit does not touch it, and nothing is said twice.
    let fourth = repo.commit(&[
        ("example.org", &broken),
        ("example.net", &zone(3, "192.0.2.93")),
    ]);
    server.wait_for_commit(&fourth);
    let is_finding = |line: &&serde_json::Value| line["rule"] == "bad-address";
    let lines = server.log_lines();
    let findings: Vec<_> = lines.iter().filter(is_finding).collect();
    assert_eq!(findings.len(), 1, "{}", server.log());
    assert_eq!(findings[0]["author"], "Eve <ann@example.org>");
    assert_eq!(findings[0]["commit"], third.as_str());

    // Repaired, reverted, removed.
    let fifth = repo.commit(&[
        ("example.org", &zone(5, "192.0.2.85")),
        ("example.net", &zone(3, "192.0.2.93")),
    ]);
    assert_eq!(
        server.wait_for_commit(&fifth)["zones"][1]["standing"],
        "good"
    );
    assert!(served("192.0.2.85")(&server.ask("www.example.org")));
    let sixth = repo.commit(&[
        ("example.org", &zone(2, "192.0.2.82")),
        ("example.net", &zone(3, "192.0.2.93")),
    ]);
    server.wait_for_commit(&sixth);
    assert!(served("192.0.2.82")(&server.ask("www.example.org")));
    let seventh = repo.commit(&[("example.net", &zone(3, "192.0.2.93"))]);
    server.wait_for_commit(&seventh);
    assert_eq!(server.ask("www.example.org").rcode, REFUSED);
    assert!(served("192.0.2.93")(&server.ask("www.example.net")));
    server.stop();
}

#[test]
fn several_addresses_both_families_both_transports() {
    let repo = Repo::new();
    repo.commit(&[("example.org", &zone(1, "192.0.2.81"))]);
    let listen = [
        "--listen",
        "127.0.0.1:0",
        "--listen",
        "[::1]:0",
        "--listen",
        "127.0.0.2:0",
        "--workers",
        "2",
    ];
    let server = Server::start_with(&repo, &listen);
    assert_eq!(server.addresses.len(), 3);
    for &address in &server.addresses {
        assert!(
            served("192.0.2.81")(&ask_udp(address, "www.example.org")),
            "{address}"
        );
        let mut stream = TcpStream::connect(address).expect("connected");
        for _ in 0..3 {
            assert!(
                served("192.0.2.81")(&ask_tcp(&mut stream, "www.example.org")),
                "{address}"
            );
        }
    }
    // A worker counts what it has sent, which may be a moment after it has arrived.
    let counted = || {
        let counters = server.status().expect("a status")["counters"].clone();
        (
            counters["udp_answers"].as_u64(),
            counters["tcp_answers"].as_u64(),
        )
    };
    poll(|| match counted() {
        (Some(3), Some(9)) => Ok(()),
        other => Err(format!("{other:?}")),
    });
    server.stop();
}

#[test]
fn an_empty_repository_waits_for_its_first_commit() {
    let repo = Repo::new();
    let server = Server::start(&repo);
    assert_eq!(server.ask("www.example.org").rcode, REFUSED);
    assert_eq!(
        server.status().expect("a status")["commit"],
        serde_json::Value::Null
    );
    let status = server.ask_status("human");
    assert_eq!(status.status.code(), Some(1), "nothing is served");
    assert_eq!(server.log().matches("has no commit yet").count(), 1);
    let first = repo.commit(&[("example.org", &zone(1, "192.0.2.81"))]);
    server.wait_for_commit(&first);
    assert!(served("192.0.2.81")(&server.ask("www.example.org")));
    server.stop();
}

#[test]
fn a_zone_that_was_never_right() {
    let repo = Repo::new();
    let parent = zone(1, "192.0.2.81");
    repo.commit(&[("org", &parent), ("example.org", "garbage\n")]);
    let server = Server::start(&repo);
    assert_eq!(server.ask("www.example.org").rcode, SERVFAIL);
    assert!(served("192.0.2.81")(&server.ask("www.org")));
    // New in a later commit, and broken from the start.
    let second = repo.commit(&[
        ("org", &parent),
        ("example.org", "garbage\n"),
        ("a.org", "garbage\n"),
    ]);
    server.wait_for_commit(&second);
    assert_eq!(server.ask("www.a.org").rcode, SERVFAIL);
    let third = repo.commit(&[("org", &parent), ("example.org", &zone(1, "192.0.2.82"))]);
    server.wait_for_commit(&third);
    assert!(served("192.0.2.82")(&server.ask("www.example.org")));
    assert_eq!(server.ask("www.a.org").rcode, NXDOMAIN);
    server.stop();
}

#[test]
fn another_branch() {
    let repo = Repo::new();
    repo.commit(&[("example.org", &zone(1, "192.0.2.81"))]);
    repo.git(&["branch", "live/eu"]);
    repo.commit(&[("example.org", &zone(2, "192.0.2.82"))]);
    let location = format!("file://{}#live/eu", repo.path().display());
    let control = repo.beside("eu");
    let control = control.to_str().expect("UTF-8");
    let mut child = program()
        .args([
            "--repo",
            &location,
            "--listen",
            "127.0.0.1:0",
            "--control",
            control,
            "--log-level",
            "error",
        ])
        .spawn()
        .expect("starts");
    let started = Instant::now();
    let status = loop {
        let output = program()
            .args(["--status", "--format", "json", "--control", control])
            .output()
            .expect("runs");
        match serde_json::from_slice::<serde_json::Value>(&output.stdout) {
            Ok(status) => break status,
            Err(_) => assert!(started.elapsed() < PATIENCE),
        }
    };
    let address = status["listen"][0]
        .as_str()
        .expect("an address")
        .parse()
        .expect("an address");
    assert!(served("192.0.2.81")(&ask_udp(address, "www.example.org")));
    child.kill().expect("ended");
    child.wait().expect("ended");
}

#[test]
fn stops_when_asked_to() {
    let repo = Repo::new();
    repo.commit(&[("example.org", &zone(1, "192.0.2.81"))]);
    for signal in ["-TERM", "-INT"] {
        let mut server = Server::start(&repo);
        let mut stream = TcpStream::connect(server.addresses[0]).expect("connected");
        assert!(served("192.0.2.81")(&ask_tcp(
            &mut stream,
            "www.example.org"
        )));
        // On its way when the signal comes: answered before the end.
        send_tcp(&mut stream, "www.example.org");
        server.signal(signal);
        assert!(served("192.0.2.81")(&read_tcp(&mut stream)));
        assert_eq!(server.wait().code(), Some(0), "{}", server.log());
        assert!(!repo.beside("control").exists(), "the socket is gone");
        TcpListener::bind(server.addresses[0]).expect("the port is free");
    }
}

#[test]
fn status_for_people_and_scripts() {
    let repo = Repo::new();
    repo.commit(&[("example.org", &zone(7, "192.0.2.81"))]);
    let server = Server::start(&repo);
    let good = server.ask_status("human");
    assert_eq!(good.status.code(), Some(0));
    let text = String::from_utf8(good.stdout).expect("UTF-8");
    assert!(
        text.contains("zones       1 good, 0 not") && text.contains("example.org.  good"),
        "{text}"
    );
    let broken = repo.commit(&[
        ("example.org", "garbage\n"),
        ("README.md", "x"),
        ("a b", ""),
    ]);
    server.wait_for_commit(&broken);
    let kept = server.ask_status("human");
    assert_eq!(kept.status.code(), Some(1));
    let text = String::from_utf8(kept.stdout).expect("UTF-8");
    for part in [
        "zones       0 good, 1 not",
        "example.org.  kept",
        "since",
        "example.org:1:",
        "a b: error[layout-not-a-zone-name]",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    server.stop();
}

#[test]
fn failures_say_what_to_do() {
    let repo = Repo::new();
    repo.commit(&[("example.org", &zone(1, "192.0.2.81"))]);
    let path = repo.path();
    let path = path.to_str().expect("UTF-8");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = taken.local_addr().expect("its address").to_string();
    let (branch, control) = (format!("{path}#mian"), format!("{path}/missing/socket"));
    let nobody = repo.beside("nobody");
    let nobody = nobody.to_str().expect("UTF-8");
    let free = "127.0.0.1:0";
    let table: [(&[&str], i32, &str); 12] = [
        (
            &["--repo", "/nonexistent", "--listen", free],
            3,
            "git init --bare",
        ),
        (
            &["--repo", &branch, "--listen", free],
            3,
            "there are: main; name one of them behind the path: PATH#BRANCH",
        ),
        (
            &["--repo", path, "--listen", &taken],
            4,
            "choose another port",
        ),
        (
            &["--repo", path, "--listen", "192.0.2.1:5300"],
            4,
            "no interface of this machine",
        ),
        (
            &["--repo", path, "--listen", free, "--control", &control],
            5,
            "--control PATH",
        ),
        (&["--status", "--control", nobody], 5, "no primary answers"),
        (
            &["--repo", "svn://host/zones.git", "--listen", free],
            2,
            "this is no repository",
        ),
        (&["--repo", "--help-me", "--listen", free], 2, "--repo"),
        (&["--repo", path], 2, "--listen"),
        (
            &["--repo", path, "--listen", "localhost:53"],
            2,
            "write an IP address",
        ),
        (
            &["--repo", path, "--listen", free, "--workers", "0"],
            2,
            "1 to 1024",
        ),
        (&[], 2, "--repo"),
    ];
    for (arguments, code, word) in table {
        let output = program()
            .args(arguments)
            .args(["--log-level", "error"])
            .output()
            .expect("runs");
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
        assert!(
            text.contains(word),
            "{arguments:?}: {word} is not in {text}"
        );
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn two_servers_do_not_share_a_control_socket() {
    let repo = Repo::new();
    repo.commit(&[("example.org", &zone(1, "192.0.2.81"))]);
    let mut server = Server::start(&repo);
    let control = repo.beside("control");
    let mut second = program();
    second
        .arg("--repo")
        .arg(repo.path())
        .args(["--listen", "127.0.0.1:0", "--control"])
        .arg(&control);
    let refused = second.output().expect("runs");
    assert_eq!(refused.status.code(), Some(5));
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(text.contains("a running server answers there"), "{text}");
    // One that was killed leaves its socket behind, and that does not block the next.
    server.signal("-KILL");
    server.wait();
    assert!(control.exists());
    Server::start(&repo).stop();
    // A file that is no socket is not removed.
    std::fs::write(&control, "precious").expect("written");
    assert_eq!(second.output().expect("runs").status.code(), Some(5));
    assert_eq!(std::fs::read(&control).expect("there"), b"precious");
}

#[test]
fn the_log_cannot_act_on_a_terminal() {
    let repo = Repo::new();
    repo.commit(&[("example.org", &zone(1, "192.0.2.81"))]);
    let mut child = program()
        .arg("--repo")
        .arg(repo.path())
        .args(["--listen", "127.0.0.1:0", "--poll", "1", "--control"])
        .arg(repo.beside("control"))
        .stderr(std::fs::File::create(repo.beside("text")).expect("a log"))
        .spawn()
        .expect("starts");
    let log_with = |served: usize, words: &str| {
        poll(|| {
            let log = std::fs::read_to_string(repo.beside("text")).expect("a log");
            match log.contains(words) && log.matches("commit served").count() == served {
                true => Ok(log),
                false => Err(log),
            }
        })
    };
    // Both commits are to be told of, also by a program that is slow to start.
    log_with(1, "zone served");
    repo.commit_by(
        "E\u{1b}[2Jve",
        &[
            ("example.org", "\u{1b}]0;x\u{7} \u{1b}[31m A\n"),
            ("e\u{1b}[2J.example", ""),
        ],
    );
    let log = log_with(2, "zone kept");
    child.kill().expect("ended");
    child.wait().expect("ended");
    let control: Vec<char> = log
        .chars()
        .filter(|c| c.is_control() && *c != '\n')
        .collect();
    assert_eq!(control, [], "{log}");
}

/// The whole way of an operator: a forced push is refused, seen, and accepted.
#[test]
fn a_rewritten_history_is_refused_until_accepted() {
    let repo = Repo::new();
    let first = repo.commit(&[("example.org", &zone(1, "192.0.2.81"))]);
    repo.commit(&[("example.org", &zone(2, "192.0.2.82"))]);
    let server = Server::start(&repo);
    repo.git(&["update-ref", "refs/heads/main", &first]);
    server.wait_for(|status| status["refused"] == first.as_str());
    let human = server.ask_status("human");
    assert_eq!(human.status.code(), Some(1));
    let human = String::from_utf8_lossy(&human.stdout).into_owned();
    assert!(
        human.contains(&format!("zonetool accept {first}")),
        "{human}"
    );
    assert!(served("192.0.2.82")(&server.ask("www.example.org")));
    let said = |request: &str| {
        let mut stream = UnixStream::connect(repo.beside("control")).expect("it listens");
        stream.write_all(request.as_bytes()).expect("sent");
        std::io::read_to_string(stream).expect("an answer")
    };
    assert!(said("accept\n").contains("error"));
    assert!(said(&format!("{}\n", "x".repeat(200))).contains("error"));
    assert!(
        said("").contains("refused"),
        "whoever says nothing gets the status"
    );
    let answer = said(&format!("accept {first}\n"));
    assert_eq!(answer, format!("{{\"accepted\":\"{first}\"}}"));
    server.wait_for_commit(&first);
    assert!(served("192.0.2.81")(&server.ask("www.example.org")));
    server.stop();
}

//! Updates that are sent: `nsupdate` of BIND, knsupdate of Knot, and messages by hand.

use std::fs;
use std::io::Write;
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tsig::{Key, Time};

use crate::support::{
    NOERROR, PATIENCE, REFUSED, Random, Repo, Server, ask_serial, poll, served, zone,
};

pub(crate) const NAME: &str = "web._update.a.example";
pub(crate) const SECRET: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// A file with the key, for `--keys`.
pub(crate) fn key_file(repo: &Repo) -> PathBuf {
    let path = repo.beside("keys");
    fs::write(&path, format!("{NAME}:SHA256:{SECRET}\n")).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("it is ours");
    path
}

pub(crate) fn start(repo: &Repo, more: &[&str]) -> Server {
    let keys = key_file(repo);
    let keys = keys.to_str().expect("UTF-8");
    let arguments = [&["--listen", "127.0.0.1:0", "--keys", keys], more].concat();
    Server::start_with(repo, &arguments)
}

/// What a client of others says to a script.
pub(crate) fn play(client: &[&str], server: SocketAddr, script: &str) -> Output {
    let key = format!("hmac-sha256:{NAME}:{SECRET}");
    let mut command = Command::new(client[0]);
    command.args(&client[1..]).args(["-y", &key]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the client starts");
    let head = format!("server 127.0.0.1 {}\nzone a.example\n", server.port());
    let mut input = child.stdin.take().expect("it reads");
    write!(input, "{head}{script}\nsend\n").expect("it listens");
    drop(input);
    child.wait_with_output().expect("it ends")
}

#[test]
fn nsupdate_makes_a_commit_with_one_changed_line() {
    let repo = Repo::new();
    let text =
        zone(7, "192.0.2.1").replace("www A 192.0.2.1", "; the web\nwww A 192.0.2.1 ; rack 4");
    repo.commit(&[("a.example", &text)]);
    let server = start(&repo, &[]);
    let clients: [&[&str]; 4] = [
        &["nsupdate"],
        &["nsupdate", "-v"],
        &["knsupdate"],
        &["knsupdate", "-v"],
    ];
    for (number, client) in clients.into_iter().enumerate() {
        let (old, new) = (
            format!("192.0.2.{}", number + 1),
            format!("192.0.2.{}", number + 2),
        );
        let script = format!(
            "prereq yxrrset www.a.example. A\nupdate delete www.a.example. A\nupdate add www.a.example. 3600 A {new}"
        );
        let output = play(client, server.addresses[0], &script);
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{client:?}: {output:?}\n{}",
            server.log()
        );
        assert!(
            served(&new)(&server.ask("www.a.example")),
            "served before it is answered"
        );
        let changed = repo.git(&["diff", "--unified=0", "main~", "main"]);
        let changed: Vec<&str> = changed
            .lines()
            .filter(|line| line.starts_with(['-', '+']))
            .collect();
        let [from, to] = [&old, &new].map(|address| format!("www A {address} ; rack 4"));
        assert_eq!(changed[2..], [format!("-{from}"), format!("+{to}")]);
    }
    assert_eq!(ask_serial(server.addresses[0], "a.example"), Some(11));
    let subject = repo.git(&["log", "-1", "--format=%an: %s", "main"]);
    assert_eq!(
        subject,
        "web._update.a.example: a.example.: replace A of www (1 removed, 1 added)"
    );
    assert_eq!(repo.fsck(), "");
    server.stop();
}

#[test]
fn what_is_refused_says_so_and_changes_nothing() {
    let repo = Repo::new();
    repo.commit(&[("a.example", &zone(7, "192.0.2.1"))]);
    let server = start(&repo, &[]);
    for (script, wanted) in [
        (
            "prereq nxrrset www.a.example. A\nupdate add x.a.example. 60 A 192.0.2.2",
            "YXRRSET",
        ),
        ("update add x.b.example. 60 A 192.0.2.2", "NOTZONE"),
        ("update add a.example. 60 MX 10 192.0.2.1", "REFUSED"),
    ] {
        let output = play(&["nsupdate"], server.addresses[0], script);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && told.contains(wanted),
            "{script}: {output:?}"
        );
    }
    assert_eq!(ask_serial(server.addresses[0], "a.example"), Some(7));
    assert_eq!(repo.git(&["rev-list", "--count", "main"]), "1");
    server.stop();
}

/// A signed update that adds a TXT record.
pub(crate) fn signed(key: &Arc<Key>, name: &str) -> Vec<u8> {
    sign(key, unsigned(name))
}

pub(crate) fn sign(key: &Arc<Key>, mut message: Vec<u8>) -> Vec<u8> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = Time::from_secs(now.expect("after 1970").as_secs());
    tsig::sign_request(key, &mut message, now).expect("signed");
    message
}

pub(crate) fn unsigned(name: &str) -> Vec<u8> {
    let mut message = b"\0\x07\x28\0\0\x01\0\0\0\x01\0\0\x01a\x07example\0\0\x06\0\x01".to_vec();
    message.push(name.len() as u8);
    message.extend(name.as_bytes());
    message.extend(b"\xc0\x0c\0\x10\0\x01\0\0\x0e\x10\0\x02\x01x");
    message
}

/// The response code, if an answer came.
pub(crate) fn send(socket: &UdpSocket, message: &[u8]) -> Option<u8> {
    socket.send(message).ok()?;
    let mut answer = [0; 512];
    let length = socket.recv(&mut answer).ok()?;
    (length > 12).then_some(answer[3] & 15)
}

pub(crate) fn connect(server: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.set_read_timeout(Some(PATIENCE)).expect("a limit");
    socket.connect(server).expect("connected");
    socket
}

pub(crate) fn key() -> Arc<Key> {
    let key = tsig::text::read_key(&format!("{NAME}:SHA256:{SECRET}"));
    Arc::new(key.expect("a key"))
}

/// To make it again would undo what came after it.
#[test]
fn an_update_that_is_sent_again_is_refused() {
    let repo = Repo::new();
    repo.commit(&[("a.example", &zone(7, "192.0.2.1"))]);
    let server = start(&repo, &[]);
    let (socket, message) = (connect(server.addresses[0]), signed(&key(), "x"));
    assert_eq!(send(&socket, &message), Some(NOERROR));
    let script = "update delete x.a.example. TXT";
    let output = play(&["nsupdate"], server.addresses[0], script);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(send(&socket, &message), Some(REFUSED));
    assert_eq!(repo.git(&["rev-list", "--count", "main"]), "3");
    assert!(!repo.git(&["show", "main:a.example"]).contains("TXT"));
    // Neither is one that nobody has signed made, whatever it says.
    assert_eq!(send(&socket, &unsigned("y")), Some(REFUSED));
    server.stop();
}

#[test]
fn outcomes_commits_and_times_are_counted() {
    let repo = Repo::new();
    repo.commit(&[("a.example", &zone(7, "192.0.2.1"))]);
    let server = start(&repo, &["--metrics", "127.0.0.1:0"]);
    for script in [
        "update add x.a.example. 60 A 192.0.2.2",
        "update add x.a.example. 60 A 192.0.2.2",
        "prereq yxdomain y.a.example\nupdate add x.a.example. 60 A 192.0.2.3",
        "update add y.a.example. 60 A 192.0.2.2",
    ] {
        play(&["nsupdate"], server.addresses[0], script);
    }
    let page = metrics(&server);
    for line in [
        "stemma_updates_total{outcome=\"acknowledged\"} 2",
        "stemma_updates_total{outcome=\"unchanged\"} 1",
        "stemma_updates_total{outcome=\"nxdomain\"} 1",
        "stemma_updates_total{outcome=\"servfail\"} 0",
        "stemma_update_commits_total 2",
        "stemma_updates_waiting 0",
        "stemma_update_duration_seconds_count 4",
    ] {
        assert!(page.lines().any(|it| it == line), "{line}\n{page}");
    }
    server.stop();
}

fn metrics(server: &Server) -> String {
    let status = server.status().expect("it runs");
    let address = status["metrics"].as_str().expect("an address");
    let mut stream = TcpStream::connect(address).expect("connected");
    let request = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
    stream.write_all(request).expect("sent");
    std::io::read_to_string(stream).expect("a page")
}

/// However often the server is killed: what was acknowledged is in the repository, once, and nothing is there by half.
#[test]
fn nothing_that_was_acknowledged_is_lost_when_the_server_is_killed() {
    let repo = Repo::new();
    repo.commit(&[("a.example", &zone(7, "192.0.2.1"))]);
    let key = key();
    let mut random = Random::seeded(17);
    let (mut acknowledged, mut serial) = (Vec::new(), 7);
    for round in 0..8 {
        let mut server = start(&repo, &[]);
        let address = server.addresses[0];
        let now = ask_serial(address, "a.example").expect("served");
        assert!(now >= serial, "the serial went back from {serial} to {now}");
        let is_over = Arc::new(AtomicBool::new(false));
        let clients = (0..4).map(|client| {
            let (key, is_over) = (Arc::clone(&key), Arc::clone(&is_over));
            thread::spawn(move || {
                let socket = connect(address);
                // Of a server that is gone nothing comes.
                socket
                    .set_read_timeout(Some(Duration::from_secs(2)))
                    .expect("a limit");
                let names = (0..).map(|number| format!("r{round}c{client}n{number}"));
                let made = names.take_while(|_| !is_over.load(Ordering::Relaxed));
                let made =
                    made.take_while(|name| send(&socket, &signed(&key, name)) == Some(NOERROR));
                made.collect::<Vec<String>>()
            })
        });
        let clients: Vec<_> = clients.collect();
        // It is killed at an instant that depends on how far it has come.
        let commits = 1 + random.below(8) as u32;
        poll(|| match ask_serial(address, "a.example") {
            Some(serial) if serial >= now + commits => Ok(()),
            other => Err(format!("{other:?} after {now}\n{}", server.log())),
        });
        serial = ask_serial(address, "a.example").expect("served");
        server.signal("-KILL");
        is_over.store(true, Ordering::Relaxed);
        server.wait();
        for client in clients {
            acknowledged.extend(client.join().expect("a client"));
        }
    }
    assert_eq!(repo.fsck(), "");
    let text = repo.git(&["show", "main:a.example"]);
    let lines: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    for name in &acknowledged {
        assert_eq!(
            lines.iter().filter(|owner| *owner == name).count(),
            1,
            "{name}\n{text}"
        );
    }
    assert!(acknowledged.len() > 30, "{}", acknowledged.len());
    let server = start(&repo, &[]);
    assert!(ask_serial(server.addresses[0], "a.example").is_some_and(|now| now >= serial));
    server.stop();
}

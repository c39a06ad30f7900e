//! The program on bad days: without descriptors, without room on the disk, with a clock that jumps, among strangers.
//!
//! What takes root (a file system of one's own, a forged source) says so where the test has no root.

#![allow(clippy::print_stdout, reason = "a test says what it could not do")]

mod support;

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{PATIENCE, Repo, Server, ask_tcp, ask_udp, poll, query, served, zone};

const LISTEN: [&str; 2] = ["--listen", "127.0.0.1:0"];
const FORMERR: u8 = 1;
const NOTIMP: u8 = 4;
const REFUSED: u8 = 5;

fn repo() -> Repo {
    let repo = Repo::new();
    repo.commit(&[("a.example", &zone(1, "192.0.2.1"))]);
    repo
}

fn is_root() -> bool {
    let is_root = fs::metadata("/proc/self").expect("/proc").uid() == 0;
    if !is_root {
        println!("NOT TESTED: this takes root");
    }
    is_root
}

/// Root in a container may not.
fn may_mount() -> bool {
    let tried = Command::new("unshare").args(["--mount", "true"]).output();
    let may = tried.expect("unshare runs").status.success();
    if !may {
        println!("NOT TESTED: this takes mounts of one's own");
    }
    may
}

/// Descriptor exhaustion: UDP goes on, who comes last over TCP is served, and afterwards all is as before.
#[test]
fn a_hundred_descriptors_are_enough_for_three_hundred_connections() {
    let repo = repo();
    let server = Server::start_under(&["prlimit", "--nofile=100:100"], &repo, &LISTEN);
    let address = server.addresses[0];
    let mut idle: Vec<TcpStream> = Vec::new();
    for count in 0..300 {
        idle.push(TcpStream::connect(address).expect("the kernel takes it"));
        if count % 25 == 0 {
            assert!(served("192.0.2.1")(&ask_udp(address, "www.a.example")));
        }
    }
    let mut last = TcpStream::connect(address).expect("connected");
    assert!(served("192.0.2.1")(&ask_tcp(&mut last, "www.a.example")));
    let id = repo.commit(&[("a.example", &zone(2, "192.0.2.2"))]);
    assert_eq!(ask_udp(address, "www.a.example").rcode, 0);
    drop(idle);
    server.wait_for_commit(&id);
    assert!(served("192.0.2.2")(&server.ask("www.a.example")));
    server.stop();
}

/// A mount of one's own, made before the program starts and seen by it alone.
fn under_mount<'a>(script: &'a str, on: &'a str) -> [&'a str; 7] {
    let private = "--propagation=private";
    ["unshare", "--mount", private, "sh", "-c", script, on]
}

/// As many zones as that what is written down of a commit needs more than one block of a disk.
const ZONES: usize = 200;

fn many_zones(serial: u32, www: &str) -> Vec<(String, String)> {
    let zones = (0..ZONES).map(|n| format!("z{n}.example"));
    zones.map(|name| (name, zone(serial, www))).collect()
}

/// Disk full: what is served stays and is answered, nothing is forgotten, and it goes on by itself when there is room.
#[test]
fn a_full_disk_under_the_state_directory_stops_no_answers() {
    if !may_mount() {
        return;
    }
    let repo = Repo::new();
    let commit = |files: &[(String, String)]| {
        let files = files
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()));
        repo.commit(&files.collect::<Vec<_>>())
    };
    commit(&many_zones(1, "192.0.2.1"));
    let state = repo.beside("state");
    fs::create_dir(&state).expect("made");
    let state = state.to_str().expect("UTF-8");
    let script = "mount -t tmpfs -o size=128k none \"$0\" && exec \"$@\"";
    let arguments = [&LISTEN[..], &["--state-dir", state]].concat();
    let server = Server::start_under(&under_mount(script, state), &repo, &arguments);
    server.wait_for(|status| !status["commit"].is_null());
    let inside = PathBuf::from(format!("/proc/{}/root{state}", server.id()));
    let kept = fs::read(inside.join("high-water")).expect("kept");
    fill(&inside.join("filler"));

    let id = commit(&many_zones(2, "192.0.2.2"));
    let status = server.wait_for(|status| !status["trouble"].is_null());
    let trouble = status["trouble"].as_str().expect("text");
    assert!(
        trouble.contains("cannot write") && trouble.contains("No space"),
        "{trouble}"
    );
    assert!(served("192.0.2.1")(&server.ask("www.z7.example")));
    assert!(
        fs::read(inside.join("high-water"))
            .expect("kept")
            .starts_with(&kept)
    );

    fs::remove_file(inside.join("filler")).expect("removed");
    server.wait_for_commit(&id);
    assert!(served("192.0.2.2")(&server.ask("www.z7.example")));
    server.stop();
}

fn fill(path: &Path) {
    let mut file = File::create(path).expect("made");
    while file.write_all(&[b'x'; 4096]).is_ok() {}
}

/// A repository on a file system that the server may only read is followed all the same.
#[test]
fn a_repository_that_can_only_be_read_is_followed() {
    if !may_mount() {
        return;
    }
    let repo = repo();
    let path = repo.path();
    let script = "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" && exec \"$@\"";
    let mount = under_mount(script, path.to_str().expect("UTF-8"));
    let server = Server::start_under(&mount, &repo, &LISTEN);
    let inside = format!("/proc/{}/root{}/new", server.id(), path.display());
    let why = File::create(inside).expect_err("it is read-only");
    assert_eq!(why.kind(), std::io::ErrorKind::ReadOnlyFilesystem);
    let id = repo.commit(&[("a.example", &zone(2, "192.0.2.2"))]);
    server.wait_for_commit(&id);
    assert!(served("192.0.2.2")(&server.ask("www.a.example")));
    server.stop();
}

/// The clock of the wall goes by an hour and by a year, back and forth: answers, cookies and commits go on.
#[test]
fn a_clock_that_jumps_disturbs_nothing() {
    let repo = repo();
    let clock = repo.beside("clock");
    let set = |offset: &str| {
        fs::write(repo.beside("next"), offset).expect("written");
        fs::rename(repo.beside("next"), &clock).expect("replaced");
    };
    set("+0");
    let library = fs::read_dir("/usr/lib").expect("a folder").flatten();
    let library = library.map(|dir| dir.path().join("faketime/libfaketimeMT.so.1"));
    let library = library.filter(|path| path.exists()).last();
    let library = library.expect("Debian's package faketime; tests/run programs installs it");
    let [preload, file] = [
        format!("LD_PRELOAD={}", library.display()),
        format!("FAKETIME_TIMESTAMP_FILE={}", clock.display()),
    ];
    let fake = ["FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1"];
    let under = [&["env", &preload, &file][..], &fake].concat();
    // What makes the clock jump reads a file all the time.
    let arguments = [&LISTEN[..], &["--confine", "off"]].concat();
    let server = Server::start_under(&under, &repo, &arguments);
    let mut serial = 1;
    for offset in ["+1h", "-1h", "+366d", "-366d", "+0"] {
        set(offset);
        for _ in 0..20 {
            assert!(
                served("192.0.2.1")(&server.ask("www.a.example")),
                "{offset}"
            );
        }
        serial += 1;
        let id = repo.commit(&[("a.example", &zone(serial, "192.0.2.1"))]);
        server.wait_for_commit(&id);
    }
    server.stop();
}

/// Transfers, NOTIFY and UPDATE are refused; what is no query is met with silence.
#[test]
fn strangers_get_nothing() {
    let repo = repo();
    let server = Server::start(&repo);
    let address = server.addresses[0];
    for (rtype, code) in [
        (252, REFUSED),
        (251, REFUSED),
        (250, FORMERR),
        (249, FORMERR),
    ] {
        let mut stream = TcpStream::connect(address).expect("connected");
        let answer = exchange(&mut stream, &with_type(query("a.example"), rtype));
        assert_eq!(
            (answer[3] & 15, answer[6..10].to_vec()),
            (code, vec![0; 4]),
            "type {rtype}"
        );
    }
    let socket = client(address);
    for (opcode, class) in [(4, 1), (5, 1), (5, 255), (5, 254)] {
        let mut message = query("a.example");
        message[2] = opcode << 3;
        let class_at = message.len() - 16;
        message[class_at] = class;
        socket.send(&message).expect("sent");
        let mut answer = [0; 512];
        socket.recv(&mut answer).expect("an answer");
        assert_eq!(answer[3] & 15, NOTIMP, "operation {opcode}, class {class}");
    }
    let mut response = query("www.a.example");
    response[2] |= 0x80;
    for silent in [&response[..], &response[..11], b""] {
        socket.send(silent).expect("sent");
    }
    // What comes first is the answer to what was sent last.
    let mut probe = query("www.a.example");
    probe[..2].copy_from_slice(b"ok");
    socket.send(&probe).expect("sent");
    let mut answer = [0; 512];
    socket.recv(&mut answer).expect("an answer");
    assert_eq!(&answer[..2], b"ok");
    server.stop();
}

/// Nobody can be answered at port 0, and it is not tried.
#[test]
fn a_forged_source_port_is_dropped_and_counted() {
    if !is_root() {
        return;
    }
    let repo = repo();
    let server = Server::start_with(
        &repo,
        &[&LISTEN[..], &["--metrics", "127.0.0.1:0"]].concat(),
    );
    let port = server.addresses[0].port();
    // UDP: source, destination, length, no checksum (RFC 768).
    let question: String = query("www.a.example")
        .iter()
        .map(|octet| format!("{octet:02x}"))
        .collect();
    let script = format!(
        "import socket, struct\n\
         question = bytes.fromhex('{question}')\n\
         raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)\n\
         raw.sendto(struct.pack('!HHHH', 0, {port}, 8 + len(question), 0) + question, ('127.0.0.1', 0))\n"
    );
    let sent = Command::new("python3").args(["-c", &script]).status();
    assert!(sent.expect("python3 runs").success());
    let dropped = "stemma_messages_dropped_total{transport=\"udp\",reason=\"bad-source\"} 1";
    poll(|| match metrics(&server) {
        page if page.contains(dropped) => Ok(()),
        page => Err(page),
    });
    assert!(served("192.0.2.1")(&server.ask("www.a.example")));
    server.stop();
}

fn client(address: SocketAddr) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.connect(address).expect("connected");
    socket.set_read_timeout(Some(PATIENCE)).expect("a limit");
    socket
}

/// With another type in the question, which OPT follows.
fn with_type(mut message: Vec<u8>, rtype: u8) -> Vec<u8> {
    let type_at = message.len() - 18;
    message[type_at] = rtype;
    message
}

fn exchange(stream: &mut TcpStream, message: &[u8]) -> Vec<u8> {
    stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
    stream
        .write_all(&(message.len() as u16).to_be_bytes())
        .expect("sent");
    stream.write_all(message).expect("sent");
    let mut length = [0; 2];
    stream.read_exact(&mut length).expect("a length");
    let mut answer = vec![0; u16::from_be_bytes(length).into()];
    stream.read_exact(&mut answer).expect("an answer");
    answer
}

fn metrics(server: &Server) -> String {
    let status = server.status().expect("it runs");
    let address = status["metrics"].as_str().expect("an address").to_owned();
    let mut stream = TcpStream::connect(address).expect("connected");
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        .expect("sent");
    std::io::read_to_string(stream).expect("a page")
}

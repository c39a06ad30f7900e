#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test: a panic and a print are its output"
)]
//! A million packets that are almost right, at the real program over loopback: it survives, answers well formed, answers
//! who asks properly in between, and takes no more memory. The same on every run; `STEMMA_SEED` chooses other packets,
//! `STEMMA_MUTATIONS` how many.

use std::net::UdpSocket;
use std::time::Duration;

use tests::mutate::mutated;
use tests::name::Name;
use tests::peers::{Kind, Peer, ZoneText};
use tests::process::{must_run, our_program};
use tests::random::{Random, seed};
use tests::workspace::root;

const PACKETS: usize = 1_000_000;
/// Sent between two proper questions. The answers to all of them have room in the buffer of a socket.
const BURST: usize = 64;
/// Longer than any answer takes on a machine that is busy with something else.
const PATIENCE: Duration = Duration::from_secs(30);
/// What memory may grow by: buffers that are used for the first time.
const GROWTH_KIB: u64 = 8 << 10;
/// The longest answer over UDP (RFC 9715 §3.1).
const LONGEST: usize = 1232;

const ZONE: &str = "$TTL 300\n@ SOA ns1 hostmaster 1 7200 3600 1209600 300\n NS ns1\n NS ns2\n MX 10 mail\n TXT \"x\"\n\
    ns1 A 192.0.2.1\nns2 A 192.0.2.2\nmail A 192.0.2.3\nwww CNAME mail\n* A 192.0.2.4\nsub NS ns.sub\nns.sub A 192.0.2.5\n\
    old DNAME sub\n_s._tcp SRV 0 0 80 mail\n";

#[test]
fn a_million_mutated_packets_change_nothing() {
    let apex = Name::plain("example.org");
    let zone = ZoneText {
        apex,
        text: ZONE.into(),
    };
    let mut peer = Peer::start(Kind::Primary, &[zone]);
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(peer.address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();

    let corpus = corpus();
    let inputs: Vec<&[u8]> = corpus.iter().map(Vec::as_slice).collect();
    let count = std::env::var("STEMMA_MUTATIONS").map_or(PACKETS, |text| text.parse().unwrap());
    let seed = seed(1);
    let mut random = Random::seeded(seed);
    let mut answers = 0;
    let mut before = 0;
    for burst in 0..count / BURST {
        for _ in 0..BURST {
            // A datagram that the kernel does not take is one less.
            let _ = socket.send(&mutated(&mut random, &inputs));
        }
        answers += answers_until_probe(&socket, &format!("STEMMA_SEED={seed}, burst {burst}"));
        if burst == count / BURST / 10 {
            before = resident_kib(&peer);
        }
    }
    let grown = resident_kib(&peer).saturating_sub(before);
    println!("{count} packets, {answers} answers, {grown} KiB more");
    assert!(
        answers > count / 10,
        "most packets are near enough to be answered"
    );
    assert!(grown < GROWTH_KIB, "{grown} KiB more");
    assert!(peer.process.is_running());
    assert_eq!(panics(&peer), 0);
}

/// Asks a proper question; what is answered before its answer are answers to mutated packets.
fn answers_until_probe(socket: &UdpSocket, place: &str) -> usize {
    let probe = b"\xF0\x0F\0\0\0\x01\0\0\0\0\0\0\x04mail\x07example\x03org\0\0\x01\0\x01";
    socket.send(probe).unwrap();
    let (mut answers, mut answer) = (0, [0; 4096]);
    loop {
        let length = socket
            .recv(&mut answer)
            .unwrap_or_else(|why| panic!("{place}: {why}"));
        let answer = &answer[..length];
        assert!((12..=LONGEST).contains(&length), "{place}: {answer:02x?}");
        assert!(answer[2] & 0x80 != 0, "{place}: no response: {answer:02x?}");
        if answer.ends_with(&[192, 0, 2, 3]) && answer.starts_with(&probe[..2]) {
            return answers;
        }
        answers += 1;
    }
}

/// The messages of the fuzz targets.
fn corpus() -> Vec<Vec<u8>> {
    let folders = ["message", "answer"].map(|name| root().join("fuzz/corpus").join(name));
    let files = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    paths
        .iter()
        .map(|path| std::fs::read(path).unwrap())
        .collect()
}

fn resident_kib(peer: &Peer) -> u64 {
    let status = format!("/proc/{}/status", peer.process.id());
    let text = std::fs::read_to_string(status).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap()
}

fn panics(peer: &Peer) -> u64 {
    let control = peer.folder.path().join("control");
    let mut ask = our_program("primary");
    ask.args(["--status", "--format", "json", "--control"])
        .arg(control);
    let status: serde_json::Value = serde_json::from_str(&must_run(&mut ask)).unwrap();
    status["counters"]["panics"].as_u64().unwrap()
}

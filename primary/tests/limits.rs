//! The program when it is asked too much, and its cookies.

mod support;

use std::fs;
use std::net::{TcpStream, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use support::{PATIENCE, Repo, Server, ask_tcp, program, query, served, zone};
use wire::message::Message;
use wire::{Flags, OptionCode, ResponseCode};

const LISTEN: [&str; 2] = ["--listen", "127.0.0.1:0"];
/// As many questions as fit into the buffers of two sockets.
const AT_ONCE: usize = 50;

/// What came to how many questions for one name.
#[derive(Debug, Default)]
struct Fates {
    full: usize,
    truncated: Vec<Message>,
    none: usize,
    took: Duration,
}

struct Client {
    socket: UdpSocket,
    question: Vec<u8>,
    /// A question that is always answered, as it has a cookie: when its answer comes, all before it have been decided.
    probe: Vec<u8>,
}

const PROBE_ID: [u8; 2] = [0x56, 0x78];

impl Client {
    /// At this address of our own.
    fn at(address: &str, server: &Server) -> Client {
        let socket = UdpSocket::bind((address, 0)).expect("a socket");
        socket.connect(server.addresses[0]).expect("connected");
        socket.set_read_timeout(Some(PATIENCE)).expect("a limit");
        let mut client = Client {
            socket,
            question: with_cookie(query("ns1.example.org"), b"probe---"),
            probe: Vec::new(),
        };
        client.probe = with_cookie(query("ns1.example.org"), &client.learn());
        client.probe[..2].copy_from_slice(&PROBE_ID);
        client.question = query("www.example.org");
        client
    }

    /// With this COOKIE option in place of NSID.
    fn with_cookie(mut self, cookie: &[u8]) -> Client {
        self.question = with_cookie(self.question, cookie);
        self
    }

    fn receive(&self) -> Message {
        let mut answer = [0; 4096];
        let length = self.socket.recv(&mut answer).expect("an answer");
        Message::read(&answer[..length]).expect("well-formed")
    }

    /// Asks so many times, and some at once.
    fn flood(&self, count: usize) -> Fates {
        let (mut fates, start) = (Fates::default(), Instant::now());
        for _ in 0..count / AT_ONCE {
            for _ in 0..AT_ONCE {
                self.socket.send(&self.question).expect("sent");
            }
            self.socket.send(&self.probe).expect("sent");
            let answers = std::iter::repeat_with(|| self.receive());
            let is_probe = |answer: &Message| answer.id.to_be_bytes() == PROBE_ID;
            let answers: Vec<_> = answers.take_while(|answer| !is_probe(answer)).collect();
            fates.none += AT_ONCE - answers.len();
            let (truncated, full): (Vec<_>, Vec<_>) = answers
                .into_iter()
                .partition(|answer| answer.flags.has(Flags::TC));
            fates.full += full.len();
            fates.truncated.extend(truncated);
        }
        fates.took = start.elapsed();
        fates
    }

    /// The cookie in the answer to one question.
    fn learn(&self) -> Vec<u8> {
        self.socket.send(&self.question).expect("sent");
        cookie_in(&self.receive()).expect("a cookie")
    }
}

fn with_cookie(mut question: Vec<u8>, cookie: &[u8]) -> Vec<u8> {
    let options_at = question.len() - 6;
    question.truncate(options_at);
    let length = cookie.len() as u8;
    question.extend([0, length + 4, 0, 10, 0, length]);
    question.extend(cookie);
    question
}

fn cookie_in(answer: &Message) -> Option<Vec<u8>> {
    let options = &answer.edns.as_ref()?.options;
    let cookie = options.iter().find(|(code, _)| *code == OptionCode::COOKIE);
    cookie.map(|(_, data)| data.clone())
}

fn repo() -> Repo {
    let repo = Repo::new();
    repo.commit(&[("example.org", &zone(1, "192.0.2.81"))]);
    repo
}

fn start(repo: &Repo, arguments: &[&str]) -> Server {
    Server::start_with(repo, &[&LISTEN, arguments].concat())
}

#[test]
fn a_flood_is_limited_and_the_way_out_is_open() {
    let repo = repo();
    let server = start(&repo, &[]);
    let fates = Client::at("127.0.0.1", &server).flood(2000);
    let most = 200.0 * (1.0 + fates.took.as_secs_f64()) + 1.0;
    assert!(
        fates.full >= 200 && (fates.full as f64) < most,
        "{} full",
        fates.full
    );
    assert!(fates.full + fates.truncated.len() + fates.none == 2000);
    let (slipped, dropped) = (fates.truncated.len(), fates.none);
    assert!(
        slipped.abs_diff(dropped) <= 10,
        "every second: {slipped} slipped, {dropped} dropped"
    );
    for answer in &fates.truncated {
        assert_eq!(
            (answer.id, answer.rcode, answer.questions.len()),
            (0x1234, ResponseCode::NoError, 1)
        );
        assert_eq!(answer.questions[0].name.to_string(), "www.example.org.");
        assert!(answer.edns.is_some() && answer.answer.is_empty() && answer.authority.is_empty());
    }

    // Others are not limited, nor is TCP.
    let other = Client::at("127.0.1.1", &server).flood(100);
    assert_eq!((other.full, other.none), (100, 0), "another /24");
    let mut stream = TcpStream::connect(server.addresses[0]).expect("connected");
    assert!(served("192.0.2.81")(&ask_tcp(
        &mut stream,
        "www.example.org"
    )));

    // The cookie that comes with TC leads out.
    let client = Client::at("127.0.0.1", &server).with_cookie(b"clientck");
    let fates = client.flood(500);
    let cookie = fates
        .truncated
        .iter()
        .find_map(cookie_in)
        .expect("a cookie");
    let fates = Client::at("127.0.0.1", &server)
        .with_cookie(&cookie)
        .flood(1000);
    assert_eq!((fates.full, fates.none), (1000, 0));

    let counters = server.status().expect("a status")["counters"].clone();
    let count = |name: &str| counters[name].as_u64().expect("a number");
    assert!(count("udp_limited_truncated") >= slipped as u64);
    assert!(count("udp_limited_dropped") >= slipped as u64 - 10);
    server.stop();
}

#[test]
fn limits_are_the_operators() {
    let repo = repo();
    for (arguments, is_limited) in [
        (&["--rate-limit", "off"][..], false),
        (
            &[
                "--rate-limit-exempt",
                "10.0.0.0/8",
                "--rate-limit-exempt",
                "127.0.0.0/8",
            ],
            false,
        ),
        (&["--rate-limit", "5000"], false),
        (
            &["--rate-limit", "10", "--rate-limit-exempt", "127.0.0.2"],
            true,
        ),
    ] {
        let server = start(&repo, arguments);
        let fates = Client::at("127.0.0.1", &server).flood(1000);
        assert_eq!(
            fates.full < 1000,
            is_limited,
            "{arguments:?}: {} of 1000",
            fates.full
        );
        server.stop();
    }
    let server = start(&repo, &["--rate-limit", "10", "--rate-limit-slip", "0"]);
    let fates = Client::at("127.0.0.1", &server).flood(100);
    assert!(fates.truncated.is_empty() && fates.none > 0);
    server.stop();
}

const SECRET: &str = "e5e973e5a6b2a43f48e7dc849e37bfcf";
const OTHER: &str = "445536bcd2513298075a5d379663c962";

/// Whether the server takes this cookie for its own: then it comes back as it is, being young.
fn is_good(server: &Server, cookie: &[u8]) -> bool {
    Client::at("127.0.0.1", server).with_cookie(cookie).learn() == cookie
}

fn learn(server: &Server) -> Vec<u8> {
    Client::at("127.0.0.1", server)
        .with_cookie(b"clientck")
        .learn()
}

/// RFC 9018 §5: servers at one address share a secret, and replace it one after the other.
#[test]
fn a_shared_secret_and_its_replacement() {
    let (repo, beside, third) = (repo(), Repo::new(), Repo::new());
    let file = repo.beside("cookie-secret");
    let write = |text: &str| fs::write(&file, text).expect("written");
    write(SECRET);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("closed");
    let path = file.to_str().expect("UTF-8");
    let first = start(&repo, &["--cookie-secret", path]);
    let second = start(&beside, &["--cookie-secret", path]);
    let old = learn(&first);
    assert!(is_good(&second, &old));
    let alone = start(&third, &[]);
    assert!(!is_good(&alone, &old), "a server with a secret of its own");

    let wait = |cookie: &[u8], wanted: bool| {
        let started = Instant::now();
        while is_good(&first, cookie) != wanted {
            assert!(started.elapsed() < PATIENCE, "{}", first.log());
        }
    };
    // A file of no use changes nothing; a new secret does, and the one before stays good while it is there.
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("opened");
    write("no secret");
    first.signal("-HUP");
    let started = Instant::now();
    while !first.log().contains("stays as it was") {
        assert!(started.elapsed() < PATIENCE, "{}", first.log());
    }
    assert!(is_good(&first, &old));
    assert!(first.log().contains("chmod 600"), "others can read it");
    write(&format!("{OTHER}\n{SECRET}\n"));
    first.signal("-HUP");
    wait(&learn(&second), true);
    let started = Instant::now();
    while is_good(&second, &learn(&first)) {
        assert!(
            started.elapsed() < PATIENCE,
            "new cookies are of the new secret"
        );
    }
    assert!(is_good(&first, &old));
    write(OTHER);
    first.signal("-HUP");
    wait(&old, false);
    let log = first.log() + &second.log();
    assert!(
        !log.contains(&SECRET[..8]) && !log.contains(&OTHER[..8]),
        "never printed"
    );
    [first, second, alone].into_iter().for_each(Server::stop);
}

/// Chance that can be foretold (CVE-2025-40780): the secret is what the kernel has given, all of it.
#[test]
fn the_secret_of_cookies_comes_from_the_kernel() {
    let (repo, beside) = (repo(), Repo::new());
    let trace = repo.beside("trace");
    let trace = trace.to_str().expect("UTF-8");
    let traced = ["strace", "-D", "-f", "-qq", "-xx", "-o", trace];
    let random = ["-P", "/dev/urandom", "-e", "trace=read"];
    let server = Server::start_under(&[&traced[..], &random].concat(), &repo, &LISTEN);
    let cookie = learn(&server);
    let trace = fs::read_to_string(trace).expect("a trace");
    // read(3, "\x12\x34...", 16) = 16
    let read = trace.lines().filter(|line| line.ends_with(", 16) = 16"));
    let read = read.map(|line| line.split('"').nth(1).expect("octets").replace("\\x", ""));
    let read: Vec<String> = read.collect();
    let file = beside.beside("cookie-secret");
    let is_it = |secret: &&String| {
        fs::write(&file, secret.as_str()).expect("written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("closed");
        let path = file.to_str().expect("UTF-8");
        let other = start(&beside, &["--cookie-secret", path]);
        is_good(&other, &cookie)
    };
    assert_eq!(read.iter().filter(is_it).count(), 1, "{trace}");
    server.stop();
}

#[test]
fn a_secret_of_no_use_is_told_without_its_text() {
    let repo = repo();
    let file = repo.beside("cookie-secret");
    for (text, said) in [(None, "No such file"), (Some("5ec3e7"), "line 1")] {
        if let Some(text) = text {
            fs::write(&file, text).expect("written");
        }
        let mut command = program();
        command.arg("--repo").arg(repo.path()).args(LISTEN);
        command.arg("--control").arg(repo.beside("control"));
        let ended = command
            .arg("--cookie-secret")
            .arg(&file)
            .output()
            .expect("runs");
        let told = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(6), "{told}");
        assert!(
            told.contains(said) && told.contains("openssl rand -hex 16"),
            "{told}"
        );
        assert!(!told.contains("5ec3e7"));
    }
}

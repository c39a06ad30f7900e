//! Who is told of changes (NOTIFY), by the real program: at addresses, and on connections that were kept.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use replication::message::{Notified, notify_answer, read_notify, soa_query};
use rr::{Name, Serial};
use socket2::{Domain, Socket, Type};
use testbed::PATIENCE;
use tsig::{Keyring, Time, sign_request};
use wire::ResponseCode;

use crate::support::{Repo, Server, poll};
use crate::{ELSEWHERE, GOOD, NOTIFIES, SECRET, write_keys, zone};

/// As long as nothing is to be heard for, to say that nothing comes. What is told again comes after a second.
const NOTHING: Duration = Duration::from_millis(1_500);

fn key(name: &str) -> Arc<tsig::Key> {
    Arc::new(tsig::text::read_key(&format!("{name}:SHA256:{SECRET}")).unwrap())
}

fn now() -> Time {
    Time::from_secs(UNIX_EPOCH.elapsed().unwrap().as_secs())
}

/// A secondary that is told over UDP.
struct Told {
    socket: UdpSocket,
}

impl Told {
    fn new() -> Told {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        Told { socket }
    }

    fn address(&self) -> String {
        self.socket.local_addr().unwrap().to_string()
    }

    fn hear(&self) -> (Vec<u8>, SocketAddr) {
        let mut octets = [0; 4096];
        let (length, from) = self.socket.recv_from(&mut octets).expect("it is told");
        (octets[..length].to_vec(), from)
    }

    /// Hears a message and answers it; gives what it says.
    fn hear_and_answer(&self, code: ResponseCode) -> Notified {
        let (message, from) = self.hear();
        let answer = notify_answer(&message, code).unwrap();
        self.socket.send_to(&answer, from).unwrap();
        read_notify(&message).unwrap()
    }

    fn hears_nothing_more(&self) -> bool {
        self.socket.set_read_timeout(Some(NOTHING)).unwrap();
        self.socket.recv_from(&mut [0; 512]).is_err()
    }
}

fn start(repo: &Repo, options: &[&str]) -> Server {
    let keys = repo.beside("keys");
    write_keys(&keys);
    let plain = ["--listen", "127.0.0.1:0", "--keys", keys.to_str().unwrap()];
    Server::start_with(repo, &[&plain, options].concat())
}

fn push(repo: &Repo, server: &Server, serial: u32) {
    let commit = repo.commit(&[("a.example", &zone(serial, "192.0.2.9"))]);
    server.wait_for_commit(&commit);
}

fn told(zone: &str, serial: u32) -> Notified {
    Notified {
        zone: Name::from_text(zone).unwrap(),
        serial: Some(Serial(serial)),
    }
}

#[test]
fn an_address_is_told_at_the_start_and_of_each_change_until_it_answers() {
    let repo = crate::repo();
    let secondary = Told::new();
    let server = start(&repo, &["--notify", &secondary.address()]);
    assert_eq!(
        secondary.hear_and_answer(ResponseCode::NoError),
        told("a.example", 1)
    );
    push(&repo, &server, 2);
    // Not answered, answered by a stranger, answered with rubbish: each time it is told again.
    let (first, from) = secondary.hear();
    let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
    let answer = notify_answer(&first, ResponseCode::NoError).unwrap();
    stranger.send_to(&answer, from).unwrap();
    let (second, from) = secondary.hear();
    secondary.socket.send_to(b"rubbish", from).unwrap();
    assert_eq!(read_notify(&second).unwrap(), told("a.example", 2));
    push(&repo, &server, 3);
    let (_, _) = (first, second);
    // What has changed meanwhile is told with it.
    assert_eq!(
        secondary.hear_and_answer(ResponseCode::NoError),
        told("a.example", 3)
    );
    assert!(secondary.hears_nothing_more());
    let status = server.wait_for(|status| status["secondaries"][0]["answered"] == 2);
    assert_eq!(status["secondaries"][0]["address"], secondary.address());
    server.stop();
}

#[test]
fn a_refusal_ends_it_and_is_told_once() {
    let repo = crate::repo();
    let secondary = Told::new();
    let server = start(&repo, &["--notify", &secondary.address()]);
    secondary.hear_and_answer(ResponseCode::Refused);
    push(&repo, &server, 2);
    secondary.hear_and_answer(ResponseCode::Refused);
    assert!(secondary.hears_nothing_more());
    let trouble = |status: &serde_json::Value| status["secondaries"][0]["trouble"].is_string();
    server.wait_for(trouble);
    assert_eq!(
        server.log().matches("to NOTIFY").count(),
        1,
        "{}",
        server.log()
    );
    let shown = server.ask_status("human");
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(
        shown.contains("secondaries 1 told of changes, 1 of them in vain"),
        "{shown}"
    );
    server.stop();
}

#[test]
fn with_a_key_both_sides_sign() {
    let repo = crate::repo();
    let secondary = Told::new();
    let configured = format!("{},{GOOD}", secondary.address());
    let server = start(&repo, &["--notify", &configured]);
    let mut ring = Keyring::default();
    ring.share(key(GOOD)).unwrap();
    let (message, from) = secondary.hear();
    // An answer that nobody has signed is none.
    let unsigned = notify_answer(&message, ResponseCode::NoError).unwrap();
    secondary.socket.send_to(&unsigned, from).unwrap();
    let (message, from) = secondary.hear();
    let Ok(tsig::Request::Signed(verified)) = ring.verify(&message, now()) else {
        panic!("not signed")
    };
    let mut answer = notify_answer(&message, ResponseCode::NoError).unwrap();
    verified.into_signer().sign(&mut answer, now()).unwrap();
    secondary.socket.send_to(&answer, from).unwrap();
    server.wait_for(|status| status["secondaries"][0]["answered"] == 1);
    // The key gets another secret: what is told from then on is signed with that.
    let other = SECRET.replace("MDEy", "NDEy");
    std::fs::write(repo.beside("keys"), format!("{GOOD}:SHA256:{other}\n")).unwrap();
    read_keys_again(&server);
    push(&repo, &server, 2);
    let other = tsig::text::read_key(&format!("{GOOD}:SHA256:{other}")).unwrap();
    let mut ring = Keyring::default();
    ring.insert(other).unwrap();
    let (message, _) = secondary.hear();
    let signed = ring.verify(&message, now());
    assert!(matches!(signed, Ok(tsig::Request::Signed(_))));
    server.stop();
}

fn read_keys_again(server: &Server) {
    server.signal("-HUP");
    poll(|| match server.log().contains("read again") {
        true => Ok(()),
        false => Err(server.log()),
    });
}

/// The name of a key for transfers says where the secondary is.
#[test]
fn a_secondary_that_a_key_names_is_told_with_that_key() {
    let repo = crate::repo();
    let secondary = UdpSocket::bind("127.0.0.2:0").unwrap();
    secondary.set_read_timeout(Some(PATIENCE)).unwrap();
    let named = "127.0.0.1.127.0.0.2._transfer.a.example";
    let elsewhere = "127.0.0.1.127.0.0.3._transfer.b.example";
    let keys = [named, elsewhere].map(|name| format!("{name}:SHA256:{SECRET}"));
    let port = secondary.local_addr().unwrap().port().to_string();
    let options = ["--key", &keys[0], "--key", &keys[1], "--notify-port", &port];
    let server = start(&repo, &options);
    let mut octets = [0; 4096];
    let (length, _) = secondary.recv_from(&mut octets).expect("it is told");
    let mut ring = Keyring::default();
    ring.share(key(named)).unwrap();
    let signed = ring.verify(&octets[..length], now());
    assert!(matches!(signed, Ok(tsig::Request::Signed(_))));
    let status = server.wait_for(|status| status["secondaries"][0]["sent"] != 0);
    assert_eq!(
        status["secondaries"].as_array().unwrap().len(),
        1,
        "{status}"
    );
    server.stop();
}

/// What programs change is told as what people push, also where no commit is made of it.
#[test]
fn an_update_is_told_with_a_commit_or_without() {
    let repo = crate::repo();
    let (secondary, state) = (Told::new(), repo.beside("state"));
    let (address, state) = (secondary.address(), state.to_str().unwrap());
    let server = start(&repo, &["--notify", &address, "--state-dir", state]);
    assert_eq!(
        secondary.hear_and_answer(ResponseCode::NoError),
        told("a.example", 1)
    );
    for (record, serial) in [("new A 192.0.2.7", 2), ("_acme-challenge TXT token", 3)] {
        update(&server, record);
        assert_eq!(
            secondary.hear_and_answer(ResponseCode::NoError),
            told("a.example", serial),
            "{record}"
        );
    }
    let commits = repo.git(&["rev-list", "--count", "main"]);
    assert_eq!(commits, "2", "one of them is no commit");
    server.stop();
}

fn update(server: &Server, record: &str) {
    let (name, data) = record.split_once(' ').unwrap();
    let address = server.addresses[0];
    let script = format!(
        "server {} {}\nzone a.example\nupdate add {name}.a.example 60 {data}\nsend\n",
        address.ip(),
        address.port()
    );
    let mut nsupdate = Command::new("nsupdate");
    nsupdate.args(["-y", &crate::keyed(crate::UPDATES)]);
    testbed::git::output_of(&mut nsupdate, script);
}

/// The addresses that a zone has for its name servers: others than the primary's, and than ours.
#[test]
fn name_servers_are_told_and_we_are_not() {
    let repo = Repo::new();
    let secondary = UdpSocket::bind("127.0.0.2:0").unwrap();
    secondary.set_read_timeout(Some(PATIENCE)).unwrap();
    let port = secondary.local_addr().unwrap().port();
    let text = "$TTL 300\n@ SOA ns1 mail 1 2h 1h 2w 300\n@ NS ns1\n@ NS ns2\n@ NS ns3\n\
                ns1 A 127.0.0.4\nns2 A 127.0.0.2\nns3 A 127.0.0.3\n";
    repo.commit(&[("a.example", text)]);
    let own = format!("127.0.0.3:{port}");
    let port = port.to_string();
    let options = [
        "--notify-ns",
        "on",
        "--notify-port",
        &port,
        "--listen",
        &own,
    ];
    let server = start(&repo, &options);
    let (length, from) = secondary.recv_from(&mut [0; 512]).expect("it is told");
    assert!(length > 12 && from.ip().is_loopback());
    let status = server.wait_for(|status| status["secondaries"][0]["sent"] != 0);
    let secondaries = status["secondaries"].as_array().unwrap();
    let addresses = secondaries.iter().map(|it| it["address"].as_str().unwrap());
    assert_eq!(addresses.collect::<Vec<_>>(), [format!("127.0.0.2:{port}")]);
    server.stop();
}

/// A secondary whose connection is kept.
struct Connected {
    stream: TcpStream,
}

impl Connected {
    /// Asks for the SOA record, signed if there is a key, and reads the answer.
    fn new(server: &Server, zone: &str, key: Option<&Arc<tsig::Key>>) -> Connected {
        let stream = TcpStream::connect(server.addresses[0]).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut connected = Connected { stream };
        connected.ask(zone, key);
        connected
    }

    fn ask(&mut self, zone: &str, key: Option<&Arc<tsig::Key>>) {
        let mut question = soa_query(7, Name::from_text(zone).unwrap().as_ref());
        if let Some(key) = key {
            sign_request(key, &mut question, now()).unwrap();
        }
        self.send(&question);
        assert_eq!(self.hear()[..2], [0, 7]);
    }

    fn send(&mut self, message: &[u8]) {
        let length = (message.len() as u16).to_be_bytes();
        self.stream.write_all(&[&length, message].concat()).unwrap();
    }

    fn hear(&mut self) -> Vec<u8> {
        let mut length = [0; 2];
        self.stream.read_exact(&mut length).expect("a message");
        let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
        self.stream.read_exact(&mut message).expect("a message");
        message
    }

    fn hears_nothing(&mut self) -> bool {
        self.stream.set_read_timeout(Some(NOTHING)).unwrap();
        self.stream.read(&mut [0; 2]).is_err()
    }
}

#[test]
fn who_asked_on_a_connection_is_told_there_and_signs_the_answer() {
    let repo = crate::repo();
    let server = start(&repo, &[]);
    let key = key(NOTIFIES);
    let mut consumer = Connected::new(&server, "a.example", Some(&key));
    let mut others = [
        Connected::new(&server, "a.example", None),
        Connected::new(&server, "a.example", Some(&self::key(ELSEWHERE))),
    ];
    let mut ring = Keyring::default();
    ring.share(Arc::clone(&key)).unwrap();
    for serial in [2, 3] {
        push(&repo, &server, serial);
        let message = consumer.hear();
        let Ok(tsig::Request::Signed(verified)) = ring.verify(&message, now()) else {
            panic!("not signed")
        };
        assert_eq!(read_notify(&message).unwrap(), told("a.example", serial));
        let mut answer = notify_answer(&message, ResponseCode::NoError).unwrap();
        verified.into_signer().sign(&mut answer, now()).unwrap();
        consumer.send(&answer);
        server.wait_for(|status| status["secondaries"][0]["answered"] == serial - 1);
    }
    assert!(
        consumer.hears_nothing(),
        "what is answered is not told again"
    );
    assert!(others.iter_mut().all(Connected::hears_nothing));
    let status = server.status().unwrap();
    let secondaries = status["secondaries"].as_array().unwrap();
    assert_eq!(secondaries.len(), 1, "{status}");
    assert_eq!(secondaries[0]["has_connected"], true);
    // It ends with its connection.
    drop(consumer);
    server.wait_for(|status| status["secondaries"].as_array().is_some_and(Vec::is_empty));
    server.stop();
}

/// A key that is taken away takes its connections along.
#[test]
fn who_has_lost_its_key_is_told_no_more() {
    let repo = crate::repo();
    let server = start(&repo, &[]);
    let mut consumer = Connected::new(&server, "a.example", Some(&key(NOTIFIES)));
    push(&repo, &server, 2);
    consumer.hear();
    std::fs::write(repo.beside("keys"), format!("{GOOD}:SHA256:{SECRET}\n")).unwrap();
    read_keys_again(&server);
    push(&repo, &server, 3);
    server.wait_for(|status| status["secondaries"].as_array().is_some_and(Vec::is_empty));
    assert!(consumer.hears_nothing());
    server.stop();
}

/// Answers by who was not asked cost nothing, and change nothing.
#[test]
fn answers_of_strangers_on_connections_are_not_heard() {
    let repo = crate::repo();
    let server = start(&repo, &[]);
    let mut consumer = Connected::new(&server, "a.example", Some(&key(GOOD)));
    let mut stranger = Connected::new(&server, "a.example", None);
    push(&repo, &server, 2);
    let message = consumer.hear();
    let answer = notify_answer(&message, ResponseCode::NoError).unwrap();
    (0..2_000).for_each(|_| stranger.send(&answer));
    // On its own connection, but not signed.
    consumer.send(&answer);
    assert_eq!(read_notify(&consumer.hear()).unwrap(), told("a.example", 2));
    let status = server.status().unwrap();
    assert_eq!(status["secondaries"][0]["answered"], 0, "{status}");
    server.stop();
}

/// A key that is not there is a mistake that is said at the start.
#[test]
fn a_key_that_is_not_there_is_said_at_the_start() {
    let repo = crate::repo();
    let mut program = crate::support::program();
    program.args([
        "--listen",
        "127.0.0.1:0",
        "--notify",
        "127.0.0.1:9,no.example",
    ]);
    program.arg("--repo").arg(repo.path());
    program.arg("--control").arg(repo.beside("control"));
    let output = program.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(6), "{said}");
    assert!(said.contains("there is no key no.example."), "{said}");
}

/// So many connections from each of these addresses, each of which asks for the SOA record with a key.
fn crowd(server: &Server, from: &[[u8; 4]], each: usize) -> Vec<TcpStream> {
    let mut question = soa_query(7, Name::from_text("a.example").unwrap().as_ref());
    sign_request(&key(NOTIFIES), &mut question, now()).unwrap();
    let length = (question.len() as u16).to_be_bytes();
    let message = [&length, &question[..]].concat();
    let connect = |from: &[u8; 4]| {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((*from, 0)).into()).unwrap();
        socket.connect(&server.addresses[0].into()).unwrap();
        let mut stream = TcpStream::from(socket);
        stream.write_all(&message).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        assert!(stream.read(&mut [0; 512]).unwrap() > 0);
        stream
    };
    let all = from.iter().flat_map(|from| std::iter::repeat_n(from, each));
    all.map(connect).collect()
}

fn connections(server: &Server) -> usize {
    let status = server.status().unwrap();
    let secondaries = status["secondaries"].as_array().unwrap().iter();
    secondaries.filter(|it| it["has_connected"] == true).count()
}

#[test]
fn connections_that_are_told_have_limits_for_each_network_and_key() {
    let repo = crate::repo();
    let server = start(&repo, &[]);
    let is = |wanted: usize| {
        poll(|| match connections(&server) {
            count if count == wanted => Ok(()),
            count => Err(format!("{count} in place of {wanted}\n{}", server.log())),
        });
    };
    let network: Vec<[u8; 4]> = (1..=5).map(|last| [127, 0, 0, last]).collect();
    let crowd_of_one = crowd(&server, &network, 60);
    is(256);
    drop(crowd_of_one);
    is(0);
    let networks = (1..=3).flat_map(|third| (1..=3).map(move |last| [127, 0, third, last]));
    let crowd_of_many = crowd(&server, &networks.collect::<Vec<_>>(), 60);
    is(512);
    drop(crowd_of_many);
    is(0);
    server.stop();
}

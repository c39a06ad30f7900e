//! Updates that are broken, forged, or as large as a message can be.

use std::io::{Read, Write};
use std::net::UdpSocket;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use tsig::{Key, Time};

use crate::sent::{SECRET, connect, key, send, signed, start, unsigned};
use crate::support::{NOERROR, PATIENCE, REFUSED, Repo, ask_serial, zone};

/// RFC 8945 §5.2: what is not signed well is NOTAUTH.
const NOTAUTH: u8 = 9;

fn other_key() -> Arc<Key> {
    let key = tsig::text::read_key(&format!("web._update.b.example:SHA256:{SECRET}"));
    Arc::new(key.expect("a key"))
}

fn commits(repo: &Repo) -> String {
    repo.git(&["rev-list", "--count", "main"])
}

/// Each octet changed, and each beginning of it: nothing of that is an update.
#[test]
fn what_is_cut_off_or_changed_on_the_way_changes_nothing() {
    let repo = Repo::new();
    repo.commit(&[("a.example", &zone(7, "192.0.2.1"))]);
    let server = start(&repo, &["--rate-limit", "off"]);
    let message = signed(&key(), "x");
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.connect(server.addresses[0]).expect("connected");
    for end in 0..message.len() {
        socket.send(&message[..end]).expect("sent");
    }
    // But for its id, which is not signed (RFC 8945 §4.2).
    for at in 2..message.len() {
        let mut changed = message.clone();
        changed[at] ^= 1;
        socket.send(&changed).expect("sent");
    }
    let socket = connect(server.addresses[0]);
    assert_eq!(send(&socket, &signed(&key(), "y")), Some(NOERROR));
    assert_eq!(commits(&repo), "2");
    let text = repo.git(&["show", "main:a.example"]);
    assert_eq!(text.matches("TXT").count(), 1, "{text}");
    server.stop();
}

#[test]
fn a_key_of_another_zone_and_one_that_nobody_knows_change_nothing() {
    let repo = Repo::new();
    repo.commit(&[("a.example", &zone(7, "192.0.2.1"))]);
    let said = format!("web._update.b.example:SHA256:{SECRET}");
    let server = start(&repo, &["--key", &said]);
    let socket = connect(server.addresses[0]);
    assert_eq!(send(&socket, &signed(&other_key(), "x")), Some(REFUSED));
    server.stop();
    let server = start(&repo, &[]);
    let socket = connect(server.addresses[0]);
    assert_eq!(send(&socket, &signed(&other_key(), "x")), Some(NOTAUTH));
    assert_eq!(commits(&repo), "1");
    server.stop();
}

/// As many records as a message of 65,535 octets holds.
#[test]
fn the_largest_message_is_one_commit() {
    const RECORDS: u16 = 293;
    let repo = Repo::new();
    repo.commit(&[("a.example", &zone(7, "192.0.2.1"))]);
    let server = start(&repo, &[]);
    let mut message = unsigned("n000");
    let record = message[27..].to_vec();
    message.truncate(27);
    message[8..10].copy_from_slice(&RECORDS.to_be_bytes());
    for number in 0..RECORDS {
        let mut record = record.clone();
        record[1..5].copy_from_slice(format!("n{number:03}").as_bytes());
        // The data is one string: its length, and that of the record's data.
        record.truncate(record.len() - 4);
        record.extend(206_u16.to_be_bytes());
        record.push(205);
        record.extend([b'x'; 205]);
        message.extend(record);
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = Time::from_secs(now.expect("after 1970").as_secs());
    tsig::sign_request(&key(), &mut message, now).expect("signed");
    assert!(message.len() > 65_000, "{}", message.len());
    let mut stream = std::net::TcpStream::connect(server.addresses[0]).expect("connected");
    let length = u16::try_from(message.len()).expect("it fits");
    let framed = [&length.to_be_bytes(), &message[..]].concat();
    stream.write_all(&framed).expect("sent");
    stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
    let mut answer = [0; 2 + 12];
    stream.read_exact(&mut answer).expect("an answer");
    assert_eq!(answer[2 + 3] & 15, NOERROR);
    assert_eq!(ask_serial(server.addresses[0], "a.example"), Some(8));
    let text = repo.git(&["show", "main:a.example"]);
    assert_eq!(text.matches("TXT").count(), usize::from(RECORDS));
    assert_eq!(commits(&repo), "2");
    server.stop();
}

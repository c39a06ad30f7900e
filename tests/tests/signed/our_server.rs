//! A server of ours for as long as a test: it verifies what comes over TCP and signs what it answers.

use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use rr::Rtype;
use tsig::{Dialect, Key, Keyring, Request, ResponseSigner, StreamSigner};

use crate::connection::{Connection, apex};
use crate::keys::now;

/// How it answers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// Seconds by which its clock is ahead.
    pub(crate) ahead_secs: u64,
    /// Messages of a transfer, and how many of them in a row are not signed.
    pub(crate) messages: usize,
    pub(crate) gap: u8,
    /// Whether one message of a transfer is changed after it was signed.
    pub(crate) is_changed: bool,
}

/// Seen by a server: the name of the key, or why the request was refused.
pub(crate) type Seen = Result<String, String>;

pub(crate) struct OurServer {
    pub(crate) address: SocketAddr,
    seen: Receiver<Seen>,
}

impl OurServer {
    /// Serves connections until the test ends, one after the other.
    pub(crate) fn start(ring: Keyring, manner: Manner) -> OurServer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, (sender, seen)) = (listener.local_addr().unwrap(), channel());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut connection = Connection::of(stream);
                while let Some(request) = connection.receive() {
                    let outcome = answer(&ring, manner, &request, &mut connection);
                    if sender.send(outcome).is_err() {
                        return;
                    }
                }
            }
        });
        OurServer { address, seen }
    }

    /// The next thing that is seen; clients may end before the server has said what it made of them.
    pub(crate) fn seen(&self) -> Seen {
        self.seen
            .recv_timeout(Duration::from_secs(20))
            .expect("a request")
    }
}

fn answer(ring: &Keyring, manner: Manner, request: &[u8], connection: &mut Connection) -> Seen {
    let now = tsig::Time::from_secs(now().secs() + manner.ahead_secs);
    match ring.verify(request, now) {
        Ok(Request::Signed(verified)) => {
            let key = verified.key().name().to_string();
            signed(verified.into_signer(), manner, request, connection);
            Ok(key)
        }
        Ok(Request::Unsigned) => {
            connection.send(&plain(request, 0));
            Err("unsigned".to_owned())
        }
        Err(rejection) => {
            let (text, rcode) = (rejection.reason.to_string(), rejection.reason.verdict().0);
            let mut reply = plain(request, u16::from(rcode) as u8);
            rejection.finish(&mut reply).unwrap();
            connection.send(&reply);
            Err(text)
        }
    }
}

fn signed(signer: ResponseSigner, manner: Manner, request: &[u8], connection: &mut Connection) {
    let (opcode, rtype) = (
        request[2] >> 3 & 15,
        wire::Query::parse(request).unwrap().question.unwrap().rtype,
    );
    if opcode != 0 || rtype != Rtype::AXFR {
        let mut reply = plain(request, 0);
        if opcode == 0 {
            append(&mut reply, &soa());
        }
        signer.sign(&mut reply, now()).unwrap();
        return connection.send(&reply);
    }
    let mut first = plain(request, 0);
    append(&mut first, &soa());
    let stream = signer
        .sign_first(&mut first, now())
        .unwrap()
        .with_gap(manner.gap);
    connection.send(&first);
    rest(stream, manner, request, connection);
}

fn rest(mut stream: StreamSigner, manner: Manner, request: &[u8], connection: &mut Connection) {
    for number in 2..manner.messages {
        let mut message = plain(request, 0);
        append(&mut message, &host(number));
        stream.sign_next(&mut message, now()).unwrap();
        if manner.is_changed && number == 3 {
            // The last octet of the address, wherever the signature begins.
            let at = plain(request, 0).len() + host(number).len() - 1;
            message[at] ^= 1;
        }
        connection.send(&message);
    }
    let mut last = plain(request, 0);
    append(&mut last, &soa());
    stream.sign_last(&mut last, now()).unwrap();
    connection.send(&last);
}

/// An answer without records to a request: header and question.
fn plain(request: &[u8], rcode: u8) -> Vec<u8> {
    let question = wire::Query::parse(request).unwrap().question.unwrap();
    let mut reply = request[..12].to_vec();
    (reply[2], reply[3]) = (request[2] | 0x84, rcode);
    reply[4..].copy_from_slice(&[0, 1, 0, 0, 0, 0, 0, 0]);
    reply.extend_from_slice(question.octets);
    reply
}

fn append(message: &mut Vec<u8>, record: &[u8]) {
    message[7] += 1;
    message.extend_from_slice(record);
}

fn soa() -> Vec<u8> {
    let apex = apex();
    let numbers = [1, 3600, 600, 86400, 300_u32]
        .map(u32::to_be_bytes)
        .concat();
    let data = [apex.as_wire(), apex.as_wire(), &numbers].concat();
    record(apex.as_wire(), Rtype::SOA, &data)
}

fn host(number: usize) -> Vec<u8> {
    let name = rr::Name::below(format!("host-{number}").as_bytes(), apex().as_ref()).unwrap();
    record(name.as_wire(), Rtype::A, &[192, 0, 2, 1])
}

fn record(owner: &[u8], rtype: Rtype, data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u16).to_be_bytes();
    let fixed = [&rtype.0.to_be_bytes()[..], &[0, 1, 0, 0, 1, 44], &length].concat();
    [owner, &fixed, data].concat()
}

/// A ring with one key.
pub(crate) fn ring_of(key: Key, dialect: Dialect) -> Keyring {
    let mut ring = Keyring::default();
    ring.insert(key.with_dialect(dialect))
        .map_err(|_| "doubled")
        .unwrap();
    ring
}

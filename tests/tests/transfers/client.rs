//! A client of transfers: ours, over a plain TCP connection.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use tests::peers::{Peer, TRANSFER_KEY};
use transfer::zonemd::{Digest, Hash};
use transfer::{Arrived, Asked, Incoming, Progress, Transport};
use zone::{Checked, HashKey, Zone};

pub(crate) const KEY: HashKey = HashKey::new([0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344]);

fn key() -> Arc<tsig::Key> {
    let (name, secret) = TRANSFER_KEY;
    Arc::new(tsig::text::read_key(&format!("{name}:SHA256:{secret}")).unwrap())
}

fn now() -> tsig::Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    tsig::Time::from_secs(since.as_secs())
}

/// One whole transfer over TCP.
pub(crate) fn transferred(peer: &Peer, asked: Asked, is_signed: bool) -> Arrived {
    let apex = rr::Name::from_text("example.org").unwrap();
    let mut request = match &asked {
        Asked::Whole(_) => transfer::ask_whole(1, apex.as_ref()),
        Asked::Changes(version) => transfer::ask_changes(1, version).unwrap(),
    };
    let mut incoming = Incoming::new(1, apex, asked, Transport::Stream, KEY);
    if is_signed {
        incoming = incoming.signed(tsig::sign_request(&key(), &mut request, now()).unwrap());
    }
    let mut stream = TcpStream::connect(peer.address).unwrap();
    stream.set_read_timeout(Some(testbed::PATIENCE)).unwrap();
    let length = (request.len() as u16).to_be_bytes();
    stream.write_all(&[&length, &request[..]].concat()).unwrap();
    loop {
        let message = next_message(&mut stream);
        match incoming.take(&message, now()) {
            Ok(Progress::More(more)) => incoming = more,
            Ok(Progress::Done(arrived)) => return arrived,
            Err(failure) => panic!("{}: {failure}\n{}", peer.kind, peer.process.log()),
        }
    }
}

fn next_message(stream: &mut TcpStream) -> Vec<u8> {
    let mut length = [0; 2];
    stream.read_exact(&mut length).unwrap();
    let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut message).unwrap();
    message
}

pub(crate) fn digest(zone: &Zone<Checked>) -> String {
    Digest::of(zone, Hash::Sha384).to_string()
}

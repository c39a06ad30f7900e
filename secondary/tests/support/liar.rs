//! A primary that answers as a test wants it to, and messages by hand.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::thread;

use super::name;

const SOA: u16 = 6;

/// Answers over UDP with what `over_udp` makes of a question, and has each question over TCP answered by `over_tcp`, in a thread of
/// its own. It goes on until the test ends.
pub(crate) fn serve(
    address: SocketAddr,
    over_udp: impl Fn(&[u8]) -> Vec<u8> + Send + 'static,
    over_tcp: impl Fn(TcpStream, Vec<u8>) -> std::io::Result<()> + Send + Sync + 'static,
) {
    let (udp, tcp) = (
        UdpSocket::bind(address).unwrap(),
        TcpListener::bind(address).unwrap(),
    );
    thread::spawn(move || {
        let mut question = [0; 512];
        while let Ok((length, peer)) = udp.recv_from(&mut question) {
            let _ = udp.send_to(&over_udp(&question[..length]), peer);
        }
    });
    let over_tcp = Arc::new(over_tcp);
    thread::spawn(move || {
        for stream in tcp.incoming() {
            let (mut stream, over_tcp) = (stream.unwrap(), Arc::clone(&over_tcp));
            // Who is answered badly goes away early.
            thread::spawn(move || {
                over_tcp_once(&mut stream).and_then(|asked| over_tcp(stream, asked))
            });
        }
    });
}

fn over_tcp_once(stream: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut asked = vec![0; u16::from_be_bytes(length).into()];
    stream.read_exact(&mut asked)?;
    Ok(asked)
}

/// Sends a message with its length before it.
pub(crate) fn send(stream: &mut TcpStream, message: &[u8]) -> std::io::Result<()> {
    let length = (message.len() as u16).to_be_bytes();
    stream.write_all(&[&length, message].concat())
}

/// The name that is asked for, as text, where the question ends, and its type.
pub(crate) fn question(message: &[u8]) -> (String, usize, u16) {
    let (owner, _) = rr::NameRef::split_from(&message[12..]).unwrap();
    let at = 12 + owner.as_wire().len();
    let rtype = u16::from_be_bytes([message[at], message[at + 1]]);
    (
        owner.to_string().trim_end_matches('.').to_owned(),
        at + 4,
        rtype,
    )
}

/// The answer to a question that ends there, with these records.
pub(crate) fn answer(asked: &[u8], records: &[Vec<u8>]) -> Vec<u8> {
    let (_, end, _) = question(asked);
    let mut message = asked[..end].to_vec();
    message[2..4].copy_from_slice(&[0x84, 0]);
    message[6..8].copy_from_slice(&(records.len() as u16).to_be_bytes());
    message[8..12].fill(0);
    records.iter().for_each(|record| message.extend(record));
    message
}

pub(crate) fn record(owner: &str, rtype: u16, rdata: &[u8]) -> Vec<u8> {
    let fixed = [&rtype.to_be_bytes()[..], &[0, 1, 0, 0, 0, 60]].concat();
    let length = (rdata.len() as u16).to_be_bytes();
    [name(owner).as_wire(), &fixed, &length, rdata].concat()
}

/// Looked at each second, where that may be.
pub(crate) fn soa(zone: &str, serial: u32) -> Vec<u8> {
    let numbers = [serial, 1, 1, 3600, 60].map(u32::to_be_bytes).concat();
    let names = [
        name("ns.other.example").as_wire(),
        name("mail.other.example").as_wire(),
    ]
    .concat();
    record(zone, SOA, &[names, numbers].concat())
}

/// A whole zone whose `www` says which version it is.
pub(crate) fn whole(zone: &str, serial: u32) -> Vec<Vec<u8>> {
    let text = format!("version {serial}");
    let text = [&[text.len() as u8], text.as_bytes()].concat();
    vec![
        soa(zone, serial),
        record(zone, rr::Rtype::NS.0, name("ns.other.example").as_wire()),
        record(&format!("www.{zone}"), rr::Rtype::TXT.0, &text),
        soa(zone, serial),
    ]
}

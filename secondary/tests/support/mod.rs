//! Primaries of other projects, a secondary of ours, and who asks it.
#![allow(dead_code, reason = "each test takes what it needs")]

pub(crate) mod liar;
pub(crate) mod primaries;

use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use replication::message::soa_query;
use rr::{Name, RData, Rtype};
use rustls::ClientConfig;
use secondary::{Config, Secondary, read_zones, run};
use testbed::{PATIENCE, poll};
use tsig::{Keyring, Time, sign_request};
use wire::message::{Message, query};
use wire::{OptionCode, ResponseCode};

pub(crate) const SECRET: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// The key that says all that a secondary has to know: for `example.org`, from 127.0.0.1 to 127.0.0.1.
pub(crate) const KEY: &str = "127.0.0.1.127.0.0.1._transfer.example.org";

/// One for all zones that the server at 127.0.0.1 announces.
pub(crate) const WIDE_KEY: &str = "x.127.0.0.1._transfer";

pub(crate) fn name(text: &str) -> Name {
    Name::from_text(text).unwrap()
}

/// A zone whose `www` says which version it is. It takes several messages.
pub(crate) fn zone_text(serial: u32, soa_times: &str) -> String {
    let mut text = format!(
        "$ORIGIN example.org.\n@ 300 IN SOA ns.example.org. mail.example.org. {serial} {soa_times} 300\n\
         @ 300 IN NS ns.example.org.\nns 300 IN A 127.0.0.1\nwww 300 IN TXT \"version {serial}\"\n"
    );
    let padding = "x".repeat(80);
    for number in 0..2_000 {
        text += &format!("host-{number} 300 IN A 192.0.2.1\nhost-{number} 300 IN TXT {padding}\n");
    }
    text
}

/// A secondary at this address that knows a key, and nothing else.
pub(crate) fn config(listen: SocketAddr, primary: SocketAddr, key: &str) -> Config {
    let mut config = Config::new([listen]);
    config.server.workers = Some(1);
    let key = tsig::text::read_key(&format!("{key}:SHA256:{SECRET}")).unwrap();
    config.server.keys.said.push(Arc::new(key));
    config.primary_port = primary.port();
    config
}

/// Has it follow these lines of a file of zones, and nothing that its keys say.
pub(crate) fn follow(config: &mut Config, lines: &str, tls: Option<&Arc<ClientConfig>>) {
    let mut keys = Keyring::default();
    for key in &config.server.keys.said {
        keys.share(Arc::clone(key)).unwrap();
    }
    config.follows_keys = false;
    config.zones = read_zones(lines, &keys, tls).unwrap();
}

pub(crate) fn start(config: &Config) -> Secondary {
    run(config.clone()).unwrap()
}

pub(crate) fn in_dir(mut config: Config, dir: &Path) -> Config {
    config.state_dir = Some(dir.to_owned());
    config
}

/// The answer, if one comes soon.
pub(crate) fn try_ask(server: SocketAddr, qname: &str, rtype: Rtype) -> Option<Message> {
    try_exchange(server, &query(7, name(qname).as_ref(), rtype))
}

/// The same for any message.
pub(crate) fn try_exchange(server: SocketAddr, question: &[u8]) -> Option<Message> {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket
        .set_read_timeout(Some(Duration::from_millis(500)))
        .unwrap();
    socket.send_to(question, server).ok()?;
    let mut octets = [0; 4096];
    let length = socket.recv(&mut octets).ok()?;
    Message::read(&octets[..length]).ok()
}

/// The key of this name.
pub(crate) fn key(name: &str) -> Arc<tsig::Key> {
    Arc::new(tsig::text::read_key(&format!("{name}:SHA256:{SECRET}")).unwrap())
}

/// What a question is answered that is signed with a key of this name.
pub(crate) fn ask_signed(server: SocketAddr, key: &str, qname: &str, rtype: Rtype) -> Message {
    let mut question = query(7, name(qname).as_ref(), rtype);
    let awaited = sign_request(&self::key(key), &mut question, now()).unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.send_to(&question, server).unwrap();
    let mut octets = [0; 4096];
    let length = socket.recv(&mut octets).unwrap();
    awaited.verify(&octets[..length], now()).unwrap();
    Message::read(&octets[..length]).unwrap()
}

pub(crate) fn now() -> Time {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Time::from_secs(since_1970.as_secs())
}

/// What `www` says, or the code of the answer.
pub(crate) fn seen(server: SocketAddr, zone: &str) -> String {
    let Some(answer) = try_ask(server, &format!("www.{zone}"), Rtype::TXT) else {
        return "silence".to_owned();
    };
    match answer.answer.first().map(|record| &record.data) {
        Some(RData::TXT(_)) => answer.answer[0].data.to_string(),
        _ => answer.rcode.to_string(),
    }
}

/// The same from a server that answers, however slow the machine is.
#[track_caller]
pub(crate) fn said(server: SocketAddr, zone: &str) -> String {
    poll(|| match seen(server, zone).as_str() {
        "silence" => Err("silence".to_owned()),
        said => Ok(said.to_owned()),
    })
}

/// The answer of a server that answers, likewise.
#[track_caller]
pub(crate) fn ask(server: SocketAddr, qname: &str, rtype: Rtype) -> Message {
    poll(|| try_ask(server, qname, rtype).ok_or_else(|| "silence".to_owned()))
}

/// Waits until the secondary says this.
#[track_caller]
pub(crate) fn await_seen(server: SocketAddr, zone: &str, expected: &str) {
    poll(|| {
        let seen = seen(server, zone);
        (seen == expected)
            .then_some(())
            .ok_or_else(|| format!("{seen}, not {expected}"))
    });
}

/// RFC 8914 §4.25: SERVFAIL, and why.
#[track_caller]
pub(crate) fn is_expired(server: SocketAddr, zone: &str) {
    let question = soa_query(7, name(zone).as_ref());
    let answer = poll(|| try_exchange(server, &question).ok_or("silence".to_owned()));
    assert_eq!(answer.rcode, ResponseCode::ServFail);
    let edns = answer.edns.expect("it was asked with EDNS");
    let ede = edns.options.iter().find(|it| it.0 == OptionCode::EDE);
    assert_eq!(ede.map(|it| &it.1[..2]), Some(&[0, 24][..]), "{edns:?}");
}

pub(crate) fn version(serial: u32) -> String {
    format!("\"version {serial}\"")
}

//! TLS service over real sockets.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{
    TcpClient, await_totals, framed, options,
    secure::{Identity, TlsClient, session},
};
use rustls::{AlertDescription, Error, HandshakeKind, ProtocolVersion, version};
use stack_os::Server;
use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    sync::Arc,
};

fn at(server: &Server) -> SocketAddr {
    server.tls_addresses()[0]
}

#[test]
fn pipelined_questions_are_answered_in_order_and_told_apart_from_tcp() {
    let identity = Identity::new();
    let server = identity.serve(&options(&["127.0.0.1:0"]));
    let mut client = identity.connect(at(&server));
    let questions: Vec<u8> = (0..50_u8)
        .flat_map(|number| framed(&[number; 30]))
        .collect();
    client.0.write_all(&questions).unwrap();
    for number in 0..50 {
        let answer = client.receive();
        assert!(answer.starts_with(format!("Tls {} ", at(&server)).as_bytes()));
        assert_eq!(answer.last(), Some(&number));
    }
    TcpClient::connect(server.addresses()[0]).ask(b"plain");
    await_totals(&server, |totals| {
        (
            totals.tls.answers,
            totals.tcp.answers,
            totals.handshakes.tls13,
        ) == (50, 1, 1)
    });
}

#[test]
fn answers_larger_than_a_record_arrive_whole() {
    let identity = Identity::new();
    let server = identity.serve(&options(&["127.0.0.1:0"]));
    let mut client = identity.connect(at(&server));
    (0..20).for_each(|_| client.send(b"big"));
    for _ in 0..20 {
        assert_eq!(client.receive().len(), 65_535);
    }
    // A question larger than a record, too.
    let long = vec![b'l'; 60_000];
    assert!(client.ask(&long).ends_with(&long));
}

/// Sends octet by octet what the session has to send.
fn dribble(session: &mut rustls::ClientConnection, stream: &mut TcpStream) {
    let mut octets = Vec::new();
    while session.wants_write() {
        session.write_tls(&mut octets).unwrap();
    }
    for octet in octets {
        stream.write_all(&[octet]).unwrap();
    }
}

#[test]
fn one_octet_segments_make_a_session_and_a_question() {
    let identity = Identity::new();
    let server = identity.serve(&options(&["127.0.0.1:0"]));
    let mut session = session(&Arc::new(identity.client(&["dot"])));
    let mut stream = TcpClient::connect(at(&server)).0;
    session.writer().write_all(&framed(b"slowly")).unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"slowly") {
        dribble(&mut session, &mut stream);
        session.read_tls(&mut stream).unwrap();
        session.process_new_packets().unwrap();
        let _ = session.reader().read_to_end(&mut answer);
    }
    assert_eq!(session.alpn_protocol(), Some(&b"dot"[..]));
}

#[test]
fn the_end_of_either_side_is_announced() {
    let identity = Identity::new();
    let server = identity.serve(&options(&["127.0.0.1:0"]));
    // The client ends: it gets its answers, then our close_notify.
    let mut client = identity.connect(at(&server));
    (0..10).for_each(|_| client.send(b"big"));
    client.0.conn.send_close_notify();
    client.0.flush().unwrap();
    for _ in 0..10 {
        assert_eq!(client.receive().len(), 65_535);
    }
    client.end().unwrap();
    // It goes without a word: it gets its answers all the same.
    let mut client = identity.connect(at(&server));
    client.send(b"last");
    client.0.sock.shutdown(Shutdown::Write).unwrap();
    assert!(client.receive().ends_with(b"last"));
    client.end().unwrap();
    // The server ends.
    let mut client = identity.connect(at(&server));
    client.ask(b"x");
    server.stop();
    client.end().unwrap();
}

#[test]
fn a_session_is_resumed_with_either_version() {
    let identity = Identity::new();
    let server = identity.serve(&options(&["127.0.0.1:0"]));
    for (versions, wanted) in [
        (&[&version::TLS12], ProtocolVersion::TLSv1_2),
        (&[&version::TLS13], ProtocolVersion::TLSv1_3),
    ] {
        let config = Arc::new(identity.client_of(versions, &["dot"]));
        for kind in [HandshakeKind::Full, HandshakeKind::Resumed] {
            let mut client = TlsClient::connect(&config, at(&server));
            assert!(client.ask(b"x").ends_with(b"x"));
            assert_eq!(client.0.conn.protocol_version(), Some(wanted));
            assert_eq!(client.0.conn.handshake_kind(), Some(kind));
        }
    }
    await_totals(&server, |totals| {
        let done = totals.handshakes;
        (done.tls12, done.tls13, done.resumed) == (2, 2, 2)
    });
}

fn alert(client: &mut TlsClient) -> AlertDescription {
    let failed = client.0.read(&mut [0]).unwrap_err();
    let why = failed.get_ref().and_then(|why| why.downcast_ref::<Error>());
    match why {
        Some(Error::AlertReceived(alert)) => *alert,
        _ => panic!("{failed}"),
    }
}

#[test]
fn protocols_without_ours_are_refused_and_none_at_all_is_served() {
    let identity = Identity::new();
    let server = identity.serve(&options(&["127.0.0.1:0"]));
    let with = |protocols| TlsClient::connect(&Arc::new(identity.client(protocols)), at(&server));
    for protocols in [&["h2", "http/1.1"][..], &["DOT"]] {
        let mut client = with(protocols);
        assert_eq!(alert(&mut client), AlertDescription::NoApplicationProtocol);
    }
    for protocols in [&[][..], &["h2", "dot"]] {
        assert!(with(protocols).ask(b"x").ends_with(b"x"));
    }
    await_totals(&server, |totals| {
        (totals.handshakes.protocol, totals.handshakes.tls13) == (2, 2)
    });
}

#[test]
fn what_is_not_tls_is_closed_and_a_client_may_refuse_us() {
    let (identity, other) = (Identity::new(), Identity::new());
    let server = identity.serve(&options(&["127.0.0.1:0"]));
    let mut plain = TcpClient::connect(at(&server));
    plain.send(&[7; 40]);
    assert!(
        plain.is_closed_within(common::PATIENCE) || {
            // An alert first.
            let _ = plain.0.read_to_end(&mut Vec::new());
            true
        }
    );
    let mut distrustful = other.connect(at(&server));
    assert!(
        distrustful
            .0
            .write_all(b"x")
            .and_then(|()| distrustful.0.flush())
            .is_err()
    );
    // And TLS where plain DNS is spoken.
    let mut confused = identity.connect(server.addresses()[0]);
    let failed = confused
        .0
        .write_all(b"x")
        .and_then(|()| confused.0.read(&mut [0]));
    assert!(failed.is_err());
    await_totals(&server, |totals| {
        (totals.handshakes.not_tls, totals.handshakes.refused) == (1, 1)
    });
    assert!(identity.connect(at(&server)).ask(b"x").ends_with(b"x"));
}

/// A ClientHello of 2006: TLS 1.1 at most, TLS_RSA_WITH_AES_128_CBC_SHA, nothing else.
fn old_hello() -> Vec<u8> {
    let body = [&[3, 2][..], &[9; 32], &[0, 0, 2, 0, 47, 1, 0]].concat();
    let length = body.len() as u8;
    [&[22, 3, 1, 0, length + 4, 1, 0, 0, length][..], &body].concat()
}

/// RFC 8310 §9.1, RFC 8996: TLS 1.2 or later.
#[test]
fn old_versions_are_refused() {
    let identity = Identity::new();
    let server = identity.serve(&options(&["127.0.0.1:0"]));
    let mut old = TcpClient::connect(at(&server));
    old.0.write_all(&old_hello()).unwrap();
    let mut told = Vec::new();
    old.0.read_to_end(&mut told).unwrap();
    // RFC 5246 §7.2: alert, fatal, handshake_failure or protocol_version.
    assert_eq!((told[0], told[5]), (21, 2));
    assert!([40, 70].contains(&told[6]));
    await_totals(&server, |totals| totals.handshakes.version == 1);
}

/// How a client leaves.
#[derive(Clone, Copy)]
enum Leaving {
    Ends,
    Resets,
}

/// A handshake and one question, cut after so many octets sent; false when there were not so many.
fn leave_after(identity: &Identity, server: &Server, octets: usize, how: Leaving) -> bool {
    let mut session = session(&Arc::new(identity.client(&["dot"])));
    session.writer().write_all(&framed(b"x")).unwrap();
    let (mut stream, mut left) = (TcpClient::connect(at(server)).0, octets);
    let mut is_cut = false;
    while !is_cut && (session.is_handshaking() || session.wants_write()) {
        let mut flight = Vec::new();
        while session.wants_write() {
            session.write_tls(&mut flight).unwrap();
        }
        is_cut = left < flight.len();
        let sent = left.min(flight.len());
        stream.write_all(&flight[..sent]).unwrap();
        left -= sent;
        if !is_cut && session.is_handshaking() {
            session.read_tls(&mut stream).unwrap();
            session.process_new_packets().unwrap();
        }
    }
    if let Leaving::Resets = how {
        socket2::SockRef::from(&stream)
            .set_linger(Some(std::time::Duration::ZERO))
            .unwrap();
    }
    is_cut
}

/// `CLOSES=10000` for a long run.
#[test]
fn clients_that_leave_in_mid_handshake_leave_nothing_behind() {
    let identity = Identity::new();
    let server = identity.serve(&options(&["127.0.0.1:0"]));
    let closes = std::env::var("CLOSES").map_or(300, |count| count.parse().unwrap());
    let (mut octets, mut cut) = (0, 0);
    for number in 0..closes {
        let how = [Leaving::Ends, Leaving::Resets][number % 2];
        if leave_after(&identity, &server, octets, how) {
            (octets, cut) = (octets + 7, cut + 1);
        } else {
            octets = number % 7;
        }
    }
    assert!(cut > closes / 2);
    assert!(identity.connect(at(&server)).ask(b"x").ends_with(b"x"));
    await_totals(&server, |totals| {
        let (tls, begun) = (totals.tls, totals.handshakes);
        let known = begun.abandoned + begun.tls13 + begun.other;
        tls.accepted == closes as u64 + 1 && tls.closed == tls.accepted && known == tls.accepted
    });
    assert!(server.is_whole());
}

#[test]
fn a_tls_address_that_is_taken_is_told() {
    let identity = Identity::new();
    let server = identity.serve(&options(&["127.0.0.1:0"]));
    let sockets = stack_os::Sockets::bind(&options(&["127.0.0.1:0"])).unwrap();
    let refused = sockets.bind_tls(&[at(&server)], Arc::clone(&identity.server));
    let wanted = format!(
        "cannot listen on {} over TLS; stop the program",
        at(&server)
    );
    assert!(refused.unwrap_err().to_string().starts_with(&wanted));
}

#[test]
fn sockets_that_somebody_else_bound_are_served() -> io::Result<()> {
    let identity = Identity::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let sockets = stack_os::Sockets::bind(&options(&["127.0.0.1:0"])).unwrap();
    let sockets = sockets.adopt_tls(
        vec![listener.try_clone()?.into()],
        Arc::clone(&identity.server),
    )?;
    assert_eq!(sockets.tls_addresses(), [listener.local_addr()?]);
    let server = sockets.serve(|| common::echo)?;
    assert!(identity.connect(at(&server)).ask(b"x").ends_with(b"x"));
    let datagrams = std::net::UdpSocket::bind("127.0.0.1:0")?;
    let sockets = stack_os::Sockets::bind(&options(&["127.0.0.1:0"])).unwrap();
    let refused = sockets.adopt_tls(vec![datagrams.into()], Arc::clone(&identity.server));
    assert!(refused.is_err());
    Ok(())
}

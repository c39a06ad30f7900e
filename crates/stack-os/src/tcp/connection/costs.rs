//! What an answer on an open connection costs in memory that is asked for.

use super::super::session::Session;
use super::*;
use crate::Transport;
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig,
    crypto::ring::default_provider,
    pki_types::{PrivateKeyDer, ServerName},
};
use std::{
    io::{Read, Write},
    sync::Arc,
};

/// A peer that sends the same octets before each turn, and reads everything.
#[derive(Default)]
struct Peer {
    octets: Vec<u8>,
    at: usize,
    received: Vec<u8>,
}

impl Read for Peer {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let len = (&self.octets[self.at..]).read(room)?;
        self.at += len;
        match len {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            len => Ok(len),
        }
    }
}

impl Write for Peer {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.received.extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Channel for Peer {
    const TRANSPORT: Transport = Transport::Tcp;

    fn take(&mut self, room: &mut [u8], input: &mut Vec<u8>) -> io::Result<Taken> {
        let (taken, len) = super::super::channel::read_some(self, room)?;
        input.extend_from_slice(&room[..len]);
        Ok(taken)
    }

    fn give(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.write(octets)
    }
}

/// One turn, with answers that are the questions.
fn turn<C: Channel>(
    connection: &mut Connection<C>,
    desk: &mut Desk,
    (limits, post): &(TcpLimits, Arc<Post>),
) {
    let answer = |message: Message<'_>, answer: &mut [u8]| {
        answer[..message.octets.len()].copy_from_slice(message.octets);
        Some(message.octets.len())
    };
    let now = connection.accepted_at;
    let turned = connection.turn(&mut Visit {
        desk,
        limits,
        now,
        post,
        number: 0,
        answer,
    });
    assert_eq!(turned, Turn::Wait);
}

fn connection<C: Channel>(channel: C) -> Connection<C> {
    let peer = SocketAddr::from(([192, 0, 2, 1], 53));
    Connection::new(channel, peer, peer.ip(), Instant::now())
}

fn within() -> (TcpLimits, Arc<Post>) {
    let later = LaterLimits::default();
    (TcpLimits::default(), tests::post(later))
}

fn questions(count: usize) -> Vec<u8> {
    let mut octets = Vec::new();
    (0..count).for_each(|_| emit(&[7; 38], &mut octets));
    octets
}

#[test]
fn answers_over_tcp_ask_for_no_memory() {
    let (within, mut desk) = (within(), Desk::default());
    let mut connection = connection(Peer::default());
    // The stream is cut anywhere, so that most turns end in the middle of a question.
    let stream = questions(1000);
    let mut answered = 0;
    for (number, segment) in stream.chunks(1999).enumerate() {
        let peer = &mut connection.channel;
        answered += peer.received.len();
        (peer.octets, peer.at) = (segment.to_vec(), 0);
        peer.received = Vec::with_capacity(4000);
        let counted = allocation_counter::measure(|| turn(&mut connection, &mut desk, &within));
        assert!(number < 2 || counted.count_total == 0, "{counted:?}");
    }
    answered += connection.channel.received.len();
    assert_eq!(answered, stream.len());
}

fn client_and_server() -> (ClientConnection, Arc<ServerConfig>) {
    let made =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a test makes it well");
    let (certificate, provider) = (made.cert.der().clone(), Arc::new(default_provider()));
    let key =
        PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a test makes it well");
    let mut roots = RootCertStore::empty();
    roots
        .add(certificate.clone())
        .expect("a test makes it well");
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("a test makes it well")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a test makes it well");
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("a test makes it well")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").expect("a test makes it well");
    let client = ClientConnection::new(Arc::new(client), name).expect("a test makes it well");
    (client, Arc::new(server))
}

/// TLS asks for memory for each record that comes or goes, however many questions or answers are in it.
#[test]
fn answers_over_tls_ask_for_no_memory_beyond_that_of_their_records() {
    let (within, mut desk) = (within(), Desk::default());
    let (mut client, config) = client_and_server();
    let channel = Session::new(&config, within.0.handshake_octets, Peer::default())
        .expect("a test makes it well");
    let mut connection = connection(channel);
    let mut counts = Vec::new();
    for asked in [0, 0, 1, 90, 1, 90, 1, 90] {
        client
            .writer()
            .write_all(&questions(asked))
            .expect("a test makes it well");
        let peer = connection.channel.stream();
        (peer.octets, peer.at) = (Vec::new(), 0);
        while client.wants_write() {
            client
                .write_tls(&mut peer.octets)
                .expect("a test makes it well");
        }
        peer.received = Vec::with_capacity(8000);
        let counted = allocation_counter::measure(|| turn(&mut connection, &mut desk, &within));
        counts.push(counted.count_total);
        let mut received = &connection.channel.stream().received[..];
        while !received.is_empty() {
            client
                .read_tls(&mut received)
                .expect("a test makes it well");
            client.process_new_packets().expect("a test makes it well");
        }
        let mut answers = Vec::new();
        let _ = client.reader().read_to_end(&mut answers);
        assert_eq!(answers.len(), asked * 40);
    }
    assert!(counts[6] <= 4 && counts[6] == counts[7], "{counts:?}");
}

//! What a peer hears of a handler that panics.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{TcpClient, ask_udp, await_totals, echo, options, serve_with};
use stack_os::{Message, Service, Transport};
use std::{
    sync::{Arc, Mutex, PoisonError},
    thread,
};

/// Echoes; to a panic it says sorry, unless that goes wrong too.
struct Sorry(Apology);

type Apology = fn(&mut [u8]) -> Option<usize>;

impl Service for Sorry {
    type Handler = fn(Message<'_>, &mut [u8]) -> Option<usize>;

    fn handler(&self) -> Self::Handler {
        echo
    }

    fn answer_after_panic(&self, message: Message<'_>, answer: &mut [u8]) -> Option<usize> {
        assert_eq!(message.octets, b"panic");
        self.0(answer)
    }
}

fn sorry(answer: &mut [u8]) -> Option<usize> {
    answer[..5].copy_from_slice(b"sorry");
    Some(5)
}

#[test]
fn the_service_answers_for_a_handler_that_panics() {
    let server = serve_with(&options(&["127.0.0.1:0"]), Sorry(sorry));
    let address = server.addresses()[0];
    assert_eq!(ask_udp(address, b"panic").0, b"sorry");
    let mut client = TcpClient::connect(address);
    assert_eq!(client.ask(b"panic"), b"sorry");
    assert!(client.ask(b"after").ends_with(b"after"));
    await_totals(&server, |totals| {
        (totals.udp.panics, totals.udp.answers, totals.udp.silent) == (1, 1, 0)
            && (totals.tcp.panics, totals.tcp.answers, totals.tcp.silent) == (1, 2, 0)
    });
}

/// Notes what it hears of threads, and panics then, which is nobody's loss.
struct Beginning(Arc<Mutex<Vec<(String, Transport)>>>);

impl Service for Beginning {
    type Handler = fn(Message<'_>, &mut [u8]) -> Option<usize>;

    fn handler(&self) -> Self::Handler {
        echo
    }

    fn begin_thread(&self, transport: Transport) {
        let name = thread::current().name().unwrap().to_owned();
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((name, transport));
        panic!("as the test asked");
    }
}

#[test]
fn each_thread_begins_once_before_it_answers() {
    let begun = Arc::default();
    let server = serve_with(&options(&["127.0.0.1:0"]), Beginning(Arc::clone(&begun)));
    let mut client = TcpClient::connect(server.addresses()[0]);
    assert!(client.ask(b"x").ends_with(b"x"));
    assert!(ask_udp(server.addresses()[0], b"x").0.ends_with(b"x"));
    server.stop();
    let mut begun = std::mem::take(&mut *begun.lock().unwrap_or_else(PoisonError::into_inner));
    begun.sort_by(|one, other| one.0.cmp(&other.0));
    let wanted = [
        ("tcp-0", Transport::Tcp),
        ("udp-0", Transport::Udp),
        ("udp-1", Transport::Udp),
    ];
    assert_eq!(
        begun,
        wanted.map(|(name, transport)| (name.to_owned(), transport))
    );
}

#[test]
fn a_service_that_fails_as_well_is_silent() {
    let failures: [Apology; 2] = [
        |_| panic!("as the test asked"),
        |answer| Some(answer.len() + 1),
    ];
    for failure in failures {
        let server = serve_with(&options(&["127.0.0.1:0"]), Sorry(failure));
        let mut client = TcpClient::connect(server.addresses()[0]);
        client.send(b"panic");
        assert!(client.ask(b"after").ends_with(b"after"));
        await_totals(&server, |totals| {
            (totals.tcp.panics, totals.tcp.silent) == (1, 1)
        });
    }
}

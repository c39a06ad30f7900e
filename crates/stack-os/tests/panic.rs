//! What a peer hears of a handler that panics.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{TcpClient, ask_udp, await_totals, echo, options, serve_with};
use stack_os::{Message, Service};

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

//! Transfers of many messages from others, believed message by message.

use rr::Rtype;
use tsig::{Algorithm, AnswerError, Stream, StreamError, Time, sign_request};

use crate::connection::{Connection, question, records, soas};
use crate::keys::{Shared, now};
use crate::servers::{HOSTS, Running, Server};

/// What has been received, and what became of it.
struct Transfer {
    messages: Vec<Vec<u8>>,
    outcome: Result<u64, StreamError>,
}

fn transfer(server: &Running, shared: &Shared) -> Transfer {
    let mut request = question(Rtype::AXFR);
    let awaited = sign_request(&shared.arc(), &mut request, now()).unwrap();
    let mut connection = Connection::to(server.address);
    connection.send(&request);
    let (mut messages, mut seen) = (Vec::new(), 0);
    while seen < 2 {
        let message = connection.receive().expect("the rest of the transfer");
        seen += soas(&message);
        messages.push(message);
    }
    let outcome = verify(awaited, &messages, now());
    Transfer { messages, outcome }
}

fn verify(awaited: tsig::Awaited, messages: &[Vec<u8>], now: Time) -> Result<u64, StreamError> {
    let mut stream = Stream::Settled(awaited.verify_first(&messages[0], now)?);
    for message in &messages[1..] {
        stream = stream.next(message, now)?;
    }
    Ok(stream.finish()?.messages())
}

#[test]
fn transfers_of_many_messages_are_believed() {
    for server in Server::ALL {
        let running = Running::start(server);
        for shared in Shared::all() {
            let transfer = transfer(&running, &shared);
            let all: usize = transfer
                .messages
                .iter()
                .map(|message| records(message))
                .sum();
            assert_eq!(all, HOSTS + 3, "SOA twice, NS");
            let count = transfer
                .outcome
                .unwrap_or_else(|e| panic!("{server:?} {shared:?}: {e}"));
            println!("{server:?}, {}: {count} messages", shared.algorithm);
            assert!(
                count > 5 && count == transfer.messages.len() as u64,
                "{server:?}: {count}"
            );
        }
    }
}

/// The messages that a server sent, changed on the way.
#[test]
fn transfers_that_somebody_changed_are_not() {
    let running = Running::start(Server::Bind);
    let shared = Shared::of(Algorithm::Sha256);
    let mut request = question(Rtype::AXFR);
    let at = now();
    let key = shared.arc();
    let mut connection = Connection::to(running.address);
    sign_request(&key, &mut request, at).unwrap();
    connection.send(&request);
    let (mut messages, mut seen) = (Vec::new(), 0);
    while seen < 2 {
        messages.push(connection.receive().expect("the rest"));
        seen += soas(messages.last().unwrap());
    }
    // The same request again gives what verifies the answers to it.
    let outcome = |messages: &[Vec<u8>]| {
        let mut again = question(Rtype::AXFR);
        let awaited = sign_request(&key, &mut again, at).unwrap();
        assert_eq!(again, request);
        verify(awaited, messages, now())
    };
    let changed = |change: &dyn Fn(&mut Vec<Vec<u8>>)| {
        let mut changed = messages.clone();
        change(&mut changed);
        outcome(&changed).unwrap_err()
    };
    assert_eq!(outcome(&messages), Ok(messages.len() as u64));
    let bad = StreamError::Answer(AnswerError::BadSig);
    assert_eq!(changed(&|m| drop(m.remove(2))), bad);
    assert_eq!(changed(&|m| m.swap(2, 3)), bad);
    assert_eq!(changed(&|m| m.insert(2, m[2].clone())), bad);
    assert_eq!(changed(&|m| m[4][100] ^= 1), bad);
}

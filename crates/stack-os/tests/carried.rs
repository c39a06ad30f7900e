//! Answers that come later go the way of whoever has received the message, where that is not this crate.
#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]

use stack_os::{Carrier, Carriers, Message, Next, Transport};
use std::sync::mpsc::{Sender, channel};

#[derive(Debug)]
struct Elsewhere(Sender<Vec<u8>>);

impl Carriers for Elsewhere {
    fn carrier(&self) -> Option<Box<dyn Carrier>> {
        Some(Box::new(Elsewhere(self.0.clone())))
    }
}

impl Carrier for Elsewhere {
    fn answer(self: Box<Self>, octets: &[u8]) {
        self.0.send(octets.to_vec()).unwrap();
    }

    fn stream(self: Box<Self>, mut next: stack_os::Pull) {
        let mut octets = Vec::new();
        while next(&mut octets) == Next::More {
            self.0.send(std::mem::take(&mut octets)).unwrap();
        }
        self.0.send(octets).unwrap();
    }
}

#[test]
fn an_answer_and_a_stream_go_to_who_has_received_the_message() {
    let (sent, arrived) = channel();
    let (peer, local) = ([127, 0, 0, 1], [127, 0, 0, 2]);
    let elsewhere = Elsewhere(sent);
    let message = Message::new(
        b"question",
        (peer, 1).into(),
        (local, 53).into(),
        Transport::Tcp,
    );
    assert!(message.later().is_none(), "nobody has received it");
    let message = message.carried(&elsewhere);
    message.later().unwrap().answer(b"answer");
    let mut count = 0;
    let next = move |octets: &mut Vec<u8>| {
        count += 1;
        octets.push(count);
        match count {
            3 => Next::Last,
            _ => Next::More,
        }
    };
    message.later().unwrap().stream(next).unwrap();
    drop(elsewhere);
    let all: Vec<Vec<u8>> = arrived.iter().collect();
    assert_eq!(all, [b"answer".to_vec(), vec![1], vec![2], vec![3]]);
}

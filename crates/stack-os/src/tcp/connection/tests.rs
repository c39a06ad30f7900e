//! A connection with a peer made of vectors, and a clock made of numbers.

use super::super::channel::{read_some, write_some};
use super::*;
use crate::{LaterLimits, Transport, later::Ledger};
use std::{
    collections::VecDeque,
    io::{Read, Write},
    time::Duration,
};

/// A peer that has sent some octets, and has room for some.
#[derive(Default)]
struct Pipe {
    sent: VecDeque<Vec<u8>>,
    ended: bool,
    room: usize,
    received: Vec<u8>,
}

impl Read for Pipe {
    fn read(&mut self, octets: &mut [u8]) -> io::Result<usize> {
        match self.sent.pop_front() {
            None if self.ended => Ok(0),
            None => Err(io::ErrorKind::WouldBlock.into()),
            Some(segment) => {
                octets[..segment.len()].copy_from_slice(&segment);
                Ok(segment.len())
            }
        }
    }
}

impl Write for Pipe {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let len = octets.len().min(self.room);
        self.room -= len;
        self.received.extend_from_slice(&octets[..len]);
        if len == 0 {
            Err(io::ErrorKind::WouldBlock.into())
        } else {
            Ok(len)
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Channel for Pipe {
    const TRANSPORT: Transport = Transport::Tcp;

    fn take(&mut self, room: &mut [u8], input: &mut Vec<u8>) -> io::Result<Taken> {
        let (taken, len) = read_some(self, room)?;
        input.extend_from_slice(&room[..len]);
        Ok(taken)
    }

    fn give(&mut self, octets: &[u8]) -> io::Result<usize> {
        write_some(self, octets)
    }
}

struct Scene {
    connection: Connection<Pipe>,
    desk: Desk,
    limits: TcpLimits,
    later: LaterLimits,
    post: Arc<Post>,
    start: Instant,
}

impl Scene {
    fn new(limits: TcpLimits) -> Scene {
        let (start, peer) = (
            Instant::now(),
            "192.0.2.1:53".parse::<SocketAddr>().unwrap(),
        );
        let pipe = Pipe {
            room: usize::MAX,
            ..Pipe::default()
        };
        Scene {
            connection: Connection::new(pipe, peer, peer.ip(), start),
            desk: Desk::default(),
            limits,
            later: LaterLimits::default(),
            post: post(LaterLimits::default()),
            start,
        }
    }

    /// The peer sends a segment; the connection has turns at `millis` until it waits or ends.
    fn segment(&mut self, octets: &[u8], millis: u64) -> Turn {
        self.connection.channel.sent.push_back(octets.to_vec());
        self.turns(millis)
    }

    fn turns(&mut self, millis: u64) -> Turn {
        let now = self.at(millis);
        let echo = |message: Message<'_>, answer: &mut [u8]| {
            answer[..message.octets.len()].copy_from_slice(message.octets);
            (message.octets != b"silence").then_some(message.octets.len())
        };
        loop {
            let mut visit = Visit {
                desk: &mut self.desk,
                limits: &self.limits,
                now,
                post: &self.post,
                number: 0,
                answer: echo,
            };
            match self.connection.turn(&mut visit) {
                Turn::Again => {}
                turn => return turn,
            }
        }
    }

    fn at(&self, millis: u64) -> Instant {
        self.start + Duration::from_millis(millis)
    }

    fn overdue(&self, millis: u64) -> Option<Closed> {
        self.connection
            .overdue(&self.limits, &self.later, self.at(millis))
    }
}

/// A post that wakes nobody.
pub(super) fn post(limits: LaterLimits) -> Arc<Post> {
    let poll = mio::Poll::new().unwrap();
    let waker = mio::Waker::new(poll.registry(), mio::Token(0)).unwrap();
    let (ledger, counts) = (Arc::new(Ledger::new(limits)), Arc::default());
    Arc::new(Post::new(ledger, counts, Arc::new(waker)))
}

fn framed(messages: &[&[u8]]) -> Vec<u8> {
    let mut octets = Vec::new();
    messages
        .iter()
        .for_each(|message| emit(message, &mut octets));
    octets
}

#[test]
fn messages_are_found_wherever_segments_end() {
    let stream = framed(&[b"one", b"", b"three", &[3; 20_000], b"silence", b"five"]);
    for cut in [1, 2, 3, 7, 1000, 16_000] {
        let mut scene = Scene::new(TcpLimits::default());
        for segment in stream.chunks(cut) {
            assert_eq!(scene.segment(segment, 0), Turn::Wait);
        }
        assert_eq!(
            scene.connection.channel.received,
            framed(&[b"one", b"", b"three", &[3; 20_000], b"five"]),
            "{cut}"
        );
        assert!(scene.connection.unanswered.is_empty());
    }
}

#[test]
fn many_messages_in_many_segments_are_all_answered() {
    let mut scene = Scene::new(TcpLimits::default());
    let stream = framed(&[&[9; 100][..]; 3000]);
    scene.connection.channel.sent = stream.chunks(READ_OCTETS).map(<[u8]>::to_vec).collect();
    assert_eq!(scene.turns(0), Turn::Wait);
    assert_eq!(scene.connection.channel.received, stream);
}

#[test]
fn answers_wait_for_a_peer_that_does_not_read_and_are_bounded() {
    let mut scene = Scene::new(TcpLimits {
        unread_octets: 1000,
        ..TcpLimits::default()
    });
    scene.connection.channel.room = 10;
    let stream = framed(&[&[7; 98][..]; 100]);
    assert_eq!(scene.segment(&stream, 0), Turn::Wait);
    assert_eq!(scene.connection.unread.len(), 990);
    scene.connection.channel.sent.push_back(framed(&[b"more"]));
    assert_eq!(scene.turns(1), Turn::Wait);
    assert_eq!(
        scene.connection.channel.sent.len(),
        1,
        "nothing is read meanwhile"
    );
    scene.connection.channel.room = usize::MAX;
    assert_eq!(scene.turns(2), Turn::Wait);
    assert_eq!(
        scene.connection.channel.received,
        [&stream[..], &framed(&[b"more"])].concat()
    );
    assert!(!scene.connection.has_unread_answers());
}

#[test]
fn a_peer_that_ends_its_side_gets_its_answers_first() {
    let mut scene = Scene::new(TcpLimits::default());
    (
        scene.connection.channel.room,
        scene.connection.channel.ended,
        scene.connection.read_closed,
    ) = (1, true, true);
    assert_eq!(scene.segment(&framed(&[b"last"]), 0), Turn::Wait);
    scene.connection.channel.room = 100;
    assert_eq!(scene.turns(1), Turn::Close(Closed::ByPeer));
    assert_eq!(scene.connection.channel.received, framed(&[b"last"]));
}

#[test]
fn the_last_allowed_message_is_answered_and_ends_the_connection() {
    let mut scene = Scene::new(TcpLimits {
        messages: 2,
        ..TcpLimits::default()
    });
    assert_eq!(
        scene.segment(&framed(&[b"1", b"2", b"3"]), 0),
        Turn::Close(Closed::Old)
    );
    assert_eq!(scene.connection.channel.received, framed(&[b"1", b"2"]));
}

#[test]
fn idle_time_counts_from_the_last_answer() {
    let mut scene = Scene::new(TcpLimits {
        idle_time: Duration::from_millis(100),
        ..TcpLimits::default()
    });
    assert_eq!(
        (scene.overdue(99), scene.overdue(100)),
        (None, Some(Closed::Idle))
    );
    scene.segment(&framed(&[b"1"]), 50);
    scene.segment(&framed(&[b"silence"]), 120);
    assert_eq!(
        (scene.overdue(149), scene.overdue(150)),
        (None, Some(Closed::Idle))
    );
}

#[test]
fn message_time_counts_from_the_first_octet() {
    let mut scene = Scene::new(TcpLimits {
        message_time: Duration::from_millis(100),
        ..TcpLimits::default()
    });
    for (millis, octet) in [(10, 0), (60, 9), (90, 1)] {
        scene.segment(&[octet], millis);
    }
    assert_eq!(
        (scene.overdue(109), scene.overdue(110)),
        (None, Some(Closed::Slow))
    );
    scene.segment(&[1; 8], 109);
    assert_eq!(scene.overdue(300), None, "the message was completed");
    scene.segment(&[0], 400);
    assert_eq!(
        (scene.overdue(499), scene.overdue(500)),
        (None, Some(Closed::Slow))
    );
}

#[test]
fn unread_time_counts_from_the_first_answer_that_waits() {
    let mut scene = Scene::new(TcpLimits {
        unread_time: Duration::from_millis(100),
        ..TcpLimits::default()
    });
    scene.connection.channel.room = 1;
    scene.segment(&framed(&[b"answer"]), 10);
    scene.connection.channel.room = 1;
    scene.turns(90);
    assert_eq!(
        (scene.overdue(109), scene.overdue(110)),
        (None, Some(Closed::Unread))
    );
}

#[test]
fn life_time_counts_from_the_beginning() {
    let mut scene = Scene::new(TcpLimits {
        life_time: Duration::from_millis(100),
        ..TcpLimits::default()
    });
    scene.segment(&framed(&[b"1"]), 99);
    assert_eq!(
        (scene.overdue(99), scene.overdue(100)),
        (None, Some(Closed::Old))
    );
}

#[test]
fn who_never_asked_goes_first_then_who_does_not_read_then_who_asked_long_ago() {
    let [silent, mut unread, mut served] = [0, 1, 2].map(|_| Scene::new(TcpLimits::default()));
    unread.connection.channel.room = 1;
    unread.segment(&framed(&[b"answer"]), 50);
    served.segment(&framed(&[b"1"]), 10);
    let early = served.connection.rank();
    served.segment(&framed(&[b"1"]), 20);
    assert!(silent.connection.rank() < unread.connection.rank());
    assert!(unread.connection.rank() < early);
    assert!(early < served.connection.rank());
}

//! One connection: octets in, whole messages to the handler, answers out. It knows no socket, only a channel, which may as
//! well be a TLS session.

use super::beginnings::Phase;
use super::channel::{Channel, Taken};
use super::late::{End, Late};
use crate::later::{Content, Origin, Place, Post};
use crate::service::Way;
use crate::{LaterLimits, Message, TcpLimits};
use std::{
    cell::{Cell, OnceCell},
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Instant,
};

/// Octets taken from the kernel at once.
const READ_OCTETS: usize = 16 << 10;
/// Reads in one turn, so that a peer that always has more cannot starve the others.
const READS_PER_TURN: usize = 4;
/// RFC 1035 §4.2.2: two octets of length before each message.
const LENGTH_OCTETS: usize = 2;
/// Room that a connection keeps for the beginning of a message while it has none: a stream of questions mostly ends in the
/// middle of one.
const KEPT_OCTETS: usize = 512;
const ANSWER_OCTETS: usize = u16::MAX as usize;

#[derive(Debug)]
pub(crate) struct Connection<C> {
    pub(crate) channel: C,
    pub(crate) peer: SocketAddr,
    pub(crate) local: SocketAddr,
    /// The network whose connections are counted together.
    pub(crate) client: IpAddr,
    /// The peer has sent its last octet, which may still wait to be read.
    pub(crate) read_closed: bool,
    /// Whether it has begun, where that takes a turn of its own.
    pub(crate) phase: Phase,
    /// It has more to do and is in the line of those.
    pub(crate) is_busy: bool,
    /// How other threads see it, once one has something to do with it.
    place: OnceCell<Arc<Place>>,
    /// What it has to send beside its answers; none most of the time.
    late: Option<Box<Late>>,
    /// Octets read and not answered: the beginning of a message, or whole ones while answers wait.
    unanswered: Vec<u8>,
    /// Answers that the channel had no room for, and how many octets of them have left since.
    unread: Vec<u8>,
    unread_sent: usize,
    /// No more is read; when the last answer has left, the connection is closed for this reason.
    ending: Option<Closed>,
    messages: u64,
    accepted_at: Instant,
    /// The last answer to this peer.
    answered_at: Option<Instant>,
    /// Since when the beginning of a message waits for the rest.
    waiting_since: Option<Instant>,
    /// Since when answers wait, here or in the channel.
    unread_since: Option<Instant>,
}

/// What a turn led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Nothing more until the channel can be read or written again.
    Wait,
    /// There is more to do at once, but others come first.
    Again,
    /// It is over.
    Close(Closed),
}

/// Why a connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closed {
    ByPeer,
    Idle,
    Handshake,
    Slow,
    Unread,
    Old,
    ForRoom,
    Failed,
}

/// How useful a connection is; the least is closed first when there is no room: the ones that never asked anything, then
/// those that do not read their answers, then those that asked long ago, last those that something is still to come for.
/// Within each the oldest goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    Silent(Instant),
    Unread(Instant),
    Served(Instant),
    Kept(Instant),
}

/// Working space of a thread, used by one connection at a time; a connection keeps octets of its own only between turns.
#[derive(Debug)]
pub(crate) struct Desk {
    read: Box<[u8]>,
    input: Vec<u8>,
    answer: Box<[u8]>,
    output: Vec<u8>,
    /// The message of a stream.
    message: Vec<u8>,
    tally: Tally,
}

/// What was done since the last [`Desk::take_tally`].
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) messages: u64,
    pub(crate) answers: u64,
    pub(crate) silent: u64,
    /// Messages whose answers are to come later.
    pub(crate) later: u64,
    /// Streams that panicked.
    pub(crate) panics: u64,
}

impl Default for Desk {
    fn default() -> Self {
        Desk {
            read: vec![0; READ_OCTETS].into(),
            input: Vec::new(),
            answer: vec![0; ANSWER_OCTETS].into(),
            output: Vec::new(),
            message: Vec::new(),
            tally: Tally::default(),
        }
    }
}

impl Desk {
    pub(crate) fn take_tally(&mut self) -> Tally {
        std::mem::take(&mut self.tally)
    }
}

/// What a connection needs for a turn.
pub(crate) struct Visit<'v, H> {
    pub(crate) desk: &'v mut Desk,
    pub(crate) limits: &'v TcpLimits,
    pub(crate) now: Instant,
    /// Where letters to the thread go, and the number that the connection has there.
    pub(crate) post: &'v Arc<Post>,
    pub(crate) number: usize,
    pub(crate) answer: H,
}

/// What answers a message; see [`Handler`](crate::Handler).
pub(crate) trait Answer: FnMut(Message<'_>, &mut [u8]) -> Option<usize> {}
impl<F: FnMut(Message<'_>, &mut [u8]) -> Option<usize>> Answer for F {}

impl<C: Channel> Connection<C> {
    pub(crate) fn new(channel: C, peer: SocketAddr, client: IpAddr, now: Instant) -> Connection<C> {
        let phase = match channel.is_open() {
            true => Phase::Begun,
            false => Phase::Unheard,
        };
        Connection {
            channel,
            phase,
            peer,
            local: SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0),
            client,
            read_closed: false,
            is_busy: false,
            place: OnceCell::new(),
            late: None,
            unanswered: Vec::new(),
            unread: Vec::new(),
            unread_sent: 0,
            ending: None,
            messages: 0,
            accepted_at: now,
            answered_at: None,
            waiting_since: None,
            unread_since: None,
        }
    }

    pub(crate) fn has_unread_answers(&self) -> bool {
        self.unread_since.is_some()
    }

    /// Takes what came in a letter.
    pub(crate) fn take_in(&mut self, content: Content, now: Instant) {
        self.late.get_or_insert_default().take_in(content, now);
    }

    /// The connection is closed: letters to it come to nothing.
    pub(crate) fn leave(&self) {
        self.place.get().into_iter().for_each(|place| place.close());
    }

    /// Whether somebody has reasons to keep it open.
    fn is_kept(&self) -> bool {
        self.place.get().is_some_and(|place| place.is_kept())
    }

    /// Whether the last answer is still to come.
    fn is_awaited(&self) -> bool {
        self.late.is_some() || self.place.get().is_some_and(|place| place.is_awaited())
    }

    fn streaming_since(&self) -> Option<Instant> {
        self.late.as_ref()?.streaming_since()
    }

    pub(crate) fn rank(&self) -> Rank {
        if self.is_kept() {
            return Rank::Kept(self.answered_at.unwrap_or(self.accepted_at));
        }
        match (self.unread_since, self.answered_at) {
            (Some(since), _) => Rank::Unread(since),
            (None, Some(at)) => Rank::Served(at),
            (None, None) => Rank::Silent(self.accepted_at),
        }
    }

    /// The limit of time that has passed, if any.
    pub(crate) fn overdue(
        &self,
        limits: &TcpLimits,
        later: &LaterLimits,
        now: Instant,
    ) -> Option<Closed> {
        let passed = |since: Instant, limit| now.saturating_duration_since(since) >= limit;
        let useful_at = self.answered_at.unwrap_or(self.accepted_at);
        let (streaming_since, is_kept) = (self.streaming_since(), self.is_kept());
        let unread_time = match streaming_since {
            Some(_) => later.stream_message_time,
            None => limits.unread_time,
        };
        if self
            .unread_since
            .is_some_and(|since| passed(since, unread_time))
        {
            Some(Closed::Unread)
        } else if self
            .waiting_since
            .is_some_and(|since| passed(since, limits.message_time))
        {
            Some(Closed::Slow)
        } else if !self.channel.is_open() && passed(self.accepted_at, limits.handshake_time) {
            Some(Closed::Handshake)
        } else if let Some(since) = streaming_since {
            passed(since, later.stream_time).then_some(Closed::Old)
        } else if !is_kept && passed(useful_at, limits.idle_time) {
            Some(Closed::Idle)
        } else {
            (!is_kept && passed(self.accepted_at, limits.life_time)).then_some(Closed::Old)
        }
    }

    /// Does what can be done without waiting: sends old answers, then reads and answers in turn. While the peer leaves
    /// answers unread, nothing more is read from it, so TCP's own flow control slows it down.
    pub(crate) fn turn<H: Answer>(&mut self, visit: &mut Visit<'_, H>) -> Turn {
        visit.desk.input.clear();
        visit.desk.input.extend_from_slice(&self.unanswered);
        let messages = self.messages;
        let turn = self.exchange(visit).unwrap_or(Turn::Close(Closed::ByPeer));
        self.keep_rest(&visit.desk.input, self.messages > messages, visit.now);
        turn
    }

    fn exchange<H: Answer>(&mut self, visit: &mut Visit<'_, H>) -> io::Result<Turn> {
        if !self.send_unread(visit.now)? || !self.send_late(visit)? {
            return Ok(Turn::Wait);
        }
        let mut more = true;
        for _ in 0..READS_PER_TURN {
            if !self.answer_all(visit)? {
                return Ok(Turn::Wait);
            }
            match self.ending {
                Some(reason) if reason == Closed::Failed || !self.is_awaited() => {
                    return Ok(Turn::Close(reason));
                }
                None if more => more = self.read(visit.desk)?,
                // What it has to send beside its answers goes on when the others have had their turn.
                Some(_) | None if self.late.is_some() => return Ok(Turn::Again),
                Some(_) | None => return Ok(Turn::Wait),
            }
        }
        Ok(Turn::Again)
    }

    /// Sends some of what came later. False: the peer has to read first.
    fn send_late<H>(&mut self, visit: &mut Visit<'_, H>) -> io::Result<bool> {
        let Some(late) = &mut self.late else {
            return Ok(true);
        };
        let desk = &mut *visit.desk;
        let room = visit.limits.unread_octets;
        let said = late.say(&mut desk.output, room, &mut desk.message);
        if late.is_empty() {
            self.late = None;
        }
        desk.tally.answers += said.messages;
        if said.messages > 0 {
            self.answered_at = Some(visit.now);
        }
        if let Some(end) = said.end {
            desk.tally.panics += u64::from(end == End::Panicked);
            (self.late, self.ending) = (None, Some(Closed::Failed));
        }
        self.send(desk, visit.now)
    }

    /// Takes octets from the channel. False: nothing more comes without a new event.
    fn read(&mut self, desk: &mut Desk) -> io::Result<bool> {
        Ok(match self.channel.take(&mut desk.read, &mut desk.input)? {
            Taken::Some => true,
            // Only the end of the stream may have been announced already.
            Taken::All => self.read_closed,
            Taken::Nothing => false,
            Taken::End => {
                self.ending = Some(Closed::ByPeer);
                true
            }
        })
    }

    /// Answers all whole messages of the input. False: the peer has to read first.
    fn answer_all<H: Answer>(&mut self, visit: &mut Visit<'_, H>) -> io::Result<bool> {
        loop {
            let all = self.answer_some(visit);
            if !self.send(visit.desk, visit.now)? {
                return Ok(false);
            }
            if all {
                return Ok(true);
            }
        }
    }

    /// Answers whole messages until none is left (true) or the output is full (false).
    fn answer_some<H: Answer>(&mut self, visit: &mut Visit<'_, H>) -> bool {
        let Visit {
            desk,
            limits,
            now,
            post,
            number,
            answer: handle,
        } = visit;
        let origin = Origin {
            post,
            place: &self.place,
            number: *number,
            client: self.client,
            taken: Cell::new(false),
        };
        let mut taken = 0;
        while self.ending.is_none()
            && let Some(octets) = first_message(&desk.input[taken..])
        {
            if desk.output.len() >= limits.unread_octets {
                desk.input.drain(..taken);
                return false;
            }
            taken += LENGTH_OCTETS + octets.len();
            let message = Message {
                octets,
                peer: self.peer,
                local: self.local,
                transport: C::TRANSPORT,
                way: Way::Connection(&origin),
            };
            desk.tally.messages += 1;
            let answered = handle(message, &mut desk.answer);
            let is_later = origin.taken.take();
            if let Some(len) = answered {
                emit(&desk.answer[..len], &mut desk.output);
                desk.tally.answers += 1;
                self.answered_at = Some(*now);
            } else if is_later {
                desk.tally.later += 1;
            } else {
                desk.tally.silent += 1;
            }
            self.messages += 1;
            if self.messages >= limits.messages {
                self.ending = Some(Closed::Old);
            }
        }
        desk.input.drain(..taken);
        true
    }

    /// Sends the output, or keeps what does not fit. False: some was kept.
    fn send(&mut self, desk: &mut Desk, now: Instant) -> io::Result<bool> {
        let sent = self.channel.give(&desk.output)?;
        let has_left = self.channel.flush()? && sent == desk.output.len();
        if !has_left {
            self.unread = desk.output[sent..].to_vec();
            self.unread_since = Some(now);
        }
        desk.output.clear();
        Ok(has_left)
    }

    /// Sends what was kept. False: some is left.
    fn send_unread(&mut self, now: Instant) -> io::Result<bool> {
        let mut has_left = self.channel.flush()?;
        if has_left && self.unread_sent < self.unread.len() {
            self.unread_sent += self.channel.give(&self.unread[self.unread_sent..])?;
            has_left = self.channel.flush()? && self.unread_sent == self.unread.len();
        }
        if !has_left {
            self.unread_since.get_or_insert(now);
            return Ok(false);
        }
        (self.unread, self.unread_sent, self.unread_since) = (Vec::new(), 0, None);
        Ok(true)
    }

    /// Keeps what was read and not answered, in no more room than it needs: ten thousand peers may stop in the middle.
    fn keep_rest(&mut self, rest: &[u8], progressed: bool, now: Instant) {
        let incomplete = !rest.is_empty() && first_message(rest).is_none();
        self.waiting_since = match self.waiting_since {
            Some(since) if incomplete && !progressed => Some(since),
            _ => incomplete.then_some(now),
        };
        if self.unanswered != rest {
            self.unanswered.clear();
            if self.unanswered.capacity() > KEPT_OCTETS.max(rest.len()) {
                self.unanswered = Vec::new();
            }
            self.unanswered.reserve_exact(rest.len());
            self.unanswered.extend_from_slice(rest);
        }
    }
}

/// The first message in `octets`, if all of it is there.
fn first_message(octets: &[u8]) -> Option<&[u8]> {
    let (length, rest) = octets.split_first_chunk::<LENGTH_OCTETS>()?;
    rest.get(..u16::from_be_bytes(*length).into())
}

/// RFC 7766 §8: length and message are handed over together, so that they travel in one segment.
pub(crate) fn emit(answer: &[u8], output: &mut Vec<u8>) {
    let length = u16::try_from(answer.len()).expect("an answer has at most ANSWER_OCTETS octets");
    output.extend_from_slice(&length.to_be_bytes());
    output.extend_from_slice(answer);
}

#[cfg(test)]
mod costs;
#[cfg(test)]
mod tests;

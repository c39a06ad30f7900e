//! What a connection has to send beside the answers of its turn.

use super::connection::emit;
use crate::{
    Next,
    later::{Awaited, Content, Octets, Pulled, Stream},
};
use std::{collections::VecDeque, time::Instant};

/// Messages that are there already, and streams that make theirs when there is room.
#[derive(Debug, Default)]
pub(crate) struct Late {
    /// With what keeps the connection from being closed before they have left.
    messages: VecDeque<(Octets, Option<Awaited>)>,
    streams: VecDeque<(Stream, Instant)>,
}

/// What was said of it.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Said {
    pub(crate) messages: u64,
    pub(crate) end: Option<End>,
}

/// What ends a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Failed,
    Panicked,
}

impl Late {
    /// Takes what came in a letter, at `now`.
    pub(crate) fn take_in(&mut self, content: Content, now: Instant) {
        match content {
            Content::Answer(octets, awaited) => self.messages.push_back((octets, Some(awaited))),
            Content::Unasked(octets) => self.messages.push_back((octets, None)),
            Content::Stream(stream) => self.streams.push_back((stream, now)),
            Content::Silence(awaited) => drop(awaited),
            Content::Held | Content::Overflow => {}
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.streams.is_empty()
    }

    /// Since when the oldest of its streams is sent.
    pub(crate) fn streaming_since(&self) -> Option<Instant> {
        self.streams.iter().map(|(_, since)| *since).min()
    }

    /// Writes messages to `output` until it has so many octets, one of each stream in turn; `message` is space to work in.
    pub(crate) fn say(
        &mut self,
        output: &mut Vec<u8>,
        octets: usize,
        message: &mut Vec<u8>,
    ) -> Said {
        let mut said = Said::default();
        while said.end.is_none() && output.len() < octets {
            if let Some((octets, _)) = self.messages.pop_front() {
                output.extend_from_slice(&octets.framed);
                said.messages += 1;
            } else if let Some((mut stream, since)) = self.streams.pop_front() {
                let pulled = stream.pull(message);
                let is_message = !message.is_empty();
                match pulled {
                    Pulled::Next(Next::More) => self.streams.push_back((stream, since)),
                    Pulled::Next(Next::Last) => {}
                    Pulled::Next(Next::Fail) => said.end = Some(End::Failed),
                    Pulled::Panicked => said.end = Some(End::Panicked),
                }
                if said.end.is_none() && is_message {
                    emit(message, output);
                    said.messages += 1;
                }
            } else {
                break;
            }
        }
        said
    }
}

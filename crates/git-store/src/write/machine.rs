//! What deflates and inflates, made once for many objects: some 300 KiB, which takes longer than a small one does.

use std::sync::{Mutex, PoisonError};

use gix::zlib::stream::deflate::{Compress, FlushCompress};
use gix::zlib::{Compression, Decompress, FlushDecompress, Status};

use super::deflated::{BEGIN, PIECE_END};

/// Machines that are kept for the next commit: it has a blob, a tree and itself.
const KEPT: usize = 3;

/// Room that a machine keeps: what is larger was for one large object.
const ROOM: usize = 1 << 20;

static IDLE: Mutex<Vec<Machine>> = Mutex::new(Vec::new());

/// Deflates for speed rather than for size, as Git does it until a pack takes what it has made.
pub(crate) struct Machine {
    compress: Compress,
    decompress: Decompress,
    deflated: Vec<u8>,
    inflated: Vec<u8>,
}

/// Has something done by a machine that nobody else is at.
pub(crate) fn with_machine<T>(work: impl FnOnce(&mut Machine) -> T) -> T {
    let lock = || IDLE.lock().unwrap_or_else(PoisonError::into_inner);
    let idle = lock().pop();
    let mut machine = idle.unwrap_or_else(Machine::new);
    let done = work(&mut machine);
    let mut idle = lock();
    if idle.len() < KEPT {
        machine.deflated.truncate(ROOM);
        machine.deflated.shrink_to(ROOM);
        machine.inflated.truncate(ROOM);
        machine.inflated.shrink_to(ROOM);
        idle.push(machine);
    }
    done
}

impl Machine {
    fn new() -> Machine {
        Machine {
            compress: Compress::new(Compression::BEST_SPEED),
            decompress: Decompress::default(),
            deflated: Vec::new(),
            inflated: Vec::new(),
        }
    }

    /// A whole stream of these parts.
    pub(crate) fn stream(&mut self, parts: [&[u8]; 2]) -> &[u8] {
        self.compress.reset();
        self.make_room(parts[0].len() + parts[1].len());
        for (part, flush) in parts
            .into_iter()
            .zip([FlushCompress::None, FlushCompress::Finish])
        {
            let [_, before] = self.done();
            let room = &mut self.deflated[before..];
            let deflated = self.compress.compress(part, room, flush);
            deflated.expect("a stream that goes on, and room for whatever it may be");
        }
        let [_, written] = self.done();
        &self.deflated[..written]
    }

    /// Whether a stream says exactly these parts.
    pub(crate) fn says(&mut self, stream: &[u8], parts: [&[u8]; 2]) -> bool {
        // One octet more, to notice what is longer.
        let room = parts[0].len() + parts[1].len() + 1;
        self.inflated.resize(room.max(self.inflated.len()), 0);
        self.decompress.reset();
        let (room, flush) = (&mut self.inflated[..room], FlushDecompress::None);
        let ended = self.decompress.decompress(stream, room, flush);
        let [read, written] = [self.decompress.total_in(), self.decompress.total_out()];
        let said = &self.inflated[..written as usize];
        matches!(ended, Ok(Status::StreamEnd))
            && read == stream.len() as u64
            && said.strip_prefix(parts[0]) == Some(parts[1])
    }

    /// A piece, without what a stream begins with; none if it does not inflate to `text`.
    pub(crate) fn piece(&mut self, text: &[u8]) -> Option<&[u8]> {
        self.compress.reset();
        self.make_room(text.len());
        let room = &mut self.deflated[..];
        self.compress
            .compress(text, room, FlushCompress::Full)
            .ok()?;
        let [read, written] = self.done();
        let deflated = self.deflated.get(..written)?;
        let piece = deflated.strip_prefix(&BEGIN)?;
        let is_whole = read == text.len() && piece.ends_with(&PIECE_END);
        // One octet more, to notice what is longer.
        self.inflated.resize(text.len() + 1, 0);
        self.decompress.reset();
        let room = &mut self.inflated[..];
        let flush = FlushDecompress::None;
        self.decompress.decompress(deflated, room, flush).ok()?;
        let [read, inflated] = [self.decompress.total_in(), self.decompress.total_out()];
        let is_right =
            read == written as u64 && self.inflated.get(..inflated as usize) == Some(text);
        (is_whole && is_right).then_some(piece)
    }

    /// What cannot be made smaller takes nine bits for eight, and some for blocks.
    fn make_room(&mut self, octets: usize) {
        self.deflated.resize(octets + octets / 4 + 256, 0);
    }

    /// Octets that were deflated, and what they have become.
    fn done(&self) -> [usize; 2] {
        [self.compress.total_in(), self.compress.total_out()].map(|octets| octets as usize)
    }
}

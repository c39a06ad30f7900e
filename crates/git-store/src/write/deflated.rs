//! The file of a loose object, made in pieces, so that of the next version only what differs is deflated.
//!
//! ```text
//!   78 01 | header, stored | piece | piece | ... | piece | 03 00 | Adler-32        (RFC 1950, RFC 1951)
//! ```
//! Each piece is deflated by itself: it ends at an octet, and refers to nothing before it. So where two texts begin and end
//! alike, the pieces that lie there are those of the other. To any reader it is a stream like others, some hundredths longer.
//! What is deflated is inflated again and compared, so that each piece is known to say what it should.

use super::machine::Machine;
use crate::alike;

/// Octets of text in a piece, about.
const PIECE: usize = 1 << 14;

/// How a stream begins: deflated, with a window of 32 KiB, for speed (RFC 1950 §2.2).
pub(super) const BEGIN: [u8; 2] = [0x78, 0x01];
/// How a piece ends: an empty block of octets as they are (RFC 1951 §3.2.4).
pub(super) const PIECE_END: [u8; 4] = [0, 0, 0xff, 0xff];
/// The last block, which is empty (RFC 1951 §3.2.6).
const END: [u8; 2] = [0x03, 0x00];

/// The octets of a file, and of which pieces they are made.
#[derive(Debug, Default)]
pub(crate) struct Deflated {
    pub(crate) octets: Vec<u8>,
    pieces: Vec<Piece>,
}

/// Octets before and after, and the sum of those before.
#[derive(Debug, Clone, Copy)]
struct Piece {
    text: usize,
    deflated: usize,
    sum: Sum,
}

/// A text, and what it was deflated to.
pub(crate) type Known<'k> = (&'k [u8], &'k Deflated);

impl Deflated {
    /// Takes over from `known` what it has in common with `text`. None where something is not as expected of the
    /// compression: then it is to be done in another way.
    pub(crate) fn of(
        machine: &mut Machine,
        (header, text): (&[u8], &[u8]),
        known: Option<Known<'_>>,
    ) -> Option<Deflated> {
        let mut made = Making::begin(header)?;
        let Some(known) = known else {
            made.deflate(machine, text)?;
            return Some(made.finish());
        };
        let (_, other) = known;
        let (before, behind) = in_common(known, text);
        let (from, to) = other.ends();
        made.take(before, &other.octets[from..from + room(before)]);
        made.deflate(machine, &text[octets(before)..text.len() - octets(behind)])?;
        made.take(behind, &other.octets[to - room(behind)..to]);
        Some(made.finish())
    }

    /// Where the pieces begin and end.
    fn ends(&self) -> (usize, usize) {
        let end = self.octets.len() - END.len() - size_of::<u32>();
        (end - room(&self.pieces), end)
    }
}

/// The pieces of a known text that lie where another one begins alike, and where it ends alike.
fn in_common<'k>((old, known): Known<'k>, new: &[u8]) -> (&'k [Piece], &'k [Piece]) {
    let shorter = old.len().min(new.len());
    let (before, behind) = (alike::at_start(old, new), alike::at_end(old, new));
    let behind = behind.min(shorter - before);
    let pieces = &known.pieces[..];
    let mut first = fitting(pieces.iter(), before);
    let last = fitting(pieces[first..].iter().rev(), behind);
    let mut end = pieces.len() - last;
    // What would be a small piece goes along with its neighbour, as there would be ever more of them.
    let is_small = |first: usize, end: usize| {
        let middle = new.len() - octets(&pieces[..first]) - octets(&pieces[end..]);
        (1..PIECE / 2).contains(&middle)
    };
    while is_small(first, end) && (first, end) != (0, pieces.len()) {
        match end < pieces.len() {
            true => end += 1,
            false => first -= 1,
        }
    }
    (&pieces[..first], &pieces[end..])
}

/// Octets of the text in these pieces.
fn octets(pieces: &[Piece]) -> usize {
    pieces.iter().map(|piece| piece.text).sum()
}

/// Octets that these pieces take.
fn room(pieces: &[Piece]) -> usize {
    pieces.iter().map(|piece| piece.deflated).sum()
}

/// So many pieces lie in so many octets as a whole.
fn fitting<'p>(pieces: impl Iterator<Item = &'p Piece>, octets: usize) -> usize {
    let sums = pieces.scan(0, |sum, piece| {
        *sum += piece.text;
        Some(*sum)
    });
    sums.take_while(|sum| *sum <= octets).count()
}

/// A stream to which pieces are added.
struct Making {
    made: Deflated,
    sum: Sum,
}

impl Making {
    /// The header as it is, in a block of its own (RFC 1951 §3.2.4).
    fn begin(header: &[u8]) -> Option<Making> {
        let length = u16::try_from(header.len()).ok()?;
        let mut octets = BEGIN.to_vec();
        octets.push(0);
        octets.extend(length.to_le_bytes());
        octets.extend((!length).to_le_bytes());
        octets.extend(header);
        let made = Deflated {
            octets,
            pieces: Vec::new(),
        };
        Some(Making {
            made,
            sum: Sum::of(header),
        })
    }

    fn take(&mut self, pieces: &[Piece], deflated: &[u8]) {
        self.made.octets.extend(deflated);
        self.made.pieces.extend(pieces);
        for piece in pieces {
            self.sum = self.sum.then(piece.sum, piece.text);
        }
    }

    fn deflate(&mut self, machine: &mut Machine, text: &[u8]) -> Option<()> {
        let count = (text.len() / PIECE).max(1);
        for text in text.chunks(text.len().div_ceil(count).max(1)) {
            let deflated = machine.piece(text)?;
            let piece = Piece {
                text: text.len(),
                deflated: deflated.len(),
                sum: Sum::of(text),
            };
            self.take(&[piece], deflated);
        }
        Some(())
    }

    fn finish(mut self) -> Deflated {
        self.made.octets.extend(END);
        self.made.octets.extend(self.sum.value().to_be_bytes());
        self.made
    }
}

/// Adler-32 (RFC 1950 §8.2): the sum of all octets and one, and the sum of all these sums.
#[derive(Debug, Clone, Copy)]
struct Sum {
    octets: u32,
    sums: u32,
}

impl Sum {
    const PRIME: u32 = 65_521;
    /// So many octets can be summed up before anything is more than 32 bits.
    const MOST: usize = 5552;

    fn of(octets: &[u8]) -> Sum {
        let mut sum = Sum { octets: 1, sums: 0 };
        for octets in octets.chunks(Self::MOST) {
            for octet in octets {
                sum.octets += u32::from(*octet);
                sum.sums += sum.octets;
            }
            sum.octets %= Self::PRIME;
            sum.sums %= Self::PRIME;
        }
        sum
    }

    /// Of these octets and so many others behind them.
    fn then(self, others: Sum, count: usize) -> Sum {
        let prime = u64::from(Self::PRIME);
        // What stands before is one more than nothing, for each of the others.
        let before = u64::from(self.octets) + prime - 1;
        let octets = (before + u64::from(others.octets)) % prime;
        let sums = before % prime * (count as u64 % prime);
        let sums = (sums + u64::from(self.sums) + u64::from(others.sums)) % prime;
        Sum {
            octets: octets as u32,
            sums: sums as u32,
        }
    }

    fn value(self) -> u32 {
        self.sums << 16 | self.octets
    }
}

#[cfg(test)]
mod tests {
    use super::super::machine::with_machine;
    use super::*;
    use gix::zlib::stream::deflate::{Compress, FlushCompress};
    use gix::zlib::{Compression, Inflate, Status};
    use testbed::random::Random;

    fn deflated(header: &[u8], text: &[u8], known: Option<Known<'_>>) -> Deflated {
        with_machine(|machine| Deflated::of(machine, (header, text), known)).expect("deflated")
    }

    fn inflated(octets: &[u8], length: usize) -> Vec<u8> {
        let mut out = vec![0; length + 1];
        let (status, read, written) = Inflate::default().once(octets, &mut out).expect("a stream");
        // The sum was right, too, or it would not have ended.
        assert_eq!((status, read), (Status::StreamEnd, octets.len()));
        out.truncate(written);
        out
    }

    #[test]
    fn a_stream_says_header_and_text_whatever_was_known() {
        let mut random = Random::seeded(7);
        let line = |n: usize| format!("host{n} 3600 IN AAAA 2001:db8::{n:x}\n");
        let mut text: Vec<u8> = (0..6_000).map(line).collect::<String>().into_bytes();
        let mut known = deflated(b"blob 1\0", &text, None);
        assert!(known.pieces.len() > 8);
        for round in 0..120 {
            let mut next = text.clone();
            let from = random.below(next.len() + 1);
            let to = next
                .len()
                .min(from + random.below([4, 4_000, 90_000][round % 3]));
            let new: Vec<u8> = (0..random.below([4, 60_000][round % 2] + 1))
                .map(|_| random.below(256) as u8)
                .collect();
            next.splice(from..to, new);
            let header = format!("blob {}\0", next.len());
            let made = deflated(header.as_bytes(), &next, Some((&text, &known)));
            (text, known) = (next, made);
            let whole = [header.as_bytes(), &text].concat();
            assert_eq!(inflated(&known.octets, whole.len()), whole, "round {round}");
            assert!(known.pieces.len() < 3 + 3 * text.len() / PIECE);
        }
    }

    #[test]
    fn what_is_alike_is_taken_over() {
        let line = |n: usize| format!("host{n} A 192.0.2.{}\n", n % 256);
        let text = (0..20_000).map(line).collect::<String>().into_bytes();
        let known = deflated(b"", &text, None);
        let at = text.len() / 2;
        let mut next = text.clone();
        next.splice(at..at + 1, *b"198.51");
        let (before, behind) = in_common((&text, &known), &next);
        assert_eq!(before.len() + behind.len() + 1, known.pieces.len());
        let (before, behind) = in_common((&text, &known), &text);
        assert_eq!(before.len() + behind.len(), known.pieces.len());
        assert_eq!(in_common((&text, &known), b"").0.len(), 0);
    }

    #[test]
    fn pieces_cost_little() {
        let line = |n: usize| format!("host{n} 3600 IN AAAA 2001:db8::{n:x}\n");
        let text = (0..20_000).map(line).collect::<String>().into_bytes();
        let made = deflated(b"", &text, None);
        let mut whole = vec![0; text.len()];
        let mut compress = Compress::new(Compression::BEST_SPEED);
        let ended = compress.compress(&text, &mut whole, FlushCompress::Finish);
        ended.expect("deflated");
        let whole = compress.total_out() as usize;
        assert!(
            made.octets.len() * 20 < whole * 21,
            "{} {whole}",
            made.octets.len()
        );
    }
}

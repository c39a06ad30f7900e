//! The text of `DIR/high-water`.
//!
//! ```text
//! stemma high-water 1
//! commit 5f0c...                                  the one that is served
//! zone example.org. 2026112101 2026112101         the serial it came to, and the one it was served with
//! zone example.net. - -                           `-` where there is none, `once:BLOB` where nobody has looked yet
//! end 0123456789abcdef                            of all lines since the `end` before, by FNV-1a
//! changes                                         what a later commit has changed, any number of times
//! commit 77ab...
//! zone example.org. 2026112102 2026112102
//! end fedcba9876543210
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use git_store::{CommitId, ZoneName};
use rr::Serial;

use crate::serials::{Serials, Told};

const FIRST_LINE: &str = "stemma high-water 1";
const CHANGES: &str = "changes";

/// What is kept.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// At the commit that is served.
    pub(crate) serials: Serials,
    /// What each zone was served with last.
    pub(crate) served: BTreeMap<ZoneName, Serial>,
}

/// What is to be kept.
pub(crate) struct HighWater<'a> {
    pub(crate) commit: CommitId,
    pub(crate) serials: &'a Serials,
    pub(crate) served: &'a BTreeMap<ZoneName, Serial>,
}

impl HighWater<'_> {
    /// All of it.
    pub(super) fn whole(&self) -> String {
        self.piece(FIRST_LINE, self.serials.zones())
    }

    /// What is to be said of these zones.
    pub(super) fn changes(&self, zones: &BTreeSet<ZoneName>) -> String {
        let told = |zone| Some((zone, self.serials.told(zone)?));
        self.piece(CHANGES, zones.iter().filter_map(told))
    }

    fn piece<'z>(
        &self,
        first_line: &str,
        zones: impl Iterator<Item = (&'z ZoneName, Told)>,
    ) -> String {
        let mut text = format!("{first_line}\ncommit {}\n", self.commit);
        for (zone, told) in zones {
            let served = self.served.get(zone);
            let served = served.map_or_else(|| "-".to_owned(), |serial| serial.0.to_string());
            // Writing to a string does not fail.
            let _ = writeln!(text, "zone {} {told} {served}", zone.as_str());
        }
        let sum = fnv1a(text.as_bytes());
        text + &format!("{END}{sum:016x}\n")
    }
}

impl Kept {
    /// # Errors
    /// What is wrong with the file.
    pub(crate) fn read(octets: &[u8]) -> Result<Kept, &'static str> {
        if !octets.starts_with(FIRST_LINE.as_bytes()) {
            return Err("it does not begin as such a file does");
        }
        let mut kept = Kept::default();
        let (first, mut rest) = split(octets).ok_or("it is cut off")?;
        kept.read_piece(&first, FIRST_LINE)?;
        // A piece that is cut off was about to be served, and was not.
        while let Some((piece, behind)) = split(rest) {
            kept.read_piece(&piece, CHANGES)?;
            rest = behind;
        }
        kept.serials.at.ok_or("it names no commit")?;
        Ok(kept)
    }

    fn read_piece(&mut self, piece: &Piece<'_>, first_line: &str) -> Result<(), &'static str> {
        if piece.sum != format!("{END}{:016x}", fnv1a(piece.lines)).as_bytes() {
            return Err("it is damaged");
        }
        let text = str::from_utf8(piece.lines).map_err(|_| "it is no text")?;
        let mut lines = text.lines();
        if lines.next() != Some(first_line) {
            return Err("a line makes no sense");
        }
        for line in lines {
            self.read_line(line).ok_or("a line makes no sense")?;
        }
        Ok(())
    }

    fn read_line(&mut self, line: &str) -> Option<()> {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["commit", id] => self.serials.at = Some(CommitId::from_hex(id)?),
            ["zone", zone, told, served] => {
                let zone = ZoneName::from_absolute_text(zone);
                self.serials.put(zone.clone(), Told::read(told)?);
                if served != "-" {
                    self.served.insert(zone, Serial(served.parse().ok()?));
                }
            }
            _ => return None,
        }
        Some(())
    }
}

const END: &str = "end ";

/// Lines up to the next `end`, and that one without its line feed.
struct Piece<'a> {
    lines: &'a [u8],
    sum: &'a [u8],
}

/// The first piece and what is behind it; `None` if it has no whole last line.
fn split(octets: &[u8]) -> Option<(Piece<'_>, &[u8])> {
    let is_end = |window: &[u8]| window[0] == b'\n' && &window[1..] == END.as_bytes();
    let feed = octets.windows(1 + END.len()).position(is_end)?;
    let (lines, rest) = octets.split_at(feed + 1);
    let feed = rest.iter().position(|octet| *octet == b'\n')?;
    let sum = &rest[..feed];
    Some((Piece { lines, sum }, &rest[feed + 1..]))
}

/// Finds damage, not malice: who may write here may write anything.
pub(super) fn fnv1a(octets: &[u8]) -> u64 {
    octets.iter().fold(0xcbf2_9ce4_8422_2325, |sum, octet| {
        (sum ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> ZoneName {
        ZoneName::from_absolute_text(name)
    }

    fn commit(digit: &str) -> CommitId {
        CommitId::from_hex(&digit.repeat(40)).expect("an id")
    }

    /// A file of a beginning with two zones and two changes of one; and where each piece ends.
    fn file() -> (String, Vec<usize>) {
        let (mut serials, mut served) = (Serials::default(), BTreeMap::new());
        serials.put(zone("b.example."), Told::Serial(None));
        let (mut text, mut ends) = (String::new(), Vec::new());
        for serial in [7, 8, 9] {
            serials.put(zone("a.example."), Told::Serial(Some(Serial(serial))));
            served.insert(zone("a.example."), Serial(serial));
            let water = HighWater {
                commit: commit(&serial.to_string()),
                serials: &serials,
                served: &served,
            };
            text += &match serial {
                7 => water.whole(),
                _ => water.changes(&BTreeSet::from([zone("a.example.")])),
            };
            ends.push(text.len());
        }
        (text, ends)
    }

    fn read(octets: &[u8]) -> Result<(CommitId, Option<Serial>), &'static str> {
        let kept = Kept::read(octets)?;
        assert_eq!(kept.serials.zones().count(), 2);
        let served = kept.served.get(&zone("a.example.")).copied();
        Ok((kept.serials.at.expect("it names one"), served))
    }

    #[test]
    fn a_file_that_is_cut_off_anywhere_is_that_of_the_whole_pieces() {
        let (text, ends) = file();
        for length in 0..=text.len() {
            let pieces = ends.iter().filter(|end| **end <= length).count();
            let wanted = pieces.checked_sub(1).map(|last| {
                let serial = 7 + last as u32;
                (commit(&serial.to_string()), Some(Serial(serial)))
            });
            assert_eq!(read(&text.as_bytes()[..length]).ok(), wanted, "{length}");
        }
    }

    #[test]
    fn an_end_of_zeros_is_one_that_was_cut_off() {
        let (text, ends) = file();
        for from in ends[1]..text.len() {
            let mut octets = text.as_bytes().to_vec();
            octets[from..].fill(0);
            let wanted = Ok((commit("8"), Some(Serial(8))));
            assert_eq!(read(&octets), wanted, "{from}");
        }
    }

    /// But for the last line feed: without it the last piece is one that was cut off.
    #[test]
    fn any_other_octet_is_damage() {
        let (text, ends) = file();
        let (last_line, feed) = (text.len() - 22, text.len() - 1);
        for at in (0..text.len()).filter(|at| *at != feed) {
            let mut octets = text.as_bytes().to_vec();
            octets[at] ^= 1;
            // One that has no `end` any more looks like one that was cut off.
            let is_end = (last_line..last_line + 5).contains(&at);
            match is_end {
                true => assert!(read(&octets).is_ok(), "{at}"),
                false => assert!(read(&octets).is_err(), "{at} of {ends:?}"),
            }
        }
    }
}

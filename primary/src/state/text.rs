//! The text of `DIR/high-water`.
//!
//! ```text
//! stemma high-water 1
//! commit 5f0c...                                  the one that is served
//! zone example.org. 2026112101 2026112101         the serial it came to, and the one it was served with
//! zone example.net. - -                           `-` where there is none, `once:BLOB` where nobody has looked yet
//! end 0123456789abcdef                            of all before it, by FNV-1a
//! ```

use std::collections::BTreeMap;
use std::fmt::Write;

use git_store::{CommitId, ZoneName};
use rr::Serial;

use crate::serials::{Serials, Told};

const FIRST_LINE: &str = "stemma high-water 1";

/// What is kept.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// At the commit that is served.
    pub(crate) serials: Serials,
    /// What each zone was served with last.
    pub(crate) served: BTreeMap<ZoneName, Serial>,
}

impl Kept {
    pub(crate) fn write(
        commit: CommitId,
        serials: &Serials,
        served: &BTreeMap<ZoneName, Serial>,
    ) -> String {
        let mut text = format!("{FIRST_LINE}\ncommit {commit}\n");
        for (zone, told) in serials.zones() {
            let served = served.get(zone);
            let served = served.map_or_else(|| "-".to_owned(), |serial| serial.0.to_string());
            // Writing to a string does not fail.
            let _ = writeln!(text, "zone {} {told} {served}", zone.as_str());
        }
        let sum = fnv1a(text.as_bytes());
        text + &format!("end {sum:016x}\n")
    }

    /// # Errors
    /// What is wrong with the file.
    pub(crate) fn read(octets: &[u8]) -> Result<Kept, &'static str> {
        let text = str::from_utf8(octets).map_err(|_| "it is no text")?;
        if !text.starts_with(FIRST_LINE) {
            return Err("it does not begin as such a file does");
        }
        let end = text.rfind("end ").ok_or("it is cut off")?;
        let (text, sum) = text.split_at(end);
        if sum != format!("end {:016x}\n", fnv1a(text.as_bytes())) {
            return Err("it is damaged");
        }
        let mut kept = Kept::default();
        for line in text.lines().skip(1) {
            kept.read_line(line).ok_or("a line makes no sense")?;
        }
        kept.serials.at.ok_or("it names no commit")?;
        Ok(kept)
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

/// Finds damage, not malice: who may write here may write anything.
fn fnv1a(octets: &[u8]) -> u64 {
    octets.iter().fold(0xcbf2_9ce4_8422_2325, |sum, octet| {
        (sum ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01b3)
    })
}

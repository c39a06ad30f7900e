//! The text of `DIR/versions`.
//!
//! ```text
//! stemma versions 1
//! piece 187 0123456789abcdef             octets of the lines that follow, and their FNV-1a
//! above example.org.                     what lay above the zone before the first version that is known
//! + 1763774100 60 16 _acme-challenge.example.org. x0548656c6c6f    since, TTL, type, owner, data
//! zone example.org. 2026112101 5f0c...   a version: serial, and the commit below
//! + 1763774160 60 16 _acme-challenge.example.org. x03666f6f
//! - 1763774100 60 16 _acme-challenge.example.org. x0548656c6c6f
//! gone example.net.                      a zone that is served no longer
//! piece 96 fedcba9876543210
//! with 77ab...                           counts only if the branch has this commit...
//! zone example.org. 2026112102 77ab...
//! piece 5 aaaaaaaaaaaaaaaa
//! made                                   ...which it has
//! ```

use std::fmt::Write;
use std::iter::Peekable;
use std::str::Lines;

use git_store::{CommitId, ZoneName};
use rr::{Name, Rtype, Serial, Ttl};

use super::track::{Entry, Tracks, Version};
use crate::layers::{Layer, Record, Step};
use crate::state::text::fnv1a;

const FIRST_LINE: &str = "stemma versions 1\n";
const PIECE: &str = "piece ";
const MADE: &str = "made\n";
const WITH: &str = "with ";

/// What is in a file.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) tracks: Tracks,
    pub(super) open: Option<(CommitId, Vec<Entry>)>,
    /// What is wrong with it, if that is more than a piece that was cut off.
    pub(super) damage: Option<Damage>,
}

/// A file is not what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Damage {
    pub(crate) why: &'static str,
    /// How many versions a zone may have had behind it, each with the next serial.
    pub(crate) most_versions: u32,
}

impl Damage {
    fn before(rest: &[u8], why: &'static str) -> Damage {
        let versions = rest.len() / LEAST_OCTETS + 1;
        Damage {
            why,
            most_versions: u32::try_from(versions).unwrap_or(u32::MAX / 4),
        }
    }
}

/// Octets of the shortest line of a version: `zone . 0`, and a commit.
const LEAST_OCTETS: usize = 50;

/// Versions, as one piece.
pub(super) fn of(entries: &[Entry], with: Option<CommitId>) -> String {
    let mut text = with.map_or_else(String::new, |commit| format!("{WITH}{commit}\n"));
    for entry in entries {
        match entry {
            Entry::Served(zone, version) => write_version(&mut text, zone, version),
            Entry::Gone(zone) => text += &format!("gone {}\n", zone.as_str()),
        }
    }
    framed(&text)
}

pub(super) fn made() -> String {
    framed(MADE)
}

/// A file with all that is known.
pub(super) fn whole(tracks: &Tracks) -> String {
    let mut text = FIRST_LINE.to_owned();
    for (zone, track) in tracks.tracks() {
        let mut piece = String::new();
        let beginning = track.beginning();
        if !beginning.is_empty() {
            piece += &format!("above {}\n", zone.as_str());
            let records = beginning.records().cloned().map(Step::Came);
            records.for_each(|step| write_step(&mut piece, &step));
        }
        let versions = track.versions.iter();
        versions.for_each(|version| write_version(&mut piece, zone, version));
        text += &framed(&piece);
    }
    text
}

fn framed(lines: &str) -> String {
    let (length, sum) = (lines.len(), fnv1a(lines.as_bytes()));
    format!("{PIECE}{length} {sum:016x}\n{lines}")
}

// Writing to a string does not fail.
fn write_version(text: &mut String, zone: &ZoneName, version: &Version) {
    let Version {
        serial,
        commit,
        steps,
    } = version;
    let _ = writeln!(text, "zone {} {serial} {commit}", zone.as_str());
    steps.iter().for_each(|step| write_step(text, step));
}

fn write_step(text: &mut String, step: &Step) {
    let (sign, record) = match step {
        Step::Came(record) => ('+', record),
        Step::Went(record) => ('-', record),
    };
    let Record {
        owner,
        rtype,
        ttl,
        rdata,
        since_secs,
    } = record;
    let ttl = ttl.as_secs();
    let _ = write!(text, "{sign} {since_secs} {ttl} {} {owner} x", rtype.0);
    for octet in rdata {
        let _ = write!(text, "{octet:02x}");
    }
    text.push('\n');
}

/// # Errors
/// It is another kind of file.
pub(super) fn read(octets: &[u8]) -> Result<Contents, &'static str> {
    let mut contents = Contents::default();
    let Some(mut rest) = octets.strip_prefix(FIRST_LINE.as_bytes()) else {
        return Err("it does not begin as such a file does");
    };
    while !rest.is_empty() {
        match next_piece(rest) {
            Ok(Some((lines, behind))) => {
                if contents.read_piece(lines).is_none() {
                    contents.damage = Some(Damage::before(rest, "a line makes no sense"));
                    break;
                }
                rest = behind;
            }
            Ok(None) => break,
            Err(why) => {
                contents.damage = Some(Damage::before(rest, why));
                break;
            }
        }
    }
    Ok(contents)
}

/// The next piece and what is behind it; none if there is only the beginning of one, or one that was never whole.
///
/// # Errors
/// [`DAMAGED`]
fn next_piece(octets: &[u8]) -> Result<Option<(&str, &[u8])>, &'static str> {
    let feed = octets.iter().position(|octet| *octet == b'\n');
    let Some((head, rest)) = feed.map(|feed| (&octets[..feed], &octets[feed + 1..])) else {
        return is_torn(octets).then_some(None).ok_or(DAMAGED);
    };
    let (length, sum) = head_of(head).ok_or(DAMAGED)?;
    let Some((lines, behind)) = rest.split_at_checked(length) else {
        // No line of a piece begins as the next piece does.
        let is_last = !rest.windows(NEXT.len()).any(|window| window == NEXT);
        return is_last.then_some(None).ok_or(DAMAGED);
    };
    match fnv1a(lines) == sum {
        true => str::from_utf8(lines).map_or(Err(DAMAGED), |lines| Ok(Some((lines, behind)))),
        // After a power loss a file may have its length and not its octets.
        false if lines.last() == Some(&0) && is_zero(behind) => Ok(None),
        false => Err(DAMAGED),
    }
}

const NEXT: &[u8] = b"\npiece ";

/// Whether this is the beginning of a first line, or the zeros that a power loss has left of one.
fn is_torn(octets: &[u8]) -> bool {
    let text = octets.iter().take_while(|octet| **octet != 0).count();
    let (text, zeros) = octets.split_at(text);
    let begins = PIECE.as_bytes().starts_with(text) || text.starts_with(PIECE.as_bytes());
    begins && is_zero(zeros)
}

fn is_zero(octets: &[u8]) -> bool {
    octets.iter().all(|octet| *octet == 0)
}

const DAMAGED: &str = "it is damaged";

fn head_of(line: &[u8]) -> Option<(usize, u64)> {
    let words = str::from_utf8(line).ok()?.strip_prefix(PIECE)?;
    let (length, sum) = words.split_once(' ')?;
    Some((length.parse().ok()?, u64::from_str_radix(sum, 16).ok()?))
}

impl Contents {
    fn read_piece(&mut self, text: &str) -> Option<()> {
        if text == MADE {
            let (_, entries) = self.open.take()?;
            self.take_all(entries);
            return Some(());
        }
        if self.open.is_some() {
            return None;
        }
        let mut lines = text.lines().peekable();
        let with = lines.next_if(|line| line.starts_with(WITH));
        let with = match with.map(|line| &line[WITH.len()..]) {
            None => None,
            Some(id) => Some(CommitId::from_hex(id)?),
        };
        let mut entries = Vec::new();
        while let Some(line) = lines.next() {
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["above", zone] => {
                    let mut above = Layer::default();
                    read_steps(&mut lines)?
                        .iter()
                        .for_each(|step| above.take(step));
                    self.tracks.begin(ZoneName::from_absolute_text(zone), above);
                }
                ["zone", zone, serial, commit] => {
                    let version = Version {
                        serial: Serial(serial.parse().ok()?),
                        commit: CommitId::from_hex(commit)?,
                        steps: read_steps(&mut lines)?,
                    };
                    let zone = ZoneName::from_absolute_text(zone);
                    entries.push(Entry::Served(zone, version));
                }
                ["gone", zone] => entries.push(Entry::Gone(ZoneName::from_absolute_text(zone))),
                _ => return None,
            }
        }
        match with {
            Some(commit) => self.open = Some((commit, entries)),
            None => self.take_all(entries),
        }
        Some(())
    }

    fn take_all(&mut self, entries: Vec<Entry>) {
        let entries = entries.into_iter();
        entries.for_each(|entry| self.tracks.take(entry));
    }
}

/// The lines that say what changes above a zone.
fn read_steps(lines: &mut Peekable<Lines<'_>>) -> Option<Vec<Step>> {
    let steps = std::iter::from_fn(|| lines.next_if(|line| line.starts_with(['+', '-'])));
    steps.map(read_step).collect()
}

fn read_step(line: &str) -> Option<Step> {
    let words: Vec<&str> = line.split(' ').collect();
    let [sign, since, ttl, rtype, owner, data] = words[..] else {
        return None;
    };
    let record = Record {
        owner: Name::from_text(owner).ok()?,
        rtype: Rtype(rtype.parse().ok()?),
        ttl: Ttl::from_secs(ttl.parse().ok()?),
        rdata: octets_of(data.strip_prefix('x')?)?,
        since_secs: since.parse().ok()?,
    };
    match sign {
        "+" => Some(Step::Came(record)),
        "-" => Some(Step::Went(record)),
        _ => None,
    }
}

fn octets_of(hex: &str) -> Option<Vec<u8>> {
    let pairs = hex.as_bytes().chunks(2);
    let octets = pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok());
    octets.collect()
}

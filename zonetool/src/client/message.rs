//! Reading a response: everything in it, as text.

use rr::{Class, Name, Rtype, text, wire};
use serde::Serialize;
use std::io;

const HEADER: usize = 12;
const OPT: u16 = 41;
/// QR of the first flag word.
const RESPONSE: u16 = 0x8000;
/// TC of the first flag word.
const TRUNCATED: u16 = 0x0200;

/// A response, its names and data already text.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) id: u16,
    flags: u16,
    /// The upper bits are in the OPT record (RFC 6891 §6.1.3).
    pub(crate) rcode: u16,
    pub(crate) sections: Sections,
    pub(crate) edns: Option<Edns>,
}

/// The records, without the OPT record.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Sections {
    pub(crate) answer: Vec<Record>,
    pub(crate) authority: Vec<Record>,
    pub(crate) additional: Vec<Record>,
}

/// One record as text.
#[derive(Debug, Serialize)]
pub(crate) struct Record {
    pub(crate) name: String,
    pub(crate) ttl: u32,
    pub(crate) class: String,
    #[serde(rename = "type")]
    pub(crate) rtype: String,
    pub(crate) data: String,
}

/// What the OPT record of the response says.
#[derive(Debug, Serialize)]
pub(crate) struct Edns {
    pub(crate) version: u8,
    pub(crate) udp_octets: u16,
    pub(crate) dnssec: bool,
    /// RFC 5001: text where it is text, else hexadecimal.
    pub(crate) nsid: Option<String>,
    /// RFC 8914: code and text.
    pub(crate) errors: Vec<(u16, String)>,
}

impl Message {
    /// Reads `response`, or gives `None` where it does not answer `question`.
    pub(crate) fn read_response(response: &[u8], question: &[u8]) -> io::Result<Option<Message>> {
        let asked = question_of(question).ok_or_else(malformed)?;
        let is_ours = response.len() >= HEADER
            && response[..2] == question[..2]
            && word(response, 2).is_some_and(|flags| flags & RESPONSE != 0);
        // A server that could not read the question need not repeat it (RFC 9619 has it say FORMERR).
        let repeats =
            question_of(response).is_none_or(|answered| answered.eq_ignore_ascii_case(asked));
        match is_ours && repeats {
            true => Message::read(response).ok_or_else(malformed).map(Some),
            false => Ok(None),
        }
    }

    fn read(octets: &[u8]) -> Option<Message> {
        let flags = word(octets, 2)?;
        let mut message = Message {
            id: word(octets, 0)?,
            flags,
            rcode: flags & 0x0f,
            sections: Sections::default(),
            edns: None,
        };
        let mut reader = Reader { octets, at: HEADER };
        for _ in 0..word(octets, 4)? {
            reader.skip_name()?;
            reader.take(4)?;
        }
        message.read_records(&mut reader)?;
        Some(message)
    }

    fn read_records(&mut self, reader: &mut Reader<'_>) -> Option<()> {
        for section in 0..3 {
            for _ in 0..word(reader.octets, 6 + 2 * section)? {
                let raw = reader.record()?;
                match raw.rtype.0 {
                    OPT => self.read_opt(&raw, reader.octets)?,
                    _ => self.section(section).push(raw.to_text(reader.octets)?),
                }
            }
        }
        Some(())
    }

    fn section(&mut self, number: usize) -> &mut Vec<Record> {
        match number {
            0 => &mut self.sections.answer,
            1 => &mut self.sections.authority,
            _ => &mut self.sections.additional,
        }
    }

    fn read_opt(&mut self, raw: &Raw, octets: &[u8]) -> Option<()> {
        let [rcode_high, version, flags, _] = raw.ttl.to_be_bytes();
        self.rcode |= u16::from(rcode_high) << 4;
        let mut edns = Edns {
            version,
            udp_octets: raw.class.0,
            dnssec: flags & 0x80 != 0,
            nsid: None,
            errors: Vec::new(),
        };
        edns.read_options(octets.get(raw.start..raw.end)?)?;
        self.edns = Some(edns);
        Some(())
    }

    pub(crate) fn is_truncated(&self) -> bool {
        self.flags & TRUNCATED != 0
    }

    /// The names of the flags that are set, as they have been printed since the first dig.
    pub(crate) fn flag_words(&self) -> Vec<&'static str> {
        const FLAGS: [(u16, &str); 6] = [
            (0x0400, "aa"),
            (TRUNCATED, "tc"),
            (0x0100, "rd"),
            (0x0080, "ra"),
            (0x0020, "ad"),
            (0x0010, "cd"),
        ];
        FLAGS
            .iter()
            .filter(|(bit, _)| self.flags & bit != 0)
            .map(|(_, word)| *word)
            .collect()
    }
}

impl Edns {
    fn read_options(&mut self, mut options: &[u8]) -> Option<()> {
        while !options.is_empty() {
            let (code, length) = (word(options, 0)?, usize::from(word(options, 2)?));
            let data = options.get(4..4 + length)?;
            match code {
                3 => self.nsid = Some(text_or_hex(data)),
                15 => self.errors.push((
                    word(data, 0)?,
                    String::from_utf8_lossy(&data[2..]).into_owned(),
                )),
                _ => {}
            }
            options = &options[4 + length..];
        }
        Some(())
    }
}

fn text_or_hex(data: &[u8]) -> String {
    match std::str::from_utf8(data) {
        Ok(text) if !text.chars().any(char::is_control) => text.to_owned(),
        _ => data.iter().map(|octet| format!("{octet:02x}")).collect(),
    }
}

/// One record, its data not yet looked into.
struct Raw {
    owner: Name,
    rtype: Rtype,
    class: Class,
    ttl: u32,
    start: usize,
    end: usize,
}

impl Raw {
    fn to_text(&self, octets: &[u8]) -> Option<Record> {
        let mut rdata = Vec::new();
        wire::expand_rdata(self.rtype, octets, self.start, self.end, &mut rdata).ok()?;
        let mut data = String::new();
        text::write_rdata(self.rtype, &rdata, &mut data).ok()?;
        Some(Record {
            name: self.owner.as_ref().to_string(),
            ttl: self.ttl,
            class: self.class.to_string(),
            rtype: self.rtype.to_string(),
            data,
        })
    }
}

struct Reader<'m> {
    octets: &'m [u8],
    at: usize,
}

impl<'m> Reader<'m> {
    fn take(&mut self, count: usize) -> Option<&'m [u8]> {
        let taken = self.octets.get(self.at..self.at.checked_add(count)?)?;
        self.at += count;
        Some(taken)
    }

    fn skip_name(&mut self) -> Option<()> {
        self.at = end_of_name(self.octets, self.at)?;
        Some(())
    }

    fn name(&mut self) -> Option<Name> {
        let start = self.at;
        self.skip_name()?;
        // Data of type NS is one name that may be compressed (RFC 1035 §3.3.11), which is just what an owner is.
        let mut name = Vec::new();
        wire::expand_rdata(Rtype::NS, self.octets, start, self.at, &mut name).ok()?;
        Name::from_wire(&name).ok()
    }

    fn record(&mut self) -> Option<Raw> {
        let owner = self.name()?;
        let fixed = self.take(10)?;
        let (high, low) = (word(fixed, 4)?, word(fixed, 6)?);
        let start = self.at;
        self.take(usize::from(word(fixed, 8)?))?;
        Some(Raw {
            owner,
            rtype: Rtype(word(fixed, 0)?),
            class: Class(word(fixed, 2)?),
            ttl: u32::from(high) << 16 | u32::from(low),
            start,
            end: self.at,
        })
    }
}

/// RFC 1035 §4.1.4: a name ends with the root label or with the first pointer.
fn end_of_name(octets: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match octets.get(at)? {
            0 => return Some(at + 1),
            0xc0.. => return Some(at + 2),
            length => at += 1 + usize::from(*length),
        }
    }
}

/// Name, type and class of the first question.
fn question_of(message: &[u8]) -> Option<&[u8]> {
    match word(message, 4)? {
        0 => None,
        _ => message.get(HEADER..end_of_name(message, HEADER)? + 4),
    }
}

fn word(octets: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*octets.get(at)?, *octets.get(at + 1)?]))
}

fn malformed() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "the response is not a well-formed DNS message",
    )
}

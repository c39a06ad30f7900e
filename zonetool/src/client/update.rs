//! The message that changes a zone (RFC 2136 §2).

use super::{Request, UDP_OCTETS};
use rr::{Class, Name, Rtype, Ttl, wire as rdata};
use std::collections::HashMap;
use std::fmt;
use wire::Flags;
use wire::message::Message;

/// The operation code in its place (RFC 2136 §1.3).
const UPDATE: Flags = Flags(5 << 11);

/// The first offset that a pointer cannot tell (RFC 1035 §4.1.4).
const BEYOND_POINTERS: usize = 1 << 14;

/// A prerequisite or a change, as the record that it is in a message (RFC 2136 §2.4 and §2.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) owner: Name,
    pub(crate) rtype: Rtype,
    pub(crate) class: Class,
    pub(crate) ttl: Ttl,
    /// Not compressed; empty where all records of a type or name are meant.
    pub(crate) rdata: Box<[u8]>,
}

/// What becomes of a zone, and what has to be so before.
#[derive(Debug, Clone)]
pub(crate) struct Update {
    pub(crate) zone: Name,
    pub(crate) class: Class,
    pub(crate) prerequisites: Vec<Entry>,
    pub(crate) changes: Vec<Entry>,
    /// Say that extended errors are understood (RFC 8914 §2: they are told to who speaks EDNS).
    pub(crate) edns: bool,
}

impl Request for Update {
    fn emit(&self, id: u16) -> Vec<u8> {
        let mut out = Vec::with_capacity(512);
        let mut put = |word: u16| out.extend(word.to_be_bytes());
        put(id);
        put(UPDATE.0);
        // Sections of more records do not fit into a message; that it is too long is told by who sends it.
        let count = |entries: &[Entry]| u16::try_from(entries.len()).unwrap_or(u16::MAX);
        [
            1,
            count(&self.prerequisites),
            count(&self.changes),
            u16::from(self.edns),
        ]
        .into_iter()
        .for_each(&mut put);
        let mut writer = Writer {
            out,
            places: HashMap::new(),
        };
        // RFC 2136 §2.3: the zone section is one SOA question.
        writer.name(self.zone.as_wire());
        writer.word(Rtype::SOA.0);
        writer.word(self.class.0);
        for entry in self.prerequisites.iter().chain(&self.changes) {
            writer.entry(entry);
        }
        if self.edns {
            writer.out.extend([0, 0, 41]);
            writer.word(UDP_OCTETS);
            writer.out.extend([0; 6]);
        }
        writer.out
    }

    fn is_answered_by(&self, response: &Message) -> bool {
        // RFC 2136 §2.2: a server need not repeat the zone section.
        let zone = response.questions.first();
        response.flags.only(Flags::OPCODE) == UPDATE
            && zone.is_none_or(|zone| zone.name == self.zone && zone.rtype == Rtype::SOA)
    }

    fn may_go_again(&self) -> bool {
        false
    }
}

/// Writes records, names compressed as far as RFC 3597 §4 lets them be.
struct Writer {
    out: Vec<u8>,
    /// Where the ends of names stand that have been written. Names are spelled as they were, so case counts.
    places: HashMap<Box<[u8]>, u16>,
}

impl Writer {
    fn word(&mut self, word: u16) {
        self.out.extend(word.to_be_bytes());
    }

    fn entry(&mut self, entry: &Entry) {
        self.name(entry.owner.as_wire());
        self.word(entry.rtype.0);
        self.word(entry.class.0);
        self.out.extend(entry.ttl.as_secs().to_be_bytes());
        let length_at = self.out.len();
        self.word(0);
        let mut at = 0;
        for name in
            rdata::embedded_names(entry.rtype, &entry.rdata).filter(|name| name.compressible)
        {
            self.out.extend(&entry.rdata[at..name.start]);
            self.name(&entry.rdata[name.start..name.end]);
            at = name.end;
        }
        self.out.extend(&entry.rdata[at..]);
        let length = self.out.len() - length_at - 2;
        let length = u16::try_from(length).expect("data of a record has at most 65,535 octets");
        self.out[length_at..length_at + 2].copy_from_slice(&length.to_be_bytes());
    }

    fn name(&mut self, name: &[u8]) {
        let mut at = 0;
        while name[at] != 0 {
            if let Some(place) = self.places.get(&name[at..]) {
                let pointer = 0xC000 | *place;
                return self.word(pointer);
            }
            if let Some(place) = u16::try_from(self.out.len())
                .ok()
                .filter(|place| usize::from(*place) < BEYOND_POINTERS)
            {
                self.places.insert(name[at..].into(), place);
            }
            let next = at + 1 + usize::from(name[at]);
            self.out.extend(&name[at..next]);
            at = next;
        }
        self.out.push(0);
    }
}

impl Entry {
    /// The data in words, empty where there is none.
    pub(crate) fn data_text(&self) -> String {
        let mut text = String::new();
        if !self.rdata.is_empty() {
            rr::text::write_rdata(self.rtype, &self.rdata, &mut text)
                .expect("writing to a string cannot fail");
        }
        text
    }
}

/// As a line of a script that says the same.
#[derive(Debug)]
pub(crate) struct Said<'e> {
    pub(crate) entry: &'e Entry,
    pub(crate) is_prerequisite: bool,
}

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Entry {
            owner,
            rtype,
            class,
            ttl,
            ..
        } = self.entry;
        let (any_type, none) = (*rtype == Rtype::ANY, *class == Class::NONE);
        match (self.is_prerequisite, none, any_type) {
            // RFC 2136 §2.4.
            (true, true, true) => write!(f, "prereq nxdomain {owner}"),
            (true, true, false) => write!(f, "prereq nxrrset {owner} {rtype}"),
            (true, false, true) => write!(f, "prereq yxdomain {owner}"),
            (true, false, false) => write!(f, "prereq yxrrset {owner} {rtype}"),
            // RFC 2136 §2.5.
            (false, true, _) => write!(f, "delete {owner} {rtype}"),
            (false, false, true) => write!(f, "delete {owner}"),
            (false, false, false) if *class == Class::ANY => write!(f, "delete {owner} {rtype}"),
            (false, false, false) => write!(f, "add {owner} {ttl} {class} {rtype}"),
        }?;
        match self.data_text() {
            text if text.is_empty() => Ok(()),
            text => write!(f, " {text}"),
        }
    }
}

impl Said<'_> {
    fn data_text(&self) -> String {
        self.entry.data_text()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(owner: &str, rtype: Rtype, class: Class, rdata: &[u8]) -> Entry {
        Entry {
            owner: Name::from_text(owner).expect("a name"),
            rtype,
            class,
            ttl: Ttl::ZERO,
            rdata: rdata.into(),
        }
    }

    #[test]
    fn names_are_pointed_to_as_far_as_pointers_reach() {
        let long = vec![0; 200];
        let mut changes: Vec<Entry> = (0..90)
            .map(|number| entry(&format!("a{number}.b"), Rtype::TXT, Class::IN, &long))
            .collect();
        changes.push(entry("a0.b", Rtype::CNAME, Class::IN, b"\x03a89\x01b\0"));
        changes.push(entry(
            "a80.b",
            Rtype::SRV,
            Class::NONE,
            b"\0\0\0\0\0\0\x01b\0",
        ));
        let update = Update {
            zone: Name::from_text("b").expect("a name"),
            class: Class::IN,
            prerequisites: Vec::new(),
            changes: changes.clone(),
            edns: false,
        };
        let octets = update.emit(7);
        assert!(octets.len() > BEYOND_POINTERS);
        let records = wire::Records::of(&octets).expect("a header");
        let mut expanded = 0;
        for (record, entry) in records.map(|record| record.expect("whole")).zip(&changes) {
            let mut owner = Vec::new();
            let data_at = rdata::expand_name(&octets, record.at, &mut owner).expect("a name") + 10;
            assert_eq!(owner, entry.owner.as_wire());
            let mut data = Vec::new();
            let length = u16::from_be_bytes([octets[data_at - 2], octets[data_at - 1]]);
            let end = data_at + usize::from(length);
            rdata::expand_rdata(entry.rtype, &octets, data_at, end, &mut data).expect("data");
            assert_eq!(data, &*entry.rdata);
            expanded += 1;
        }
        assert_eq!(expanded, changes.len());
    }
}

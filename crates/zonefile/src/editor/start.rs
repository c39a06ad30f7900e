//! What is in force at a place of the text, and how entries change it.

use alloc::{string::String, vec::Vec};

use rr::{Class, Name, NameRef, Rtype, Ttl};

use super::{Found, Included, RecordRef};
use crate::{
    entry::{Entries, Entry, EntryKind, Fields},
    ttl::read_ttl,
};

/// What is in force where a file begins, or at any place in it: what records that leave something out take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The origin of relative names.
    pub origin: Name,
    /// The owner of a record that has none.
    pub owner: Option<Name>,
    /// `$TTL`.
    pub default_ttl: Option<Ttl>,
    /// The last stated TTL, which records have without a `$TTL`.
    pub last_ttl: Option<Ttl>,
    /// The class of a record that states none.
    pub class: Class,
}

impl Start {
    /// Where the first file of a zone begins.
    #[must_use]
    pub fn of_zone(apex: NameRef<'_>) -> Start {
        Start {
            origin: apex.to_owned(),
            owner: None,
            default_ttl: None,
            last_ttl: None,
            class: Class::IN,
        }
    }

    pub(super) fn owner_of(&self, text: &[u8], fields: &Fields) -> Option<Name> {
        match &fields.owner {
            Some(word) => Name::read(inside(text, word), Some(self.origin.as_ref())).ok(),
            None => self.owner.clone(),
        }
    }

    pub(super) fn class_of(&self, text: &[u8], fields: &Fields) -> Class {
        let stated = fields
            .class
            .clone()
            .and_then(|word| Class::from_mnemonic(&text[word]));
        stated.unwrap_or(self.class)
    }

    /// The TTL of a record; none only for a SOA that gives its last field as TTL.
    pub(super) fn ttl_of(&self, text: &[u8], fields: &Fields) -> Option<Ttl> {
        let stated = fields
            .ttl
            .clone()
            .and_then(|word| read_ttl(&text[word]).ok());
        stated.or(self.inherited_ttl())
    }

    /// What a record without TTL has: RFC 2308 §4, then RFC 1035 §5.1.
    pub(super) fn inherited_ttl(&self) -> Option<Ttl> {
        self.default_ttl.or(self.last_ttl)
    }

    pub(super) fn pass_record(&mut self, text: &[u8], fields: &Fields) {
        self.owner = self.owner_of(text, fields);
        self.class = self.class_of(text, fields);
        match fields
            .ttl
            .clone()
            .and_then(|word| read_ttl(&text[word]).ok())
        {
            Some(ttl) => self.last_ttl = Some(ttl),
            None if self.inherited_ttl().is_none() => {
                self.default_ttl = fields
                    .rdata
                    .last()
                    .and_then(|word| read_ttl(&text[word.clone()]).ok());
            }
            None => {}
        }
    }

    /// What a record that is not in the text yet will change.
    pub(super) fn pass_new(&mut self, record: RecordRef<'_>, ttl: Ttl, writes_ttl: bool) {
        self.owner = Some(record.owner.to_owned());
        self.class = record.class;
        if writes_ttl {
            self.last_ttl = Some(ttl);
        }
    }

    /// What other data of a record will change: nothing, but for a SOA that gives the TTL.
    pub(super) fn pass_data(&mut self, rtype: Rtype, rdata: &[u8], found: &Found) {
        if rtype == Rtype::SOA
            && found.fields.ttl.is_none()
            && found.before.inherited_ttl().is_none()
        {
            self.default_ttl = rdata
                .last_chunk()
                .map(|&minimum| Ttl::from_secs(u32::from_be_bytes(minimum)));
        }
    }
}

/// The octets of a word, without the quotes of a string.
pub(super) fn inside<'t>(text: &'t [u8], word: &core::ops::Range<usize>) -> &'t [u8] {
    let octets = &text[word.clone()];
    octets
        .strip_prefix(b"\"")
        .and_then(|rest| rest.strip_suffix(b"\""))
        .unwrap_or(octets)
}

/// Goes through the records and directives of a text that has no mistakes.
pub(super) struct Walk<'t> {
    text: &'t [u8],
    path: &'t str,
    entries: Entries<'t>,
    state: Start,
    included: &'t Included,
    at: usize,
}

/// What a walk meets.
pub(super) enum Step<'t> {
    Record(Found),
    Directive(Entry<'t>),
}

impl<'t> Walk<'t> {
    /// A walk from offset `at` on, where `state` is in force.
    pub(super) fn new(
        text: &'t [u8],
        path: &'t str,
        (at, state): (usize, Start),
        included: &'t Included,
    ) -> Walk<'t> {
        Walk {
            text,
            path,
            entries: Entries::from(text, at),
            state,
            included,
            at,
        }
    }

    /// Where the last entry ended.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// What is in force there.
    pub(super) fn state(&self) -> &Start {
        &self.state
    }

    pub(super) fn next_record(&mut self) -> Option<Found> {
        loop {
            if let Step::Record(found) = self.next_step()? {
                return Some(found);
            }
        }
    }

    pub(super) fn next_step(&mut self) -> Option<Step<'t>> {
        loop {
            let entry = self.entries.next()?;
            match entry.kind() {
                EntryKind::Record => return Some(Step::Record(self.record(&entry))),
                EntryKind::Directive => {
                    self.at = entry.range().end;
                    self.state.pass_directive(&entry, self.path, self.included);
                    return Some(Step::Directive(entry));
                }
                _ => {}
            }
        }
    }

    fn record(&mut self, entry: &Entry<'t>) -> Found {
        let fields = entry.fields();
        let before = self.state.clone();
        self.state.pass_record(self.text, &fields);
        self.at = entry.range().end;
        Found {
            range: entry.range(),
            fields,
            before,
        }
    }
}

/// A directive, as far as it changes what is in force.
pub(super) enum Change<'t> {
    Origin(&'t [u8]),
    DefaultTtl(Option<Ttl>),
    Generate {
        ttl: Option<Ttl>,
    },
    Include {
        named: &'t [u8],
        origin: Option<&'t [u8]>,
    },
}

impl<'t> Change<'t> {
    pub(super) fn of(entry: &Entry<'t>) -> Option<Change<'t>> {
        let words: Vec<&[u8]> = entry
            .words()
            .iter()
            .map(|word| inside(entry.text(), word))
            .collect();
        let (first, argument) = (words.first()?, words.get(1)?);
        let is = |name: &str| first.eq_ignore_ascii_case(name.as_bytes());
        Some(match () {
            () if is("$ORIGIN") => Change::Origin(argument),
            () if is("$TTL") => Change::DefaultTtl(read_ttl(argument).ok()),
            () if is("$GENERATE") => Change::Generate {
                ttl: generate_ttl(&words),
            },
            () if is("$INCLUDE") => Change::Include {
                named: argument,
                origin: words.get(2).copied(),
            },
            () => return None,
        })
    }
}

impl Start {
    pub(super) fn pass_directive(&mut self, entry: &Entry<'_>, path: &str, included: &Included) {
        match Change::of(entry) {
            Some(Change::Origin(word)) => self.set_origin(word),
            Some(Change::DefaultTtl(ttl)) => self.default_ttl = ttl,
            Some(Change::Generate { ttl }) => self.last_ttl = ttl.or(self.last_ttl),
            Some(Change::Include { named, origin }) => {
                self.pass_included(path, named, origin, included);
            }
            None => {}
        }
    }

    pub(super) fn pass_entry(&mut self, entry: &Entry<'_>, path: &str, included: &Included) {
        match entry.kind() {
            EntryKind::Record => self.pass_record(entry.text(), &entry.fields()),
            EntryKind::Directive => self.pass_directive(entry, path, included),
            _ => {}
        }
    }

    fn set_origin(&mut self, word: &[u8]) {
        if let Ok(origin) = Name::read(word, Some(self.origin.as_ref())) {
            self.origin = origin;
        }
    }

    /// What is in force at the beginning of an included file.
    pub(super) fn inside(&self, origin: Option<&[u8]>) -> Start {
        let mut inside = self.clone();
        origin.into_iter().for_each(|word| inside.set_origin(word));
        inside
    }

    /// What an included file leaves in force: TTLs and class, not owner and origin.
    fn pass_included(
        &mut self,
        path: &str,
        named: &[u8],
        origin: Option<&[u8]>,
        included: &Included,
    ) {
        let Some((path, text)) = included.get(&key(path, named)) else {
            return;
        };
        let mut walk = Walk::new(text, path, (0, self.inside(origin)), included);
        while walk.next_step().is_some() {}
        let (origin, owner) = (self.origin.clone(), self.owner.clone());
        *self = Start {
            origin,
            owner,
            ..walk.state
        };
    }
}

/// Where the text of an included file is kept.
pub(super) fn key(path: &str, named: &[u8]) -> (String, String) {
    (path.into(), String::from_utf8_lossy(named).into_owned())
}

/// The TTL a `$GENERATE` states, before its type.
fn generate_ttl(words: &[&[u8]]) -> Option<Ttl> {
    let head = words.get(3..).unwrap_or_default();
    head.iter()
        .take_while(|word| {
            Rtype::from_mnemonic(word).is_none() || Class::from_mnemonic(word).is_some()
        })
        .find_map(|word| read_ttl(word).ok())
}

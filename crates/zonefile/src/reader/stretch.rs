//! Reading from the middle of a file, entry by entry, without a word about mistakes: there must be none.

use alloc::vec::Vec;
use core::ops::Range;

use rr::{Class, NameRef, Rtype, Ttl};

use super::{File, Limits, NoSources, Reader, Sink};
use crate::{
    editor::Start,
    lexer::Lexer,
    source_map::{SourceMap, Span},
    trail::{Unclear, Written},
};

/// What reading needs besides the text, and what it gives.
#[derive(Default)]
pub(crate) struct Outside {
    /// Nothing is included: a file in another file is read on its own.
    sources: NoSources,
    map: SourceMap,
    records: Records,
}

/// The records of a stretch, and where their words stand.
#[derive(Default)]
pub(crate) struct Records(pub(crate) Vec<(Written, Range<usize>)>);

impl Sink for Records {
    fn record(
        &mut self,
        owner: NameRef<'_>,
        class: Class,
        ttl: Ttl,
        rtype: Rtype,
        rdata: &[u8],
        at: Span,
    ) {
        let record = Written {
            owner: owner.to_owned(),
            class,
            ttl,
            rtype,
            rdata: rdata.to_vec(),
        };
        let words = at.start.0 as usize..at.end.0 as usize;
        self.0.push((record, words));
    }
}

/// A file that is read from the middle on.
pub(crate) struct Stretch<'r> {
    reader: Reader<'r, Records>,
    lexer: Lexer<'r>,
    file: File<'r>,
}

impl<'r> Stretch<'r> {
    /// Begins at the entry at `at`, where `state` is in force.
    pub(crate) fn begin(
        text: &'r [u8],
        (at, state): (usize, &Start),
        limits: &'r Limits,
        outside: &'r mut Outside,
    ) -> Stretch<'r> {
        let Outside {
            sources,
            map,
            records,
        } = outside;
        let mut reader = Reader::new(sources, limits, map, records);
        let file = reader.file_from(state, "", text);
        Stretch {
            reader,
            lexer: Lexer::new(text, at, limits.entry_octets),
            file,
        }
    }

    /// Reads whole entries until the next one begins at `to` or behind; gives where it begins.
    pub(crate) fn read_to(&mut self, to: usize) -> Result<usize, Unclear> {
        while self.lexer.at() < to && self.lexer.begin_entry() {
            self.read_entry()?;
        }
        if !self.lexer.conflicts.found.is_empty() {
            return Err(Unclear::Unreadable);
        }
        Ok(self.lexer.at())
    }

    /// Reads the records up to `to`, where the next mark is: an `$INCLUDE` is the last entry before one.
    pub(crate) fn read_records_to(&mut self, to: usize) -> Result<(), Unclear> {
        while self.lexer.at() < to && self.lexer.begin_entry() {
            let entry = &self.file.text[self.lexer.at()..];
            if entry
                .get(..INCLUDE.len())
                .is_some_and(|word| word.eq_ignore_ascii_case(INCLUDE))
            {
                return Ok(());
            }
            self.read_entry()?;
        }
        Ok(())
    }

    fn read_entry(&mut self) -> Result<(), Unclear> {
        let read = self.reader.read_entry(&mut self.lexer, &mut self.file);
        match read.is_ok() && self.reader.errors.is_empty() {
            true => Ok(()),
            false => Err(Unclear::Unreadable),
        }
    }

    /// What is in force at the place it has come to.
    pub(crate) fn state(&self) -> Start {
        self.reader.in_force(&self.file)
    }
}

const INCLUDE: &[u8] = b"$INCLUDE";

impl Outside {
    /// The records that were read.
    pub(crate) fn into_records(self) -> Vec<(Written, Range<usize>)> {
        self.records.0
    }
}

//! One entry that is a record: owner, then TTL, class and type in any order that RFC 1035 §5.1 allows, then data.

use rr::{Class, Rtype, Ttl, text::read_rdata};

use super::{File, Note, Problem, Reader, Sink, Standing, explain};
use crate::{
    lexer::{Lexeme, Lexer},
    ttl::{TtlError, read_ttl},
};

/// What stands between owner and data.
pub(super) struct Head {
    pub(super) ttl: Option<Ttl>,
    pub(super) class: Option<Class>,
    /// Zero until it is read; no record has type zero.
    pub(super) rtype: Rtype,
    /// Offsets of the type's word.
    pub(super) word: (usize, usize),
}

impl<S: Sink> Reader<'_, S> {
    pub(super) fn read_entry(
        &mut self,
        lexer: &mut Lexer<'_>,
        file: &mut File<'_>,
    ) -> Result<(), Problem> {
        let first = lexer.next()?;
        if first == Lexeme::End {
            return Ok(());
        }
        let start = lexer.entry_start();
        if lexer.begins_blank() {
            let head = read_head(lexer, file, Some(first))?;
            return self.read_data(lexer, file, start, &head);
        }
        match first {
            Lexeme::Word { start: word, end } if file.text[word] == b'$' => {
                self.read_directive(lexer, file, word, end)
            }
            Lexeme::Word { start: word, end } | Lexeme::Quoted { start: word, end } => {
                read_owner(file, word, end)?;
                let head = read_head(lexer, file, None)?;
                self.read_data(lexer, file, start, &head)
            }
            Lexeme::End => Ok(()),
        }
    }

    #[inline]
    fn read_data(
        &mut self,
        lexer: &mut Lexer<'_>,
        file: &mut File<'_>,
        start: usize,
        head: &Head,
    ) -> Result<(), Problem> {
        self.read_rdata_of(lexer, file, head)?;
        let class = head.class.unwrap_or(self.class);
        self.class = class;
        let at = file.span(start, rr::text::Tokens::offset(lexer));
        let ttl = self.ttl_of(head, file);
        match file.owner_is {
            Standing::Absent => return Err(explain::missing_owner(file, start, lexer).into()),
            Standing::Good => {}
            Standing::Broken => return Ok(()),
        }
        if self.records >= self.limits.records {
            return Err(explain::too_many_records(at, self.limits).into());
        }
        self.records += 1;
        let owner = file.owner.name();
        self.note_owner(owner);
        self.sink
            .record(owner, class, ttl, head.rtype, &self.rdata, at);
        Ok(())
    }

    #[inline]
    pub(super) fn read_rdata_of(
        &mut self,
        lexer: &mut Lexer<'_>,
        file: &File<'_>,
        head: &Head,
    ) -> Result<(), Problem> {
        self.rdata.clear();
        lexer.joins_values = matches!(head.rtype, Rtype::SVCB | Rtype::HTTPS);
        match read_rdata(head.rtype, lexer, file.origin.as_ref(), &mut self.rdata) {
            Ok(()) => Ok(()),
            Err(error) => Err(match lexer.fault.take() {
                Some(fault) => fault.into(),
                None => explain::rdata(file, head.rtype, &error).into(),
            }),
        }
    }

    /// The TTL of a record: stated, or RFC 2308 §4 `$TTL`, or RFC 1035 §5.1 the last one stated.
    #[inline]
    pub(super) fn ttl_of(&mut self, head: &Head, file: &File<'_>) -> Ttl {
        if let Some(ttl) = head.ttl {
            self.ttl.last = Some(ttl);
            return ttl;
        }
        match self.ttl.default {
            Some(ttl) => ttl,
            None => self.ttl_without_default(head, file),
        }
    }

    #[cold]
    fn ttl_without_default(&mut self, head: &Head, file: &File<'_>) -> Ttl {
        let at = file.span(head.word.0, head.word.1);
        if let Some(ttl) = self.ttl.last {
            if !core::mem::replace(&mut self.ttl.noted, true) {
                self.sink.note(Note::TtlFromRecordBefore, at);
            }
            return ttl;
        }
        // No rule of an RFC covers this; BIND takes the SOA's MINIMUM, for it and all that follows.
        let minimum = self.rdata.last_chunk().filter(|_| head.rtype == Rtype::SOA);
        let ttl = match minimum {
            Some(&minimum) => {
                self.sink.note(Note::TtlFromSoa, at);
                Ttl::from_secs(u32::from_be_bytes(minimum))
            }
            None => {
                self.report(explain::missing_ttl(at));
                ASSUMED_TTL
            }
        };
        // One word for all records that lack one.
        *self.ttl.default.insert(ttl)
    }
}

/// What records have after a message that says they have none.
pub(super) const ASSUMED_TTL: Ttl = Ttl::from_secs(3600);

fn read_owner(file: &mut File<'_>, start: usize, end: usize) -> Result<(), Problem> {
    match file
        .owner
        .read(&file.text[start..end], file.origin.as_ref())
    {
        Ok(()) => {
            let relative = file.text[end - 1] != b'.';
            file.owner_is = if relative {
                file.origin_is
            } else {
                Standing::Good
            };
            Ok(())
        }
        Err(error) => {
            file.owner_is = Standing::Broken;
            Err(explain::bad_owner(file, start, end, error).into())
        }
    }
}

/// Reads up to and with the type. `first` is a word that is read already.
#[inline]
pub(super) fn read_head(
    lexer: &mut Lexer<'_>,
    file: &File<'_>,
    first: Option<Lexeme>,
) -> Result<Head, Problem> {
    let mut head = Head {
        ttl: None,
        class: None,
        rtype: Rtype(0),
        word: (0, 0),
    };
    let mut read = first;
    loop {
        let lexeme = match read.take() {
            Some(lexeme) => lexeme,
            None => lexer.next()?,
        };
        let Lexeme::Word { start, end } = lexeme else {
            return Err(explain::missing_type(file, lexer, lexeme).into());
        };
        let field = read_field(&file.text[start..end]);
        if let Err(field) = head.take(field) {
            return Err(explain::head_word(file, (start, end), &field).into());
        }
        if head.rtype != Rtype(0) {
            head.word = (start, end);
            return Ok(head);
        }
    }
}

impl Head {
    /// Takes a field; gives it back if there is no place for it.
    #[inline]
    fn take(&mut self, field: Field) -> Result<(), Field> {
        match field {
            Field::Type(rtype) => self.rtype = rtype,
            Field::Class(class) if self.class.is_none() => self.class = Some(class),
            Field::Ttl(ttl) if self.ttl.is_none() => self.ttl = Some(ttl),
            other => return Err(other),
        }
        Ok(())
    }
}

/// What a word between owner and data says.
pub(super) enum Field {
    Ttl(Ttl),
    Class(Class),
    Type(Rtype),
    BadTtl(TtlError),
    Meta,
    Unknown,
}

#[inline]
fn read_field(word: &[u8]) -> Field {
    if let Some(rtype) = usual_type(word) {
        return Field::Type(rtype);
    }
    if word.eq_ignore_ascii_case(b"IN") {
        return Field::Class(Class::IN);
    }
    if word[0].is_ascii_digit() {
        return match read_ttl(word) {
            Ok(ttl) => Field::Ttl(ttl),
            Err(error) => Field::BadTtl(error),
        };
    }
    read_unusual_field(word)
}

#[cold]
fn read_unusual_field(word: &[u8]) -> Field {
    match (Class::from_mnemonic(word), Rtype::from_mnemonic(word)) {
        // RFC 6895 §3.2: classes that only questions and updates have.
        (Some(Class::ANY | Class::NONE | Class(0)), _) => Field::Meta,
        (Some(class), _) => Field::Class(class),
        // Type 0 is reserved (RFC 6895 §3.1), and so are all meta types.
        (None, Some(rtype)) if rtype.is_meta() => Field::Meta,
        (None, Some(rtype)) => Field::Type(rtype),
        (None, None) => Field::Unknown,
    }
}

/// The types nearly all records have, found without a table.
#[inline]
fn usual_type(word: &[u8]) -> Option<Rtype> {
    Some(match word {
        b"A" => Rtype::A,
        b"AAAA" => Rtype::AAAA,
        b"NS" => Rtype::NS,
        b"MX" => Rtype::MX,
        b"TXT" => Rtype::TXT,
        b"CNAME" => Rtype::CNAME,
        b"PTR" => Rtype::PTR,
        b"SRV" => Rtype::SRV,
        b"DS" => Rtype::DS,
        b"RRSIG" => Rtype::RRSIG,
        b"NSEC" => Rtype::NSEC,
        b"NSEC3" => Rtype::NSEC3,
        _ => return None,
    })
}

//! `$TTL`, `$ORIGIN`, `$INCLUDE` and `$GENERATE`.

use rr::Name;

use super::{File, Problem, Reader, Sink, Standing, explain, record::ASSUMED_TTL};
use crate::{
    lexer::{Lexeme, Lexer},
    ttl::read_ttl,
};

/// A directive, and how it is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Directive {
    Ttl,
    Origin,
    Include,
    Generate,
}

pub(super) const DIRECTIVES: [(&str, Directive); 4] = [
    ("$TTL", Directive::Ttl),
    ("$ORIGIN", Directive::Origin),
    ("$INCLUDE", Directive::Include),
    ("$GENERATE", Directive::Generate),
];

impl<S: Sink> Reader<'_, S> {
    #[cold]
    pub(super) fn read_directive(
        &mut self,
        lexer: &mut Lexer<'_>,
        file: &mut File<'_>,
        start: usize,
        end: usize,
    ) -> Result<(), Problem> {
        let directive = match directive_of(&file.text[start..end]) {
            Some(directive) => directive,
            // Taken as what was meant, so that what relies on it is not reported too.
            None => self.misspelt_directive(file, start, end)?,
        };
        match directive {
            Directive::Ttl => self.read_default_ttl(lexer, file),
            Directive::Origin => read_origin(lexer, file),
            Directive::Include => self.read_include(lexer, file, (start, end)),
            Directive::Generate => self.read_generate(lexer, file, start),
        }
    }

    fn misspelt_directive(
        &mut self,
        file: &File<'_>,
        start: usize,
        end: usize,
    ) -> Result<Directive, Problem> {
        let (error, meant) = explain::unknown_directive(file, start, end);
        match meant {
            Some(meant) => {
                self.report(error);
                Ok(meant)
            }
            None => Err(error.into()),
        }
    }

    /// RFC 2308 §4.
    fn read_default_ttl(&mut self, lexer: &mut Lexer<'_>, file: &File<'_>) -> Result<(), Problem> {
        // Whatever is wrong below, the records after it do not lack a `$TTL`.
        self.ttl.default.get_or_insert(ASSUMED_TTL);
        let (start, end) = argument(lexer, file, "$TTL wants a time, such as 3600 or 1h")?;
        let ttl = read_ttl(&file.text[start..end])
            .map_err(|error| explain::bad_ttl(file, (start, end), error))?;
        self.ttl.default = Some(ttl);
        no_more(lexer, file)
    }
}

pub(super) fn directive_of(word: &[u8]) -> Option<Directive> {
    DIRECTIVES
        .iter()
        .find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes()))
        .map(|&(_, directive)| directive)
}

/// RFC 1035 §5.1. A relative origin is below the one before, as in BIND.
fn read_origin(lexer: &mut Lexer<'_>, file: &mut File<'_>) -> Result<(), Problem> {
    file.origin_is = Standing::Broken;
    let (start, end) = argument(lexer, file, "$ORIGIN wants a domain name")?;
    file.origin = read_name(file, start, end)?;
    file.origin_is = Standing::Good;
    no_more(lexer, file)
}

pub(super) fn read_name(file: &File<'_>, start: usize, end: usize) -> Result<Name, Problem> {
    Name::read(&file.text[start..end], Some(file.origin.as_ref()))
        .map_err(|error| explain::bad_origin(file, start, end, error).into())
}

/// The next word or string; without one, an error that says what is wanted.
pub(super) fn argument(
    lexer: &mut Lexer<'_>,
    file: &File<'_>,
    wanted: &str,
) -> Result<(usize, usize), Problem> {
    optional_argument(lexer)?.ok_or_else(|| explain::missing_argument(file, lexer, wanted).into())
}

pub(super) fn optional_argument(lexer: &mut Lexer<'_>) -> Result<Option<(usize, usize)>, Problem> {
    Ok(match lexer.next()? {
        Lexeme::Word { start, end } | Lexeme::Quoted { start, end } => Some((start, end)),
        Lexeme::End => None,
    })
}

pub(super) fn no_more(lexer: &mut Lexer<'_>, file: &File<'_>) -> Result<(), Problem> {
    match optional_argument(lexer)? {
        None => Ok(()),
        Some((start, end)) => Err(explain::extra_argument(file, start, end).into()),
    }
}

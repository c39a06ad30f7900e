//! `$INCLUDE file [origin]`: the text of another file, as if it stood here, with an origin of its own.

use alloc::string::String;

use super::{File, Problem, Reader, Sink, directive, explain};
use crate::{
    lexer::Lexer,
    source_map::{Pos, Span, Text},
};

impl<S: Sink> Reader<'_, S> {
    /// RFC 1035 §5.1: origin and last owner of this file are the same afterwards, whatever the other file does.
    /// `$TTL` and the last TTL and class go through, as in BIND.
    pub(super) fn read_include(
        &mut self,
        lexer: &mut Lexer<'_>,
        file: &File<'_>,
        word: (usize, usize),
    ) -> Result<(), Problem> {
        let named = directive::argument(lexer, file, "$INCLUDE wants the name of a file")?;
        let origin = match directive::optional_argument(lexer)? {
            Some((start, end)) => directive::read_name(file, start, end)?,
            None => file.origin.clone(),
        };
        directive::no_more(lexer, file)?;
        let from = Pos(file.start.0 + word.0 as u32);
        let (path, text) = self.open_included(file, named)?;
        let start = self
            .admit(&path, &text, Some(from))
            .ok_or_else(|| explain::too_much_text(file.span(named.0, named.1), self.limits))?;
        self.read_file(File {
            text: &text,
            path: &path,
            start,
            origin,
            owner: file.owner.clone(),
            owner_is: file.owner_is,
            origin_is: file.origin_is,
        });
        Ok(())
    }

    fn open_included(
        &mut self,
        file: &File<'_>,
        (start, end): (usize, usize),
    ) -> Result<(String, Text), Problem> {
        let span = file.span(start, end);
        self.includes += 1;
        if self.open.len() > self.limits.include_depth || self.includes > self.limits.includes {
            return Err(explain::include_too_deep(span, self.limits, self.chain_of(span)).into());
        }
        let named = core::str::from_utf8(&file.text[start..end])
            .map_err(|_| explain::include_not_utf8(span))?;
        let (path, text) = self
            .sources
            .open(file.path, named)
            .map_err(|error| explain::include_failed(span, named, error, self.chain_of(span)))?;
        if self.open.contains(&path) {
            return Err(explain::include_loop(span, &path, self.chain_of(span)).into());
        }
        Ok((path, text))
    }

    /// The `$INCLUDE`s that lead here, outermost first.
    fn chain_of(&self, span: Span) -> explain::Chain {
        let word = |pos: Pos| Span {
            start: pos,
            end: Pos(pos.0 + "$INCLUDE".len() as u32),
        };
        self.map
            .include_chain(span.start)
            .into_iter()
            .map(word)
            .collect()
    }
}

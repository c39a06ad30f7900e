//! `$GENERATE range owner [TTL] [class] type data`: a row of records from a template, as in BIND.
//!
//! In owner and data `$` is the number of the step, `$$` and `\$` a dollar sign, and `${offset,width,base}` the number
//! plus `offset`, padded with zeros to `width`, in `base` d, o, x, X, or n and N: hexadecimal digits in reverse order
//! with dots between, as under `ip6.arpa`.

mod range;
mod template;

use alloc::vec::Vec;

use range::Range;
use template::Template;

use super::{File, Problem, Reader, Sink, Standing, directive, explain, record};
use crate::{
    lexer::{Lexeme, Lexer},
    owner::Owner,
    source_map::Span,
};

impl<S: Sink> Reader<'_, S> {
    pub(super) fn read_generate(
        &mut self,
        lexer: &mut Lexer<'_>,
        file: &mut File<'_>,
        start: usize,
    ) -> Result<(), Problem> {
        let range = self.read_range(lexer, file)?;
        let owner = directive::argument(
            lexer,
            file,
            "$GENERATE wants an owner with $ for the number",
        )?;
        let head = record::read_head(lexer, file, None)?;
        let (data, data_span) = read_data_template(lexer, file)?;
        let whole = file.span(start, rr::text::Tokens::offset(lexer));
        let owner_span = file.span(owner.0, owner.1);
        let owner = Template::read(&file.text[owner.0..owner.1])
            .map_err(|why| explain::generate_modifier(owner_span, why))?;
        let data =
            Template::read(&data).map_err(|why| explain::generate_modifier(data_span, why))?;
        let rows = Rows {
            owner,
            owner_span,
            data,
            data_span,
            whole,
            head,
        };
        range
            .numbers()
            .try_for_each(|number| self.generate(file, &rows, number))
    }

    fn read_range(&mut self, lexer: &mut Lexer<'_>, file: &File<'_>) -> Result<Range, Problem> {
        let (start, end) =
            directive::argument(lexer, file, "$GENERATE wants a range, such as 1-127")?;
        let span = file.span(start, end);
        let range =
            Range::read(&file.text[start..end]).ok_or_else(|| explain::generate_range(span))?;
        if range.len() > u64::from(self.limits.generate_steps) {
            return Err(explain::generate_too_long(span, range.len(), self.limits).into());
        }
        Ok(range)
    }

    /// One record. The first mistake ends the directive: all its records come from one line.
    fn generate(&mut self, file: &File<'_>, rows: &Rows<'_>, number: i64) -> Result<(), Problem> {
        let mut text = Vec::new();
        let mut owner = Owner::root();
        rows.owner
            .write(number, &mut text)
            .map_err(|why| explain::generate_modifier(rows.owner_span, why))?;
        let read = owner.read(&text, file.origin.as_ref());
        read.map_err(|why| {
            explain::generated(explain::bad_owner(file, 0, 0, why), rows.owner_span, number)
        })?;
        rows.data
            .write(number, &mut text)
            .map_err(|why| explain::generate_modifier(rows.data_span, why))?;
        self.generate_data(file, rows, &text, number)?;
        let ttl = self.ttl_of(&rows.head, file);
        if self.records >= self.limits.records {
            return Err(explain::too_many_records(rows.whole, self.limits).into());
        }
        if file.origin_is == Standing::Good {
            self.records += 1;
            self.note_owner(owner.name());
            let class = rows.head.class.unwrap_or(self.class);
            self.sink.record(
                owner.name(),
                class,
                ttl,
                rows.head.rtype,
                &self.rdata,
                rows.whole,
            );
        }
        Ok(())
    }

    fn generate_data(
        &mut self,
        file: &File<'_>,
        rows: &Rows<'_>,
        text: &[u8],
        number: i64,
    ) -> Result<(), Problem> {
        let made = File {
            text,
            path: file.path,
            start: file.start,
            origin: file.origin.clone(),
            owner: Owner::root(),
            owner_is: Standing::Good,
            origin_is: Standing::Good,
        };
        let mut lexer = Lexer::new(text, 0, self.limits.entry_octets);
        lexer.begin_entry();
        self.read_rdata_of(&mut lexer, &made, &rows.head)
            .map_err(|problem| {
                let inner = match problem {
                    Problem::Fault(fault) => explain::fault(&made, fault),
                    Problem::Error(error) => *error,
                };
                explain::generated(inner, rows.data_span, number).into()
            })
    }
}

/// What a `$GENERATE` repeats.
struct Rows<'t> {
    owner: Template<'t>,
    owner_span: Span,
    data: Template<'t>,
    data_span: Span,
    whole: Span,
    head: record::Head,
}

/// The words after the type as one text: the inside of a single string in quotes, otherwise the words as written.
fn read_data_template(lexer: &mut Lexer<'_>, file: &File<'_>) -> Result<(Vec<u8>, Span), Problem> {
    let mut words: Vec<(usize, usize, bool)> = Vec::new();
    loop {
        match lexer.next()? {
            Lexeme::Word { start, end } => words.push((start, end, false)),
            Lexeme::Quoted { start, end } => words.push((start, end, true)),
            Lexeme::End => break,
        }
    }
    let (Some(first), Some(last)) = (words.first(), words.last()) else {
        return Err(explain::missing_argument(
            file,
            lexer,
            "$GENERATE wants data with $ for the number",
        )
        .into());
    };
    let span = file.span(first.0, last.1);
    if let [(start, end, true)] = words[..] {
        return Ok((file.text[start..end].to_vec(), span));
    }
    let outside = |&(start, end, quoted): &(usize, usize, bool)| {
        if quoted {
            &file.text[start - 1..=end]
        } else {
            &file.text[start..end]
        }
    };
    Ok((
        words.iter().map(outside).collect::<Vec<_>>().join(&b' '),
        span,
    ))
}

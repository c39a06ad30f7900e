//! `$GENERATE range owner [TTL] [class] type data`: a row of records from a template, as in BIND.
//!
//! In owner and data `$` is the number of the step, `$$` and `\$` a dollar sign, and `${offset,width,base}` the number
//! plus `offset`, padded with zeros to `width`, in `base` d, o, x, X, or n and N: hexadecimal digits in reverse order
//! with dots between, as under `ip6.arpa`.

use alloc::{string::String, vec::Vec};
use core::fmt::Write;

use super::{File, Problem, Reader, Sink, Standing, directive, explain, record};
use crate::{
    lexer::{Lexeme, Lexer},
    owner::Owner,
    source_map::Span,
};

/// BIND's buffer for one number; more digits are refused there, too.
const WIDEST: u32 = 127;

/// The numbers of the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    start: u32,
    stop: u32,
    step: u32,
}

impl Range {
    /// `start-stop` or `start-stop/step`.
    fn read(word: &[u8]) -> Option<Range> {
        let word = core::str::from_utf8(word).ok()?;
        let (bounds, step) = word.split_once('/').unwrap_or((word, "1"));
        let (start, stop) = bounds.split_once('-')?;
        let number = |text: &str| {
            text.bytes()
                .all(|b| b.is_ascii_digit())
                .then(|| text.parse().ok())
                .flatten()
        };
        let range = Range {
            start: number(start)?,
            stop: number(stop)?,
            step: number(step)?,
        };
        let in_order = range.start <= range.stop && range.stop <= i32::MAX as u32 && range.step > 0;
        in_order.then_some(range)
    }

    fn len(self) -> u64 {
        u64::from((self.stop - self.start) / self.step) + 1
    }

    fn numbers(self) -> impl Iterator<Item = i64> {
        (i64::from(self.start)..=i64::from(self.stop)).step_by(self.step as usize)
    }
}

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Modifier {
    offset: i64,
    width: u32,
    base: u8,
}

#[derive(Debug, PartialEq, Eq)]
enum Piece<'t> {
    Text(&'t [u8]),
    Dollar,
    Number(Modifier),
}

/// A text with places for the number.
#[derive(Debug, PartialEq, Eq)]
struct Template<'t>(Vec<Piece<'t>>);

impl<'t> Template<'t> {
    fn read(text: &'t [u8]) -> Result<Template<'t>, &'static str> {
        let mut pieces = Vec::new();
        let (mut literal, mut at) = (0, 0);
        while at < text.len() {
            match text[at] {
                b'\\' => at = (at + 2).min(text.len()),
                b'$' => {
                    pieces.push(Piece::Text(&text[literal..at]));
                    let (piece, octets) = read_piece(&text[at + 1..])?;
                    pieces.push(piece);
                    at += 1 + octets;
                    literal = at;
                }
                _ => at += 1,
            }
        }
        pieces.push(Piece::Text(&text[literal..]));
        Ok(Template(pieces))
    }

    /// Writes the template with `number`; the text is of ASCII as far as it comes from here.
    fn write(&self, number: i64, out: &mut Vec<u8>) -> Result<(), &'static str> {
        out.clear();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text),
                Piece::Dollar => out.push(b'$'),
                Piece::Number(modifier) => {
                    out.extend_from_slice(modifier.write(number)?.as_bytes());
                }
            }
        }
        Ok(())
    }
}

/// What follows a `$`, and how many octets it has.
fn read_piece(after: &[u8]) -> Result<(Piece<'static>, usize), &'static str> {
    match after {
        [b'$', ..] => Ok((Piece::Dollar, 1)),
        [b'{', rest @ ..] => {
            let end = memchr::memchr(b'}', rest).ok_or("this ${ is not closed")?;
            let modifier = Modifier::read(&rest[..end]).ok_or("this modifier is not understood")?;
            Ok((Piece::Number(modifier), end + 2))
        }
        _ => Ok((
            Piece::Number(Modifier {
                offset: 0,
                width: 0,
                base: b'd',
            }),
            0,
        )),
    }
}

impl Modifier {
    fn read(inside: &[u8]) -> Option<Modifier> {
        let mut parts = core::str::from_utf8(inside).ok()?.split(',');
        let offset = i64::from(parts.next()?.parse::<i32>().ok()?);
        let width = parts.next().map_or(Some(0), |width| width.parse().ok())?;
        let base = match parts.next() {
            None => b'd',
            Some("d" | "o" | "x" | "X" | "n" | "N") => inside[inside.len() - 1],
            Some(_) => return None,
        };
        parts.next().is_none().then_some(Modifier {
            offset,
            width,
            base,
        })
    }

    fn write(self, number: i64) -> Result<String, &'static str> {
        let value = number + self.offset;
        let (width, mut out) = (self.width as usize, String::new());
        if self.width > WIDEST {
            return Err("a number of more than 127 digits");
        }
        // Negative numbers have no sensible digits but in decimal.
        let positive = u64::try_from(value);
        let written = match (self.base, positive) {
            (b'd', _) => write!(out, "{value:0width$}"),
            (_, Err(_)) => return Err("the number with its offset is below zero"),
            (b'o', Ok(value)) => write!(out, "{value:0width$o}"),
            (b'x', Ok(value)) => write!(out, "{value:0width$x}"),
            (b'X', Ok(value)) => write!(out, "{value:0width$X}"),
            (base, Ok(value)) => {
                write_nibbles(value, width, base == b'N', &mut out);
                Ok(())
            }
        };
        written.expect("writing to a string cannot fail");
        Ok(out)
    }
}

/// Hexadecimal digits, the lowest first, with dots between; the dots count in `width`.
fn write_nibbles(mut value: u64, width: usize, upper: bool, out: &mut String) {
    loop {
        let digit = char::from_digit((value & 15) as u32, 16).expect("four bits are a digit");
        out.push(if upper {
            digit.to_ascii_uppercase()
        } else {
            digit
        });
        value >>= 4;
        if value == 0 && out.len() >= width {
            return;
        }
        out.push('.');
        // As in BIND: a width that ends on a dot has no digit behind it.
        if value == 0 && out.len() >= width {
            return;
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn written(template: &str, number: i64) -> Result<String, &'static str> {
        let mut out = Vec::new();
        Template::read(template.as_bytes())?.write(number, &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn numbers_in_templates() {
        for (template, number, expected) in [
            ("h$.x", 7, "h7.x"),
            ("$$-$", 1, "$-1"),
            ("\\$$", 1, "\\$1"),
            ("${10}", 5, "15"),
            ("${-3}", 5, "2"),
            ("${0,3}", 5, "005"),
            ("${0,3,d}", 5, "005"),
            ("${0,2,x}", 255, "ff"),
            ("${0,4,X}", 255, "00FF"),
            ("${0,0,o}", 8, "10"),
            ("${0,3,n}", 0x1ab, "b.a.1"),
            ("${0,5,N}", 0xa, "A.0.0"),
            ("${0,4,n}", 0xa, "a.0."),
            ("", 1, ""),
        ] {
            assert_eq!(
                written(template, number).as_deref(),
                Ok(expected),
                "{template}"
            );
        }
    }

    #[test]
    fn modifiers_that_are_none() {
        for template in [
            "${",
            "${}",
            "${a}",
            "${0,a}",
            "${0,1,y}",
            "${0,1,d,}",
            "${0,128}",
            "${-9,0,x}",
        ] {
            assert!(written(template, 1).is_err(), "{template}");
        }
    }

    #[test]
    fn ranges() {
        assert_eq!(Range::read(b"1-5/2").map(Range::len), Some(3));
        assert_eq!(Range::read(b"0-0").map(Range::len), Some(1));
        assert_eq!(Range::read(b"0-2147483647").map(Range::len), Some(1 << 31));
        for none in [
            "",
            "1",
            "2-1",
            "1-2/0",
            "a-b",
            "1-2/x",
            "-1-2",
            "+1-2",
            "0-2147483648",
            "-",
        ] {
            assert_eq!(Range::read(none.as_bytes()), None, "{none}");
        }
    }
}

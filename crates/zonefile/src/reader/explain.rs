//! The words for every mistake: what is wrong, what to do, and the text that mends it where there is one.

use alloc::{borrow::Cow, format, string::String, vec::Vec};
use core::fmt::Write;

use rr::{
    NameError, Rtype,
    text::{TextError, TextErrorKind, Tokens},
};

use super::{
    File, Limits, SourceError,
    directive::{DIRECTIVES, Directive, directive_of},
    record::Field,
};
use crate::{
    conflict::Conflict,
    error::{Fix, SyntaxError, SyntaxErrorKind as Kind},
    lexer::{Fault, Lexeme, Lexer},
    source_map::Span,
    suggest::nearest,
    ttl::TtlError,
};

/// The `$INCLUDE` words that lead to a place, outermost first.
pub(super) type Chain = Vec<Span>;

fn error(kind: Kind, span: Span, message: impl Into<String>) -> SyntaxError {
    SyntaxError {
        kind,
        span,
        related: Vec::new(),
        message: message.into(),
        help: None,
        fix: None,
    }
}

impl SyntaxError {
    fn help(mut self, help: impl Into<String>) -> SyntaxError {
        self.help = Some(help.into());
        self
    }

    fn fix(mut self, span: Span, replacement: impl Into<String>, safe: bool) -> SyntaxError {
        self.fix = Some(Fix {
            span,
            replacement: replacement.into(),
            safe,
        });
        self
    }

    fn chain(mut self, chain: Chain) -> SyntaxError {
        self.related.extend(
            chain
                .into_iter()
                .map(|span| (span, Cow::Borrowed("included from here"))),
        );
        self
    }
}

/// A word as it can be shown anywhere: no control characters, not too long.
fn shown(word: &[u8]) -> String {
    let mut text = String::new();
    for c in String::from_utf8_lossy(word).chars().take(64) {
        if c.is_control() {
            let _ = write!(text, "\\{:03}", u32::from(c));
        } else {
            text.push(c);
        }
    }
    text
}

// The shape of entries.

pub(super) fn fault(file: &File<'_>, fault: Fault) -> SyntaxError {
    let at = |offset: usize| file.span(offset, offset + 1);
    match fault {
        Fault::UnclosedQuote(quote) => error(
            Kind::UnclosedQuote,
            at(quote),
            "this quote is not closed on its line",
        )
        .help(
            "close the string with \" on the same line; a long one is written as several strings",
        ),
        Fault::UnclosedParenthesis(open) => error(
            Kind::UnclosedParenthesis,
            at(open),
            "this parenthesis is never closed",
        )
        .help("close it with ) before the next record"),
        Fault::StrayParenthesis(close) => error(
            Kind::StrayParenthesis,
            at(close),
            "this parenthesis closes nothing",
        ),
        Fault::StrayCarriageReturn(cr) => error(
            Kind::StrayCarriageReturn,
            at(cr),
            "a carriage return without a line feed",
        )
        .help("lines end with a line feed, or with carriage return and line feed"),
    }
}

pub(super) fn merge_marker(conflict: &Conflict, file: &File<'_>) -> SyntaxError {
    let mut markers = conflict
        .markers
        .iter()
        .map(|line| file.span(line.start, line.end));
    let first = markers.next().unwrap_or_default();
    let mut error = error(
        Kind::MergeMarker,
        first,
        "a merge conflict was left in the file",
    )
    .help("keep the side that is right and delete the lines with the markers");
    error.related = markers
        .map(|span| (span, Cow::Borrowed("the same conflict")))
        .collect();
    error
}

pub(super) fn wrong_encoding(file: &File<'_>) -> Option<SyntaxError> {
    let utf16 = matches!(file.text, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
    utf16.then(|| {
        error(
            Kind::WrongEncoding,
            file.span(0, 2),
            "the file is in UTF-16",
        )
        .help("save it as plain text in UTF-8")
    })
}

// Directives.

/// The error, and the directive that was certainly meant.
pub(super) fn unknown_directive(
    file: &File<'_>,
    start: usize,
    end: usize,
) -> (SyntaxError, Option<Directive>) {
    let (word, span) = (&file.text[start..end], file.span(start, end));
    let error = error(
        Kind::UnknownDirective,
        span,
        format!("there is no directive {}", shown(word)),
    );
    match nearest(word, DIRECTIVES.iter().map(|(name, _)| *name))[..] {
        [meant] => {
            let error = error
                .help(format!("did you mean {meant}?"))
                .fix(span, meant, true);
            (error, directive_of(meant.as_bytes()))
        }
        _ => {
            let help = "directives are $TTL, $ORIGIN, $INCLUDE and $GENERATE; an owner that begins so is written \\$";
            (error.help(help), None)
        }
    }
}

pub(super) fn missing_argument(file: &File<'_>, lexer: &Lexer<'_>, wanted: &str) -> SyntaxError {
    error(
        Kind::DirectiveArguments,
        file.span(lexer.offset(), lexer.offset()),
        wanted,
    )
}

pub(super) fn extra_argument(file: &File<'_>, start: usize, end: usize) -> SyntaxError {
    let message = "the directive is complete before this word";
    error(Kind::DirectiveArguments, file.span(start, end), message).help("a comment begins with ;")
}

pub(super) fn bad_origin(file: &File<'_>, start: usize, end: usize, why: NameError) -> SyntaxError {
    error(
        Kind::DirectiveArguments,
        file.span(start, end),
        format!("the origin is not a domain name: {why}"),
    )
}

pub(super) fn bad_ttl(file: &File<'_>, (start, end): (usize, usize), why: TtlError) -> SyntaxError {
    let (word, span) = (shown(&file.text[start..end]), file.span(start, end));
    match why {
        TtlError::NotATtl => error(Kind::BadTtl, span, format!("{word} is not a time")).help(
            "a TTL is a number of seconds, or numbers with the units w d h m s such as 1h30m",
        ),
        TtlError::TooLarge => error(
            Kind::TtlTooLarge,
            span,
            format!("a TTL of {word} is too long"),
        )
        .help("the longest is 2147483647 seconds, 68 years (RFC 2181 §8)"),
    }
}

// $INCLUDE.

pub(super) fn include_failed(
    span: Span,
    named: &str,
    why: SourceError,
    chain: Chain,
) -> SyntaxError {
    let named = shown(named.as_bytes());
    match why {
        SourceError::Missing => error(
            Kind::IncludeMissing,
            span,
            format!("the file {named} does not exist"),
        ),
        SourceError::Refused(why) => error(
            Kind::IncludeRefused,
            span,
            format!("the file {named} may not be included: {why}"),
        ),
        SourceError::Unreadable(why) => error(
            Kind::IncludeUnreadable,
            span,
            format!("the file {named} cannot be read: {why}"),
        ),
    }
    .chain(chain)
}

pub(super) fn include_not_utf8(span: Span) -> SyntaxError {
    error(
        Kind::IncludeRefused,
        span,
        "the name of the file is not UTF-8",
    )
}

pub(super) fn include_loop(span: Span, path: &str, chain: Chain) -> SyntaxError {
    let path = shown(path.as_bytes());
    error(
        Kind::IncludeLoop,
        span,
        format!("the file {path} is being read already: it would include itself"),
    )
    .chain(chain)
}

pub(super) fn include_too_deep(span: Span, limits: &Limits, chain: Chain) -> SyntaxError {
    let (deep, many) = (limits.include_depth, limits.includes);
    error(
        Kind::IncludeTooDeep,
        span,
        format!("files are included more than {deep} deep, or more than {many} times"),
    )
    .chain(chain)
}

// $GENERATE.

pub(super) fn generate_range(span: Span) -> SyntaxError {
    error(
        Kind::GenerateRange,
        span,
        "the range is not start-stop or start-stop/step",
    )
    .help("for example 1-127 or 0-254/2, with start not above stop")
}

pub(super) fn generate_too_long(span: Span, steps: u64, limits: &Limits) -> SyntaxError {
    let most = limits.generate_steps;
    error(
        Kind::GenerateTooLong,
        span,
        format!("{steps} steps; a $GENERATE may have at most {most}"),
    )
}

pub(super) fn generate_modifier(span: Span, why: &'static str) -> SyntaxError {
    error(Kind::GenerateModifier, span, why)
        .help("a modifier is ${offset}, ${offset,width} or ${offset,width,base} with base d, o, x, X, n or N")
}

/// A mistake in the text that one step of a `$GENERATE` makes; `span` is where the template stands.
pub(super) fn generated(mut inner: SyntaxError, span: Span, value: i64) -> SyntaxError {
    inner.span = span;
    inner.fix = None;
    inner.message = format!("with {value} for $: {}", inner.message);
    inner
}

// Records.

pub(super) fn bad_owner(file: &File<'_>, start: usize, end: usize, why: NameError) -> SyntaxError {
    error(
        Kind::BadOwner,
        file.span(start, end),
        format!("the owner is not a domain name: {why}"),
    )
}

pub(super) fn missing_owner(file: &File<'_>, start: usize, lexer: &Lexer<'_>) -> SyntaxError {
    error(
        Kind::MissingOwner,
        file.span(start, lexer.offset()),
        "the first record has no owner",
    )
    .help("a line that begins with a blank has the owner of the record before; @ is the origin")
}

pub(super) fn missing_type(file: &File<'_>, lexer: &Lexer<'_>, instead: Lexeme) -> SyntaxError {
    let (start, end) = match instead {
        Lexeme::Quoted { start, end } => (start - 1, end + 1),
        _ => (lexer.offset(), lexer.offset()),
    };
    error(
        Kind::MissingType,
        file.span(start, end),
        "the record has no type",
    )
    .help(SHAPE)
}

const SHAPE: &str = "a record is: owner [TTL] [class] type data";

pub(super) fn missing_ttl(at: Span) -> SyntaxError {
    error(
        Kind::MissingTtl,
        at,
        "this record has no TTL, and there is no $TTL before it (RFC 2308 §4)",
    )
    .help("write for example $TTL 3600 above the first record")
}

/// What is wrong with a word between owner and data.
pub(super) fn head_word(
    file: &File<'_>,
    (start, end): (usize, usize),
    says: &Field,
) -> SyntaxError {
    let (word, span) = (&file.text[start..end], file.span(start, end));
    match says {
        Field::Ttl(_) => error(Kind::RepeatedField, span, "the TTL is given twice"),
        Field::Class(_) => error(Kind::RepeatedField, span, "the class is given twice"),
        Field::Meta => {
            let word = shown(word);
            error(
                Kind::MetaType,
                span,
                format!("{word} is for questions and messages and cannot be in a zone"),
            )
        }
        Field::BadTtl(_) if looks_like_address(word) => address_without_type(file, span, word),
        Field::BadTtl(why) => bad_ttl(file, (start, end), *why),
        Field::Unknown | Field::Type(_) if directive_of(word).is_some() => {
            indented_directive(file, span, start)
        }
        Field::Unknown | Field::Type(_) => unknown_type(span, word),
    }
}

fn looks_like_address(word: &[u8]) -> bool {
    word.contains(&b':')
        || (word.contains(&b'.')
            && word
                .iter()
                .all(|octet| octet.is_ascii_digit() || *octet == b'.'))
}

fn address_without_type(file: &File<'_>, span: Span, word: &[u8]) -> SyntaxError {
    let rtype = if word.contains(&b':') { "AAAA" } else { "A" };
    let error = error(
        Kind::MissingType,
        span,
        "an address stands where the type should be",
    );
    let line = memchr::memrchr(b'\n', &file.text[..(span.start.0 - file.start.0) as usize])
        .map_or(0, |at| at + 1);
    let owner = file.text[line..]
        .split(|octet| matches!(octet, b' ' | b'\t'))
        .next()
        .unwrap_or(b"");
    if owner == rtype.as_bytes() {
        return error.help(format!(
            "{} is the owner here; begin the line with a blank, or with @",
            shown(owner)
        ));
    }
    let insert = Span {
        start: span.start,
        end: span.start,
    };
    error
        .help(format!("write {rtype} before it"))
        .fix(insert, format!("{rtype} "), false)
}

fn indented_directive(file: &File<'_>, span: Span, start: usize) -> SyntaxError {
    let line = memchr::memrchr(b'\n', &file.text[..start]).map_or(0, |at| at + 1);
    let error = error(
        Kind::IndentedDirective,
        span,
        "a directive must begin in the first column",
    );
    if file.text[line..start]
        .iter()
        .all(|octet| matches!(octet, b' ' | b'\t'))
    {
        return error
            .help("remove the blanks before it")
            .fix(file.span(line, start), "", true);
    }
    error
}

fn unknown_type(span: Span, word: &[u8]) -> SyntaxError {
    let error = error(
        Kind::UnknownType,
        span,
        format!("{} is not a record type", shown(word)),
    );
    if let Some(strange) = strange_character(word) {
        return error.help(strange);
    }
    match &nearest(word, rr::key::known().map(|(_, mnemonic)| mnemonic))[..] {
        [] => error.help(format!(
            "{SHAPE}; a type without a name is written TYPE and its number (RFC 3597 §5)"
        )),
        [meant] => error
            .help(format!("did you mean {meant}?"))
            .fix(span, *meant, false),
        several => error.help(format!("did you mean {}?", several.join(", "))),
    }
}

/// Characters that look like ASCII in an editor, as word processors and web pages put them in.
fn strange_character(word: &[u8]) -> Option<&'static str> {
    let strange = core::str::from_utf8(word)
        .ok()?
        .chars()
        .find(|c| !c.is_ascii())?;
    Some(match strange {
        '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{2002}'..='\u{200b}' => {
            "there is a character in this word that looks like a blank and is none, such as a no-break space"
        }
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{2018}' | '\u{2019}' => {
            "there is a typographic quote in this word; strings are written with \""
        }
        '\u{2010}'..='\u{2015}' | '\u{2212}' => "there is a typographic dash in this word; write -",
        _ => return None,
    })
}

pub(super) fn rdata(file: &File<'_>, rtype: Rtype, why: &TextError) -> SyntaxError {
    let span = file.span(why.start, why.end.max(why.start));
    let error = error(
        Kind::Rdata(why.kind),
        span,
        format!("{rtype}: {}", why.kind),
    );
    let insert = Span {
        start: span.start,
        end: span.start,
    };
    match why.kind {
        TextErrorKind::Number { .. } if rtype == Rtype::MX && !starts_with_digit(file, why) => {
            error
                .help("MX wants a preference before the mail server, such as: MX 10 mail")
                .fix(insert, "10 ", false)
        }
        TextErrorKind::StringTooLong { .. } => match split_string(file, why) {
            Some(parts) => error
                .help("write it as several strings in one record")
                .fix(span, parts, true),
            None => error,
        },
        TextErrorKind::Extra => error.help(extra_help(rtype)),
        _ => match strange_character(file.text.get(why.start..why.end).unwrap_or(b"")) {
            Some(strange) => error.help(strange),
            None => error,
        },
    }
}

fn starts_with_digit(file: &File<'_>, why: &TextError) -> bool {
    why.start == why.end || file.text[why.start].is_ascii_digit()
}

fn extra_help(rtype: Rtype) -> &'static str {
    match rtype {
        Rtype::A | Rtype::AAAA | Rtype::NS | Rtype::CNAME => {
            "one record holds one; a comment begins with ;"
        }
        _ => "a comment begins with ;",
    }
}

/// The string of the error as strings of at most 255 octets; escapes are never cut.
fn split_string(file: &File<'_>, why: &TextError) -> Option<String> {
    let word = core::str::from_utf8(file.text.get(why.start..why.end)?).ok()?;
    let quoted = word
        .strip_prefix('"')
        .and_then(|word| word.strip_suffix('"'));
    let mut parts = String::from("\"");
    let (mut rest, mut octets) = (quoted.unwrap_or(word), 0);
    while let Some(first) = rest.chars().next() {
        let (unit, weight) = match rest.as_bytes() {
            [b'\\', b'0'..=b'9', ..] => (rest.get(..4)?, 1),
            [b'\\', ..] => (
                rest.get(..1 + rest[1..].chars().next()?.len_utf8())?,
                rest[1..].chars().next()?.len_utf8(),
            ),
            _ => (&rest[..first.len_utf8()], first.len_utf8()),
        };
        if octets + weight > 255 {
            parts.push_str("\" \"");
            octets = 0;
        }
        octets += weight;
        parts.push_str(unit);
        rest = &rest[unit.len()..];
    }
    parts.push('"');
    Some(parts)
}

// Limits.

pub(super) fn too_many_records(span: Span, limits: &Limits) -> SyntaxError {
    error(
        Kind::TooManyRecords,
        span,
        format!("the zone has more than {} records", limits.records),
    )
}

pub(super) fn too_much_text(span: Span, limits: &Limits) -> SyntaxError {
    let octets = limits.text_octets.min(u32::MAX as usize);
    error(
        Kind::TooMuchText,
        span,
        format!("the zone's files have more than {octets} octets"),
    )
}

pub(super) fn too_many_errors(span: Span) -> SyntaxError {
    error(
        Kind::TooManyErrors,
        span,
        "there are too many mistakes to go on here",
    )
}

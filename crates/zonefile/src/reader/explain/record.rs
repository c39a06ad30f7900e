//! What is wrong with records.

use alloc::{format, string::String};

use rr::{
    NameError, Rtype,
    text::{TextError, TextErrorKind, Tokens},
};

use super::{Kind, bad_ttl, error, shown};
use crate::{
    error::SyntaxError,
    lexer::{Lexeme, Lexer},
    reader::{File, directive::directive_of, record::Field},
    source_map::Span,
    suggest::nearest,
};

pub(in crate::reader) fn bad_owner(
    file: &File<'_>,
    start: usize,
    end: usize,
    why: NameError,
) -> SyntaxError {
    error(
        Kind::BadOwner,
        file.span(start, end),
        format!("the owner is not a domain name: {why}"),
    )
}

pub(in crate::reader) fn missing_owner(
    file: &File<'_>,
    start: usize,
    lexer: &Lexer<'_>,
) -> SyntaxError {
    error(
        Kind::MissingOwner,
        file.span(start, lexer.offset()),
        "the first record has no owner",
    )
    .help("a line that begins with a blank has the owner of the record before; @ is the origin")
}

pub(in crate::reader) fn missing_type(
    file: &File<'_>,
    lexer: &Lexer<'_>,
    instead: Lexeme,
) -> SyntaxError {
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

pub(in crate::reader) fn missing_ttl(at: Span) -> SyntaxError {
    error(
        Kind::MissingTtl,
        at,
        "this record has no TTL, and there is no $TTL before it (RFC 2308 §4)",
    )
    .help("write for example $TTL 3600 above the first record")
}

/// What is wrong with a word between owner and data.
pub(in crate::reader) fn head_word(
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
    let types = rr::key::known().map(|(_, mnemonic)| mnemonic);
    // A class may be meant as well; those but the first are rare.
    match &nearest(word, types.chain(["IN"]))[..] {
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

pub(in crate::reader) fn rdata(file: &File<'_>, rtype: Rtype, why: &TextError) -> SyntaxError {
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

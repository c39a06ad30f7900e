//! What is wrong with directives.

use alloc::format;

use rr::{NameError, text::Tokens};

use super::{Kind, error, shown};
use crate::{
    error::SyntaxError,
    lexer::Lexer,
    reader::{
        File,
        directive::{DIRECTIVES, Directive, directive_of},
    },
    suggest::nearest,
    ttl::TtlError,
};

/// The error, and the directive that was certainly meant.
pub(in crate::reader) fn unknown_directive(
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

pub(in crate::reader) fn missing_argument(
    file: &File<'_>,
    lexer: &Lexer<'_>,
    wanted: &str,
) -> SyntaxError {
    error(
        Kind::DirectiveArguments,
        file.span(lexer.offset(), lexer.offset()),
        wanted,
    )
}

pub(in crate::reader) fn extra_argument(file: &File<'_>, start: usize, end: usize) -> SyntaxError {
    let message = "the directive is complete before this word";
    error(Kind::DirectiveArguments, file.span(start, end), message).help("a comment begins with ;")
}

pub(in crate::reader) fn bad_origin(
    file: &File<'_>,
    start: usize,
    end: usize,
    why: NameError,
) -> SyntaxError {
    error(
        Kind::DirectiveArguments,
        file.span(start, end),
        format!("the origin is not a domain name: {why}"),
    )
}

pub(in crate::reader) fn bad_ttl(
    file: &File<'_>,
    (start, end): (usize, usize),
    why: TtlError,
) -> SyntaxError {
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

//! What is wrong with the shape of entries and files.

use alloc::borrow::Cow;

use super::{Kind, error};
use crate::{conflict::Conflict, error::SyntaxError, lexer::Fault, reader::File};

pub(in crate::reader) fn fault(file: &File<'_>, fault: Fault) -> SyntaxError {
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

pub(in crate::reader) fn merge_marker(conflict: &Conflict, file: &File<'_>) -> SyntaxError {
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

/// Whether the text begins with the byte order mark of UTF-16.
pub(crate) fn is_utf16(text: &[u8]) -> bool {
    matches!(text, [0xff, 0xfe, ..] | [0xfe, 0xff, ..])
}

pub(in crate::reader) fn wrong_encoding(file: &File<'_>) -> Option<SyntaxError> {
    is_utf16(file.text).then(|| {
        error(
            Kind::WrongEncoding,
            file.span(0, 2),
            "the file is in UTF-16",
        )
        .help("save it as plain text in UTF-8")
    })
}

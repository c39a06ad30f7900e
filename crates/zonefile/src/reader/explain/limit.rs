//! What is too much.

use alloc::format;

use super::{Kind, error};
use crate::{error::SyntaxError, reader::Limits, source_map::Span};

pub(in crate::reader) fn too_many_records(span: Span, limits: &Limits) -> SyntaxError {
    error(
        Kind::TooManyRecords,
        span,
        format!("the zone has more than {} records", limits.records),
    )
}

pub(in crate::reader) fn too_much_text(span: Span, limits: &Limits) -> SyntaxError {
    let octets = limits.text_octets.min(u32::MAX as usize);
    error(
        Kind::TooMuchText,
        span,
        format!("the zone's files have more than {octets} octets"),
    )
}

pub(in crate::reader) fn too_many_errors(span: Span) -> SyntaxError {
    error(
        Kind::TooManyErrors,
        span,
        "there are too many mistakes to go on here",
    )
}

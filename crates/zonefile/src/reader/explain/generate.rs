//! What is wrong with a `$GENERATE`.

use alloc::format;

use super::{Kind, error};
use crate::{error::SyntaxError, reader::Limits, source_map::Span};

pub(in crate::reader) fn generate_range(span: Span) -> SyntaxError {
    error(
        Kind::GenerateRange,
        span,
        "the range is not start-stop or start-stop/step",
    )
    .help("for example 1-127 or 0-254/2, with start not above stop")
}

pub(in crate::reader) fn generate_too_long(span: Span, steps: u64, limits: &Limits) -> SyntaxError {
    let most = limits.generate_steps;
    error(
        Kind::GenerateTooLong,
        span,
        format!("{steps} steps; a $GENERATE may have at most {most}"),
    )
}

pub(in crate::reader) fn generate_modifier(span: Span, why: &'static str) -> SyntaxError {
    error(Kind::GenerateModifier, span, why)
        .help("a modifier is ${offset}, ${offset,width} or ${offset,width,base} with base d, o, x, X, n or N")
}

/// A mistake in the text that one step of a `$GENERATE` makes; `span` is where the template stands.
pub(in crate::reader) fn generated(mut inner: SyntaxError, span: Span, value: i64) -> SyntaxError {
    inner.span = span;
    inner.fix = None;
    inner.message = format!("with {value} for $: {}", inner.message);
    inner
}

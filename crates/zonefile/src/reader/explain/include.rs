//! What is wrong with an `$INCLUDE`.

use alloc::format;

use super::{Chain, Kind, error, shown};
use crate::{
    error::SyntaxError,
    reader::{Limits, SourceError},
    source_map::Span,
};

pub(in crate::reader) fn include_failed(
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

pub(in crate::reader) fn include_not_utf8(span: Span) -> SyntaxError {
    error(
        Kind::IncludeRefused,
        span,
        "the name of the file is not UTF-8",
    )
}

pub(in crate::reader) fn include_loop(span: Span, path: &str, chain: Chain) -> SyntaxError {
    let path = shown(path.as_bytes());
    error(
        Kind::IncludeLoop,
        span,
        format!("the file {path} is being read already: it would include itself"),
    )
    .chain(chain)
}

pub(in crate::reader) fn include_too_deep(
    span: Span,
    limits: &Limits,
    chain: Chain,
) -> SyntaxError {
    let (deep, many) = (limits.include_depth, limits.includes);
    error(
        Kind::IncludeTooDeep,
        span,
        format!("files are included more than {deep} deep, or more than {many} times"),
    )
    .chain(chain)
}

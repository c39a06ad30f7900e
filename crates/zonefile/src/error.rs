//! What can be wrong with zone text, said so that its author can mend it.

use alloc::{borrow::Cow, string::String, vec::Vec};
use core::fmt;

use rr::text::TextErrorKind;

use crate::source_map::Span;

/// One mistake in the text of a zone: one message, whatever else it led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// What kind of mistake, for programs.
    pub kind: SyntaxErrorKind,
    /// The words that are wrong.
    pub span: Span,
    /// Other places that belong to it, and what they are.
    pub related: Vec<(Span, Cow<'static, str>)>,
    /// What is wrong, for people: a sentence without a full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Text that mends it.
    pub fix: Option<Fix>,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl core::error::Error for SyntaxError {}

/// A change of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What is replaced; empty to insert.
    pub span: Span,
    /// The new text.
    pub replacement: String,
    /// Whether it can be applied without asking: it can only be what the author meant.
    pub safe: bool,
}

/// The kinds of mistakes. [`SyntaxErrorKind::name`] gives each a stable name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SyntaxErrorKind {
    /// A string in quotes is not closed before its line ends.
    UnclosedQuote,
    /// A parenthesis is not closed before the file ends.
    UnclosedParenthesis,
    /// A closing parenthesis without an opening one.
    StrayParenthesis,
    /// A carriage return that no line feed follows.
    StrayCarriageReturn,
    /// The text is not in an ASCII-compatible encoding.
    WrongEncoding,
    /// A merge marker of Git was left behind.
    MergeMarker,
    /// A word that begins with `$` and is no directive.
    UnknownDirective,
    /// A directive does not begin in the first column.
    IndentedDirective,
    /// A directive has too few words, too many, or a wrong one.
    DirectiveArguments,
    /// The owner is not a domain name.
    BadOwner,
    /// The first record leaves out its owner.
    MissingOwner,
    /// An entry has no record type.
    MissingType,
    /// A word stands in the place of a record type and is none.
    UnknownType,
    /// A type or class that only questions and messages have.
    MetaType,
    /// TTL or class is given twice.
    RepeatedField,
    /// A TTL that is neither seconds nor units such as `1h30m`.
    BadTtl,
    /// RFC 2181 §8: a TTL of more than 2^31 - 1 seconds.
    TtlTooLarge,
    /// RFC 2308 §4: a record without a TTL, and nothing before it to take one from.
    MissingTtl,
    /// The record data is not of its type.
    Rdata(TextErrorKind),
    /// The file of an `$INCLUDE` does not exist.
    IncludeMissing,
    /// The file of an `$INCLUDE` may not be read.
    IncludeRefused,
    /// The file of an `$INCLUDE` exists and cannot be read.
    IncludeUnreadable,
    /// A file includes itself, perhaps through others.
    IncludeLoop,
    /// Files include each other too deep, or too often.
    IncludeTooDeep,
    /// The range of a `$GENERATE` is not `start-stop` or `start-stop/step`.
    GenerateRange,
    /// A `$GENERATE` has more steps than allowed.
    GenerateTooLong,
    /// A `${...}` of a `$GENERATE` is not understood, or its number cannot be written so.
    GenerateModifier,
    /// More records than allowed.
    TooManyRecords,
    /// More text than allowed.
    TooMuchText,
    /// More mistakes than are worth reporting; the rest is not read.
    TooManyErrors,
}

impl SyntaxErrorKind {
    /// Whether something is wanted at the end of the entry, so that text cut off there may be the reason.
    pub(crate) fn is_absence(self) -> bool {
        matches!(
            self,
            Self::MissingType | Self::Rdata(TextErrorKind::Missing { .. })
        )
    }

    /// A stable name in kebab case.
    #[must_use]
    pub fn name(self) -> &'static str {
        use SyntaxErrorKind as K;
        match self {
            K::UnclosedQuote => "unclosed-quote",
            K::UnclosedParenthesis => "unclosed-parenthesis",
            K::StrayParenthesis => "stray-parenthesis",
            K::StrayCarriageReturn => "stray-carriage-return",
            K::WrongEncoding => "wrong-encoding",
            K::MergeMarker => "merge-marker",
            K::UnknownDirective => "unknown-directive",
            K::IndentedDirective => "indented-directive",
            K::DirectiveArguments => "directive-arguments",
            K::BadOwner => "bad-owner",
            K::MissingOwner => "missing-owner",
            K::MissingType => "missing-type",
            K::UnknownType => "unknown-type",
            K::MetaType => "meta-type",
            K::RepeatedField => "repeated-field",
            K::BadTtl => "bad-ttl",
            K::TtlTooLarge => "ttl-too-large",
            K::MissingTtl => "missing-ttl",
            K::Rdata(TextErrorKind::StringTooLong { .. }) => "string-too-long",
            K::Rdata(_) => "bad-rdata",
            K::IncludeMissing => "include-missing",
            K::IncludeRefused => "include-refused",
            K::IncludeUnreadable => "include-unreadable",
            K::IncludeLoop => "include-loop",
            K::IncludeTooDeep => "include-too-deep",
            K::GenerateRange => "generate-range",
            K::GenerateTooLong => "generate-too-long",
            K::GenerateModifier => "generate-modifier",
            K::TooManyRecords => "too-many-records",
            K::TooMuchText => "too-much-text",
            K::TooManyErrors => "too-many-errors",
        }
    }
}

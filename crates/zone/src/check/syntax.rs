//! What could not be read: its rule, and what the zone may therefore have that the check cannot see.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use memchr::memrchr;
use rr::text::TextErrorKind;
use rr::{Name, NameError, NameRef};
use zonefile::{Pos, SourceMap, SyntaxError, SyntaxErrorKind as Kind};

use super::context::Context;
use super::entry::Entry;
use super::{Finding, Fix};
use crate::rules::Rule;

/// Names and types that stood in lines which could not be read. That they are missing is no finding.
#[derive(Debug, Default)]
pub(super) struct Lost {
    /// Nobody knows what was lost.
    everything: bool,
    /// The first label of each owner, in lower case.
    labels: BTreeSet<Vec<u8>>,
    /// The words of the records, in capitals.
    words: BTreeSet<Vec<u8>>,
    /// One of the records has a type that nobody knows, and may have been meant to be of any.
    any_type: bool,
}

impl Lost {
    /// Whether this name may have had records.
    pub(super) fn may_have(&self, name: NameRef<'_>, apex: NameRef<'_>) -> bool {
        let first = if name == apex {
            b"@"
        } else {
            name.first_label().unwrap_or_default()
        };
        let lost = |label: &[u8]| self.labels.contains(&label.to_ascii_lowercase());
        self.everything || lost(b"*") || lost(first)
    }

    /// Whether a record of this type may have been lost.
    pub(super) fn may_have_type(&self, mnemonic: &str) -> bool {
        self.everything || self.any_type || self.words.contains(mnemonic.as_bytes())
    }

    /// Whether anything was lost.
    pub(super) fn something(&self) -> bool {
        self.everything || !self.labels.is_empty()
    }

    fn add(&mut self, error: &SyntaxError, map: &SourceMap) {
        self.any_type |= matches!(error.kind, Kind::UnknownType | Kind::MissingType);
        match extent(error, map) {
            Extent::Nothing => {}
            Extent::Record => self.add_record(map, error.span.start),
            Extent::Everything => self.everything = true,
        }
    }

    /// Adds the record around `at`. Its owner may stand lines above, the error in a later line of a record in
    /// parentheses; both ways it is the last line above that begins with a word.
    fn add_record(&mut self, map: &SourceMap, at: Pos) {
        let above = owner_line(map, at).and_then(|line| Entry::at(map, line));
        let Some(owner) = above.as_ref().and_then(Entry::owner) else {
            self.everything = true;
            return;
        };
        let first = map
            .text(owner)
            .split(|octet| *octet == b'.')
            .next()
            .unwrap_or_default();
        self.labels.insert(first.to_ascii_lowercase());
        let texts = [above, Entry::at(map, at)]
            .into_iter()
            .flatten()
            .map(|entry| map.text(entry.whole()));
        let words = texts.flat_map(|text| text.split(u8::is_ascii_whitespace).take(MOST_WORDS));
        self.words.extend(words.map(<[u8]>::to_ascii_uppercase));
    }
}

pub(super) fn check(context: &mut Context<'_>, errors: &[SyntaxError]) {
    for error in errors {
        context.lost.add(error, context.map);
        let finding = finding(error, context.map);
        context.report(error.span.start, finding);
    }
}

fn finding(error: &SyntaxError, map: &SourceMap) -> Finding {
    if let Some(finding) = without_number(error, map) {
        return finding;
    }
    let rule = rule_of(error, map);
    // The places of the `$INCLUDE`s that lead here are known from the place itself.
    let chain = map.include_chain(error.span.start);
    let related = error
        .related
        .iter()
        .filter(|(span, _)| !chain.contains(&span.start));
    let related = related.map(|(span, what)| (*span, what.to_string()));
    let fix = error.fix.as_ref();
    Finding {
        related: related.collect(),
        help: error.help.clone(),
        fix: fix.map(|fix| Fix {
            span: fix.span,
            replacement: fix.replacement.clone(),
            safe: fix.safe,
        }),
        ..Finding::new(rule, error.span, error.message.as_str())
    }
}

/// A name in the place of a number, and nothing behind it: not a wrong number, it was left out (`MX mail`).
fn without_number(error: &SyntaxError, map: &SourceMap) -> Option<Finding> {
    let Kind::Rdata(TextErrorKind::Number { field, .. }) = error.kind else {
        return None;
    };
    let word = map.text(error.span);
    let last = Entry::at(map, error.span.start)?.whole().end == error.span.end;
    let name = String::from_utf8_lossy(word);
    let finding = Finding::new(
        Rule::MissingField,
        error.span,
        format!("the {field} is missing before {name}"),
    );
    let left_out = last && !word.first()?.is_ascii_digit();
    left_out.then(|| {
        finding.help(format!(
            "write a number and then the name, such as `10 {name}`"
        ))
    })
}

/// The rule that a mistake in the text breaks.
fn rule_of(error: &SyntaxError, map: &SourceMap) -> Rule {
    match error.kind {
        Kind::UnclosedQuote => Rule::UnclosedQuote,
        Kind::UnclosedParenthesis => Rule::UnclosedParenthesis,
        Kind::StrayParenthesis => Rule::StrayParenthesis,
        Kind::StrayCarriageReturn | Kind::WrongEncoding => Rule::BadOctet,
        Kind::MergeMarker => Rule::MergeMarker,
        Kind::UnknownDirective => Rule::UnknownDirective,
        Kind::IndentedDirective | Kind::DirectiveArguments => Rule::BadDirective,
        Kind::BadOwner => {
            Name::read(map.text(error.span), None).map_or_else(rule_of_name, |_| Rule::NameTooLong)
        }
        Kind::MissingOwner => Rule::NoOwner,
        Kind::MissingType => Rule::MissingType,
        Kind::UnknownType | Kind::MetaType => Rule::UnknownType,
        Kind::RepeatedField => Rule::RepeatedField,
        Kind::BadTtl | Kind::TtlTooLarge => Rule::BadTtl,
        Kind::MissingTtl => Rule::NoTtl,
        Kind::Rdata(kind) => rule_of_data(kind),
        Kind::IncludeMissing | Kind::IncludeUnreadable => Rule::IncludeMissing,
        Kind::IncludeRefused => Rule::IncludeRefused,
        Kind::IncludeLoop | Kind::IncludeTooDeep => Rule::IncludeTooDeep,
        Kind::GenerateRange | Kind::GenerateTooLong | Kind::GenerateModifier => Rule::BadGenerate,
        Kind::TooManyRecords | Kind::TooMuchText => Rule::ZoneTooLarge,
        Kind::TooManyErrors => Rule::TooManyErrors,
        _ => Rule::BadData,
    }
}

fn rule_of_data(kind: TextErrorKind) -> Rule {
    match kind {
        TextErrorKind::Missing { .. } => Rule::MissingField,
        TextErrorKind::Extra => Rule::ExtraField,
        TextErrorKind::Number { .. } | TextErrorKind::Period { .. } => Rule::BadNumber,
        TextErrorKind::Name { error, .. } => rule_of_name(error),
        TextErrorKind::Ipv4 | TextErrorKind::Ipv6 => Rule::BadAddress,
        TextErrorKind::StringTooLong { .. } => Rule::StringTooLong,
        TextErrorKind::BadEscape => Rule::BadEscape,
        TextErrorKind::Base64 { .. } | TextErrorKind::Hex { .. } | TextErrorKind::Base32 { .. } => {
            Rule::BadEncoding
        }
        TextErrorKind::MetaType => Rule::UnknownType,
        TextErrorKind::UnclosedQuote => Rule::UnclosedQuote,
        TextErrorKind::UnclosedParenthesis => Rule::UnclosedParenthesis,
        TextErrorKind::UnopenedParenthesis => Rule::StrayParenthesis,
        _ => Rule::BadData,
    }
}

fn rule_of_name(error: NameError) -> Rule {
    match error {
        NameError::LabelTooLong => Rule::LabelTooLong,
        NameError::NameTooLong | NameError::Relative => Rule::NameTooLong,
        NameError::EmptyLabel => Rule::EmptyLabel,
        NameError::BadEscape => Rule::BadEscape,
        _ => Rule::BadData,
    }
}

/// How much the zone lacks because of a mistake.
enum Extent {
    Nothing,
    Record,
    Everything,
}

fn extent(error: &SyntaxError, map: &SourceMap) -> Extent {
    match error.kind {
        // A misspelt `$TTL` takes no record away; a misspelt `$ORIGIN` or `$INCLUDE` moves or loses any number.
        Kind::UnknownDirective if map.text(error.span).to_ascii_uppercase().starts_with(b"$T") => {
            Extent::Nothing
        }
        Kind::BadTtl | Kind::TtlTooLarge | Kind::StrayParenthesis => Extent::Record,
        Kind::UnclosedQuote | Kind::UnclosedParenthesis | Kind::StrayCarriageReturn => {
            Extent::Record
        }
        Kind::BadOwner | Kind::MissingOwner | Kind::MissingType | Kind::UnknownType => {
            Extent::Record
        }
        Kind::MetaType | Kind::RepeatedField | Kind::MissingTtl | Kind::Rdata(_) => Extent::Record,
        _ => Extent::Everything,
    }
}

/// Words of a record among which its type is.
const MOST_WORDS: usize = 16;
/// Lines above a mistake in which its owner is looked for.
const MOST_LINES: usize = 1000;

fn owner_line(map: &SourceMap, at: Pos) -> Option<Pos> {
    let (_, text, file) = map.file_of(at)?;
    let mut end = (at.0.saturating_sub(file.0) as usize).min(text.len());
    for _ in 0..MOST_LINES {
        let start = memrchr(b'\n', &text[..end]).map_or(0, |feed| feed + 1);
        let names_owner = |octet: &u8| !matches!(octet, b' ' | b'\t' | b';' | b'\r' | b'\n' | b')');
        if text.get(start).is_some_and(names_owner) {
            return Some(Pos(file.0 + start as u32));
        }
        end = start.checked_sub(1)?;
    }
    None
}

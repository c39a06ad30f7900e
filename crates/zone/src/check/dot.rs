//! Names that say something else than their author meant: without the final dot, or an address in their place.

use alloc::format;
use alloc::string::String;
use core::net::IpAddr;

use rr::{Name, NameRef};
use zonefile::Span;

use super::Finding;
use super::context::{Context, Written};
use crate::rules::Rule;

/// Top-level domains that a name most often ends with when its dot was forgotten, beside all of two letters.
const TOP_LEVEL: [&[u8]; 12] = [
    b"com", b"net", b"org", b"info", b"biz", b"edu", b"gov", b"mil", b"int", b"arpa", b"dev",
    b"app",
];

/// Whether a name ends with the zone's name twice: the sign that a full name lacks its final dot. A zone of one label
/// proves nothing: `com.com.` is a domain like others.
pub(super) fn ends_in_apex_twice(name: NameRef<'_>, apex: NameRef<'_>) -> bool {
    let (name, apex) = (name.as_wire(), apex.as_wire());
    let once = apex.len() - 1;
    let Some(before) = name
        .len()
        .checked_sub(2 * once + 1)
        .filter(|_| apex.len() > usize::from(apex[0]) + 2)
    else {
        return false;
    };
    let tail = &name[before..];
    tail[once..].eq_ignore_ascii_case(apex) && tail[..once].eq_ignore_ascii_case(&apex[..once])
}

/// Whether `name` is what `other` should have been: `other` with the zone's name once instead of twice.
pub(super) fn is_meant_by(name: NameRef<'_>, other: NameRef<'_>, apex: NameRef<'_>) -> bool {
    let once = apex.as_wire().len() - 1;
    let (name, other_wire) = (name.as_wire(), other.as_wire());
    let cut = other_wire.len().saturating_sub(once + 1);
    ends_in_apex_twice(other, apex)
        && name[..name.len() - 1].eq_ignore_ascii_case(&other_wire[..cut])
}

/// Whether somebody wrote a mail address where its name form belongs.
pub(super) fn has_at_sign(mailbox: NameRef<'_>) -> bool {
    mailbox.labels().any(|label| label.contains(&b'@'))
}

/// Whether the text, given a final dot, would be a name of the zone.
pub(super) fn is_apex_without_dot(typed: &[u8], apex: NameRef<'_>) -> bool {
    let full = Name::read(typed, Some(NameRef::ROOT));
    !typed.ends_with(b".") && full.is_ok_and(|full| full.as_ref().is_at_or_below(apex))
}

/// The finding with the fix that adds a dot behind `name`.
pub(super) fn with_final_dot(finding: Finding, name: Span) -> Finding {
    finding.help("end a full name with a dot").fix(
        Span {
            start: name.end,
            end: name.end,
        },
        ".",
    )
}

/// What was meant by a target that leads nowhere, if its text shows it. `target` is what it was read as.
pub(super) fn misread(
    context: &Context<'_>,
    written: Written<'_>,
    field: usize,
    target: NameRef<'_>,
) -> Option<Finding> {
    if !(context.is_read() || may_be_misread(context, target)) || !context.has_text() {
        return None;
    }
    let place = written.data(field);
    let typed = written.text(place);
    if is_address(typed) {
        return Some(address(typed, place));
    }
    let finding = || {
        let message = format!(
            "{} lacks its final dot and means {target}",
            String::from_utf8_lossy(typed)
        );
        with_final_dot(Finding::new(Rule::MissingFinalDot, place, message), place)
    };
    if is_full(typed, target) {
        return None;
    }
    if is_apex_without_dot(typed, context.apex) {
        return Some(finding());
    }
    let elsewhere = is_elsewhere_without_dot(context, typed, target);
    elsewhere.then(finding).map(unsure)
}

/// A name of another zone was probably meant, but a host of this one may have been misspelt.
fn unsure(mut finding: Finding) -> Finding {
    finding.fix.iter_mut().for_each(|fix| fix.safe = false);
    finding
}

/// Whether the text ends like the name of a domain elsewhere, and no such branch exists below the origin.
fn is_elsewhere_without_dot(context: &Context<'_>, typed: &[u8], target: NameRef<'_>) -> bool {
    let Ok(full) = Name::read(typed, Some(NameRef::ROOT)) else {
        return false;
    };
    let labels = full.as_ref().label_count();
    if typed.ends_with(b".") || labels < 2 {
        return false;
    }
    let last = full.as_ref().labels().last().unwrap_or_default();
    // The last label as it was typed, and the origin behind it.
    let branch = target.ancestors().nth(labels - 1);
    is_top_level(context, last) && branch.is_some_and(|branch| is_no_branch(context, branch))
}

fn is_no_branch(context: &Context<'_>, branch: NameRef<'_>) -> bool {
    branch.is_below(context.apex) && context.zone.node(branch).is_none()
}

/// Whether the text says all of the name, whatever its last octet: behind `$ORIGIN .` no dot is missing.
fn is_full(typed: &[u8], target: NameRef<'_>) -> bool {
    let full = Name::read(typed, Some(NameRef::ROOT));
    full.is_ok_and(|full| full.as_ref() == target)
}

/// Whether there is a text that [`misread`] finds something in, given what it was read as.
fn may_be_misread(context: &Context<'_>, target: NameRef<'_>) -> bool {
    let first = target.first_label().unwrap_or_default();
    let is_address = first.contains(&b':') || first.iter().all(u8::is_ascii_digit);
    let mut origins = target.ancestors().skip(1);
    let is_elsewhere = |branch: NameRef<'_>| {
        let label = branch.first_label().unwrap_or_default();
        is_top_level(context, label) && is_no_branch(context, branch)
    };
    is_address || has_apex_inside(target, context.apex) || origins.any(is_elsewhere)
}

/// Whether the labels of the apex are in a name, and something behind them.
fn has_apex_inside(name: NameRef<'_>, apex: NameRef<'_>) -> bool {
    let apex = &apex.as_wire()[..apex.as_wire().len() - 1];
    let begins = |name: NameRef<'_>| {
        let (wire, end) = (name.as_wire(), apex.len());
        wire.len() > end + 1 && wire[..end].eq_ignore_ascii_case(apex)
    };
    name.ancestors().any(begins)
}

fn is_top_level(context: &Context<'_>, label: &[u8]) -> bool {
    let letters = label.iter().all(u8::is_ascii_alphabetic);
    // The names of a reverse zone are numbers: letters are the end of a host's name.
    let reverse = context
        .apex
        .labels()
        .last()
        .is_some_and(|top| top.eq_ignore_ascii_case(b"arpa"));
    letters
        && (reverse
            || label.len() == 2
            || TOP_LEVEL
                .iter()
                .any(|known| known.eq_ignore_ascii_case(label)))
}

/// Whether the text is an IP address, with or without a dot behind it.
pub(super) fn is_address(typed: &[u8]) -> bool {
    let text = core::str::from_utf8(typed).unwrap_or_default();
    text.strip_suffix('.')
        .unwrap_or(text)
        .parse::<IpAddr>()
        .is_ok()
}

pub(super) fn address(typed: &[u8], place: Span) -> Finding {
    let message = format!(
        "{} is an address; a name belongs here",
        String::from_utf8_lossy(typed)
    );
    let help = "give the host a name with an address record, and write that name";
    Finding::new(Rule::TargetIsAddress, place, message).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_apex_twice_is_a_sign() {
        let twice = |name: &str, apex: &str| {
            ends_in_apex_twice(
                Name::from_text(name).unwrap().as_ref(),
                Name::from_text(apex).unwrap().as_ref(),
            )
        };
        assert!(twice("mail.EXAMPLE.org.example.org.", "example.org."));
        assert!(twice("example.org.example.org.", "example.org."));
        assert!(!twice("mail.example.org.", "example.org."));
        assert!(
            !twice("xexample.org.example.org.", "example.org."),
            "not at a label"
        );
        assert!(!twice("com.com.", "com."));
        assert!(!twice("a.", "."));
    }
}

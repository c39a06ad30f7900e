//! What a name says about mail: MX, SPF and DMARC.

use alloc::format;
use alloc::vec::Vec;

use crate::check::Finding;
use crate::check::context::{Context, Written};
use crate::node::RrsetRef;
use crate::rules::Rule;

/// RFC 7505 §3: whoever takes no mail has this MX alone.
pub(super) fn check_null_mx(context: &mut Context<'_>, rrset: RrsetRef<'_>) {
    let number_of = |null: bool| {
        rrset
            .rdatas()
            .position(|rdata| (rdata.get(2) == Some(&0)) == null)
    };
    let Some((null, other)) = number_of(true).zip(number_of(false)) else {
        return;
    };
    let (null, other) = (context.nth(rrset, null), context.nth(rrset, other));
    let finding = Finding::new(
        Rule::NullMxNotAlone,
        null.data(1),
        "this says that no mail is taken, and another MX takes it",
    );
    context.report(null.at, finding.related(other.data_from(0), "the other MX"));
}

/// Policies of which a name has one at most.
pub(super) fn check_policies(context: &mut Context<'_>, rrset: RrsetRef<'_>) {
    if rrset.len() < 2 {
        return;
    }
    check_alone(context, rrset, SPF);
    let first = rrset.node().owner().first_label();
    if first.is_some_and(|label| label.eq_ignore_ascii_case(b"_dmarc")) {
        check_alone(context, rrset, DMARC);
    }
}

/// A kind of TXT record that should be alone of its kind at a name.
#[derive(Clone, Copy)]
struct Kind {
    rule: Rule,
    name: &'static str,
    is: fn(&[u8]) -> bool,
}

const SPF: Kind = Kind {
    rule: Rule::SeveralSpf,
    name: "SPF",
    is: is_spf,
};
const DMARC: Kind = Kind {
    rule: Rule::SeveralDmarc,
    name: "DMARC",
    is: is_dmarc,
};

/// RFC 7208 §4.5: exactly `v=spf1`, and then a space or nothing.
fn is_spf(rdata: &[u8]) -> bool {
    let mut text = text(rdata);
    begins(&mut text, b"v=spf1") && matches!(text.next(), None | Some(b' '))
}

/// RFC 7489 §6.4: the version comes first and is followed by a semicolon; blanks may stand anywhere between.
fn is_dmarc(rdata: &[u8]) -> bool {
    let mut text = text(rdata).filter(|octet| !octet.is_ascii_whitespace());
    begins(&mut text, b"v=DMARC1") && matches!(text.next(), None | Some(b';'))
}

/// Reports the second of a kind, in the order of the text.
fn check_alone(context: &mut Context<'_>, rrset: RrsetRef<'_>, kind: Kind) {
    let all = rrset.rdatas().zip(context.written(rrset));
    let mut all: Vec<Written<'_>> = all
        .filter(|(rdata, _)| (kind.is)(rdata))
        .map(|(_, written)| written)
        .collect();
    all.sort_by_key(|written| written.at);
    let [first, second, others @ ..] = &all[..] else {
        return;
    };
    let message = format!("a second {} policy; receivers then use neither", kind.name);
    let finding = Finding::new(kind.rule, second.data_from(0), message).help("merge them into one");
    let mut finding = finding.related(first.data_from(0), "the first one");
    finding.related.extend(
        others
            .iter()
            .map(|other| (other.data_from(0), "and one more".into())),
    );
    context.report(second.at, finding);
}

/// The text of a TXT record: its strings joined.
fn text(rdata: &[u8]) -> impl Iterator<Item = u8> {
    let mut rest = rdata;
    let strings = core::iter::from_fn(move || {
        let (length, after) = rest.split_first()?;
        let (string, after) = after.split_at_checked(usize::from(*length))?;
        rest = after;
        Some(string)
    });
    strings.flatten().copied()
}

fn begins(text: &mut impl Iterator<Item = u8>, with: &[u8]) -> bool {
    with.iter().all(|octet| {
        text.next()
            .is_some_and(|other| other.eq_ignore_ascii_case(octet))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_of_a_text_are_joined() {
        assert!(is_spf(b"\x03v=s\x03pf1\x02 m"));
        assert!(!is_spf(b"\x07v=spf10"));
        assert!(is_dmarc(b"\x0av=DMARC1 ;"));
        assert_eq!(text(b"\x09cut").count(), 0);
    }
}

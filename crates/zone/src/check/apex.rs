//! The top of the zone: its SOA and its name servers.

use alloc::format;
use alloc::string::String;

use rr::{Name, NameRef, Rtype};
use zonefile::{Pos, Span};

use super::Finding;
use super::context::{Context, Written};
use super::dot;
use crate::check::defect::DefectKind;
use crate::node::RrsetRef;
use crate::rules::Rule;

/// RFC 2308 §5: values of one to three hours work well, a day is the most that makes sense.
const LONGEST_NEGATIVE_SECS: u32 = 86_400;

pub(super) fn check(context: &mut Context<'_>) {
    let apex = context.zone.apex_node();
    match apex.rrset(Rtype::SOA) {
        Some(soa) => check_soa(context, soa),
        None if context.lost.may_have_type("SOA") => {}
        None if is_about_another_zone(context) => return,
        None => report_missing(context, Rule::NoSoa, "SOA record"),
    }
    if apex.rrset(Rtype::NS).is_none() && !context.lost.may_have_type("NS") {
        report_missing(context, Rule::NoApexNs, "NS records");
    }
}

/// The place is the SOA record, or the start of the text if there is none.
fn report_missing(context: &mut Context<'_>, rule: Rule, what: &str) {
    let soa = context
        .zone
        .apex_node()
        .rrset(Rtype::SOA)
        .map(|soa| context.first(soa));
    let at = soa.map_or(Pos::default(), |soa| soa.at);
    let place = soa.map_or(Span::default(), Written::owner);
    let message = format!("the zone {} has no {what}", context.apex);
    context.report(at, Finding::new(rule, place, message));
}

fn is_about_another_zone(context: &Context<'_>) -> bool {
    let soa = |at| context.at(Rtype::SOA, at).is_of_its_type();
    context
        .zone
        .defects()
        .iter()
        .any(|defect| defect.kind == DefectKind::OutOfZone && soa(defect.at))
}

fn check_soa(context: &mut Context<'_>, rrset: RrsetRef<'_>) {
    let written = context.first(rrset);
    let Some(soa) = rrset.rdatas().next().and_then(Soa::read) else {
        return;
    };
    if let Some((field, message)) = soa.contradiction() {
        let place = written.data(field);
        context.report(written.at, Finding::new(Rule::SoaTimers, place, message));
    }
    if dot::has_at_sign(soa.mailbox) {
        let finding = mailbox(written);
        context.report(written.at, finding);
    }
}

/// The fields of an SOA record that are looked at here.
struct Soa<'z> {
    mailbox: NameRef<'z>,
    refresh: u32,
    retry: u32,
    expire: u32,
    minimum: u32,
}

impl<'z> Soa<'z> {
    fn read(rdata: &'z [u8]) -> Option<Soa<'z>> {
        let (_, rest) = NameRef::split_from(rdata).ok()?;
        let (mailbox, numbers) = NameRef::split_from(rest).ok()?;
        let number = |at: usize| Some(u32::from_be_bytes(*numbers.get(at * 4..)?.first_chunk()?));
        Some(Soa {
            mailbox,
            refresh: number(1)?,
            retry: number(2)?,
            expire: number(3)?,
            minimum: number(4)?,
        })
    }

    /// What is wrong with the timers, and in which field. RFC 1912 §2.2.
    fn contradiction(&self) -> Option<(usize, String)> {
        let Soa {
            refresh,
            retry,
            expire,
            minimum,
            ..
        } = *self;
        let again = u64::from(refresh) + u64::from(retry);
        if u64::from(expire) <= again {
            let message = format!(
                "secondaries give up after {expire} s, before they have tried again ({again} s)"
            );
            return Some((5, message));
        }
        if retry > refresh {
            let message = format!(
                "a failed transfer is tried again after {retry} s, later than the next would be"
            );
            return Some((4, message));
        }
        let message =
            || format!("\"no such name\" is remembered for {minimum} s, longer than a day");
        (minimum > LONGEST_NEGATIVE_SECS).then(|| (6, message()))
    }
}

fn mailbox(written: Written<'_>) -> Finding {
    let place = written.data(1);
    let finding = Finding::new(
        Rule::SoaMailbox,
        place,
        "the mailbox is written with a dot in the place of the @",
    );
    match core::str::from_utf8(written.text(place))
        .ok()
        .and_then(dotted)
    {
        Some(dotted) => finding.fix(place, dotted),
        None => finding,
    }
}

/// `first.last@example.org` as `first\.last.example.org.`, where that is a name.
fn dotted(mailbox: &str) -> Option<String> {
    let (local, domain) = mailbox
        .split_once('@')
        .filter(|(local, _)| !local.contains('\\'))?;
    let local = local.replace('.', "\\.");
    let end = if domain.ends_with('.') { "" } else { "." };
    let dotted = format!("{local}.{domain}{end}");
    Name::read(dotted.as_bytes(), None)
        .is_ok()
        .then_some(dotted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_is_written_as_a_name() {
        assert_eq!(
            dotted("first.last@example.org").as_deref(),
            Some("first\\.last.example.org.")
        );
        assert_eq!(
            dotted("hostmaster@example.org.").as_deref(),
            Some("hostmaster.example.org.")
        );
        assert_eq!(dotted("hostmaster@"), None);
        assert_eq!(dotted("@example.org"), None);
    }
}

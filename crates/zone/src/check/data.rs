//! The data of single types.

use alloc::format;
use alloc::string::{String, ToString};

use rr::Rtype;

use super::Finding;
use super::context::{Context, Written};
use crate::node::RrsetRef;
use crate::rules::{Rule, nearest};

pub(super) fn check(context: &mut Context<'_>, rrset: RrsetRef<'_>) {
    match rrset.rtype() {
        Rtype::A | Rtype::AAAA | Rtype::NS | Rtype::CNAME => {}
        Rtype::TXT => check_policies(context, rrset),
        Rtype::MX => check_null_mx(context, rrset),
        Rtype::CAA => each(context, rrset, caa),
        Rtype::TLSA | Rtype::SMIMEA | Rtype::SSHFP | Rtype::ZONEMD => each(context, rrset, digest),
        Rtype::DS | Rtype::CDS => {
            each(context, rrset, |rtype, rdata| {
                digest(rtype, rdata).or_else(|| weak_algorithm(rtype, rdata))
            });
            check_weak_digests(context, rrset);
        }
        Rtype::DNSKEY | Rtype::CDNSKEY => each(context, rrset, weak_algorithm),
        Rtype::NSEC3PARAM => each(context, rrset, iterations),
        Rtype::SVCB | Rtype::HTTPS => check_modes(context, rrset),
        _ => {}
    }
}

/// What is wrong with the data of one record, and in which field.
struct Problem {
    rule: Rule,
    field: usize,
    message: String,
    help: Option<String>,
}

fn each(
    context: &mut Context<'_>,
    rrset: RrsetRef<'_>,
    look: impl Fn(Rtype, &[u8]) -> Option<Problem>,
) {
    for (number, rdata) in rrset.rdatas().enumerate() {
        if let Some(problem) = look(rrset.rtype(), rdata) {
            let written = context.nth(rrset, number);
            context.report(written.at, problem.at(written));
        }
    }
}

impl Problem {
    fn at(self, written: Written<'_>) -> Finding {
        // A digest may be written in several words, all of which are it.
        let place = match self.rule {
            Rule::DigestLength => written.data_from(self.field),
            _ => written.data(self.field),
        };
        Finding {
            help: self.help,
            ..Finding::new(self.rule, place, self.message)
        }
    }
}

/// The registered properties (RFC 8659 §4, RFC 9495, and the IANA registry "Certification Authority Restriction
/// Properties").
const CAA_TAGS: [&str; 7] = [
    "issue",
    "issuewild",
    "issuemail",
    "issuevmc",
    "iodef",
    "contactemail",
    "contactphone",
];

/// RFC 8659 §4.1: flags, the length of the tag, the tag, and the value to the end. Case does not count in tags.
fn caa(_: Rtype, rdata: &[u8]) -> Option<Problem> {
    let (length, rest) = rdata.get(1..)?.split_first()?;
    let (tag, value) = rest.split_at_checked(usize::from(*length))?;
    let tag = String::from_utf8_lossy(tag);
    if CAA_TAGS
        .iter()
        .any(|known| known.eq_ignore_ascii_case(&tag))
    {
        return no_account(&tag, value);
    }
    let near = nearest(&tag, CAA_TAGS.map(|known| (known, known)));
    let help = near.map(|near| format!("did you mean {near}?"));
    Some(Problem {
        rule: Rule::CaaUnknownTag,
        field: 1,
        message: format!("there is no CAA property {tag}"),
        help,
    })
}

/// RFC 8657 §3. A value without an issuer (`;`) lets nobody issue and needs no account.
fn no_account(tag: &str, value: &[u8]) -> Option<Problem> {
    let issues = tag.eq_ignore_ascii_case("issue") || tag.eq_ignore_ascii_case("issuewild");
    let value = String::from_utf8_lossy(value);
    let mut parts = value.split(';').map(str::trim);
    let issuer = parts.next().filter(|issuer| issues && !issuer.is_empty())?;
    let named = parts.any(|part| {
        part.split('=')
            .next()
            .is_some_and(|key| key.trim() == "accounturi")
    });
    let message = format!("any account of {issuer} may get certificates");
    let help = Some("add `; accounturi=` and the URL of your account".to_string());
    (!named).then_some(Problem {
        rule: Rule::CaaNoAccount,
        field: 2,
        message,
        help,
    })
}

/// The digest, the field it is written in, the name of its algorithm and the octets that makes; none where the
/// algorithm is not known.
fn digest(rtype: Rtype, rdata: &[u8]) -> Option<Problem> {
    let (at, field, algorithm) = match rtype {
        Rtype::DS | Rtype::CDS => (4, 3, delegation_digest(*rdata.get(3)?)?),
        Rtype::TLSA | Rtype::SMIMEA => (3, 3, certificate_digest(*rdata.get(2)?)?),
        Rtype::SSHFP => (2, 2, key_digest(*rdata.get(1)?)?),
        Rtype::ZONEMD => (6, 3, zone_digest(*rdata.get(5)?)?),
        _ => return None,
    };
    let (name, octets) = algorithm;
    let given = rdata.len().checked_sub(at)?;
    let message = format!("{name} makes {octets} octets, here are {given}");
    (given != octets).then_some(Problem {
        rule: Rule::DigestLength,
        field,
        message,
        help: None,
    })
}

/// RFC 4034 §5.1.3, RFC 4509, RFC 5933, RFC 6605.
fn delegation_digest(number: u8) -> Option<(&'static str, usize)> {
    match number {
        1 => Some(("SHA-1", 20)),
        2 => Some(("SHA-256", 32)),
        3 => Some(("GOST R 34.11-94", 32)),
        4 => Some(("SHA-384", 48)),
        _ => None,
    }
}

/// RFC 6698 §2.1.3; 0 is the certificate or key itself.
fn certificate_digest(number: u8) -> Option<(&'static str, usize)> {
    match number {
        1 => Some(("SHA-256", 32)),
        2 => Some(("SHA-512", 64)),
        _ => None,
    }
}

/// RFC 4255 §3.1.2, RFC 6594 §4.
fn key_digest(number: u8) -> Option<(&'static str, usize)> {
    match number {
        1 => Some(("SHA-1", 20)),
        2 => Some(("SHA-256", 32)),
        _ => None,
    }
}

/// RFC 8976 §2.2.3.
fn zone_digest(number: u8) -> Option<(&'static str, usize)> {
    match number {
        1 => Some(("SHA-384", 48)),
        2 => Some(("SHA-512", 64)),
        _ => None,
    }
}

/// RFC 8624 §3.1, RFC 9905 and RFC 9906: RSA/MD5, DSA, those with SHA-1, GOST. In all four types the algorithm is
/// written second or third: DS has the key tag first, DNSKEY flags and protocol.
fn weak_algorithm(rtype: Rtype, rdata: &[u8]) -> Option<Problem> {
    let (at, field) = if matches!(rtype, Rtype::DS | Rtype::CDS) {
        (2, 1)
    } else {
        (3, 2)
    };
    let name = match rdata.get(at)? {
        1 => "RSA/MD5",
        3 | 6 => "DSA",
        5 | 7 => "RSA/SHA-1",
        12 => "GOST R 34.10-2001",
        _ => return None,
    };
    let message = format!("{name} must not be used for signing any more");
    let help = Some("use ECDSA P-256 (13) or Ed25519 (15)".to_string());
    Some(Problem {
        rule: Rule::WeakAlgorithm,
        field,
        message,
        help,
    })
}

/// RFC 4509 §3: a SHA-1 digest does no harm beside a better one of the same key.
fn check_weak_digests(context: &mut Context<'_>, rrset: RrsetRef<'_>) {
    let weak = |rdata: &[u8]| matches!(rdata.get(3), Some(1 | 3));
    let same_key = |a: &[u8], b: &[u8]| a.get(..3) == b.get(..3);
    each(context, rrset, |rtype, rdata| {
        let covered = rrset
            .rdatas()
            .any(|other| same_key(rdata, other) && !weak(other));
        let known = weak(rdata)
            && !covered
            && weak_algorithm(rtype, rdata).is_none()
            && digest(rtype, rdata).is_none();
        let (name, _) = known.then(|| delegation_digest(rdata[3])).flatten()?;
        let message = format!("{name} must not be used for new delegations");
        let help = Some("use digest type 2, SHA-256".to_string());
        Some(Problem {
            rule: Rule::WeakAlgorithm,
            field: 2,
            message,
            help,
        })
    });
}

/// RFC 9276 §3.1.
fn iterations(_: Rtype, rdata: &[u8]) -> Option<Problem> {
    let count = u16::from_be_bytes(*rdata.get(2..)?.first_chunk()?);
    let message =
        format!("{count} extra rounds of hashing protect nothing and cost every resolver");
    let help = Some("sign the zone with 0".to_string());
    (count > 0).then_some(Problem {
        rule: Rule::Nsec3Iterations,
        field: 2,
        message,
        help,
    })
}

/// RFC 9460 §2.4.1: with an AliasMode record in the set, those in ServiceMode are ignored.
fn check_modes(context: &mut Context<'_>, rrset: RrsetRef<'_>) {
    let number_of = |alias: bool| {
        rrset
            .rdatas()
            .position(|rdata| rdata.starts_with(&[0, 0]) == alias)
    };
    let Some((alias, service)) = number_of(true).zip(number_of(false)) else {
        return;
    };
    let (alias, service) = (context.nth(rrset, alias), context.nth(rrset, service));
    let message = "this record is in AliasMode; those in ServiceMode beside it are ignored";
    let finding = Finding::new(Rule::SvcbAliasBesideService, alias.data(0), message);
    context.report(alias.at, finding.related(service.data(0), "in ServiceMode"));
}

/// RFC 7505 §3: whoever takes no mail has this MX alone.
fn check_null_mx(context: &mut Context<'_>, rrset: RrsetRef<'_>) {
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

fn check_policies(context: &mut Context<'_>, rrset: RrsetRef<'_>) {
    if rrset.len() < 2 {
        return;
    }
    // RFC 7208 §4.5: exactly `v=spf1`, and then a space or nothing.
    let spf = |rdata: &[u8]| {
        let mut text = text(rdata);
        begins(&mut text, b"v=spf1") && matches!(text.next(), None | Some(b' '))
    };
    check_alone(context, rrset, Rule::SeveralSpf, spf);
    let owner = rrset.node().owner();
    if owner
        .first_label()
        .is_some_and(|label| label.eq_ignore_ascii_case(b"_dmarc"))
    {
        // RFC 7489 §6.4: the version comes first and is followed by a semicolon.
        let dmarc = |rdata: &[u8]| {
            let mut text = text(rdata).filter(|octet| !octet.is_ascii_whitespace());
            begins(&mut text, b"v=DMARC1") && matches!(text.next(), None | Some(b';'))
        };
        check_alone(context, rrset, Rule::SeveralDmarc, dmarc);
    }
}

/// Reports the second, in the text, of the records that should be alone of their kind.
fn check_alone(
    context: &mut Context<'_>,
    rrset: RrsetRef<'_>,
    rule: Rule,
    is_one: impl Fn(&[u8]) -> bool,
) {
    if rrset
        .rdatas()
        .filter(|rdata| is_one(rdata))
        .nth(1)
        .is_none()
    {
        return;
    }
    let kind = if rule == Rule::SeveralSpf {
        "SPF"
    } else {
        "DMARC"
    };
    let all = rrset
        .rdatas()
        .zip(context.written(rrset))
        .filter(|(rdata, _)| is_one(rdata));
    let mut all: alloc::vec::Vec<Written<'_>> = all.map(|(_, written)| written).collect();
    all.sort_by_key(|written| written.at);
    let message = format!("a second {kind} policy; receivers then use neither");
    let mut finding = Finding::new(rule, all[1].data_from(0), message).help("merge them into one");
    finding
        .related
        .push((all[0].data_from(0), "the first one".into()));
    finding.related.extend(
        all[2..]
            .iter()
            .map(|other| (other.data_from(0), "and one more".into())),
    );
    context.report(all[1].at, finding);
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
        let rdata = b"\x03v=s\x03pf1\x02 m";
        assert!(begins(&mut text(rdata), b"V=SPF1"));
        assert!(!begins(&mut text(b"\x05v=spf"), b"v=spf1"));
        assert_eq!(text(b"\x09cut").count(), 0);
    }

    #[test]
    fn a_delete_request_has_no_digest_to_measure() {
        // RFC 8078 §4: CDS 0 0 0 00.
        assert!(digest(Rtype::CDS, &[0, 0, 0, 0, 0]).is_none());
        assert!(weak_algorithm(Rtype::CDNSKEY, &[0, 0, 3, 0, 0]).is_none());
    }

    #[test]
    fn an_account_may_stand_anywhere() {
        assert!(no_account("issue", b"ca.example; accounturi=https://ca.example/1").is_none());
        assert!(no_account("issue", b";").is_none());
        assert!(no_account("iodef", b"mailto:a@example.org").is_none());
        assert!(no_account("issuewild", b"ca.example; validationmethods=dns-01").is_some());
    }
}

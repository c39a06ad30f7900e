//! Who may issue certificates (RFC 8659).

use alloc::format;
use alloc::string::{String, ToString};

use rr::Rtype;

use super::Problem;
use crate::rules::{Rule, nearest};

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
pub(super) fn problem(_: Rtype, rdata: &[u8]) -> Option<Problem> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_may_stand_anywhere() {
        assert!(no_account("issue", b"ca.example; accounturi=https://ca.example/1").is_none());
        assert!(no_account("issue", b";").is_none());
        assert!(no_account("iodef", b"mailto:a@example.org").is_none());
        assert!(no_account("issuewild", b"ca.example; validationmethods=dns-01").is_some());
    }
}

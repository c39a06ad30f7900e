//! Digests and the length that their algorithm gives them.

use alloc::format;

use rr::Rtype;

use super::Problem;
use crate::rules::Rule;

/// A digest that does not have the length of its algorithm, where that is known.
pub(super) fn problem(rtype: Rtype, rdata: &[u8]) -> Option<Problem> {
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
pub(super) fn delegation_digest(number: u8) -> Option<(&'static str, usize)> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delete_request_has_no_digest_to_measure() {
        // RFC 8078 §4: CDS 0 0 0 00.
        assert!(problem(Rtype::CDS, &[0, 0, 0, 0, 0]).is_none());
        assert!(problem(Rtype::DS, &[0, 1, 13, 1, 0]).is_some());
    }
}

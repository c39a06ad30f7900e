//! Algorithms and parameters that a zone is signed with.

use alloc::format;
use alloc::string::ToString;

use rr::Rtype;

use super::{Problem, digest};
use crate::node::RrsetRef;
use crate::rules::Rule;

/// RFC 8624 §3.1, RFC 9905 and RFC 9906: RSA/MD5, DSA, those with SHA-1, GOST. In all four types the algorithm is
/// written second or third: DS has the key tag first, DNSKEY flags and protocol.
pub(super) fn weak_algorithm(rtype: Rtype, rdata: &[u8]) -> Option<Problem> {
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
pub(super) fn weak_digest(rrset: RrsetRef<'_>, rdata: &[u8]) -> Option<Problem> {
    let weak = |rdata: &[u8]| matches!(rdata.get(3), Some(1 | 3));
    let better = |other: &[u8]| rdata.get(..3) == other.get(..3) && !weak(other);
    if !weak(rdata) || rrset.rdatas().any(better) {
        return None;
    }
    let (name, _) = digest::delegation_digest(rdata[3])?;
    let message = format!("{name} must not be used for new delegations");
    let help = Some("use digest type 2, SHA-256".to_string());
    Some(Problem {
        rule: Rule::WeakAlgorithm,
        field: 2,
        message,
        help,
    })
}

/// RFC 9276 §3.1.
pub(super) fn iterations(_: Rtype, rdata: &[u8]) -> Option<Problem> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delete_request_has_no_algorithm() {
        // RFC 8078 §4: CDNSKEY 0 3 0 AA==.
        assert!(weak_algorithm(Rtype::CDNSKEY, &[0, 0, 3, 0, 0]).is_none());
        assert!(weak_algorithm(Rtype::DNSKEY, &[1, 1, 3, 5, 0]).is_some());
    }
}

//! Registered names of response codes and extended errors.

/// Mnemonics of the IANA registry "DNS RCODEs".
pub(crate) fn rcode_word(rcode: u16) -> String {
    const WORDS: [&str; 12] = [
        "NOERROR",
        "FORMERR",
        "SERVFAIL",
        "NXDOMAIN",
        "NOTIMP",
        "REFUSED",
        "YXDOMAIN",
        "YXRRSET",
        "NXRRSET",
        "NOTAUTH",
        "NOTZONE",
        "DSOTYPENI",
    ];
    match (WORDS.get(usize::from(rcode)), rcode) {
        (Some(word), _) => (*word).to_owned(),
        (None, 16) => "BADVERS".to_owned(),
        (None, 23) => "BADCOOKIE".to_owned(),
        (None, _) => format!("RCODE{rcode}"),
    }
}

/// Purposes of the IANA registry "Extended DNS Error Codes" (RFC 8914 §5.2 and later).
pub(crate) fn ede_word(code: u16) -> &'static str {
    const WORDS: [&str; 30] = [
        "Other Error",
        "Unsupported DNSKEY Algorithm",
        "Unsupported DS Digest Type",
        "Stale Answer",
        "Forged Answer",
        "DNSSEC Indeterminate",
        "DNSSEC Bogus",
        "Signature Expired",
        "Signature Not Yet Valid",
        "DNSKEY Missing",
        "RRSIGs Missing",
        "No Zone Key Bit Set",
        "NSEC Missing",
        "Cached Error",
        "Not Ready",
        "Blocked",
        "Censored",
        "Filtered",
        "Prohibited",
        "Stale NXDOMAIN Answer",
        "Not Authoritative",
        "Not Supported",
        "No Reachable Authority",
        "Network Error",
        "Invalid Data",
        "Signature Expired before Valid",
        "Too Early",
        "Unsupported NSEC3 Iterations Value",
        "Unable to conform to policy",
        "Synthesized",
    ];
    WORDS
        .get(usize::from(code))
        .copied()
        .unwrap_or("unassigned")
}

//! Registered names of response codes and extended errors.

use crate::console::{Console, Plain, YELLOW};
use std::io;
use wire::message::Message;
use wire::{OptionCode, ResponseCode};

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

/// What an answer says beside its response code (RFC 8914 §2): codes, and text for a person.
pub(crate) fn extended_errors(message: &Message) -> impl Iterator<Item = (u16, String)> {
    let options = message.edns.iter().flat_map(|edns| &edns.options);
    let errors = options.filter(|(code, _)| *code == OptionCode::EDE);
    errors.filter_map(|(_, data)| {
        let (code, text) = data.split_first_chunk()?;
        let text = String::from_utf8_lossy(text).into_owned();
        Some((u16::from_be_bytes(*code), text))
    })
}

/// A line for each of them, set in below what they belong to. What is said in words only, beside NOERROR, is no error.
pub(crate) fn print_extended_errors(
    message: &Message,
    console: &mut Console<'_>,
) -> io::Result<()> {
    for (code, text) in extended_errors(message) {
        let word = ede_word(code);
        let colon = if text.is_empty() { "" } else { ": " };
        let is_note = code == 0 && !text.is_empty() && message.rcode == ResponseCode::NoError;
        let text = Plain(&text);
        if is_note {
            let note = console.paint(YELLOW, "note");
            writeln!(console.out, "  {note}: {text}")?;
            continue;
        }
        writeln!(console.out, "  extended error {code} ({word}){colon}{text}")?;
    }
    Ok(())
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

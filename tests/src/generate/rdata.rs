//! Record data of many types as text.

use crate::name::Name;
use crate::random::Random;

/// One TTL for a whole RRset.
pub(super) fn ttl(random: &mut Random) -> u32 {
    *random.pick(&[0, 1, 60, 300, 3600, 86_400, 2_592_000])
}

/// A and mostly AAAA.
pub(super) fn addresses(random: &mut Random) -> Vec<String> {
    let mut lines = set(random, "A", 3, |random| {
        format!("192.0.2.{}", random.below(256))
    });
    if random.chance(60) {
        lines.extend(set(random, "AAAA", 2, |random| {
            format!("2001:db8::{:x}", random.below(65_536))
        }));
    }
    lines
}

/// One to three RRsets of different types; names come from `target`.
pub(super) fn some(
    random: &mut Random,
    target: &mut dyn FnMut(&mut Random) -> Name,
) -> Vec<String> {
    // Addresses, MX and TXT are as common as all others together.
    const KINDS: &[usize] = &[
        0, 0, 0, 0, 0, 1, 1, 2, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
    ];
    let mut kinds: Vec<usize> = (0..=random.below(3)).map(|_| *random.pick(KINDS)).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
        .into_iter()
        .flat_map(|kind| rrset(random, kind, target))
        .collect()
}

fn rrset(
    random: &mut Random,
    kind: usize,
    target: &mut dyn FnMut(&mut Random) -> Name,
) -> Vec<String> {
    match kind {
        0 => addresses(random),
        1 => set(random, "MX", 3, |random| {
            format!("{} {}", random.below(100), target(random))
        }),
        // One TXT RRset in five is more than any UDP answer holds.
        2 if random.chance(20) => set(random, "TXT", 60, |random| {
            format!("\"{}\"", hex(random, 30))
        }),
        2 => set(random, "TXT", 3, text),
        3 => set(random, "SRV", 2, |random| {
            format!("{} 5 443 {}", random.below(9), target(random))
        }),
        4 => set(random, "PTR", 2, |random| target(random).to_string()),
        5 => set(random, "SVCB", 1, |random| {
            format!(
                "1 {} alpn=h2,h3 port=8443 ipv4hint=192.0.2.1",
                target(random)
            )
        }),
        6 => set(random, "HTTPS", 1, |random| format!("0 {}", target(random))),
        7 => set(random, "CAA", 2, |random| {
            format!("0 issue \"ca{}.example\"", random.below(9))
        }),
        8 => set(random, "TLSA", 2, |random| {
            format!("3 1 1 {}", hex(random, 32))
        }),
        9 => set(random, "TYPE65280", 2, |random| {
            format!("\\# 4 {}", hex(random, 4))
        }),
        10 => set(random, "NAPTR", 2, |random| {
            format!(
                "{} 10 \"u\" \"E2U+sip\" \"!^.*$!sip:x@example!\" {}",
                random.below(99),
                target(random)
            )
        }),
        11 => set(random, "HINFO", 1, |_| "\"PDP-11\" \"UNIX v6\"".to_owned()),
        12 => set(random, "RP", 1, |random| {
            format!("{} {}", target(random), target(random))
        }),
        _ => set(random, "SSHFP", 2, |random| {
            format!("4 2 {}", hex(random, 32))
        }),
    }
}

/// Up to `most` different records under one TTL.
fn set(
    random: &mut Random,
    rtype: &str,
    most: usize,
    mut one: impl FnMut(&mut Random) -> String,
) -> Vec<String> {
    let ttl = ttl(random);
    let count = if most > 9 {
        most
    } else {
        1 + random.below(most)
    };
    let mut lines: Vec<String> = (0..count)
        .map(|_| format!("{ttl} {rtype} {}", one(random)))
        .collect();
    lines.sort();
    lines.dedup();
    lines
}

fn text(random: &mut Random) -> String {
    const TEXTS: &[&str] = &[
        "\"v=spf1 -all\"",
        "\"two\" \"strings\"",
        "\"\"",
        "\"semi;colon \\\"quoted\\\" \\255\\000\"",
        "bare\\032word",
    ];
    (*random.pick(TEXTS)).to_owned()
}

fn hex(random: &mut Random, octets: usize) -> String {
    (0..octets)
        .map(|_| format!("{:02X}", random.below(256)))
        .collect()
}

//! How each row of `tests/differences.md` is recognised in a pair of answers.

use crate::compare::{Difference, Pair, Part, sorted};
use crate::reply::{Record, Reply};

use Part::{Aa, Additional, Answer, Authority, Rcode, Tc};

const CNAME: u16 = 5;
const DNAME: u16 = 39;
const RRSIG: u16 = 46;
const NSEC: u16 = 47;
const NSEC3: u16 = 50;
const SVCB: u16 = 64;
const HTTPS: u16 = 65;
const ANY: u16 = 255;

/// One for each row of the table.
pub const DELIBERATE: &[Difference] = &[
    Difference {
        name: "any-is-a-subset",
        parts: &[Rcode, Aa, Tc, Answer, Authority, Additional],
        shows: any_is_a_subset,
    },
    Difference {
        name: "rrsig-is-a-subset",
        parts: &[Rcode, Tc, Answer, Authority, Additional],
        shows: rrsig_is_a_subset,
    },
    Difference {
        name: "denial-types-at-an-alias",
        parts: &[Rcode, Tc, Answer, Authority, Additional],
        shows: denial_types_at_an_alias,
    },
    Difference {
        name: "nsec-at-a-cut",
        parts: &[Aa, Answer, Authority, Additional],
        shows: nsec_at_a_cut,
    },
    Difference {
        name: "long-chain",
        parts: &[Rcode, Tc, Answer, Authority, Additional],
        shows: long_chain,
    },
    Difference {
        name: "too-long-further-on",
        parts: &[Rcode, Answer, Authority],
        shows: too_long_further_on,
    },
    Difference {
        name: "goes-on-too-long",
        parts: &[Answer],
        shows: goes_on_too_long,
    },
    Difference {
        name: "dname-twice",
        parts: &[Answer],
        shows: dname_twice,
    },
    Difference {
        name: "alias-loop",
        parts: &[Rcode, Tc, Answer],
        shows: alias_loop,
    },
    Difference {
        name: "fewer-additional",
        parts: &[Additional],
        shows: fewer_additional,
    },
    Difference {
        name: "more-additional",
        parts: &[Additional],
        shows: more_additional,
    },
    Difference {
        name: "target-with-capitals",
        parts: &[Additional],
        shows: target_with_capitals,
    },
    Difference {
        name: "service-names-in-lower-case",
        parts: &[Answer],
        shows: service_names_in_lower_case,
    },
    Difference {
        name: "tighter-packing",
        parts: &[Tc, Additional],
        shows: tighter_packing,
    },
    Difference {
        name: "asterisk-needs-a-proof",
        parts: &[Authority],
        shows: asterisk_needs_a_proof,
    },
    Difference {
        name: "empty-wildcard-needs-a-proof",
        parts: &[Authority],
        shows: empty_wildcard_needs_a_proof,
    },
    Difference {
        name: "asterisk-is-not-first",
        parts: &[Authority],
        shows: asterisk_is_not_first,
    },
    Difference {
        name: "opt-out-without-a-record",
        parts: &[Aa, Authority],
        shows: opt_out_without_a_record,
    },
    Difference {
        name: "opt-out-of-an-empty-wildcard",
        parts: &[Authority],
        shows: opt_out_of_an_empty_wildcard,
    },
    Difference {
        name: "encloser-of-a-wildcard",
        parts: &[Authority],
        shows: encloser_of_a_wildcard,
    },
];

fn any_is_a_subset(pair: &Pair<'_>) -> bool {
    pair.question.rtype == ANY
}

fn rrsig_is_a_subset(pair: &Pair<'_>) -> bool {
    pair.question.rtype == RRSIG
}

fn denial_types_at_an_alias(pair: &Pair<'_>) -> bool {
    let denial = matches!(pair.question.rtype, NSEC | NSEC3 | RRSIG);
    denial && links(&pair.ours) != links(&pair.theirs)
}

fn nsec_at_a_cut(pair: &Pair<'_>) -> bool {
    pair.question.rtype == NSEC
        && !pair.ours.aa
        && pair.theirs.answer.iter().any(|record| record.rtype == NSEC)
}

/// Servers follow 5 (Knot) to 17 (BIND) links.
fn long_chain(pair: &Pair<'_>) -> bool {
    links(&pair.ours).max(links(&pair.theirs)) >= 5
}

/// BIND does not say the loop, the others say its last link twice.
fn alias_loop(pair: &Pair<'_>) -> bool {
    const SERVFAIL: u16 = 2;
    let twice =
        links(&pair.theirs) > links(&pair.ours) && contains(&pair.ours.answer, &pair.theirs.answer);
    let closes = |record: &Record| {
        pair.ours
            .answer
            .iter()
            .any(|other| other.rtype == CNAME && record.rdata == other.owner.as_wire())
    };
    (pair.theirs.rcode == SERVFAIL || twice)
        && pair
            .ours
            .answer
            .iter()
            .any(|record| record.rtype == CNAME && closes(record))
}

fn goes_on_too_long(pair: &Pair<'_>) -> bool {
    const YXDOMAIN: u16 = 6;
    pair.ours.rcode == YXDOMAIN
        && pair.theirs.rcode == YXDOMAIN
        && contains(&pair.theirs.answer, &pair.ours.answer)
}

fn dname_twice(pair: &Pair<'_>) -> bool {
    let dnames = |reply: &Reply| {
        let answer = reply.answer.iter();
        answer.filter(|record| record.rtype == DNAME).count()
    };
    matches!(pair.question.rtype, DNAME | ANY)
        && dnames(&pair.theirs) > dnames(&pair.ours)
        && contains(&pair.ours.answer, &pair.theirs.answer)
}

fn too_long_further_on(pair: &Pair<'_>) -> bool {
    const NXDOMAIN: u16 = 3;
    const YXDOMAIN: u16 = 6;
    pair.ours.rcode == YXDOMAIN
        && matches!(pair.theirs.rcode, 0 | NXDOMAIN | YXDOMAIN)
        && links(&pair.ours) > 0
        && contains(&pair.ours.answer, &pair.theirs.answer)
}

/// Denials beside it are what `more-additional` is about; both can happen to one answer.
fn fewer_additional(pair: &Pair<'_>) -> bool {
    let denies = |record: &Record| {
        record.rtype == NSEC3 || record.rtype == RRSIG && record.rdata.starts_with(&[0, 50])
    };
    let theirs = pair.theirs.additional.iter();
    let plain: Vec<_> = theirs.filter(|record| !denies(record)).cloned().collect();
    contains(&pair.ours.additional, &plain)
}

fn more_additional(pair: &Pair<'_>) -> bool {
    contains(&pair.theirs.additional, &pair.ours.additional)
}

/// What the wildcard has stands in the place of what the target has.
fn target_with_capitals(pair: &Pair<'_>) -> bool {
    let services = pair.ours.answer.iter();
    let mut services = services.filter(|record| matches!(record.rtype, SVCB | HTTPS));
    let theirs = &pair.theirs.additional;
    services.any(|record| record.rdata.iter().any(u8::is_ascii_uppercase))
        && !theirs.is_empty()
        && theirs
            .iter()
            .all(|record| record.owner.first_label() == b"*")
}

fn service_names_in_lower_case(pair: &Pair<'_>) -> bool {
    let folded = |section: &[Record]| {
        let fold = |record: &Record| match record.rtype {
            SVCB | HTTPS => Record {
                rdata: record.rdata.to_ascii_lowercase(),
                ..record.clone()
            },
            _ => record.clone(),
        };
        sorted(&section.iter().map(fold).collect::<Vec<_>>())
    };
    folded(&pair.ours.answer) == folded(&pair.theirs.answer)
}

/// One of them is above the limit, or had no room left for other sets that may be added: what they say in full (over
/// TCP) is the same.
fn tighter_packing(pair: &Pair<'_>) -> bool {
    let limit = pair
        .question
        .edns
        .as_ref()
        .map_or(512, |edns| edns.size.clamp(512, 1232));
    let limit = usize::from(limit);
    let is_above = pair.ours.size.max(pair.theirs.size) > limit;
    match pair.ours.tc == pair.theirs.tc {
        false => is_above && !pair.parts().contains(&Answer),
        true => !pair.ours.tc && pair.ours.size + octets_missing(pair) > limit,
    }
}

/// What the additional records that only they have take, with compressed owners.
fn octets_missing(pair: &Pair<'_>) -> usize {
    let theirs = pair.theirs.additional.iter();
    let missing = theirs.filter(|record| !pair.ours.additional.contains(record));
    missing.map(|record| 12 + record.rdata.len()).sum()
}

fn asterisk_needs_a_proof(pair: &Pair<'_>) -> bool {
    let expanded = pair
        .ours
        .answer
        .iter()
        .any(|record| record.owner.first_label() == b"*");
    let asked = pair.question.name.first_label() == b"*";
    (expanded || asked) && denies_more(&pair.ours, &pair.theirs)
}

fn empty_wildcard_needs_a_proof(pair: &Pair<'_>) -> bool {
    pair.ours.rcode == 0 && denies_more(&pair.ours, &pair.theirs)
}

fn asterisk_is_not_first(pair: &Pair<'_>) -> bool {
    let nsec = |reply: &Reply| reply.authority.iter().any(|record| record.rtype == NSEC);
    nsec(&pair.ours) && nsec(&pair.theirs) && denial_only(pair)
}

fn encloser_of_a_wildcard(pair: &Pair<'_>) -> bool {
    let nsec3 = pair
        .ours
        .authority
        .iter()
        .any(|record| record.rtype == NSEC3);
    let (ours, theirs) = (&pair.ours, &pair.theirs);
    nsec3 && ours.rcode == 0 && (denies_more(ours, theirs) || denies_more(theirs, ours))
}

fn opt_out_without_a_record(pair: &Pair<'_>) -> bool {
    const NXDOMAIN: u16 = 3;
    let denials = |reply: &Reply| {
        reply
            .authority
            .iter()
            .filter(|record| record.rtype == NSEC3)
            .count()
    };
    pair.ours.rcode == NXDOMAIN
        && opts_out(&pair.ours)
        && denials(&pair.ours) >= denials(&pair.theirs)
}

fn opt_out_of_an_empty_wildcard(pair: &Pair<'_>) -> bool {
    opts_out(&pair.ours) && denies_more(&pair.theirs, &pair.ours)
}

/// RFC 5155 §3.1.2.1: the lowest bit of the second octet.
fn opts_out(reply: &Reply) -> bool {
    reply
        .authority
        .iter()
        .any(|record| record.rtype == NSEC3 && record.rdata[1] & 1 == 1)
}

/// The first has all that the second has, and more NSEC or NSEC3 records and their signatures.
fn denies_more(more: &Reply, less: &Reply) -> bool {
    contains(&more.authority, &less.authority) && besides_denial(more) == besides_denial(less)
}

/// The authority sections differ in nothing but NSEC and NSEC3 records and signatures.
fn denial_only(pair: &Pair<'_>) -> bool {
    besides_denial(&pair.ours) == besides_denial(&pair.theirs)
}

fn besides_denial(reply: &Reply) -> Vec<Record> {
    let plain = reply
        .authority
        .iter()
        .filter(|record| !matches!(record.rtype, NSEC | NSEC3 | RRSIG));
    sorted(&plain.cloned().collect::<Vec<_>>())
}

fn links(reply: &Reply) -> usize {
    reply
        .answer
        .iter()
        .filter(|record| record.rtype == CNAME)
        .count()
}

fn contains(all: &[Record], some: &[Record]) -> bool {
    some.iter().all(|record| all.contains(record))
}

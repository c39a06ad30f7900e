//! Whatever the zone and however it is edited, the other end has the same; whatever is done to the messages, nothing panics.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]

mod common;

use std::collections::BTreeSet;
use std::sync::Arc;

use common::{NOW, done, exchange, listed, sent, take_all, zone};
use proptest::prelude::*;
use transfer::zonemd::{Digest, Hash};
use transfer::{Asked, Content, Difference, History, Outgoing, Progress, accept, accept_changes};
use tsig::Dialect;
use zone::{Checked, Zone};

const DIALECTS: [Option<Dialect>; 3] = [None, Some(Dialect::Chained), Some(Dialect::EachAlone)];

/// Lines of records, each of which can stand beside all others.
fn lines() -> impl Strategy<Value = BTreeSet<String>> {
    let owner = "(([a-c]|[A-C])\\.){0,2}[a-d]";
    let line = prop_oneof![
        (owner, 0..4_u8).prop_map(|(owner, last)| format!("{owner} A 192.0.2.{last}")),
        (owner, owner).prop_map(|(owner, to)| format!("{owner} MX 10 {to}")),
        (owner, owner).prop_map(|(owner, to)| format!("{owner} NS {to}")),
        (owner, "[a-z]{0,300}").prop_map(|(owner, text)| format!("{owner} TXT {}", strings(&text))),
        (owner, owner).prop_map(|(owner, to)| format!("*.{owner} PTR {to}.example.net.")),
        (owner, 1..9_u8)
            .prop_map(|(owner, number)| format!("{owner} TYPE6528{number} \\# 2 00{number:02}")),
        (owner, "[a-c]").prop_map(|(owner, covered)| format!(
            "{owner} RRSIG {} 13 3 300 20300101000000 20200101000000 1 example.org. AAAA",
            match &*covered {
                "a" => "A",
                "b" => "NSEC",
                _ => "TXT",
            }
        )),
    ];
    proptest::collection::btree_set(line, 0..40)
}

fn strings(text: &str) -> String {
    let parts: Vec<_> = text
        .as_bytes()
        .chunks(200)
        .map(|part| format!("\"{}\"", String::from_utf8_lossy(part)))
        .collect();
    match parts.is_empty() {
        true => "\"\"".into(),
        false => parts.join(" "),
    }
}

/// Versions of a zone, each with a serial that is newer by one, over the wrap of the circle.
fn versions(lines: &[BTreeSet<String>]) -> Vec<Zone<Checked>> {
    let version = |(at, lines): (usize, &BTreeSet<String>)| {
        let serial = 0xffff_fffe_u32.wrapping_add(at as u32);
        let body: String = lines.iter().map(|line| format!("{line}\n")).collect();
        zone(&format!(
            "@ SOA ns mail {serial} 2h 1h 2w 300\n@ NS ns\n{body}"
        ))
    };
    lines.iter().enumerate().map(version).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_whole_zone_arrives(lines in lines(), dialect in 0..3_usize) {
        let zone = &versions(&[lines])[0];
        let exchange = exchange(Asked::Whole(None), DIALECTS[dialect]);
        let messages = sent(Outgoing::new(exchange.request, zone.clone(), None, exchange.signer));
        for message in &messages {
            hickory_proto::op::Message::from_vec(message).unwrap();
        }
        let arrived = done(take_all(exchange.incoming, messages));
        prop_assert_eq!(arrived.proof.is_some(), dialect > 0);
        let Content::Whole(copy) = arrived.what else { panic!() };
        prop_assert_eq!(listed(&copy), listed(zone));
        let (copy, _) = accept(copy).unwrap();
        prop_assert_eq!(Digest::of(&copy, Hash::Sha384), Digest::of(zone, Hash::Sha384));
    }

    /// From any version to the last one, by changes if they are fewer, or else as a whole.
    #[test]
    fn changes_arrive(lines in proptest::collection::vec(lines(), 2..6), from in 0..5_usize, dialect in 0..3_usize) {
        let zones = versions(&lines);
        let mut history = History::default();
        for pair in zones.windows(2) {
            history.push(Arc::new(Difference::between(&pair[0], &pair[1]).unwrap()));
        }
        let (have, newest) = (&zones[from.min(zones.len() - 2)], zones.last().unwrap());
        let exchange = exchange(Asked::Changes(have.clone()), DIALECTS[dialect]);
        let since = exchange.request.needs_changes_since(newest).unwrap();
        let outgoing = Outgoing::new(exchange.request, newest.clone(), history.since(since), exchange.signer);
        let messages = sent(outgoing);
        let arrived = done(take_all(exchange.incoming, messages));
        let accepted = match arrived.what {
            Content::Whole(copy) => accept(copy).unwrap().0,
            Content::Changed(copy, steps) => {
                prop_assert_eq!(listed(&copy), listed(newest));
                accept_changes(have, copy, &steps).unwrap().0
            }
            other => panic!("{other:?}"),
        };
        prop_assert_eq!(listed(&accepted), listed(newest));
    }

    /// Each step alone, from zone to zone.
    #[test]
    fn a_difference_leads_from_one_version_to_the_next(lines in proptest::collection::vec(lines(), 2)) {
        let zones = versions(&lines);
        let difference = Difference::between(&zones[0], &zones[1]).unwrap();
        prop_assert_eq!(difference.changes().count(), difference.record_count());
        prop_assert_eq!(listed(&difference.apply(&zones[0]).unwrap()), listed(&zones[1]));
    }

    /// RFC 1995 §5: many steps as one, which has nothing that comes and goes again.
    #[test]
    fn condensed_steps_lead_to_the_last_version(lines in proptest::collection::vec(lines(), 2..6)) {
        let zones = versions(&lines);
        let steps: Vec<_> = zones.windows(2).map(|pair| Difference::between(&pair[0], &pair[1]).unwrap()).collect();
        let (first, last) = (&zones[0], zones.last().unwrap());
        let one = Difference::condensed(&steps).unwrap();
        prop_assert_eq!(listed(&one.apply(first).unwrap()), listed(last));
        prop_assert_eq!(one.record_count(), Difference::between(first, last).unwrap().record_count());
    }

    /// Octets of messages changed, cut, left out, repeated: an error or, where nothing is signed, another zone; no panic.
    #[test]
    fn mutated_streams(
        lines in proptest::collection::vec(lines(), 2),
        is_signed in any::<bool>(),
        hits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..6),
    ) {
        let zones = versions(&lines);
        let asked = Asked::Changes(zones[0].clone());
        let exchange = exchange(asked, is_signed.then_some(Dialect::Chained));
        let steps = Difference::between(&zones[0], &zones[1]).map(|step| vec![Arc::new(step)]);
        let messages = sent(Outgoing::new(exchange.request, zones[1].clone(), steps, exchange.signer));
        let mut mutated = messages.clone();
        for (index, octet, way) in hits {
            let at = index.index(mutated.len().max(1));
            let Some(message) = mutated.get_mut(at) else { break };
            match way {
                0 | 1 => {
                    let at = index.index(message.len().max(1));
                    message.get_mut(at).into_iter().for_each(|place| *place = octet);
                }
                2 => message.truncate(index.index(message.len() + 1)),
                _ => mutated.insert(at, messages[0].clone()),
            }
        }
        let mut incoming = exchange.incoming;
        for message in &mutated {
            match incoming.take(message, NOW) {
                Ok(Progress::More(more)) => incoming = more,
                Ok(Progress::Done(arrived)) => {
                    if is_signed && let Content::Changed(zone, _) | Content::Whole(zone) = &arrived.what {
                        prop_assert_eq!(listed(zone), listed(&zones[1]));
                    }
                    break;
                }
                Err(failure) => {
                    prop_assert!(!failure.to_string().is_empty());
                    break;
                }
            }
        }
    }
}

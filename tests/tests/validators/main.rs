#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test: a panic and a print are its output"
)]
//! What our primary serves of signed zones, judged by those for whom it is signed: Unbound and BIND's `delv`.
//!
//! Servers that all forget the same proof agree with each other; a validator does not agree with them.

mod family;
mod generated;

use family::{Family, rows, serve};
use tests::compare::sorted;
use tests::peers::Server;
use tests::question::{Edns, Question};
use tests::reply::Record;
use tests::sign::{Signer, forged};
use tests::validators::{Delv, Unbound, Verdict};

const A: u16 = 1;
const NS: u16 = 2;
const SOA: u16 = 6;
const DS: u16 = 43;
const RRSIG: u16 = 46;

/// A run of `delv` costs 50 ms of CPU: it judges one zone of each kind of denial.
const DELV: [Signer; 3] = [Signer::Nsec, Signer::Nsec3, Signer::OptOut];

#[test]
fn validators_believe_what_is_signed() {
    let zones = Signer::ALL.map(|signer| Family::signed(&format!("{signer:?}"), signer));
    let (primary, anchors) = serve(&zones);
    let unbound = Unbound::start(primary.address, &anchors);
    for (family, anchor) in zones.iter().zip(&anchors) {
        let delv = DELV
            .contains(&family.signer)
            .then(|| Delv::new(primary.address, anchor));
        for row in rows(family) {
            let (found, reply) = unbound.judge(&row.name, row.rtype);
            assert_eq!(found, row.unbound, "Unbound on {row}:\n{reply}");
            if let Some(delv) = &delv {
                assert_eq!(delv.judge(&row.name, row.rtype), row.delv, "delv on {row}");
            }
        }
    }
}

/// The test can fail: with one octet of each signature of the parent changed, nothing is believed any more.
#[test]
fn validators_believe_no_changed_signature() {
    let signers = [Signer::Nsec, Signer::OptOut];
    let zones = signers.map(|signer| {
        let mut family = Family::signed(&format!("forged-{signer:?}"), signer);
        family.zones[0] = forged(&family.zones[0]);
        family
    });
    let (primary, anchors) = serve(&zones);
    let unbound = Unbound::start(primary.address, &anchors);
    for (family, anchor) in zones.iter().zip(&anchors) {
        let delv = Delv::new(primary.address, anchor);
        for row in rows(family) {
            let (found, reply) = unbound.judge(&row.name, row.rtype);
            assert_eq!(found, Verdict::Bogus, "Unbound on {row}:\n{reply}");
            let found = delv.judge(&row.name, row.rtype);
            assert_eq!(found, Verdict::Bogus, "delv on {row}");
        }
    }
}

/// No validator is sent a referral here, as both ask one server for everything. What a referral proves is what the answer
/// to the question for DS proves (RFC 4035 §3.1.4), and that is judged above.
#[test]
fn referrals_carry_the_proof_that_is_judged() {
    let zones = Signer::ALL.map(|signer| Family::signed(&format!("{signer:?}"), signer));
    let (primary, _) = serve(&zones);
    for family in &zones {
        for cut in ["far", "near", "cut.under"] {
            let cut = family.name(cut);
            let below = cut.child(b"www").unwrap();
            let [referral, ds] = [(below, A), (cut, DS)].map(|(name, rtype)| {
                let question = Question::plain(name, rtype);
                primary.ask(&question.with_edns(Edns::sized(1232, true)))
            });
            assert!(!referral.aa && referral.answer.is_empty(), "{referral}");
            let proof = without(&referral.authority, NS);
            let judged = [ds.answer.clone(), without(&ds.authority, SOA)].concat();
            assert!(!proof.is_empty());
            assert_eq!(sorted(&proof), sorted(&judged), "{referral}{ds}");
        }
    }
}

/// Records of other types than this one, and signatures of other types.
fn without(section: &[Record], rtype: u16) -> Vec<Record> {
    let covers = |record: &Record| match record.rtype {
        RRSIG => u16::from_be_bytes([record.rdata[0], record.rdata[1]]),
        other => other,
    };
    let kept = section.iter().filter(|record| covers(record) != rtype);
    kept.cloned().collect()
}

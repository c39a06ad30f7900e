//! Whatever a seed makes of cuts, wildcards, aliases and empty names: what we answer with authority is believed.

use tests::generate::{self, Generated};
use tests::peers::{Kind, Peer, Server};
use tests::question::{Edns, Question};
use tests::random::{Random, seed};
use tests::reply::Reply;
use tests::sign::{Signer, sign};
use tests::validators::{Anchor, Delv, Unbound, Verdict};

const SOA: u16 = 6;
const DS: u16 = 43;
const RRSIG: u16 = 46;
const NSEC: u16 = 47;
const NSEC3: u16 = 50;
const ANY: u16 = 255;

/// A doubt of Unbound alone is not ours: it misses a signature at the CNAME that a DNAME makes when the question is for
/// CNAME or DNAME (RFC 6672 §5.3.1), and stumbles over names that begin with an asterisk.
#[test]
fn validators_believe_generated_zones() {
    let seed = seed(4);
    let mut random = Random::seeded(seed);
    let zones = Signer::ALL.map(|signer| signed(&mut random, signer));
    let texts = zones.each_ref().map(|generated| generated.zone.clone());
    let anchors = texts.each_ref().map(Anchor::of);
    let primary = Peer::start(Kind::Primary, &texts);
    let unbound = Unbound::start(primary.address, &anchors);
    let (mut judged, mut doubted) = (0, 0);
    for ((generated, anchor), signer) in zones.iter().zip(&anchors).zip(Signer::ALL) {
        let delv = Delv::new(primary.address, anchor);
        for question in questions(&mut random, generated, &primary) {
            judged += 1;
            let (found, reply) = unbound.judge(&question.name, question.rtype);
            if !believes(found, signer) {
                doubted += 1;
                assert!(
                    believes(delv.judge(&question.name, question.rtype), signer),
                    "STEMMA_SEED={seed}: {found} {question}\n{reply}\nours {}",
                    primary.ask_tcp(&question)
                );
            }
        }
    }
    println!("{judged} answers judged, {doubted} doubted by Unbound alone");
    assert!(
        judged > 300 && doubted * 50 < judged,
        "{doubted} of {judged}"
    );
}

fn signed(random: &mut Random, signer: Signer) -> Generated {
    let generated = generate::zone(random, &format!("{signer:?}.generated.example"), 60);
    Generated {
        zone: sign(&generated.zone, signer),
        ..generated
    }
}

/// RFC 5155 §9.2: what rests on a span with opt-out is not secure.
fn believes(verdict: Verdict, signer: Signer) -> bool {
    verdict == Verdict::Secure || signer == Signer::OptOut && verdict == Verdict::Insecure
}

/// Questions that we answer to their end and that are not about the proofs themselves.
fn questions(random: &mut Random, generated: &Generated, primary: &Peer) -> Vec<Question> {
    const ABOUT_PROOFS: [u16; 4] = [RRSIG, NSEC, NSEC3, ANY];
    let apex = &generated.zone.apex;
    let mut questions = generate::questions(random, generated, 1);
    questions.retain_mut(|question| {
        question.edns = Some(Edns::sized(1232, true));
        let inside = question.name.is_at_or_below(apex);
        // RFC 4035 §3.1.4.1: the DS of the apex is its parent's affair, and there is none here.
        let above = question.rtype == DS && question.name.lowercase() == apex.lowercase();
        inside
            && !above
            && !ABOUT_PROOFS.contains(&question.rtype)
            && is_final(&primary.ask_tcp(question), question.rtype)
    });
    questions
}

/// The chain of aliases ended here: with data or with an SOA that says that there is none.
fn is_final(reply: &Reply, rtype: u16) -> bool {
    let negative = reply.authority.iter().any(|record| record.rtype == SOA);
    let data = reply.answer.iter().any(|record| record.rtype == rtype);
    reply.aa && matches!(reply.rcode, 0 | 3) && (data || negative)
}

//! Signatures, as far as they can be judged without a key: whether they are there, and in date.

use alloc::format;

use rr::{Rtype, Serial};
use zonefile::Pos;

use super::Finding;
use super::context::Context;
use crate::node::{Node, RrsetRef};
use crate::rules::Rule;

/// Gathers what is wrong with the signatures of a zone. Whoever forgot to sign it again has many sets without one:
/// each kind of mistake is reported once, with its number.
#[derive(Default)]
pub(super) struct Signatures<'z> {
    is_signed: bool,
    now_secs: Option<u32>,
    missing: Several<'z>,
    covering_nothing: Several<'z>,
    expired: Several<'z>,
}

/// Sets with the same mistake.
#[derive(Default)]
struct Several<'z> {
    first: Option<(Pos, RrsetRef<'z>)>,
    count: usize,
}

impl<'z> Signatures<'z> {
    pub(super) fn new(context: &Context<'z>) -> Signatures<'z> {
        // A zone with keys and without signatures is signed elsewhere, on the way out.
        let soa = context.zone.apex_node().rrset(Rtype::SOA);
        let is_signed = soa.is_some_and(|soa| soa.signatures().is_some());
        Signatures {
            is_signed,
            now_secs: context.now_secs,
            ..Signatures::default()
        }
    }

    /// Looks at a node that is not hidden by a cut.
    pub(super) fn visit(&mut self, context: &Context<'z>, node: Node<'z>) {
        if !self.is_signed {
            return;
        }
        for rrset in node.rrsets() {
            match rrset.signatures() {
                Some(signatures) => self.check_dates(context, signatures),
                None if needs_signature(node, rrset) => self.missing.push(context, rrset),
                None => {}
            }
        }
        let orphan = |set: &RrsetRef<'z>| {
            set.covers()
                .is_some_and(|covered| node.rrset(covered).is_none())
        };
        for set in node.signatures().filter(orphan) {
            self.covering_nothing.push(context, set);
        }
    }

    pub(super) fn finish(self, context: &mut Context<'z>) {
        let unread = context.lost.something();
        if !unread {
            self.missing
                .report(context, Rule::UnsignedRrset, "has no signature");
            self.covering_nothing.report(
                context,
                Rule::SignatureCoversNothing,
                "has a signature and does not exist",
            );
        }
        self.expired.report(
            context,
            Rule::SignatureExpired,
            "has no signature that is still valid",
        );
    }

    fn check_dates(&mut self, context: &Context<'z>, signatures: RrsetRef<'z>) {
        let Some(now) = self.now_secs else { return };
        if signatures.rdatas().all(|rdata| has_expired(rdata, now)) {
            self.expired.push(context, signatures);
        }
    }
}

impl<'z> Several<'z> {
    fn push(&mut self, context: &Context<'z>, rrset: RrsetRef<'z>) {
        let at = context.first(rrset).at;
        self.count += 1;
        self.first = self
            .first
            .into_iter()
            .chain([(at, rrset)])
            .min_by_key(|(at, _)| *at);
    }

    fn report(self, context: &mut Context<'z>, rule: Rule, what: &str) {
        let Some((_, rrset)) = self.first else { return };
        let written = context.first(rrset);
        let rtype = rrset.covers().unwrap_or(rrset.rtype());
        let owner = rrset.node().owner();
        let message = match self.count {
            1 => format!("{owner} {rtype} {what}"),
            count => format!("{owner} {rtype} {what}, nor have {} more sets", count - 1),
        };
        context.report(
            written.at,
            Finding::new(rule, written.rtype(), message).help("sign the zone again"),
        );
    }
}

/// RFC 4035 §2.2: every set of which the zone is the authority. The NS records of a delegation and glue belong to the
/// child zone.
fn needs_signature(node: Node<'_>, rrset: RrsetRef<'_>) -> bool {
    !node.is_cut() || matches!(rrset.rtype(), Rtype::DS | Rtype::NSEC)
}

/// RFC 4034 §3.1.5: the expiration is compared as a serial number.
fn has_expired(rdata: &[u8], now_secs: u32) -> bool {
    let expiration = rdata.get(8..).and_then(|rest| rest.first_chunk());
    expiration
        .is_some_and(|octets| Serial(now_secs).is_newer_than(Serial(u32::from_be_bytes(*octets))))
}

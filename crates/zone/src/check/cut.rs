//! Where the zone ends: delegations and DNAMEs, and what they hide.

use alloc::format;
use alloc::vec::Vec;

use rr::{NameRef, Rtype};
use zonefile::Pos;

use super::Finding;
use super::context::{Context, Written};
use super::dot;
use crate::node::{Node, RrsetRef};
use crate::rules::Rule;
use crate::{Unchecked, Zone};

/// Walks along the cuts of a zone, in canonical order: what a cut hides follows it.
#[derive(Default)]
pub(super) struct Cuts<'z> {
    above: Option<Hiding<'z>>,
    /// Hashes of all names that NS records point to, sorted; made when first needed.
    name_servers: Option<Vec<u64>>,
}

/// A delegation or a DNAME, and what was found below it so far.
struct Hiding<'z> {
    node: Node<'z>,
    by: Rtype,
    /// The first hidden record in the text, and its type.
    first: Option<(Pos, Rtype)>,
    records: usize,
}

impl<'z> Cuts<'z> {
    /// Without knowing the name servers of other cuts, for whom the errors of a cut are enough: an address that it
    /// hides is a warning.
    pub(super) fn alone() -> Self {
        Cuts {
            above: None,
            name_servers: Some(Vec::new()),
        }
    }

    /// Looks at a node; the cut it lies below, if there is one, was entered before.
    pub(super) fn enter(&mut self, context: &mut Context<'z>, node: Node<'z>) {
        if node.is_occluded() {
            return self.hide(context, node);
        }
        check_place(context, node);
        let by = if node.is_cut() {
            Rtype::NS
        } else {
            Rtype::DNAME
        };
        let Some(rrset) = node
            .rrset(by)
            .filter(|_| node.owner() != context.apex || by == Rtype::DNAME)
        else {
            return;
        };
        self.leave(context);
        self.above = Some(Hiding {
            node,
            by,
            first: None,
            records: 0,
        });
        if by == Rtype::NS {
            check_glue(context, rrset);
            self.hide(context, node);
        }
    }

    /// Reports what the last cut hid: one mistake, however many records it hid.
    pub(super) fn leave(&mut self, context: &mut Context<'_>) {
        let Some(hiding) = self.above.take() else {
            return;
        };
        let Some((at, rtype)) = hiding.first else {
            return;
        };
        let (written, finding) = hiding.finding(context, context.at(rtype, at));
        context.report(written.at, finding);
    }

    fn hide(&mut self, context: &Context<'z>, node: Node<'z>) {
        let Some(hiding) = &mut self.above else {
            return;
        };
        for rrset in node.rrsets() {
            if hiding.hides(context, rrset, &mut self.name_servers) {
                let at = context.first(rrset).at;
                hiding.records += rrset.len();
                hiding.first = hiding
                    .first
                    .into_iter()
                    .chain([(at, rrset.rtype())])
                    .min_by_key(|(at, _)| *at);
            }
        }
    }
}

impl<'z> Hiding<'z> {
    fn hides(
        &self,
        context: &Context<'z>,
        rrset: RrsetRef<'z>,
        name_servers: &mut Option<Vec<u64>>,
    ) -> bool {
        match (self.by, rrset.rtype()) {
            // RFC 5155 §7.1: hashed names have nothing below them, and stand below any apex.
            (Rtype::DNAME, Rtype::NSEC3) => false,
            (Rtype::DNAME, _) => true,
            (_, Rtype::A | Rtype::AAAA) => {
                !self.is_glue(context, rrset.node().owner(), name_servers)
            }
            (_, rtype) if rrset.node().owner() == self.node.owner() => !belongs_to_cut(rtype),
            _ => true,
        }
    }

    /// Whether an NS record needs this address: mostly one of this very cut, or one of any other.
    fn is_glue(
        &self,
        context: &Context<'z>,
        owner: NameRef<'_>,
        name_servers: &mut Option<Vec<u64>>,
    ) -> bool {
        let own = self.node.rrset(Rtype::NS);
        let named = |rdata: &[u8]| {
            let target = NameRef::from_wire(rdata);
            target.is_ok_and(|target| {
                target == owner || dot::is_meant_by(owner, target, context.apex)
            })
        };
        if own.iter().flat_map(|rrset| rrset.rdatas()).any(named) {
            return true;
        }
        let all = name_servers.get_or_insert_with(|| all_name_servers(context.zone));
        all.binary_search(&hash(owner.as_wire())).is_ok()
    }

    fn finding<'a>(&self, context: &Context<'a>, first: Written<'a>) -> (Written<'a>, Finding) {
        let (rule, what) = match self.by {
            Rtype::NS => (Rule::BelowZoneCut, "the delegation"),
            _ => (Rule::BelowDname, "the DNAME"),
        };
        let owner = self.node.owner();
        let message = match self.records {
            1 => format!("{what} of {owner} hides this record"),
            count => format!("{what} of {owner} hides this record and {} more", count - 1),
        };
        let by = self
            .node
            .rrset(self.by)
            .map(|rrset| context.first(rrset).rtype());
        let mut finding = Finding::new(rule, first.rtype(), message);
        finding.related.extend(by.map(|by| (by, what.into())));
        (first, finding)
    }
}

/// RFC 4035 §2.2, §2.6: at a cut the parent has the NS records, DS, NSEC and their signatures. What has a rule of its
/// own there is reported under that.
fn belongs_to_cut(rtype: Rtype) -> bool {
    let own_rule = [Rtype::CNAME, Rtype::DNAME, Rtype::SOA].contains(&rtype);
    own_rule || [Rtype::NS, Rtype::DS, Rtype::NSEC].contains(&rtype)
}

fn check_place(context: &mut Context<'_>, node: Node<'_>) {
    let (owner, ns) = (node.owner(), node.rrset(Rtype::NS));
    if let Some(ds) = node.rrset(Rtype::DS) {
        check_ds(context, ds);
    }
    let Some(ns) = ns.filter(|_| owner != context.apex) else {
        return;
    };
    let written = context.first(ns);
    if owner.is_wildcard() {
        let message = format!("{owner} cannot be delegated: it is a wildcard");
        context.report(
            written.at,
            Finding::new(Rule::WildcardNs, written.rtype(), message),
        );
    }
    if let Some(dname) = node.rrset(Rtype::DNAME).map(|dname| context.first(dname)) {
        let message = format!("{owner} is delegated and redirected");
        let finding = Finding::new(Rule::DnameBesideNs, dname.rtype(), message);
        context.report(dname.at, finding.related(written.rtype(), "the delegation"));
    }
}

fn check_ds(context: &mut Context<'_>, ds: RrsetRef<'_>) {
    let (owner, written) = (ds.node().owner(), context.first(ds));
    let finding = if owner == context.apex {
        Finding::new(
            Rule::DsAtApex,
            written.rtype(),
            format!("the DS record of {owner} belongs in its parent zone"),
        )
        .help("give it to the parent, or publish a CDS record")
    } else if ds.node().rrset(Rtype::NS).is_none() && !context.lost.may_have(owner, context.apex) {
        Finding::new(
            Rule::DsWithoutNs,
            written.rtype(),
            format!("{owner} has a DS record and is not delegated"),
        )
        .help("add the NS records of the child zone, or remove the DS record")
    } else {
        return;
    };
    context.report(written.at, finding);
}

/// RFC 9471 §3: a name server inside the zone that it serves is only found by its glue.
fn check_glue<'z>(context: &mut Context<'z>, ns: RrsetRef<'z>) {
    let cut = ns.node().owner();
    for (number, rdata) in ns.rdatas().enumerate() {
        let target = NameRef::from_wire(rdata)
            .ok()
            .filter(|target| target.is_at_or_below(cut));
        if let Some((target, problem)) =
            target.and_then(|target| Some((target, glue_problem(context.zone, ns.node(), target)?)))
        {
            report_glue(context, ns, number, (target, problem));
        }
    }
}

enum GlueProblem<'z> {
    None,
    Alias(RrsetRef<'z>),
}

fn glue_problem<'z>(
    zone: &'z Zone<Unchecked>,
    cut: Node<'z>,
    target: NameRef<'_>,
) -> Option<GlueProblem<'z>> {
    let node = zone.glue(cut, target);
    let rrset = |rtype| node.and_then(|node| node.rrset(rtype));
    match rrset(Rtype::A).or_else(|| rrset(Rtype::AAAA)) {
        Some(_) => None,
        None => Some(rrset(Rtype::CNAME).map_or(GlueProblem::None, GlueProblem::Alias)),
    }
}

fn report_glue(
    context: &mut Context<'_>,
    ns: RrsetRef<'_>,
    number: usize,
    (target, problem): (NameRef<'_>, GlueProblem<'_>),
) {
    let written = context.nth(ns, number);
    let place = written.data(0);
    let finding = match (dot::misread(context, written, 0, target), problem) {
        (Some(misread), _) => misread,
        (None, _) if context.lost.may_have(target, context.apex) => return,
        (None, GlueProblem::Alias(cname)) => {
            let message = format!("{target} is an alias; the target of NS must not be one");
            Finding::new(Rule::NsToCname, place, message)
                .related(context.first(cname).rtype(), "the alias")
        }
        (None, GlueProblem::None) => {
            let message =
                format!("{target} lies in the zone that it serves and has no address here");
            Finding::new(Rule::DelegationWithoutGlue, place, message)
                .help("add its A or AAAA record to this zone")
        }
    };
    context.report(written.at, finding);
}

fn all_name_servers(zone: &Zone<Unchecked>) -> Vec<u64> {
    let sets = zone.nodes().filter_map(|node| node.rrset(Rtype::NS));
    let mut hashes: Vec<u64> = sets.flat_map(RrsetRef::rdatas).map(hash).collect();
    hashes.sort_unstable();
    hashes
}

/// FNV-1a over the name in lower case. Two names of one hash only cost a warning about one of them.
fn hash(name: &[u8]) -> u64 {
    let step = |hash: u64, octet: &u8| {
        (hash ^ u64::from(octet.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3)
    };
    name.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

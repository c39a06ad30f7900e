//! The names that records point to.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::vec::Vec;

use rr::{Name, NameRef, Rtype};
use zonefile::Pos;

use super::Finding;
use super::alias::Aliases;
use super::context::{Context, Written};
use super::{dot, report};
use crate::node::{Node, RrsetRef};
use crate::rules::{Rule, nearest};
use crate::{Lookup, Unchecked, Zone};

/// Names among which a misspelt one is looked for; beyond that it would cost more than it helps.
const FEW_NAMES: usize = 20_000;
/// Misspelt names that are looked for.
const FEW_SEARCHES: usize = 20;
/// Places shown beside the first that points to the same missing name.
const MOST_RELATED: usize = 8;

/// Follows the targets of a zone.
#[derive(Default)]
pub(super) struct Targets {
    pub(super) aliases: Aliases,
    /// Findings about names that are not there, by rule and name: many may point to the same one.
    missing: BTreeMap<(Rule, Name), (Pos, Finding)>,
}

/// One name in the data of a record.
#[derive(Clone, Copy)]
struct Target<'z> {
    rrset: RrsetRef<'z>,
    number: usize,
    field: usize,
    name: NameRef<'z>,
}

impl Targets {
    pub(super) fn check<'z>(&mut self, context: &mut Context<'z>, rrset: RrsetRef<'z>) {
        if rrset.rtype() == Rtype::SOA {
            return check_soa(context, rrset);
        }
        for target in targets(rrset) {
            self.follow(context, target);
        }
    }

    pub(super) fn finish(self, context: &mut Context<'_>) {
        self.aliases.finish(context);
        for (at, finding) in self.missing.into_values() {
            context.report(at, finding);
        }
    }

    fn follow<'z>(&mut self, context: &mut Context<'z>, target: Target<'z>) {
        if !target.name.is_at_or_below(context.apex) {
            return outside(context, target);
        }
        // The name servers of a child are most often in it.
        let node = target.rrset.node();
        if node.is_cut() && target.name.is_at_or_below(node.owner()) {
            return;
        }
        match context.zone.lookup(target.name) {
            Lookup::Exact(node) => self.reached(context, target, node),
            Lookup::Wildcard { .. } if dot::ends_in_apex_twice(target.name, context.apex) => {
                report_misread(context, target);
            }
            Lookup::Wildcard { node, .. } => self.reached(context, target, node),
            // RFC 6672 §3.1: a name below a DNAME is answered with a CNAME.
            Lookup::Dname(node) => {
                let dname = node.rrset(Rtype::DNAME);
                dname
                    .into_iter()
                    .for_each(|dname| to_alias(context, target, dname));
            }
            // RFC 1034 §4.2.1: what lies in a child zone is not ours to judge. Its glue is looked at with the cut.
            Lookup::Delegation { .. } | Lookup::Outside => {}
            Lookup::Missing { .. } => self.missing(context, target),
        }
    }

    fn reached<'z>(&mut self, context: &mut Context<'z>, target: Target<'z>, node: Node<'z>) {
        let has = |rtype| node.rrset(rtype).is_some();
        let rtype = target.rrset.rtype();
        if let Some(cname) = node.rrset(Rtype::CNAME) {
            if rtype == Rtype::CNAME {
                return self.aliases.push(context, target.rrset, cname);
            }
            // A CNAME beside an address is reported as such.
            if !has(Rtype::A) && !has(Rtype::AAAA) {
                to_alias(context, target, cname);
            }
            return;
        }
        if !has(Rtype::A)
            && !has(Rtype::AAAA)
            && matches!(rtype, Rtype::NS | Rtype::MX | Rtype::SRV)
        {
            self.without_address(context, target);
        }
    }

    fn missing(&mut self, context: &mut Context<'_>, target: Target<'_>) {
        if report_misread(context, target) {
            return;
        }
        match target.rrset.rtype() {
            Rtype::CNAME => {
                self.not_there(context, target, Rule::CnameToMissingName, "does not exist");
            }
            Rtype::NS | Rtype::MX | Rtype::SRV | Rtype::SVCB | Rtype::HTTPS => {
                self.without_address(context, target);
            }
            _ => {}
        }
    }

    fn without_address(&mut self, context: &mut Context<'_>, target: Target<'_>) {
        let rule = match target.rrset.rtype() {
            Rtype::NS => Rule::NsWithoutAddress,
            _ => Rule::TargetWithoutAddress,
        };
        self.not_there(context, target, rule, "has no address");
    }

    fn not_there(&mut self, context: &mut Context<'_>, target: Target<'_>, rule: Rule, what: &str) {
        if context.lost.may_have(target.name, context.apex) {
            return;
        }
        let written = target.written(context);
        let key = (rule, target.name.to_lowercase());
        if let Some(known) = self.missing.get_mut(&key) {
            return join(known, written, target.field);
        }
        let message = format!("{} {what}", target.name);
        let finding = Finding::new(rule, written.data(target.field), message);
        if self.missing.len() >= report::MOST {
            return context.report(written.at, finding);
        }
        let few = self.missing.len() < FEW_SEARCHES && context.is_read();
        let meant = Some(context.zone).filter(|_| few);
        let meant = meant.and_then(|zone| similar(zone, target));
        let help = meant.map(|name| format!("did you mean {name}?"));
        self.missing
            .insert(key, (written.at, Finding { help, ..finding }));
    }
}

/// Adds another record that points to the same name; the first in the text keeps the finding.
fn join((at, finding): &mut (Pos, Finding), other: Written<'_>, field: usize) {
    let mut also = other.data(field);
    if other.at < *at {
        *at = other.at;
        also = core::mem::replace(&mut finding.place, also);
    }
    if finding.related.len() < MOST_RELATED {
        finding.related.push((also, "here too".into()));
    }
}

impl Target<'_> {
    fn written<'a>(&self, context: &Context<'a>) -> Written<'a> {
        context.nth(self.rrset, self.number)
    }
}

/// The names that a set points to, other than the root, with the numbers of their records.
fn targets<'z>(rrset: RrsetRef<'z>) -> impl Iterator<Item = Target<'z>> {
    let position = position(rrset.rtype());
    position.into_iter().flat_map(move |(offset, field)| {
        let rdatas = rrset.rdatas().enumerate();
        rdatas.filter_map(move |(number, rdata)| {
            let (name, _) = NameRef::split_from(rdata.get(offset..)?).ok()?;
            let target = Target {
                rrset,
                number,
                field,
                name,
            };
            (!name.is_root()).then_some(target)
        })
    })
}

/// The names of other names in a set that a check follows.
pub(crate) fn names<'z>(rrset: RrsetRef<'z>) -> impl Iterator<Item = NameRef<'z>> {
    targets(rrset).map(|target| target.name)
}

/// Where the name in the data of a type begins: the octet, and the field of the text.
fn position(rtype: Rtype) -> Option<(usize, usize)> {
    match rtype {
        Rtype::NS | Rtype::CNAME | Rtype::PTR | Rtype::DNAME => Some((0, 0)),
        Rtype::MX | Rtype::AFSDB | Rtype::SVCB | Rtype::HTTPS => Some((2, 1)),
        Rtype::SRV => Some((6, 3)),
        _ => None,
    }
}

/// A name of another zone can only be judged by its looks.
fn outside(context: &mut Context<'_>, target: Target<'_>) {
    let digits = |label: &[u8]| label.iter().all(u8::is_ascii_digit);
    if target.name.label_count() == 4 && target.name.labels().all(digits) {
        report_misread(context, target);
    }
}

fn report_misread(context: &mut Context<'_>, target: Target<'_>) -> bool {
    let written = target.written(context);
    let finding = dot::misread(context, written, target.field, target.name);
    finding
        .map(|finding| context.report(written.at, finding))
        .is_some()
}

/// RFC 2181 §10.3, RFC 2782: some targets must not be aliases. `alias` is the CNAME, or the DNAME above.
fn to_alias(context: &mut Context<'_>, target: Target<'_>, alias: RrsetRef<'_>) {
    let rule = match target.rrset.rtype() {
        Rtype::MX => Rule::MxToCname,
        Rtype::NS => Rule::NsToCname,
        Rtype::SRV => Rule::SrvToCname,
        _ => return,
    };
    let (written, place) = (target.written(context), context.first(alias).rtype());
    let message = format!(
        "{} is an alias; the target of {} must not be one",
        target.name,
        target.rrset.rtype()
    );
    let finding =
        Finding::new(rule, written.data(target.field), message).related(place, "the alias");
    let end = alias
        .rdatas()
        .next()
        .filter(|_| alias.rtype() == Rtype::CNAME);
    let end = end.and_then(|rdata| NameRef::from_wire(rdata).ok());
    let help = end.map(|end| format!("point to {end}"));
    context.report(written.at, Finding { help, ..finding });
}

/// The names in an SOA record need not exist in the zone; one that ends with the zone's name twice lacks its dot.
fn check_soa(context: &mut Context<'_>, rrset: RrsetRef<'_>) {
    let Some(rdata) = rrset.rdatas().next() else {
        return;
    };
    let Ok((primary, rest)) = NameRef::split_from(rdata) else {
        return;
    };
    let Ok((mailbox, _)) = NameRef::split_from(rest) else {
        return;
    };
    // That one is reported as a mailbox.
    let has_at = dot::has_at_sign(mailbox);
    for (field, name) in [(0, primary), (1, mailbox)] {
        if dot::ends_in_apex_twice(name, context.apex) && !(field == 1 && has_at) {
            report_misread(
                context,
                Target {
                    rrset,
                    number: 0,
                    field,
                    name,
                },
            );
        }
    }
}

/// The name of the zone that a misspelt one is most like, of those that would do.
fn similar<'z>(zone: &'z Zone<Unchecked>, target: Target<'_>) -> Option<NameRef<'z>> {
    let first = core::str::from_utf8(target.name.first_label()?).ok()?;
    let parent = target.name.parent()?;
    let would_do = |node: &Node<'z>| {
        let address = node
            .rrset(Rtype::A)
            .or_else(|| node.rrset(Rtype::AAAA))
            .is_some();
        let alias =
            target.rrset.rtype() == Rtype::CNAME && node.owner() != target.rrset.node().owner();
        (address || alias && !node.is_empty_non_terminal()) && node.owner().parent() == Some(parent)
    };
    let names = zone
        .nodes()
        .take(FEW_NAMES)
        .filter(would_do)
        .map(Node::owner);
    let words: Vec<_> = names
        .filter_map(|name| Some((core::str::from_utf8(name.first_label()?).ok()?, name)))
        .collect();
    nearest(first, words)
}

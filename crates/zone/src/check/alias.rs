//! Names that stand for other names.

use alloc::format;
use alloc::vec::Vec;

use rr::Rtype;
use zonefile::Pos;

use super::Finding;
use super::context::Context;
use crate::node::{Node, RrsetRef};
use crate::pages::Location;
use crate::rules::Rule;

/// RFC 1034 §3.6.2: nothing stands beside a CNAME; except, RFC 4034 §3 and §4, what signs it and says what is there.
pub(super) fn check_beside(context: &mut Context<'_>, node: Node<'_>) {
    let Some(cname) = node.rrset(Rtype::CNAME) else {
        return;
    };
    let may_stand = [Rtype::CNAME, Rtype::NSEC];
    let others = node
        .rrsets()
        .filter(|rrset| !may_stand.contains(&rrset.rtype()));
    let Some(other) = others
        .map(|rrset| context.first(rrset))
        .min_by_key(|written| written.at)
    else {
        return;
    };
    let written = context.first(cname);
    let message = format!("{} is an alias and has other records", node.owner());
    let help = match node.owner() == context.apex {
        true => "write the addresses of the target, or an HTTPS record in AliasMode",
        false => "remove the CNAME or the other records",
    };
    let finding = Finding::new(Rule::CnameAndOtherData, written.rtype(), message).help(help);
    context.report(
        written.at,
        finding.related(other.rtype(), "another record of this name"),
    );
}

/// The aliases of the zone that lead to aliases. As each name is an alias of one other at most, these are chains and
/// circles, and each is walked once.
#[derive(Default)]
pub(super) struct Aliases {
    links: Vec<Link>,
}

/// From the node of one alias to the node of the next.
#[derive(Clone, Copy)]
struct Link {
    from: Location,
    to: Location,
    at: Pos,
    walk: u32,
}

impl Aliases {
    /// Notes that the target of `from` is an alias itself.
    pub(super) fn push(&mut self, context: &Context<'_>, from: RrsetRef<'_>, to: RrsetRef<'_>) {
        let at = context.first(from).at;
        self.links.push(Link {
            from: from.node().place(),
            to: to.node().place(),
            at,
            walk: 0,
        });
    }

    /// Reports each circle once, at the alias that comes first in the text.
    pub(super) fn finish(mut self, context: &mut Context<'_>) {
        self.links.sort_by_key(|link| link.from);
        for start in 0..self.links.len() {
            if let Some(on_circle) = self.walk(start) {
                self.report(context, on_circle);
            }
        }
    }

    /// Follows the links from `start`; a link on a circle, if this walk is the first to close it.
    fn walk(&mut self, start: usize) -> Option<usize> {
        let walk = start as u32 + 1;
        let mut at = start;
        while self.links[at].walk == 0 {
            self.links[at].walk = walk;
            at = self.next(at)?;
        }
        (self.links[at].walk == walk).then_some(at)
    }

    fn next(&self, at: usize) -> Option<usize> {
        let to = self.links[at].to;
        self.links.binary_search_by_key(&to, |link| link.from).ok()
    }

    fn report(&self, context: &mut Context<'_>, on_circle: usize) {
        let around = |at: &usize| self.next(*at).filter(|next| *next != on_circle);
        let mut circle: Vec<Pos> = core::iter::successors(Some(on_circle), around)
            .map(|at| self.links[at].at)
            .collect();
        let first = (0..circle.len())
            .min_by_key(|number| circle[*number])
            .unwrap_or(0);
        circle.rotate_left(first);
        let written = context.at(Rtype::CNAME, circle[0]);
        let message = match circle.len() {
            1 => "this alias stands for itself".into(),
            count => format!(
                "this alias leads back to itself, through {} more",
                count - 1
            ),
        };
        let mut finding = Finding::new(Rule::CnameLoop, written.rtype(), message);
        for at in circle.iter().skip(1).take(MOST_RELATED) {
            finding = finding.related(context.at(Rtype::CNAME, *at).rtype(), "and then here");
        }
        context.report(written.at, finding);
    }
}

/// Places shown of a circle beside the first.
const MOST_RELATED: usize = 8;

//! A zone as a file that a person goes on with.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cmp::Reverse;
use core::fmt::Write;

use rr::{NameRef, Rtype, Ttl};

use crate::{Node, RrsetRef, Zone};

/// The zone as text, laid out as `zonetool fmt` does: `$TTL` is the most frequent one, owners are relative to the apex, SOA
/// and NS come first. `said` is its first line.
#[must_use]
pub fn write_text<State>(zone: &Zone<State>, said: &str) -> Vec<u8> {
    let ttl = most_frequent_ttl(zone);
    let mut text = format!("; {said}\n$TTL {ttl}\n");
    for node in zone.nodes() {
        for rrset in in_order(node) {
            write_rrset(zone.apex(), ttl, rrset, &mut text);
        }
    }
    zonefile::format(text.as_bytes())
}

/// The least of those that are equally frequent, so that the same zone is the same text.
fn most_frequent_ttl<State>(zone: &Zone<State>) -> Ttl {
    let mut counts: BTreeMap<Ttl, usize> = BTreeMap::new();
    for rrset in zone.nodes().flat_map(Node::rrsets) {
        *counts.entry(rrset.ttl()).or_default() += rrset.len();
    }
    let most = counts
        .into_iter()
        .max_by_key(|(ttl, count)| (*count, Reverse(*ttl)));
    most.map_or(Ttl::ZERO, |(ttl, _)| ttl)
}

/// SOA, NS, and then by number, each followed by its signatures.
fn in_order(node: Node<'_>) -> Vec<RrsetRef<'_>> {
    let mut all: Vec<RrsetRef<'_>> = node.rrsets().chain(node.signatures()).collect();
    all.sort_by_key(|rrset| {
        let rtype = rrset.covers().unwrap_or(rrset.rtype());
        let rank = match rtype {
            Rtype::SOA => 0,
            Rtype::NS => 1,
            other => u32::from(other.0) + 2,
        };
        (rank, rrset.rtype() == Rtype::RRSIG)
    });
    all
}

fn write_rrset(apex: NameRef<'_>, usual: Ttl, rrset: RrsetRef<'_>, out: &mut String) {
    let owner = relative(rrset.node().owner(), apex);
    let ttl = match rrset.ttl() {
        ttl if ttl == usual => String::new(),
        ttl => format!("{ttl} "),
    };
    let rtype = rrset.rtype();
    for rdata in rrset.rdatas() {
        const STRING: &str = "a string takes all";
        write!(out, "{owner} {ttl}IN {rtype} ").expect(STRING);
        rr::text::write_rdata(rtype, rdata, out).expect(STRING);
        out.push('\n');
    }
}

/// `@` for the apex, else without it and its dot.
fn relative(owner: NameRef<'_>, apex: NameRef<'_>) -> String {
    let labels = owner.prefix_of(apex).unwrap_or_default();
    match labels {
        [] => "@".to_owned(),
        labels => {
            let whole = [labels, &[0]].concat();
            let name = NameRef::from_checked(&whole).to_string();
            name.strip_suffix('.').unwrap_or(&name).to_owned()
        }
    }
}

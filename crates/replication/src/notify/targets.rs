//! Whom a zone itself names to be told.

use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rr::{Name, NameRef, Rtype};
use zone::{Checked, Node, Zone, Zones};

/// The name servers of a zone but for the one that its SOA record calls the primary, which has told us (RFC 1996 §2.1). A
/// name server that is named there and is a secondary all the same is to be configured.
#[must_use]
pub fn name_servers(zone: &Zone<Checked>) -> Vec<Name> {
    let primary = zone.soa().map(|soa| soa.value.mname);
    let servers = zone.apex_node().rrset(Rtype::NS);
    let names = servers.into_iter().flat_map(zone::RrsetRef::rdatas);
    let names = names.filter_map(|rdata| Name::from_wire(rdata).ok());
    names
        .filter(|name| Some(name) != primary.as_ref())
        .collect()
}

/// The addresses of a name server that are in one of our zones, glue or not. Those of servers elsewhere are to be configured:
/// nothing is looked up.
#[must_use]
pub fn name_server_addresses(zones: &Zones, server: NameRef<'_>) -> Vec<IpAddr> {
    let found = zones
        .find(server)
        .and_then(|published| published.zone.node(server));
    found.map_or_else(Vec::new, addresses)
}

fn addresses(node: Node<'_>) -> Vec<IpAddr> {
    let rdatas = |rtype| {
        let set = node.rrset(rtype);
        set.into_iter().flat_map(zone::RrsetRef::rdatas)
    };
    let v4 = rdatas(Rtype::A).filter_map(|rdata| <[u8; 4]>::try_from(rdata).ok());
    let v6 = rdatas(Rtype::AAAA).filter_map(|rdata| <[u8; 16]>::try_from(rdata).ok());
    let v4 = v4.map(|octets| IpAddr::from(Ipv4Addr::from(octets)));
    v4.chain(v6.map(|octets| IpAddr::from(Ipv6Addr::from(octets))))
        .collect()
}

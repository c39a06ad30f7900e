//! The name servers of a zone, by its own records, and their addresses.

use crate::failure::Failure;
use crate::records::{Record, Records};
use rr::{NameRef, Rtype};
use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

/// One address of a name server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NameServer {
    pub(crate) address: SocketAddr,
    /// As the zone names it; none where an address was given.
    pub(crate) name: Option<String>,
}

impl fmt::Display for NameServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} ({})", self.address),
            None => self.address.fmt(f),
        }
    }
}

/// All name servers of a zone at all their addresses: those of names in the zone by the zone, others by the system's resolver.
pub(crate) fn of(zone: &Records, port: u16) -> Result<BTreeSet<NameServer>, Failure> {
    let apex = zone.text.apex.as_ref();
    let at_apex = zone.records.iter().filter(|r| r.owner.as_ref() == apex);
    let targets = at_apex.filter(|record| record.rtype == Rtype::NS);
    let mut servers = BTreeSet::new();
    for target in targets.filter_map(|ns| rr::wire::target_name(Rtype::NS, &ns.rdata)) {
        let addresses = addresses(zone, target, port)?;
        servers.extend(addresses.into_iter().map(|address| NameServer {
            address,
            name: Some(target.to_string()),
        }));
    }
    match servers.is_empty() {
        true => {
            Err(Failure::usage(format!("{apex} has no name servers"))
                .next("name some: --ns ADDRESS"))
        }
        false => Ok(servers),
    }
}

fn addresses(zone: &Records, name: NameRef<'_>, port: u16) -> Result<Vec<SocketAddr>, Failure> {
    let own = zone.records.iter().filter(|r| r.owner.as_ref() == name);
    let own: Vec<SocketAddr> = own
        .filter_map(address)
        .map(|ip| SocketAddr::new(ip, port))
        .collect();
    if !own.is_empty() {
        return Ok(own);
    }
    // Names of DNS with escapes are none of hosts, so the resolver says no.
    let host = name.to_string();
    let found = (host.as_str(), port).to_socket_addrs();
    found.map(Iterator::collect).map_err(|why| {
        Failure::unreadable(format!("cannot find the address of the name server {host}"))
            .because(&why)
            .next("name the servers by their addresses: --ns ADDRESS")
    })
}

fn address(record: &Record) -> Option<IpAddr> {
    match record.rtype {
        Rtype::A => {
            let octets: [u8; 4] = record.rdata.as_ref().try_into().ok()?;
            Some(Ipv4Addr::from(octets).into())
        }
        Rtype::AAAA => {
            let octets: [u8; 16] = record.rdata.as_ref().try_into().ok()?;
            Some(Ipv6Addr::from(octets).into())
        }
        _ => None,
    }
}

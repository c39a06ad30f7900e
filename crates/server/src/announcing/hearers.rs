//! Who is told, by numbers: addresses, and connections that were kept.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use replication::Moment;
use replication::notify::{Target, Zone};
use rr::{Name, NameRef};
use stack_os::Connection;

use super::bits::Bits;
use super::whom::Address;
use super::{Limits, Listening, Peers};

/// How long nothing is sent on a connection after its peer has asked: one that goes on to transfer the zone does not expect
/// anything else until it has it.
const QUIET_MILLIS: u64 = 1_000;

/// One who is told.
#[derive(Debug)]
pub(super) enum Hearer {
    Address(Address),
    Connection(Kept),
}

/// A connection that was kept to be told on.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) connection: Connection,
    pub(super) peer: SocketAddr,
    pub(super) key: Name,
    /// When it asked last.
    asked: Moment,
}

/// Why a connection is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    Key,
    Network,
}

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Full::Key => "with this key",
            Full::Network => "of this network",
        })
    }
}

#[derive(Debug)]
pub(super) struct Hearers {
    limits: Limits,
    all: BTreeMap<Target, Hearer>,
    addresses: BTreeMap<Address, Target>,
    peers: BTreeMap<SocketAddr, Target>,
    /// The same for workers.
    known: Peers,
    /// The connections on which a zone was asked for.
    zones: BTreeMap<Zone, Bits>,
    free: Vec<u32>,
    next: u32,
}

impl Hearers {
    pub(super) fn new(limits: Limits, known: Peers) -> Hearers {
        Hearers {
            limits,
            all: BTreeMap::new(),
            addresses: BTreeMap::new(),
            peers: BTreeMap::new(),
            known,
            zones: BTreeMap::new(),
            free: Vec::new(),
            next: 0,
        }
    }

    pub(super) fn get(&self, target: Target) -> Option<&Hearer> {
        self.all.get(&target)
    }

    /// The number of an address; `None` if there are as many as may be.
    pub(super) fn address(&mut self, address: &Address) -> Option<Target> {
        if let Some(target) = self.addresses.get(address) {
            return Some(*target);
        }
        if self.addresses.len() >= self.limits.addresses {
            return None;
        }
        let target = self.add(Hearer::Address(address.clone()));
        self.addresses.insert(address.clone(), target);
        Some(target)
    }

    /// Those addresses that nothing is outstanding for.
    pub(super) fn idle_addresses(&self, busy: &[Target]) -> Vec<Target> {
        let addresses = self.addresses.values().copied();
        addresses.filter(|target| !busy.contains(target)).collect()
    }

    /// Keeps a connection, of which others from the same peer are gone.
    pub(super) fn keep(&mut self, now: Moment, listening: &Listening) -> Result<Target, Full> {
        let (connection, peer) = (listening.connection.clone(), listening.peer);
        self.has_room(listening)?;
        let target = self.add(Hearer::Connection(Kept {
            connection,
            peer,
            key: listening.key.clone(),
            asked: now,
        }));
        self.peers.insert(peer, target);
        self.known.add(peer);
        Ok(target)
    }

    /// The connection that was kept of this peer.
    pub(super) fn of_peer(&self, peer: SocketAddr) -> Option<Target> {
        self.peers.get(&peer).copied()
    }

    /// Whether it is that connection, with that key; then it has asked now.
    pub(super) fn asked_again(&mut self, now: Moment, target: Target, by: &Listening) -> bool {
        match self.all.get_mut(&target) {
            Some(Hearer::Connection(kept)) => {
                kept.asked = now;
                kept.connection.is(&by.connection) && kept.key == by.key
            }
            _ => false,
        }
    }

    /// The connection is told of the zone from now on.
    pub(super) fn listen(&mut self, zone: Zone, target: Target) {
        self.zones.entry(zone).or_default().set(target.0);
    }

    /// The connections that are told of the zone.
    pub(super) fn listeners(&self, zone: Zone) -> impl Iterator<Item = Target> {
        let bits = self.zones.get(&zone).into_iter();
        bits.flat_map(Bits::iter).map(Target)
    }

    pub(super) fn forget_zone(&mut self, zone: Zone) {
        self.zones.remove(&zone);
    }

    /// The number may be that of another one from then on.
    pub(super) fn remove(&mut self, target: Target) {
        match self.all.remove(&target) {
            None => return,
            Some(Hearer::Address(address)) => _ = self.addresses.remove(&address),
            Some(Hearer::Connection(kept)) => {
                self.peers.remove(&kept.peer);
                self.known.remove(kept.peer);
                self.zones
                    .values_mut()
                    .for_each(|bits| bits.clear(target.0));
            }
        }
        self.free.push(target.0);
    }

    /// Connections that have ended.
    pub(super) fn ended(&self) -> Vec<Target> {
        let kept = self.peers.values().copied();
        let has_ended = |target: &Target| match self.all.get(target) {
            Some(Hearer::Connection(kept)) => kept.connection.is_closed(),
            _ => true,
        };
        kept.filter(has_ended).collect()
    }

    pub(super) fn connections(&self) -> usize {
        self.peers.len()
    }

    fn kept(&self) -> impl Iterator<Item = &Kept> {
        self.peers
            .values()
            .filter_map(|target| match self.all.get(target) {
                Some(Hearer::Connection(kept)) => Some(kept),
                _ => None,
            })
    }

    fn has_room(&self, listening: &Listening) -> Result<(), Full> {
        let network = network(listening.peer.ip());
        let of_key = self.kept().filter(|kept| kept.key == listening.key).count();
        let of_network = self
            .kept()
            .filter(|kept| self::network(kept.peer.ip()) == network);
        match () {
            () if of_key >= self.limits.per_key => Err(Full::Key),
            () if of_network.count() >= self.limits.per_network => Err(Full::Network),
            () => Ok(()),
        }
    }

    fn add(&mut self, hearer: Hearer) -> Target {
        let number = self.free.pop().unwrap_or_else(|| {
            self.next += 1;
            self.next - 1
        });
        self.all.insert(Target(number), hearer);
        Target(number)
    }
}

impl Kept {
    /// Whether nothing is under way on it that a message would come between.
    pub(super) fn is_quiet(&self, now: Moment) -> bool {
        now.millis_since(self.asked) >= QUIET_MILLIS && !self.connection.is_awaiting()
    }
}

impl Hearer {
    pub(super) fn key(&self) -> Option<NameRef<'_>> {
        match self {
            Hearer::Address((_, key)) => key.as_ref().map(Name::as_ref),
            Hearer::Connection(kept) => Some(kept.key.as_ref()),
        }
    }

    pub(super) fn address(&self) -> SocketAddr {
        match self {
            Hearer::Address((address, _)) => *address,
            Hearer::Connection(kept) => kept.peer,
        }
    }
}

/// What one customer has, as where rates of answers are limited.
fn network(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(ip) => Ipv4Addr::from_bits(ip.to_bits() & !0xFF).into(),
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & !((1 << 72) - 1)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_24_and_56_bits() {
        for (ip, wanted) in [
            ("192.0.2.77", "192.0.2.0"),
            ("2001:db8:1:2ff:3::1", "2001:db8:1:200::"),
        ] {
            let ip = ip.parse().expect("an address");
            assert_eq!(network(ip).to_string(), wanted);
        }
    }

    #[test]
    fn addresses_have_a_limit_and_numbers_come_again() {
        let limits = Limits {
            addresses: 2,
            ..Limits::default()
        };
        let mut hearers = Hearers::new(limits, Peers::default());
        let address = |last: u8| (SocketAddr::from(([192, 0, 2, last], 53)), None);
        let (one, two) = (hearers.address(&address(1)), hearers.address(&address(2)));
        assert_eq!(hearers.address(&address(1)), one);
        assert_eq!(hearers.address(&address(3)), None);
        let (one, two) = (one.expect("a number"), two.expect("a number"));
        assert_eq!(hearers.idle_addresses(&[two]), [one]);
        hearers.remove(one);
        assert_eq!(hearers.address(&address(3)), Some(one));
    }
}

//! Whom a zone is told to, of those that have an address.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;

use replication::notify::{name_server_addresses, name_servers};
use rr::{Name, NameRef};
use tsig::{Key, KeyName, Keyring, Operation};
use zone::{Checked, Zone, Zones};

use super::Config;

/// Where to, and the name of the key that is signed with.
pub(super) type Address = (SocketAddr, Option<Name>);

#[derive(Debug)]
pub(super) struct Whom {
    config: Config,
    ring: Arc<Keyring>,
    /// Secondaries in names of keys, and their zones.
    keyed: Vec<(SocketAddr, Arc<Key>)>,
}

impl Whom {
    pub(super) fn new(config: Config, ring: Arc<Keyring>) -> Whom {
        let mut whom = Whom {
            config,
            ring: Arc::default(),
            keyed: Vec::new(),
        };
        whom.go_by(ring);
        whom
    }

    /// Takes on the keys that are good now.
    pub(super) fn go_by(&mut self, ring: Arc<Keyring>) {
        if Arc::ptr_eq(&ring, &self.ring) {
            return;
        }
        let port = self.config.chosen.port;
        let addresses = ring.iter().flat_map(|key| {
            let ips = key.rights().into_iter().flat_map(secondary);
            ips.map(move |ip| (SocketAddr::new(ip, port), Arc::clone(key)))
        });
        self.keyed = addresses.collect();
        self.ring = ring;
    }

    /// The key of that name, if it is there.
    pub(super) fn key(&self, name: NameRef<'_>) -> Option<&Arc<Key>> {
        self.ring.by_name(name)
    }

    /// All that are to know of the zone. Who is told with a key is not told without one as well.
    pub(super) fn addresses(&self, zone: &Zone<Checked>, zones: &Zones) -> BTreeSet<Address> {
        let apex = zone.apex();
        let mut told = BTreeSet::new();
        for (address, key) in &self.keyed {
            if key.may(Operation::Transfer, apex) && !self.is_ours(*address) {
                told.insert((*address, Some(key.name().to_owned())));
            }
        }
        for notified in &self.config.chosen.notified {
            if let Some(name) = &notified.key
                && self.is_for(name.as_ref(), apex)
            {
                told.insert((notified.address, Some(name.clone())));
            }
        }
        let mut signed: BTreeSet<SocketAddr> = told.iter().map(|(address, _)| *address).collect();
        let unsigned = self
            .config
            .chosen
            .notified
            .iter()
            .filter(|it| it.key.is_none());
        let unsigned = unsigned.map(|it| it.address);
        let unsigned = unsigned.chain(self.name_servers(zone, zones));
        for address in unsigned {
            // Each address once.
            if signed.insert(address) {
                told.insert((address, None));
            }
        }
        told
    }

    /// A key whose name says what it is for is for that only; another one is what the operator says it is.
    fn is_for(&self, key: NameRef<'_>, zone: NameRef<'_>) -> bool {
        let rights = self.key(key).and_then(|key| key.rights());
        rights.is_none_or(|rights| rights.may(Operation::Notify, zone))
    }

    fn name_servers(&self, zone: &Zone<Checked>, zones: &Zones) -> Vec<SocketAddr> {
        if !self.config.chosen.tells_name_servers {
            return Vec::new();
        }
        let names = name_servers(zone);
        let ips = names
            .iter()
            .flat_map(|name| name_server_addresses(zones, name.as_ref()));
        let addresses = ips.map(|ip| SocketAddr::new(ip, self.config.chosen.port));
        addresses
            .filter(|address| !self.is_ours(*address))
            .collect()
    }

    /// Whether it is an address of ours: RFC 1996 §2.1 has others told.
    fn is_ours(&self, address: SocketAddr) -> bool {
        let with_port = self
            .config
            .own
            .iter()
            .filter(|own| own.port() == address.port());
        with_port.into_iter().any(|own| {
            own.ip() == address.ip() || own.ip().is_unspecified() && is_of_this_machine(address)
        })
    }
}

fn secondary(rights: &KeyName) -> impl Iterator<Item = IpAddr> {
    let v4 = rights.secondary.v4.map(IpAddr::from);
    v4.into_iter().chain(rights.secondary.v6.map(IpAddr::from))
}

/// What is sent to an address of this machine comes from that same address. Nothing is sent: a datagram socket that is
/// connected only knows its way.
fn is_of_this_machine(address: SocketAddr) -> bool {
    let any: IpAddr = match address {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let from = || {
        let socket = UdpSocket::bind((any, 0)).ok()?;
        socket.connect(address).ok()?;
        socket.local_addr().ok()
    };
    address.ip().is_loopback() || from().is_some_and(|from| from.ip() == address.ip())
}

//! What is to be followed, as keys and files say now.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use stack_os::outgoing::{Trust, transfer_config};
use tsig::{Key, Keyring, Operation};

use crate::config::{Config, FollowedZone, Primary};
use crate::failure::Failure;
use crate::zones_file::read_zones;

/// What is to be followed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan {
    /// Zones and catalogs.
    pub(crate) zones: Vec<FollowedZone>,
    /// Primaries whose NOTIFY may bring further zones: those within the scope of the primary's key.
    pub(crate) announcers: Vec<Primary>,
}

impl Plan {
    /// Reads the file of zones, and what the names of keys say.
    ///
    /// # Errors
    /// [`Failure::File`] with the one that is of no use.
    pub(crate) fn read(config: &Config, keys: &Keyring) -> Result<Plan, Failure> {
        let mut plan = Plan {
            zones: config.zones.clone(),
            announcers: Vec::new(),
        };
        if let Some(path) = &config.zones_file {
            let failure = |why: &dyn std::fmt::Display| file_failure(path, why);
            let text = fs::read_to_string(path).map_err(|why| failure(&why))?;
            let tls = config.primary_ca.as_deref().map(read_roots).transpose()?;
            let read = read_zones(&text, keys, tls.as_ref());
            plan.zones.extend(read.map_err(|why| failure(&why))?);
        }
        if config.follows_keys {
            plan.follow_keys(keys, config.primary_port);
        }
        Ok(plan)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.zones.is_empty() && self.announcers.is_empty()
    }

    /// The ports of all primaries.
    pub(crate) fn ports(&self) -> impl Iterator<Item = u16> {
        self.primaries().map(|primary| primary.address.port())
    }

    pub(crate) fn primaries(&self) -> impl Iterator<Item = &Primary> {
        let zones = self.zones.iter().flat_map(|zone| &zone.primaries);
        zones.chain(&self.announcers)
    }

    /// Follows what the names of keys for transfers say: from which primary which zone, and at which address. A key whose zone is
    /// the root is for whatever its primary announces.
    fn follow_keys(&mut self, keys: &Keyring, port: u16) {
        for key in keys.iter() {
            let Some(rights) = key.rights() else {
                continue;
            };
            let primaries = primaries(key, port);
            if rights.operation < Operation::Transfer || primaries.is_empty() {
                continue;
            }
            self.announcers.extend(primaries.iter().cloned());
            if !rights.scope.as_ref().is_root() {
                self.follow(rights.scope.clone(), primaries);
            }
        }
    }

    /// Two keys for one zone are two ways to it.
    fn follow(&mut self, name: rr::Name, primaries: Vec<Primary>) {
        match self.zones.iter_mut().find(|zone| zone.name == name) {
            Some(zone) => zone.primaries.extend(primaries),
            None => self.zones.push(FollowedZone {
                name,
                primaries,
                is_catalog: false,
            }),
        }
    }
}

/// The addresses that the names of keys say are our own, with the port for DNS.
pub(crate) fn own_addresses(keys: &Keyring) -> Vec<SocketAddr> {
    let named = keys.iter().filter_map(|key| key.rights());
    let ips = named.flat_map(|rights| {
        let secondary = rights.secondary;
        let v4 = secondary.v4.map(IpAddr::from);
        v4.into_iter().chain(secondary.v6.map(IpAddr::from))
    });
    let mut addresses: Vec<SocketAddr> = ips.map(|ip| (ip, 53).into()).collect();
    addresses.sort();
    addresses.dedup();
    addresses
}

fn primaries(key: &Arc<Key>, port: u16) -> Vec<Primary> {
    let Some(rights) = key.rights() else {
        return Vec::new();
    };
    let v4 = rights.primary.v4.map(|ip| {
        let from = rights.secondary.v4.map(IpAddr::from);
        (IpAddr::from(ip), from)
    });
    let v6 = rights.primary.v6.map(|ip| {
        let from = rights.secondary.v6.map(IpAddr::from);
        (IpAddr::from(ip), from)
    });
    let both = v4.into_iter().chain(v6);
    let primary = |(ip, from)| Primary {
        address: (ip, port).into(),
        from,
        key: Some(Arc::clone(key)),
        tls: None,
    };
    both.map(primary).collect()
}

/// What sessions with primaries are made with.
fn read_roots(path: &Path) -> Result<Arc<ClientConfig>, Failure> {
    let failure = |why: &dyn std::fmt::Display| file_failure(path, why);
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|why| failure(&why))? {
        let certificate = certificate.map_err(|why| failure(&why))?;
        roots.add(certificate).map_err(|why| failure(&why))?;
    }
    transfer_config(Trust::Roots(roots), None).map_err(|why| failure(&why))
}

fn file_failure(path: &Path, why: &dyn std::fmt::Display) -> Failure {
    Failure::File {
        path: path.to_owned(),
        why: why.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(names: &[&str]) -> (Plan, Vec<SocketAddr>) {
        let mut keys = Keyring::default();
        for name in names {
            let key = tsig::text::read_key(&format!("{name}:SHA256:AAECAwQFBgcICQoLDA0ODw=="));
            keys.insert(key.expect("a key")).expect("the first");
        }
        let plan = Plan::read(&Config::new([]), &keys).expect("no file");
        (plan, own_addresses(&keys))
    }

    #[test]
    fn the_name_of_a_key_is_enough() {
        let (plan, own) = plan(&["192.0.2.1.192.0.2.2._transfer.example.org"]);
        let [zone] = &plan.zones[..] else {
            panic!("{:?}", plan.zones);
        };
        assert_eq!(zone.name.to_string(), "example.org.");
        let [primary] = &zone.primaries[..] else {
            panic!("{:?}", zone.primaries);
        };
        assert_eq!(primary.address.to_string(), "192.0.2.1:53");
        assert_eq!(primary.from, Some([192, 0, 2, 2].into()));
        assert_eq!(own, ["192.0.2.2:53".parse().expect("an address")]);
    }

    #[test]
    fn a_key_for_the_root_is_for_what_is_announced() {
        let (plan, _) = plan(&[
            "x.192.0.2.1._transfer",
            "y.192.0.2.1._update.example.org",
            "z._transfer.example.org",
        ]);
        assert_eq!((plan.zones.len(), plan.announcers.len()), (0, 1));
    }

    #[test]
    fn two_keys_of_one_zone_are_two_primaries() {
        let (plan, _) = plan(&[
            "a.192.0.2.1._transfer.example.org",
            "b._p6-2001-db8--1._transfer.example.org",
        ]);
        assert_eq!(plan.zones.len(), 1);
        assert_eq!(plan.zones[0].primaries.len(), 2);
    }
}

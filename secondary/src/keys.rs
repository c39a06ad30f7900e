//! Keys, and what their names say about zones and servers.

use std::fs::File;
use std::io::Read;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tsig::{Key, Keyring, Operation, limits, text};
use zeroize::Zeroizing;

use crate::config::{Config, FollowedZone, Primary};
use crate::failure::Failure;

/// Puts the keys of files and those that were said on the command line together.
///
/// # Errors
/// The first file that is of no use, or the name that two keys have.
pub fn read_key_files(files: &[PathBuf], said: Vec<Arc<Key>>) -> Result<Keyring, Failure> {
    let mut keys = said;
    for path in files {
        let read = read_file(path).map_err(|why| Failure::File {
            path: path.clone(),
            why,
        })?;
        keys.extend(read.iter().cloned());
    }
    let mut ring = Keyring::default();
    for key in keys {
        ring.share(key).map_err(|key| {
            let name = key.name();
            Failure::Asked(format!(
                "the key {name} is there twice: leave one of them out"
            ))
        })?;
    }
    Ok(ring)
}

fn read_file(path: &Path) -> Result<Keyring, String> {
    // All of it is there from the start: what grows leaves copies behind.
    let most = limits::KEY_FILE_OCTETS + 1;
    let mut octets = Zeroizing::new(Vec::with_capacity(most + 32));
    File::open(path)
        .and_then(|file| file.take(most as u64).read_to_end(&mut octets))
        .map_err(|why| why.to_string())?;
    text::read_keys(&octets).map_err(|mistakes| {
        let first = mistakes.first();
        first.map_or_else(|| "it makes no sense".into(), ToString::to_string)
    })
}

/// Follows what the names of keys for transfers say: from which primary which zone, and at which address. A key whose zone is the
/// root is for whatever its primary announces.
pub fn follow_keys(config: &mut Config, port: u16) {
    let keys: Vec<Arc<Key>> = config.keys.iter().cloned().collect();
    for key in keys {
        let Some(rights) = key.rights() else {
            continue;
        };
        let primaries = primaries(&key, port);
        if rights.operation < Operation::Transfer || primaries.is_empty() {
            continue;
        }
        config.announcers.extend(primaries.iter().cloned());
        if !rights.scope.as_ref().is_root() {
            follow(&mut config.zones, rights.scope.clone(), primaries);
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

/// Two keys for one zone are two ways to it.
fn follow(zones: &mut Vec<FollowedZone>, name: rr::Name, primaries: Vec<Primary>) {
    match zones.iter_mut().find(|zone| zone.name == name) {
        Some(zone) => zone.primaries.extend(primaries),
        None => zones.push(FollowedZone {
            name,
            primaries,
            is_catalog: false,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(names: &[&str]) -> Config {
        let keys = names.iter().map(|name| {
            let key = text::read_key(&format!("{name}:SHA256:AAECAwQFBgcICQoLDA0ODw=="));
            Arc::new(key.expect("a key"))
        });
        let mut config = Config::new([]);
        config.keys = read_key_files(&[], keys.collect()).expect("no file");
        follow_keys(&mut config, 53);
        config
    }

    #[test]
    fn the_name_of_a_key_is_enough() {
        let config = config(&["192.0.2.1.192.0.2.2._transfer.example.org"]);
        let [zone] = &config.zones[..] else {
            panic!("{:?}", config.zones);
        };
        assert_eq!(zone.name.to_string(), "example.org.");
        let [primary] = &zone.primaries[..] else {
            panic!("{:?}", zone.primaries);
        };
        assert_eq!(primary.address.to_string(), "192.0.2.1:53");
        assert_eq!(primary.from, Some([192, 0, 2, 2].into()));
        let own: Vec<_> = own_addresses(&config.keys);
        assert_eq!(own, ["192.0.2.2:53".parse().expect("an address")]);
    }

    #[test]
    fn a_key_for_the_root_is_for_what_is_announced() {
        let config = config(&[
            "x.192.0.2.1._transfer",
            "y.192.0.2.1._update.example.org",
            "z._transfer.example.org",
        ]);
        assert_eq!((config.zones.len(), config.announcers.len()), (0, 1));
    }

    #[test]
    fn two_keys_of_one_zone_are_two_primaries() {
        let config = config(&[
            "a.192.0.2.1._transfer.example.org",
            "b._p6-2001-db8--1._transfer.example.org",
        ]);
        assert_eq!(config.zones.len(), 1);
        assert_eq!(config.zones[0].primaries.len(), 2);
    }
}

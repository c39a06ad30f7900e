//! To BIND, NSD, Knot and PowerDNS, which follow our primary: each version, signed but for PowerDNS, by its changes.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;
use tests::name::Name;
use tests::peers::{Kind, Peer, TRANSFER_KEY};
use tests::repository::Repository;
use transfer::{Asked, Content};

use crate::client::{digest, transferred};

/// Enough for several messages.
const HOSTS: usize = 1_500;
const VERSIONS: usize = 5;

/// Each version has a record that comes, one that goes, an alias that leads elsewhere, and a TTL that changes.
pub(crate) fn text(version: usize) -> String {
    let mut text = format!(
        "$TTL 300\n@ SOA ns hostmaster 1 1 1 86400 60\n@ NS ns\nns A 192.0.2.1\nsub NS ns.sub\n\
         ns.sub A 192.0.2.2\nhidden.sub {} TXT hidden\n*.w CNAME h{version}\nMixed MX 10 NS\nv{version} AAAA 2001:db8::1\n",
        300 + version
    );
    for host in version..HOSTS {
        let (high, low) = (host >> 8, host & 255);
        text.push_str(&format!(
            "h{host} A 10.0.{high}.{low}\nh{host} TXT \"host {host}\"\n"
        ));
    }
    text
}

struct Ours {
    repository: Repository,
    peer: Peer,
    _folder: TempDir,
}

fn ours() -> Ours {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository::at(&folder.path().join("zones"));
    repository.write("example.org", text(0).as_bytes());
    repository.write(".zonecheck", tests::engine::LENIENT.as_bytes());
    repository.commit("The first version");
    let keys = folder.path().join("keys");
    write_keys(&keys);
    let options = [
        "--keys",
        keys.to_str().unwrap(),
        "--allow-transfer",
        "127.0.0.0/8",
    ];
    let peer = Peer::primary_with(repository.path(), &Name::plain("example.org"), &options);
    Ours {
        repository,
        peer,
        _folder: folder,
    }
}

pub(crate) fn write_keys(path: &Path) {
    let (name, secret) = TRANSFER_KEY;
    std::fs::write(path, format!("{name}:SHA256:{secret}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// The serial of what a server serves, and the digest of all of it.
pub(crate) fn served(peer: &Peer, is_signed: bool) -> (u32, String) {
    let arrived = transferred(peer, Asked::Whole(None), is_signed);
    let Content::Whole(zone) = arrived.what else {
        panic!("{:?}", arrived.what)
    };
    let (zone, _) = transfer::accept(zone).unwrap();
    (zone.serial().unwrap().0, digest(&zone))
}

#[test]
fn secondaries_follow_version_by_version() {
    let apex = Name::plain("example.org");
    let ours = ours();
    let first = served(&ours.peer, true);
    assert_eq!(
        first,
        served(&ours.peer, false),
        "the same with a key and without"
    );
    let secondaries: Vec<_> = Kind::SECONDARIES
        .into_iter()
        .map(|kind| Peer::following(kind, ours.peer.address, &apex))
        .collect();
    for version in 1..=VERSIONS {
        ours.repository
            .write("example.org", text(version).as_bytes());
        ours.repository.commit(&format!("Version {version}"));
        let before = first.0 + version as u32 - 1;
        let newest = testbed::wait_until(testbed::PATIENCE, || served(&ours.peer, true).0 > before);
        assert!(
            newest,
            "ours serves version {version}:\n{}",
            ours.peer.process.log()
        );
        let wanted = served(&ours.peer, true);
        for secondary in &secondaries {
            let is_signed = secondary.kind != Kind::PowerDns;
            let follows =
                testbed::wait_until(testbed::PATIENCE, || served(secondary, is_signed) == wanted);
            let (kind, log) = (secondary.kind, secondary.process.log());
            assert!(
                follows,
                "{kind} serves version {version}:\n{log}\n{}",
                ours.peer.process.log()
            );
        }
    }
    let log = ours.peer.process.log();
    let changes = log
        .lines()
        .filter(|line| line.contains("transferred: changes"))
        .count();
    assert!(
        changes >= 3 * VERSIONS,
        "{changes} transfers were of changes:\n{log}"
    );
}

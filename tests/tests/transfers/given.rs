//! To BIND, NSD, Knot and PowerDNS, which follow our primary: each version, signed, by its changes.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;
use tests::name::Name;
use tests::peers::{ALGORITHMS, AsksWith, Kind, Peer, Server, key_lines};
use tests::question::Question;
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
    repository.write(GOES, small(4).as_bytes());
    for zone in small_zones() {
        let name = zone.to_string();
        repository.write(name.trim_end_matches('.'), small(86_400).as_bytes());
    }
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
    std::fs::write(path, key_lines()).unwrap();
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

/// Zones of one host each, one for each way to sign.
fn small_zones() -> impl Iterator<Item = Name> {
    let zones = ALGORITHMS.map(|algorithm| Name::plain(&format!("{algorithm}.example")));
    zones.into_iter()
}

/// Who is not told that it is gone has it until it expires.
const GOES: &str = "goes.example";

fn small(expire: u32) -> String {
    format!("$TTL 300\n@ SOA ns hostmaster 1 1 1 {expire} 60\n@ NS ns\nns A 192.0.2.1\n")
}

/// The transfers of this kind, or of all, to this secondary, that our log tells of.
pub(crate) fn told_of<'l>(log: &'l str, what: &str, key: &str) -> Vec<&'l str> {
    let (what, key) = (format!("transferred: {what}"), format!("key={key}."));
    let lines = log.lines();
    let is_one = |line: &&str| line.contains(&what) && line.contains(&key);
    lines.filter(is_one).collect()
}

#[test]
fn secondaries_follow_version_by_version_with_each_algorithm() {
    let apex = Name::plain("example.org");
    let ours = ours();
    let first = served(&ours.peer, true);
    assert_eq!(
        first,
        served(&ours.peer, false),
        "the same with a key and without"
    );
    let all: Vec<Name> = [apex, Name::plain(GOES)]
        .into_iter()
        .chain(small_zones())
        .collect();
    let secondaries = Kind::SECONDARIES.map(|kind| Peer::following(kind, ours.peer.address, &all));
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
            let follows =
                testbed::wait_until(testbed::PATIENCE, || served(secondary, true) == wanted);
            let (kind, log) = (secondary.kind, secondary.process.log());
            assert!(
                follows,
                "{kind} serves version {version}:\n{log}\n{}",
                ours.peer.process.log()
            );
        }
    }
    let log = ours.peer.process.log();
    for kind in Kind::SECONDARIES {
        for zone in small_zones() {
            let key = AsksWith::of(kind, &zone).name;
            let whole = told_of(&log, "whole zone", &key);
            assert!(!whole.is_empty(), "{key}:\n{log}");
        }
        let key = AsksWith::of(kind, &Name::plain("example.org")).name;
        let changes = told_of(&log, "changes", &key).len();
        assert!(changes >= VERSIONS, "{kind}:\n{log}");
    }
    goes(&ours, &secondaries);
}

/// RFC 1034 §4.3.5. PowerDNS keeps what it has, whatever the SOA record says.
fn goes(ours: &Ours, secondaries: &[Peer]) {
    std::fs::remove_file(ours.repository.path().join(GOES)).unwrap();
    ours.repository.commit("A zone goes");
    let question = Question::plain(Name::plain(GOES), 6).to_wire(1);
    let rcode = |peer: &Peer| peer.udp(&question).map(|reply| reply[3] & 15);
    let (refused, servfail) = (5, 2);
    let after = |peer: &Peer, wanted| {
        let is_so = testbed::wait_until(testbed::PATIENCE, || rcode(peer) == Some(wanted));
        let (kind, log) = (peer.kind, peer.process.log());
        assert!(is_so, "{kind}: {:?}\n{log}", rcode(peer));
    };
    after(&ours.peer, refused);
    for secondary in secondaries {
        match secondary.kind {
            Kind::PowerDns => after(secondary, 0),
            _ => after(secondary, servfail),
        }
        assert_eq!(served(secondary, true), served(&ours.peer, true));
    }
}

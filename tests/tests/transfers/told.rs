//! BIND, NSD, Knot and PowerDNS hear of changes by NOTIFY: their SOA records would have them ask in hours.

use std::net::SocketAddr;

use rr::RData;
use tempfile::TempDir;
use testbed::process::{free_address, signal};
use testbed::{PATIENCE, wait_until};
use tests::name::Name;
use tests::peers::{AsksWith, Kind, Peer, Server};
use tests::question::Question;
use tests::reply::Reply;
use tests::repository::Repository;
use wire::message::Message;

use crate::given::{served, text, told_of, write_keys};

/// Commits that a secondary gets at once when it is back.
const CHAIN: usize = 100;

/// Whoever hears nothing asks after two hours.
fn rarely(version: usize) -> String {
    text(version).replace("1 1 1 86400", "1 7200 3600 86400")
}

struct Ours {
    repository: Repository,
    peer: Peer,
    _folder: TempDir,
}

impl Ours {
    /// Serves the first version, and tells these.
    fn telling(told: &[(Kind, SocketAddr)], options: &[&str]) -> Ours {
        let folder = tempfile::tempdir().unwrap();
        let repository = Repository::at(&folder.path().join("zones"));
        repository.write("example.org", rarely(0).as_bytes());
        repository.write(".zonecheck", tests::engine::LENIENT.as_bytes());
        repository.commit("The first version");
        let keys = folder.path().join("keys");
        write_keys(&keys);
        let mut all = vec!["--keys", keys.to_str().unwrap()];
        all.extend(["--allow-transfer", "127.0.0.0/8"]);
        all.extend(options);
        let told = told.iter().map(|(kind, address)| {
            let key = AsksWith::of(*kind, &Name::plain("example.org")).name;
            format!("{address},{key}")
        });
        let told: Vec<String> = told.collect();
        all.extend(told.iter().flat_map(|told| ["--notify", told.as_str()]));
        let apex = Name::plain("example.org");
        let peer = Peer::primary_with(repository.path(), &apex, &all);
        Ours {
            repository,
            peer,
            _folder: folder,
        }
    }

    fn push(&self, version: usize) {
        self.repository
            .write("example.org", rarely(version).as_bytes());
        self.repository.commit(&format!("Version {version}"));
    }

    /// Waits until another version is served than that of this serial; gives its serial.
    fn is_after(&self, before: u32) -> u32 {
        let apex = Name::plain("example.org");
        let serial = || {
            let answer = self
                .peer
                .udp(&Question::plain(apex.clone(), 6).to_wire(1))?;
            let answer = Message::read(&answer).ok()?;
            let soa = answer
                .answer
                .into_iter()
                .find_map(|record| match record.data {
                    RData::SOA(soa) => Some(soa.serial.0),
                    _ => None,
                });
            soa.filter(|serial| *serial > before)
        };
        let newest = wait_until(PATIENCE, || serial().is_some());
        assert!(newest, "{}", self.peer.process.log());
        serial().unwrap()
    }

    /// What is served once it is newer.
    fn served_after(&self, before: u32) -> (u32, String) {
        self.is_after(before);
        served(&self.peer, true)
    }
}

fn follow_up(secondary: &Peer, wanted: &(u32, String), ours: &Ours) {
    let follows = wait_until(PATIENCE, || served(secondary, true) == *wanted);
    let (kind, log) = (secondary.kind, secondary.process.log());
    assert!(follows, "{kind}:\n{log}\n{}", ours.peer.process.log());
}

#[test]
fn each_change_is_told_and_a_hundred_come_at_once_to_who_was_away() {
    let apex = Name::plain("example.org");
    let told = Kind::SECONDARIES.map(|kind| (kind, free_address()));
    let ours = Ours::telling(&told, &[]);
    let secondaries =
        told.map(|(kind, address)| Peer::told(kind, address, ours.peer.address, &apex));
    let (mut serial, _) = served(&ours.peer, true);
    for version in 1..=2 {
        ours.push(version);
        let wanted = ours.served_after(serial);
        serial = wanted.0;
        secondaries
            .iter()
            .for_each(|secondary| follow_up(secondary, &wanted, &ours));
    }
    let pause = |name: &str| {
        let mut all = secondaries.iter();
        assert!(all.all(|it| signal(it.process.id(), name)));
    };
    pause("STOP");
    for version in 3..3 + CHAIN {
        ours.push(version);
        serial = ours.is_after(serial);
    }
    pause("CONT");
    let wanted = served(&ours.peer, true);
    secondaries
        .iter()
        .for_each(|secondary| follow_up(secondary, &wanted, &ours));
    let log = ours.peer.process.log();
    for secondary in &secondaries {
        let (kind, its) = (secondary.kind, secondary.process.log());
        let key = AsksWith::of(kind, &apex).name;
        let transfers = told_of(&log, "", &key);
        let is_whole = |line: &&str| line.contains("whole zone");
        let mut later = transfers.into_iter().skip_while(is_whole);
        assert!(!later.any(|line| is_whole(&line)), "{kind}:\n{its}\n{log}");
        let says = says_at_once(kind, serial - CHAIN as u32, serial);
        assert!(its.contains(&says), "{kind}, {says}:\n{its}");
    }
}

/// What each has to say of the hundred itself.
fn says_at_once(kind: Kind, before: u32, serial: u32) -> String {
    match kind {
        Kind::Bind => format!("transferred serial {serial}: TSIG 'bind-sha256._transfer'"),
        Kind::Nsd => format!("serial {before} is updated to {serial}"),
        Kind::PowerDns => format!("got {CHAIN} deltas, zone committed with serial {serial}"),
        _ => format!("serial {before} -> {serial}"),
    }
}

/// RFC 9432, by BIND, Knot, PowerDNS and our secondary; NSD 4.6 knows no catalogs.
#[test]
fn zones_that_come_and_go_do_so_on_who_consumes_the_catalog() {
    let catalog = Name::plain("catalog.example.org");
    let told = [Kind::Bind, Kind::Knot, Kind::PowerDns, Kind::Secondary]
        .map(|kind| (kind, free_address()));
    let ours = Ours::telling(&told, &["--catalog", "catalog.example.org"]);
    let consumers =
        told.map(|(kind, address)| Peer::consuming(kind, address, ours.peer.address, &catalog));
    let all = |zone: &str, wanted: bool| {
        for consumer in &consumers {
            let is_so = wait_until(PATIENCE, || serves(consumer, zone) == wanted);
            let (kind, log) = (consumer.kind, consumer.process.log());
            assert!(
                is_so,
                "{kind}, {zone}, {wanted}:\n{log}\n{}",
                ours.peer.process.log()
            );
        }
    };
    all("example.org", true);
    ours.repository
        .write("two.example.org", rarely(1).as_bytes());
    ours.repository.commit("A zone comes");
    all("two.example.org", true);
    let file = ours.repository.path().join("two.example.org");
    std::fs::remove_file(file).unwrap();
    ours.repository.commit("A zone goes");
    all("two.example.org", false);
    all("example.org", true);
}

/// As its authority, not as a name in the zone above.
fn serves(peer: &Peer, zone: &str) -> bool {
    let question = Question::plain(Name::plain(zone), 6).to_wire(1);
    let reply = peer
        .udp(&question)
        .and_then(|reply| Reply::decode(&reply).ok());
    reply.is_some_and(|reply| reply.rcode == 0 && reply.aa && !reply.answer.is_empty())
}

//! The line is cut, or goes dead, in the middle of a pack.

use std::collections::BTreeSet;
use std::path::Path;

use crate::cable::{Cable, Line};
use crate::daemons::ssh::{Keys, user};
use crate::daemons::web::{Authority, Web};
use crate::support::{Repo, Server, ask_serial, poll, served, zone};
use crate::{base, daemons, follow_when_told, follow_with, git_url, metric, origin, page};

/// Of so many fetches the line of one goes dead, which takes a second; that of the others is cut.
const DEAD: usize = 10;
/// Octets of a pack: more than all that is said before it, and more than what each fetch gets of it.
const PACK: usize = 200_000;

/// Text that hardly gets smaller.
fn noise() -> String {
    let mut dice = crate::support::Random::seeded(7);
    let mut line = |n: usize| {
        let word: String = (0..32).map(|_| format!("{:x}", dice.below(16))).collect();
        format!("h{n} TXT {word}\n")
    };
    // Hexadecimal digits have four bits, so a line is some twenty octets of a pack.
    (0..PACK / 20 * 2).map(&mut line).collect()
}

/// Names of all files, but for those that come and go in their own right.
fn files(dir: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("listed").flatten() {
            match entry.file_type().expect("known").is_dir() {
                true => folders.push(entry.path()),
                false => drop(found.insert(entry.path().display().to_string())),
            }
        }
    }
    found
}

/// Looks that failed, for whatever reason.
fn failures(server: &Server) -> f64 {
    let (_, text) = page(server, "/metrics");
    let counts = text
        .lines()
        .filter(|line| line.starts_with("stemma_remote_failures_total"));
    let counts = counts.map(|line| line.rsplit(' ').next().expect("a value").parse::<f64>());
    counts.map(|count| count.expect("a number")).sum()
}

/// After so many fetches that do not end well: what was served stays, nothing is left behind, and the next fetch brings all.
fn old_data_is_served(repo: &Repo, cable: &Cable, server: &Server, times: usize) {
    let first = repo.git(&["rev-parse", "main"]);
    server.wait_for_commit(&first);
    let mirror = repo.beside("state/mirror.git");
    // What is served is noted a little later.
    poll(|| match mirror.join("refs/heads/main").exists() {
        true => Ok(()),
        false => Err(server.log()),
    });
    let before = files(&mirror);
    let next = repo.commit(&[("example.org", &(zone(1, "192.0.2.2") + &noise()))]);
    for time in 0..times {
        // Over all of the pack, and what is said before it.
        let octets = 100 + (time * 37 % times) * PACK / times;
        let line = if time % DEAD == DEAD - 1 {
            Line::PulledAfter
        } else {
            Line::CutAfter
        };
        cable.set(line(octets));
        let seen = failures(server);
        server.signal("-HUP");
        poll(|| match failures(server) > seen {
            true => Ok(()),
            false => Err(format!("after {octets} octets: {}", server.log())),
        });
        assert!(
            served("192.0.2.1")(&server.ask("www.example.org")),
            "after {octets} octets"
        );
    }
    assert_eq!(ask_serial(server.addresses[0], "example.org"), Some(1));
    assert_eq!(metric(server, "stemma_remote_packs_total"), Some(1.0));
    // A fetch that goes on still has its folder.
    poll(|| match files(&mirror) {
        after if after == before => Ok(()),
        after => Err(format!("{:?}", after.difference(&before))),
    });
    cable.set(Line::Whole);
    server.signal("-HUP");
    server.wait_for_commit(&next);
    assert!(served("192.0.2.2")(&server.ask("www.example.org")));
    let more: Vec<String> = files(&mirror).difference(&before).cloned().collect();
    // A pack, its index and a reference, or where that is changed.
    assert!(more.len() <= 4, "{more:?}");
    let mirror = mirror.to_str().expect("UTF-8");
    repo.git(&["-C", mirror, "fsck", "--full", "--strict", "--no-dangling"]);
}

#[test]
fn over_git() {
    let (repo, _) = origin("192.0.2.1");
    let daemon = daemons::Server::git_daemon(&base(&repo));
    let cable = Cable::to(daemon.port, Line::Whole);
    let server = follow_when_told(&repo, &git_url(cable.port()));
    old_data_is_served(&repo, &cable, &server, 50);
}

#[test]
fn over_https() {
    let (repo, _) = origin("192.0.2.1");
    let authority = Authority::new("localhost");
    let daemon = Web::new(&base(&repo)).tls(&authority);
    let cable = Cable::to(daemon.port, Line::Whole);
    let roots = repo.beside("roots.pem");
    std::fs::write(&roots, &authority.pem).expect("written");
    let url = format!("https://localhost:{}/zones.git", cable.port());
    let more = ["--roots", roots.to_str().expect("UTF-8")];
    let server = follow_with("86400", &repo, &url, &more);
    old_data_is_served(&repo, &cable, &server, 20);
}

#[test]
fn over_ssh() {
    let (repo, _) = origin("192.0.2.1");
    let keys = Keys::new();
    let daemon = keys.server();
    let cable = Cable::to(daemon.port, Line::Whole);
    let (key, print) = (keys.path("user"), keys.fingerprint("host_ed25519"));
    let path = repo.path();
    let url = format!(
        "ssh://{}@127.0.0.1:{}{}#main",
        user(),
        cable.port(),
        path.display()
    );
    let more = [
        "--ssh-key",
        key.to_str().expect("UTF-8"),
        "--host-key",
        &print,
    ];
    let server = follow_with("86400", &repo, &url, &more);
    old_data_is_served(&repo, &cable, &server, 10);
}

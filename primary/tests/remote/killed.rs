//! The program is killed while it fetches, again and again.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::cable::{Cable, Line};
use crate::support::{ask_serial, poll, served, zone};
use crate::{base, daemons, follow_when_told, git_url, origin};

/// Each round has another moment: some before the pack, most within it, some when references move.
const ROUNDS: u32 = 18;

#[test]
fn a_killed_fetch_leaves_a_whole_version_and_blocks_nothing() {
    let (repo, first) = origin("192.0.2.1");
    let daemon = daemons::Server::git_daemon(&base(&repo));
    let cable = Cable::to(daemon.port, Line::Slow(256));
    let start = || follow_when_told(&repo, &git_url(cable.port()));
    let server = start();
    server.wait_for_commit(&first);
    // How long a fetch takes here, to spread the moments over it.
    let mut files: Vec<(String, String)> = Vec::new();
    let mut push = |round: u32| {
        let noise: String = (0..400_u32)
            .map(|n| {
                format!(
                    "h{n} TXT {:x}\n",
                    (n + 1000 * round).wrapping_mul(0x9E37_79B1)
                )
            })
            .collect();
        let www = format!("192.0.2.{}", 100 + round);
        files.push((format!("z{round}.example"), zone(1, &www) + &noise));
        let mut all: Vec<(&str, &str)> = files
            .iter()
            .map(|(a, b)| (a.as_str(), b.as_str()))
            .collect();
        let own = zone(1, &www);
        all.push(("example.org", &own));
        (repo.commit(&all), www)
    };
    let began = Instant::now();
    let (second, _) = push(0);
    server.signal("-HUP");
    server.wait_for_commit(&second);
    let whole = began.elapsed();
    let mut serial = ask_serial(server.addresses[0], "example.org").expect("served");
    drop(server);
    for round in 1..=ROUNDS {
        let (_, www) = push(round);
        let server = start();
        let moment = whole * round / ROUNDS;
        let end = Instant::now() + moment.min(Duration::from_secs(5));
        // What is asked meanwhile is answered from a whole version, the old one or the new.
        while Instant::now() < end {
            let now = ask_serial(server.addresses[0], "example.org").expect("served");
            assert!(now >= serial, "{now} after {serial}");
            serial = now;
            sleep(Duration::from_millis(2));
        }
        server.signal("-KILL");
        drop(server);
        let server = start();
        let now = ask_serial(server.addresses[0], "example.org").expect("served at once");
        assert!(now >= serial, "{now} after {serial}");
        serial = now;
        if round % 6 == 0 {
            // Nothing that was left behind is in the way.
            poll(|| match served(&www)(&server.ask("www.example.org")) {
                true => Ok(()),
                false => Err(server.log()),
            });
            serial = ask_serial(server.addresses[0], "example.org").expect("served");
        }
        server.signal("-KILL");
    }
    cable.set(Line::Cut);
    let server = start();
    assert_eq!(ask_serial(server.addresses[0], "example.org"), Some(serial));
    let mirror = repo.beside("state/mirror.git");
    let mirror = mirror.to_str().expect("UTF-8");
    repo.git(&["-C", mirror, "fsck", "--full", "--strict", "--no-dangling"]);
}

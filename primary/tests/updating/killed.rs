//! Ephemeral records while the process is killed, or calls of the system about their journal fail.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::process::Command;

use serde_json::Value;
use testbed::faults::Fault;

use crate::ephemeral::{CHALLENGE, dig};
use crate::sent::{key_file, play};
use crate::support::{Repo, Server, ask_serial, poll, program, zone};

/// What clients were told of a server that is started again and again.
struct Stage {
    repo: Repo,
    arguments: Vec<String>,
    /// Records that must be there; others that were asked for may be.
    acknowledged: BTreeSet<String>,
    asked: u32,
    /// The highest serial that was seen.
    seen: u32,
}

impl Stage {
    fn new() -> Stage {
        let repo = Repo::new();
        repo.commit(&[("a.example", &zone(1, "192.0.2.1"))]);
        let state = repo.beside("state").display().to_string();
        let keys = key_file(&repo).display().to_string();
        let words = [
            "--listen",
            "127.0.0.1:0",
            "--state-dir",
            &state,
            "--keys",
            &keys,
        ];
        Stage {
            arguments: words.map(str::to_owned).to_vec(),
            repo,
            acknowledged: BTreeSet::new(),
            asked: 0,
            seen: 1,
        }
    }

    fn spawn(&self, command: Command) -> Server {
        let words: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        Server::spawn(command, &self.repo, &words)
    }

    /// With a fault in a call about the journal.
    fn spawn_with(&self, fault: &Fault) -> Server {
        let state = self.repo.beside("state");
        let journal = ["versions", "versions.new"].map(|name| state.join(name));
        self.spawn(fault.befalling(&program(), &journal))
    }

    /// Where it listens; none if it has ended.
    fn listens(&self, server: &mut Server) -> Option<SocketAddr> {
        let up = |status: Value| status["listen"][0].as_str().map(str::to_owned);
        let found = poll(|| match (server.has_ended(), server.status()) {
            (true, _) => Ok(None),
            (_, status) => status.and_then(up).map(Some).ok_or_else(|| server.log()),
        });
        found.map(|text| text.parse().expect("an address"))
    }

    /// Adds a record and, now and then, takes one away; whatever is acknowledged is served at once.
    fn update(&mut self, server: SocketAddr) -> bool {
        self.asked += 1;
        let (token, name) = (
            format!("token-{}", self.asked),
            format!("{CHALLENGE}.a.example"),
        );
        let old = self
            .acknowledged
            .first()
            .cloned()
            .filter(|_| self.acknowledged.len() > 2);
        let removed = old
            .iter()
            .map(|old| format!("update delete {name} TXT {old}\n"));
        let script = removed.collect::<String>() + &format!("update add {name} 60 TXT {token}");
        let is_made = poll(|| {
            let output = play(&["nsupdate", "-t", "5"], server, &script);
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            // In the second in which a server starts: the message might be one that the server before it has seen.
            (!told.contains("REFUSED"))
                .then(|| output.status.success())
                .ok_or(told)
        });
        if let Some(old) = old {
            // From when it is asked for on it may be gone.
            self.acknowledged.remove(&old);
        }
        if is_made {
            self.acknowledged.insert(token);
            self.look(server);
        }
        is_made
    }

    fn look(&mut self, server: SocketAddr) {
        let there = dig(server, &[&format!("{CHALLENGE}.a.example"), "TXT"]);
        let there: BTreeSet<String> = there.iter().map(|text| text.replace('"', "")).collect();
        assert!(
            there.is_superset(&self.acknowledged),
            "{there:?}, not {:?}",
            self.acknowledged
        );
        let serial = ask_serial(server, "a.example").expect("it is served");
        assert!(serial >= self.seen, "{serial} after {}", self.seen);
        self.seen = serial;
    }

    /// Starts without faults: all that was acknowledged is there, and it goes on.
    fn recovers(&mut self) {
        let mut server = self.spawn(program());
        let address = self.listens(&mut server).expect("it starts");
        self.look(address);
        let before = self.seen;
        assert!(self.update(address), "{}", server.log());
        assert!(self.seen > before);
        server.stop();
    }
}

/// Calls about the journal: it is replaced first, and then added to. Without its first file there is nothing to be read.
const CALLS: [(&str, RangeInclusive<u32>, Option<&str>); 5] = [
    ("openat", 2..=2, Some("ENOSPC")),
    ("write", 1..=3, Some("ENOSPC")),
    ("fsync", 1..=1, Some("EIO")),
    ("fdatasync", 1..=2, Some("EIO")),
    ("rename", 1..=1, Some("ENOSPC")),
];

#[test]
fn whatever_happens_to_the_journal_what_was_acknowledged_is_served() {
    let mut stage = Stage::new();
    let (mut killed, mut failed) = (0, 0);
    for fault in Fault::all(&CALLS) {
        let mut server = stage.spawn_with(&fault);
        if let Some(address) = stage.listens(&mut server) {
            for _ in 0..3 {
                let is_made = !server.has_ended() && stage.update(address);
                failed += u32::from(!is_made && !server.has_ended());
            }
        }
        killed += u32::from(server.has_ended());
        server.signal_if_alive("-KILL");
        drop(server);
        stage.recovers();
    }
    assert!(
        killed >= 5 && failed >= 3,
        "{killed} killed, {failed} failed"
    );
    assert_eq!(stage.repo.git(&["rev-list", "--count", "main"]), "1");
}

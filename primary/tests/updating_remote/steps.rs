//! The program is killed before calls of the system, or has them fail, one at a time, wherever it is then: at the start, in a commit,
//! in a push, in a fetch, in a merge, in the journal of what was served.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::process::Command;

use testbed::faults::{self, Fault};

use super::*;
use crate::killed::{arguments, play};
use crate::support::{Server, program};

/// Which calls a start and the updates of a round make. The first files that are opened are libraries. Threads
/// wake each other by writing to counters, which no disk has fail.
const CALLS: [(&str, RangeInclusive<u32>, Option<&str>); 13] = [
    ("openat", 40..=400, Some("ENOSPC")),
    ("write", 1..=20, None),
    ("fsync", 1..=20, Some("EIO")),
    ("fdatasync", 1..=3, Some("EIO")),
    ("rename", 1..=20, Some("ENOSPC")),
    ("linkat", 1..=5, Some("ENOSPC")),
    ("unlink", 1..=5, Some("EIO")),
    ("mkdir", 1..=12, Some("ENOSPC")),
    ("ftruncate", 1..=5, Some("EIO")),
    ("flock", 1..=5, Some("EINTR")),
    ("connect", 1..=3, Some("ECONNREFUSED")),
    ("sendto", 1..=6, Some("ECONNRESET")),
    ("recvfrom", 1..=9, Some("ECONNRESET")),
];
/// Those that are tried, in each mode, as long as nobody asks for all.
const TRIED: usize = 14;
/// Updates that are sent in a round.
const UPDATES: usize = 3;

/// A server that is started again and again, and what was asked of it.
struct Stage {
    there: There,
    arguments: Vec<String>,
    acknowledged: Vec<String>,
    /// Names that may be there, as they were asked for.
    asked: BTreeSet<String>,
    /// Lines of people.
    people: Vec<String>,
    /// Serials that were seen with something acknowledged, the highest one last.
    serials: Vec<u32>,
}

impl Stage {
    fn new(durable: &str) -> Stage {
        let there = There::new();
        let mut arguments = arguments(&there, durable);
        arguments.extend(["--allow-transfer", "127.0.0.1"].map(str::to_owned));
        Stage {
            arguments,
            there,
            acknowledged: Vec::new(),
            asked: BTreeSet::new(),
            people: Vec::new(),
            serials: vec![1],
        }
    }

    fn spawn(&self, program: Command) -> Server {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        Server::spawn_at(program, &self.there.repo, &self.there.url(), &arguments)
    }

    /// A start with a fault. What it does not survive it says by its end; all else it has to get over.
    fn round(&mut self, number: usize, fault: &Fault) -> bool {
        let mut server = self.spawn(fault.befalling(&program(), &[]));
        if number.is_multiple_of(4) {
            let line = format!("p{number} A 192.0.2.3");
            self.there.person_adds("a.example", &line);
            self.people.push(line);
        }
        let mut is_well = false;
        if let Some(address) = listens(&mut server) {
            self.look(address);
            for _ in 0..UPDATES {
                is_well = !server.has_ended() && self.update(address);
            }
            // With what failed mended, it goes on by itself.
            faults::end(server.id());
            if !is_well && !server.has_ended() {
                is_well = poll_while(&mut server, || self.update(address));
            }
        }
        let has_ended = server.has_ended();
        assert!(has_ended || is_well, "{fault:?}: {}", server.log());
        has_ended
    }

    /// Whatever is answered: no serial goes back, and what is served has what was acknowledged.
    fn look(&mut self, server: SocketAddr) {
        let newest = self.serials[self.serials.len() - 1];
        let Some(serial) = served_serial(server) else {
            return;
        };
        assert!(serial >= newest, "{serial} after {newest}");
        let Some(last) = self.acknowledged.last() else {
            return;
        };
        let found = dig(server, &[&format!("{last}.a.example"), "A"]);
        assert!(found.is_none_or(|text| !text.is_empty()), "{last} is lost");
    }

    /// Whether one was acknowledged. From when it is asked for on it may be there.
    fn update(&mut self, server: SocketAddr) -> bool {
        let name = format!("h{}", self.asked.len());
        self.asked.insert(name.clone());
        let is_made = poll(|| match play(server.port(), &name, 5) {
            // In the second in which a server starts: the message might be one that the server before it has seen.
            told if told.contains("REFUSED") => Err(told),
            told => Ok(told.is_empty()),
        });
        if is_made {
            self.look(server);
            self.acknowledged.push(name);
            self.serials.extend(served_serial(server));
        }
        is_made
    }

    /// Without faults: everything is there once, here and elsewhere, and it is known which version each serial was.
    fn recovers(&mut self) {
        let mut server = self.spawn(program());
        let address = listens(&mut server).expect("it starts");
        poll(|| match self.update(address) {
            true => Ok(()),
            false => Err(server.log()),
        });
        poll(|| {
            let status = server.status().expect("a status");
            let (tip, remote) = (self.there.tip(), &status["remote"]);
            match remote["backlog"] == 0 && status["commit"]["id"] == tip.as_str() {
                true => Ok(()),
                false => Err(server.log()),
            }
        });
        self.has_all_once();
        self.knows_what_was_served(address);
        server.stop();
        is_sound(&self.there.repo);
        let mirror = self.there.state().join("mirror.git");
        let mirror = mirror.to_str().expect("UTF-8");
        let check = ["-C", mirror, "fsck", "--full", "--strict", "--no-dangling"];
        self.there.repo.git(&check);
    }

    fn has_all_once(&self) {
        let text = self.there.text("a.example");
        let times = |name: &str| {
            let owners = text.lines().map(|line| line.split_whitespace().next());
            owners.filter(|owner| *owner == Some(name)).count()
        };
        let history = self.there.repo.git(&["log", "--format=%B", "main"]);
        for name in &self.acknowledged {
            let told = history.matches(&format!("add A of {name} ")).count();
            assert_eq!((times(name), told), (1, 1), "{name}: {text}\n{history}");
        }
        for name in &self.asked {
            assert!(times(name) <= 1, "{name}: {text}");
        }
        for line in &self.people {
            assert_eq!(text.matches(line).count(), 1, "{line}: {text}");
        }
    }

    /// What changed since any of them, and not the whole zone.
    fn knows_what_was_served(&self, server: SocketAddr) {
        let newest = served_serial(server).expect("it is served");
        for since in self.serials.iter().skip(1).rev().step_by(7).take(20) {
            let words = ["a.example", &format!("IXFR={since}")];
            let told = dig(server, &words).expect("an answer");
            let count = told.lines().filter(|line| is_soa(line)).count();
            assert_eq!(
                count,
                if *since == newest { 1 } else { 4 },
                "{since}: {told}"
            );
        }
    }
}

/// Where it listens; none if it has ended.
fn listens(server: &mut Server) -> Option<SocketAddr> {
    poll(|| {
        let status = server.status();
        let up = status.and_then(|it| Some(it["listen"][0].as_str()?.parse().expect("an address")));
        match (server.has_ended(), up) {
            (true, _) => Ok(None),
            (false, Some(address)) => Ok(Some(address)),
            (false, None) => Err(server.log()),
        }
    })
}

/// Until it is so, or the server has ended.
fn poll_while(server: &mut Server, mut look: impl FnMut() -> bool) -> bool {
    poll(|| match look() || server.has_ended() {
        true => Ok(!server.has_ended()),
        false => Err(server.log()),
    })
}

/// What `dig` is told, a record in a line; none if nobody answers, or not with a record.
fn dig(server: SocketAddr, words: &[&str]) -> Option<String> {
    let port = server.port().to_string();
    let mut command = Command::new("dig");
    command.args(["@127.0.0.1", "-p", &port, "+noall", "+answer", "+comments"]);
    command.args(["+nocmd", "+tries=3", "+time=5"]);
    let output = command.args(words).output().expect("dig is installed");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let is_answered = text.contains("status: NOERROR") || text.lines().any(is_soa);
    let records = text
        .lines()
        .filter(|line| !line.starts_with(';') && !line.is_empty());
    is_answered.then(|| records.map(|line| format!("{line}\n")).collect())
}

fn is_soa(line: &str) -> bool {
    line.split_whitespace().nth(3) == Some("SOA")
}

fn served_serial(server: SocketAddr) -> Option<u32> {
    let told = dig(server, &["a.example", "SOA"])?;
    told.split_whitespace().nth(6)?.parse().ok()
}

fn in_mode(durable: &str) {
    let mut stage = Stage::new(durable);
    stage.recovers();
    let (mut ended, mut gone_on) = (0, 0);
    for (number, fault) in Fault::sample(Fault::all(&CALLS), TRIED).iter().enumerate() {
        match stage.round(number, fault) {
            true => ended += 1,
            false => gone_on += 1,
        }
    }
    println!("{durable}: {ended} ended, {gone_on} went on");
    stage.recovers();
    assert!(ended > 0 && gone_on > 0, "{ended} {gone_on}");
}

#[test]
fn at_any_step_what_is_on_the_disk_is_pushed_once() {
    in_mode("local");
}

#[test]
fn at_any_step_what_is_pushed_is_there_once() {
    in_mode("pushed");
}

//! The program is killed while it takes updates, again and again.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::thread;

use super::*;
use crate::support::{Random, Server};

const NAME: &str = "web._update.a.example";
const SECRET: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
/// Kills in each mode.
const ROUNDS: usize = 8;
/// Updates that are sent one behind the other in a round.
const UPDATES: usize = 12;

pub(crate) fn arguments(there: &There, durable: &str) -> Vec<String> {
    let keys = there.repo.beside("keys");
    fs::write(&keys, format!("{NAME}:SHA256:{SECRET}\n")).expect("written");
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o600)).expect("it is ours");
    let (keys, state) = (
        keys.display().to_string(),
        there.state().display().to_string(),
    );
    let arguments = [
        ["--listen", "127.0.0.1:0"],
        ["--poll", "1"],
        ["--remote-timeout", "5"],
        ["--rate-limit", "off"],
        ["--state-dir", &state],
        ["--keys", &keys],
        ["--durable", durable],
    ];
    arguments.concat().into_iter().map(str::to_owned).collect()
}

fn start(there: &There, durable: &str) -> Server {
    let arguments = arguments(there, durable);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    Server::start_on(&["env"], &there.repo, &there.url(), &arguments)
}

/// What `nsupdate` complains of when it adds an address; nothing if that was acknowledged.
pub(crate) fn play(port: u16, name: &str, patience_secs: u32) -> String {
    let key = format!("hmac-sha256:{NAME}:{SECRET}");
    let mut client = Command::new("nsupdate");
    client.args(["-v", "-t", &patience_secs.to_string(), "-y", &key]);
    let streams = client.stdin(Stdio::piped()).stdout(Stdio::null());
    let mut child = streams.stderr(Stdio::piped()).spawn().expect("it starts");
    let mut input = child.stdin.take().expect("it reads");
    let script = format!(
        "server 127.0.0.1 {port}\nzone a.example\nupdate add {name}.a.example. 60 A 192.0.2.2\nsend\n"
    );
    // One that has left already says so by its status.
    let _ = input.write_all(script.as_bytes());
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    match output.status.success() {
        true => String::new(),
        false => format!("{}: {said}", output.status),
    }
}

/// Sends updates one after the other, as long as they are acknowledged; gives the names that were.
pub(crate) fn send(port: u16, mut names: Vec<String>) -> Vec<String> {
    let refused = names
        .iter()
        .position(|name| !play(port, name, 20).is_empty());
    names.truncate(refused.unwrap_or(names.len()));
    names
}

fn in_mode(durable: &str) {
    let there = There::new();
    let mut dice = Random::seeded(11);
    let mut acknowledged = BTreeSet::new();
    let mut sent = BTreeSet::new();
    for round in 0..ROUNDS {
        let server = start(&there, durable);
        let port = server.addresses[0].port();
        let names: Vec<String> = (0..UPDATES).map(|n| format!("h{round}-{n}")).collect();
        sent.extend(names.iter().cloned());
        // It is killed when so many are there, and a little later.
        let last = names[1 + dice.below(UPDATES - 2)].clone();
        let sending = thread::spawn(move || send(port, names));
        poll(|| {
            let served = server.ask(&format!("{last}.a.example"));
            match served.addresses.is_empty() && !sending.is_finished() {
                true => Err(server.log()),
                false => Ok(()),
            }
        });
        if round % 3 == 0 {
            there.person_adds("b.example", &format!("p{round} A 192.0.2.3"));
        }
        thread::sleep(Duration::from_micros(dice.below(20_000) as u64));
        server.signal("-KILL");
        drop(server);
        acknowledged.extend(sending.join().expect("it sends"));
    }
    let server = start(&there, durable);
    poll(|| {
        let status = server.status().expect("a status");
        let (tip, remote) = (there.tip(), &status["remote"]);
        match remote["backlog"] == 0 && status["commit"]["id"] == tip.as_str() {
            true => Ok(()),
            false => Err(server.log()),
        }
    });
    server.stop();
    let text = there.text("a.example");
    let times = |name: &str| {
        let lines = text.lines();
        lines
            .filter(|line| line.split_whitespace().next() == Some(name))
            .count()
    };
    for name in &acknowledged {
        assert_eq!(times(name), 1, "{name}: {text}");
    }
    for name in &sent {
        assert!(times(name) <= 1, "{name}: {text}");
    }
    // Each is told once in history.
    let history = there.repo.git(&["log", "--format=%B", "main"]);
    for name in &acknowledged {
        let line = format!("add A of {name} ");
        assert_eq!(history.matches(&line).count(), 1, "{name}: {history}");
    }
    assert!(acknowledged.len() >= ROUNDS, "{acknowledged:?}");
    is_sound(&there.repo);
    let mirror = there.state().join("mirror.git");
    let mirror = mirror.to_str().expect("UTF-8");
    there
        .repo
        .git(&["-C", mirror, "fsck", "--full", "--strict", "--no-dangling"]);
}

#[test]
fn what_is_on_the_disk_when_it_is_acknowledged_is_pushed_once() {
    in_mode("local");
}

#[test]
fn what_is_pushed_when_it_is_acknowledged_is_there_once() {
    in_mode("pushed");
}

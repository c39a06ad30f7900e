//! Names that are served and never committed, by updates inside the process: layers, versions, restarts.

use std::net::SocketAddr;
use std::process::Command;

use primary::Answer;
use testbed::{clock, poll};

use crate::asking::{Change, Running, commit_line};
use crate::support::{Repo, Server, ask_serial, zone};
use crate::{commits, is_acknowledged, refused, sent};

pub(crate) const CHALLENGE: &str = "_acme-challenge.www";

/// What `dig +short` says.
pub(crate) fn dig(server: SocketAddr, words: &[&str]) -> Vec<String> {
    let mut command = Command::new("dig");
    let (ip, port) = (format!("@{}", server.ip()), server.port().to_string());
    command.args([&ip, "-p", &port, "+short", "+tries=3"]);
    let output = command.args(words).output().expect("dig starts");
    let text = String::from_utf8(output.stdout).expect("text");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

fn start(repo: &Repo) -> Running {
    let state = repo.beside("state");
    Running::start_with(repo, |mut config| {
        config.state_dir = Some(state);
        config
    })
}

fn challenge(running: &Running) -> Vec<String> {
    let name = format!("{CHALLENGE}.a.example");
    dig(running.primary.addresses()[0], &[&name, "TXT"])
}

fn serial(running: &Running) -> u32 {
    running.served()[0].1.expect("it is served")
}

fn ephemeral(running: &Running) -> usize {
    running.primary.status().zones[0].ephemeral
}

fn is_ephemeral(answer: &Answer) -> bool {
    matches!(answer, Answer::Ephemeral(_))
}

fn txt(data: &str) -> String {
    format!("{CHALLENGE} TXT \"{data}\"")
}

fn repo() -> Repo {
    let repo = Repo::new();
    repo.commit(&[("a.example", &zone(7, "192.0.2.1"))]);
    repo
}

/// Waits until a person's commit is taken in.
fn pushed(running: &Running, id: &str) {
    poll(|| match running.primary.status().commit {
        Some(commit) if commit.id == id => Ok(()),
        other => Err(format!("{other:?}")),
    });
}

#[test]
fn they_are_served_and_not_committed_also_after_a_restart() {
    let repo = repo();
    let mut running = start(&repo);
    let before = commits(&repo);
    for data in ["one", "two"] {
        assert!(is_ephemeral(
            &running.ask("a.example", Change::new().add(&txt(data)))
        ));
    }
    assert_eq!((challenge(&running).len(), serial(&running)), (2, 9));
    // What is there already is no version.
    let again = running.ask("a.example", Change::new().add(&txt("two")));
    assert_eq!((again, serial(&running)), (Answer::Unchanged, 9));
    assert!(is_ephemeral(
        &running.ask("a.example", Change::new().remove(&txt("one")))
    ));
    for _ in 0..2 {
        assert_eq!(challenge(&running), ["\"two\""]);
        assert_eq!((serial(&running), ephemeral(&running)), (10, 1));
        assert_eq!(
            ask_serial(running.primary.addresses()[0], "a.example"),
            Some(10)
        );
        running.primary.stop();
        running = start(&repo);
    }
    assert!(is_ephemeral(
        &running.ask("a.example", Change::new().remove(&txt("two")))
    ));
    assert_eq!((challenge(&running).len(), serial(&running)), (0, 11));
    assert_eq!(commits(&repo), before);
    running.primary.stop();
    let running = start(&repo);
    assert_eq!((challenge(&running).len(), serial(&running)), (0, 11));
    running.primary.stop();
}

/// Without a place where they could be kept.
#[test]
fn without_a_state_directory_they_are_committed() {
    let repo = repo();
    let running = Running::start(&repo);
    let answer = running.ask("a.example", Change::new().add(&txt("one")));
    assert!(is_acknowledged(&answer), "{answer:?}");
    assert_eq!((commits(&repo), challenge(&running).len()), (2, 1));
    running.primary.stop();
}

/// One update, one version: the commit has its part, and what lies above the other.
#[test]
fn an_update_of_both_is_one_version() {
    let repo = repo();
    let running = start(&repo);
    let both = Change::new().add(&txt("one")).add("new A 192.0.2.9");
    let answer = running.ask("a.example", both);
    assert!(is_acknowledged(&answer), "{answer:?}");
    assert_eq!(serial(&running), 8);
    assert_eq!(challenge(&running), ["\"one\""]);
    let changed = repo.git(&["diff", "--unified=0", "main~", "main"]);
    assert!(
        changed.contains("192.0.2.9") && !changed.contains("acme"),
        "{changed}"
    );
    running.primary.stop();
    let running = start(&repo);
    assert_eq!((serial(&running), challenge(&running).len()), (8, 1));
    running.primary.stop();
}

#[test]
fn what_people_commit_lies_below() {
    let repo = repo();
    let running = start(&repo);
    assert!(is_ephemeral(
        &running.ask("a.example", Change::new().add(&txt("one")))
    ));
    // Of both, whatever their TTL: the one of the text.
    let id = commit_line(
        &repo,
        "a.example",
        &format!("{CHALLENGE} 60 TXT \"by hand\""),
    );
    pushed(&running, &id);
    assert_eq!(challenge(&running), ["\"by hand\"", "\"one\""]);
    assert_eq!(serial(&running), 9);
    // Taken away from where it is.
    let answer = running.ask(
        "a.example",
        Change::new().remove(&format!("{CHALLENGE} TXT \"by hand\"")),
    );
    assert!(is_acknowledged(&answer), "{answer:?}");
    assert_eq!(challenge(&running), ["\"one\""]);
    assert!(!repo.git(&["show", "main:a.example"]).contains("by hand"));
    // Where both cannot be, the text is right, and what lay above does not come back.
    let id = commit_line(
        &repo,
        "a.example",
        &format!("{CHALLENGE} CNAME elsewhere.example."),
    );
    pushed(&running, &id);
    assert_eq!(
        (challenge(&running), ephemeral(&running)),
        (vec!["elsewhere.example.".to_owned()], 0)
    );
    let text = repo.git(&["show", "main~:a.example"]);
    pushed(&running, &repo.commit(&[("a.example", &text)]));
    assert_eq!(challenge(&running).len(), 0);
    running.primary.stop();
}

#[test]
fn a_zone_takes_what_lay_above_along() {
    let repo = repo();
    let running = start(&repo);
    assert!(is_ephemeral(
        &running.ask("a.example", Change::new().add(&txt("one")))
    ));
    let text = zone(1, "192.0.2.1");
    pushed(&running, &repo.commit(&[("b.example", &text)]));
    pushed(
        &running,
        &repo.commit(&[("a.example", &text), ("b.example", &text)]),
    );
    assert_eq!((challenge(&running).len(), ephemeral(&running)), (0, 0));
    assert!(serial(&running) > 8, "{}", serial(&running));
    running.primary.stop();
}

#[test]
fn the_policy_says_which_names() {
    let repo = Repo::new();
    let policy = "durable TXT _acme-challenge.www.a.example\nephemeral A *.dyn.a.example\n";
    let text = zone(7, "192.0.2.1");
    repo.commit(&[("a.example", &text), (".zonepolicy", policy)]);
    let running = start(&repo);
    assert!(is_acknowledged(
        &running.ask("a.example", Change::new().add(&txt("one")))
    ));
    assert!(is_ephemeral(
        &running.ask("a.example", Change::new().add("h.dyn A 192.0.2.9"))
    ));
    assert_eq!((commits(&repo), serial(&running)), (2, 9));
    running.primary.stop();
}

/// What is behind the damage is not known, so what is served is another version: the serial says so.
#[test]
fn with_a_damaged_journal_zones_take_another_serial() {
    let repo = repo();
    let running = start(&repo);
    for data in ["one", "two", "three"] {
        assert!(is_ephemeral(
            &running.ask("a.example", Change::new().add(&txt(data)))
        ));
    }
    running.primary.stop();
    let path = repo.beside("state").join("versions");
    let mut octets = std::fs::read(&path).expect("it is there");
    // In the last piece but one.
    let pieces = octets.windows(6).enumerate();
    let pieces: Vec<usize> = pieces
        .filter(|(_, octets)| octets == b"piece ")
        .map(|(at, _)| at)
        .collect();
    octets[pieces[pieces.len() - 2] + 40] ^= 1;
    std::fs::write(&path, octets).expect("written");
    let mut running = start(&repo);
    let now = serial(&running);
    assert!((11..30).contains(&now), "{now} after 10");
    for _ in 0..2 {
        assert_eq!((challenge(&running).len(), serial(&running)), (1, now));
        running.primary.stop();
        running = start(&repo);
    }
    running.primary.stop();
}

/// More than a month after they were asked for, by the clock of the machine.
#[test]
fn what_nobody_takes_away_goes_by_itself() {
    let repo = repo();
    let state = repo.beside("state").display().to_string();
    let server = sent::start(&repo, &["--state-dir", &state]);
    let script = format!("update add {CHALLENGE}.a.example. 60 TXT one");
    let output = sent::play(&["nsupdate"], server.addresses[0], &script);
    assert!(output.status.success(), "{output:?}");
    server.stop();
    let keys = sent::key_file(&repo).display().to_string();
    for (days, left) in [(29, 1), (31, 0)] {
        let under = clock::words(&clock::off_by(&format!("+{days}d")));
        let under: Vec<&str> = under.iter().map(String::as_str).collect();
        let options = [
            "--listen",
            "127.0.0.1:0",
            "--state-dir",
            &state,
            "--keys",
            &keys,
        ];
        let server = Server::start_under(&under, &repo, &options);
        let status = server.wait_for(|status| status["zones"][0]["ephemeral"] == left);
        assert_eq!(status["zones"][0]["serial"], 9 - left);
        server.stop();
    }
}

#[test]
fn what_cannot_be_served_is_refused_and_there_are_only_so_many() {
    let repo = Repo::new();
    let text = zone(7, "192.0.2.1") + "sub NS ns.elsewhere.example.\n";
    let sealed = zone(7, "192.0.2.1") + &format!("@ ZONEMD 7 1 240 {}\n", "0".repeat(96));
    // What is said twice is served once.
    let twice = zone(7, "192.0.2.1") + "www A 192.0.2.1\nalias CNAME www\n";
    let files = [
        ("a.example", &*text),
        ("b.example", &sealed),
        ("c.example", &twice),
    ];
    repo.commit(&files);
    let running = start(&repo);
    let odd = running.ask("c.example", Change::new().add(&txt("one")));
    assert!(is_ephemeral(&odd), "{odd:?}");
    let name = format!("{CHALLENGE}.c.example");
    let served = dig(running.primary.addresses()[0], &[&name, "TXT"]);
    assert_eq!(served, ["\"one\""]);
    let below_a_cut = Change::new().add("_acme-challenge.x.sub TXT \"one\"");
    refused(&running.ask("a.example", below_a_cut));
    let many = |count: u32| {
        (0..count).fold(Change::new(), |change, number| {
            change.add(&txt(&number.to_string()))
        })
    };
    let (_, text) = refused(&running.ask("a.example", many(1_001)));
    assert!(text.contains("1000 ephemeral records"), "{text}");
    assert_eq!(serial(&running), 7);
    assert!(is_ephemeral(&running.ask("a.example", many(1_000))));
    refused(&running.ask("a.example", Change::new().add(&txt("more"))));
    assert_eq!((serial(&running), ephemeral(&running)), (8, 1_000));
    // A digest that cannot be made here is of the text.
    let answer = running.ask("b.example", Change::new().add(&txt("one")));
    assert!(is_acknowledged(&answer), "{answer:?}");
    running.primary.stop();
}

//! `serial`: what it tells, and that a primary has served just that.

use crate::desk::{Desk, Ran};
use primary::{Config, Edges, Event, Primary, Standing};
use serde_json::Value;
use server::ControlSocket;
use std::fs;
use std::sync::mpsc::{self, Receiver};
use testbed::{PATIENCE, Random};

const NAME: &str = "example.org";

fn zone(serial: u32, address: u32) -> String {
    format!(
        "$TTL 1h\n@ SOA ns1 hostmaster {serial} 1h 15m 2w 5m\n@ NS ns1\n@ NS ns2\nns1 A 192.0.2.53\nns2 A 192.0.2.54\nwww A 192.0.2.{address}\n"
    )
}

fn empty() -> Desk {
    let desk = Desk::new();
    desk.git("", &["init", "-q", "-b", "main", "dns"])
        .succeeded();
    desk
}

/// Makes a commit of these files at noon of a day of November 2026 (UTC), so that its id is always the same.
fn commit(desk: &Desk, day: u32, files: &[(&str, &str)]) -> String {
    let _ = fs::remove_dir_all(desk.path("dns/zones"));
    fs::create_dir(desk.path("dns/zones")).unwrap();
    for (path, text) in files {
        desk.write(&format!("dns/zones/{path}"), text);
    }
    let date = format!("2026-11-{day:02}T12:00:00Z");
    let words = format!(
        "git add -A && GIT_AUTHOR_DATE={date} GIT_COMMITTER_DATE={date} git commit -q --allow-empty -m 'Day {day}' && git rev-parse HEAD"
    );
    desk.shell("dns", &words).succeeded().out.trim().to_owned()
}

/// Raised, forgotten, broken, away, back, lowered.
fn with_history() -> Desk {
    let desk = empty();
    for (day, text) in (1..).zip([
        Some(zone(7, 1)),
        Some(zone(9, 2)),
        Some(zone(9, 3)),
        Some("garbage\n".into()),
        None,
        Some(zone(9, 4)),
        Some(zone(2, 5)),
    ]) {
        let files = text.as_deref().map(|text| (NAME, text));
        commit(&desk, day, files.as_slice());
    }
    desk
}

fn both(ran: &Ran) -> String {
    format!("{}----\n{}", ran.out, ran.err)
}

#[test]
fn versions_are_listed_newest_first() {
    let desk = with_history();
    let ran = desk.zonetool("dns", &["serial", NAME]).succeeded();
    insta::assert_snapshot!("serial-list", both(&ran));
    let ran = desk.zonetool("dns", &["serial", NAME, "--limit", "2", "--format", "json"]);
    insta::assert_snapshot!("serial-list-json", ran.succeeded().out);
}

#[test]
fn both_ways() {
    let desk = with_history();
    let line = |which: &str| {
        let ran = desk.zonetool("dns", &["serial", NAME, which]);
        ran.succeeded().out.trim().to_owned()
    };
    assert!(line("13").ends_with(": Day 7 (the file says 2)"));
    assert!(line("HEAD").starts_with("13 "));
    assert!(line("9").ends_with(": Day 2"));
    assert!(line("HEAD~5").starts_with("9 "));
    // One that was not right, and so is served as the one before it.
    assert_eq!(line("HEAD~3"), line("10"));
    let id = desk.git("dns", &["rev-parse", "HEAD~4"]).succeeded().out;
    assert!(line(&id.trim()[..12]).starts_with("10 "));
}

#[test]
fn what_there_is_not_is_said_with_a_next_step() {
    let desk = with_history();
    for (name, words, code) in [
        ("never", ["serial", NAME, "8"], 1),
        ("beyond", ["serial", NAME, "4294967295"], 1),
        ("not-right", ["serial", NAME, "11"], 1),
        ("gone", ["serial", NAME, "HEAD~2"], 1),
        ("no-zone", ["serial", "example.net", "HEAD"], 1),
        ("no-commit", ["serial", NAME, "none"], 2),
        ("no-name", ["serial", "a..b", "1"], 2),
    ] {
        let ran = desk.zonetool("dns", &words).exited(code);
        assert!(ran.out.is_empty());
        insta::assert_snapshot!(format!("serial-{name}"), ran.err);
    }
    let ids = desk.git("dns", &["rev-list", "--all", "--objects"]).out;
    let lines = || ids.lines().map(|line| &line[..40]);
    let twin = lines().find(|id| lines().any(|other| other != *id && other[..1] == id[..1]));
    let digit = &twin.unwrap()[..1];
    // One digit is too short for Git, too, so it names nothing, rather than several.
    let ran = desk.zonetool("dns", &["serial", NAME, &format!("{digit}~0")]);
    assert!(ran.exited(2).err.contains("next: list commits"));
}

#[test]
fn a_shallow_clone_says_that_it_lacks_history() {
    let desk = with_history();
    desk.shell("", "git clone -q --depth 2 \"file://$PWD/dns\" shallow")
        .succeeded();
    let ran = desk.zonetool("shallow", &["serial", NAME]).succeeded();
    insta::assert_snapshot!("serial-shallow", both(&ran));
}

/// A server inside the test, and what it tells.
struct Running {
    primary: Primary,
    told: Receiver<Event>,
}

impl Running {
    fn start(desk: &Desk) -> Running {
        let (sender, told) = mpsc::channel();
        let edges = Edges::of_the_system().unwrap().on_event(move |event| {
            // After the test has ended nobody listens.
            let _ = sender.send(event.clone());
        });
        let dns = desk.path("dns");
        let location = git_store::Location::parse(dns.to_str().unwrap()).unwrap();
        let mut config = Config {
            state_dir: Some(desk.path("state")),
            ..Config::new(location, ["127.0.0.1:0".parse().unwrap()])
        };
        config.server.control = Some(ControlSocket {
            path: desk.path("control"),
            is_required: true,
        });
        let primary = primary::run(config, edges).unwrap();
        Running { primary, told }
    }

    /// What is served of the zone at this commit, once it is read.
    fn serial_at(&self, id: &str) -> Option<u32> {
        while self
            .primary
            .status()
            .commit
            .is_none_or(|commit| commit.id != id)
        {
            self.told.recv_timeout(PATIENCE).expect("told in time");
        }
        let zones = self.primary.status().zones;
        let zone = zones.iter().find(|zone| zone.zone == "example.org.")?;
        zone.serial.filter(|_| zone.standing != Standing::NotServed)
    }
}

/// The files of the zone in one of the states that it can be in.
fn files_of(dice: &mut Random, address: u32) -> Vec<(&'static str, String)> {
    let stated = [1, 5, 100, u32::MAX - 1, 0x9000_0000][dice.below(5)] + dice.below(2) as u32;
    let good = zone(stated, address);
    let included = format!("{good}$INCLUDE example.org.d/part\n");
    match dice.below(9) {
        0..=2 => vec![(NAME, good)],
        3 => vec![("folder/example.org", good)],
        4 => vec![
            (NAME, included),
            ("example.org.d/part", format!("h A 192.0.2.{address}\n")),
        ],
        5 => vec![(NAME, included), ("example.org.d/part", "h A 192\n".into())],
        6 => vec![(NAME, "garbage\n".into())],
        7 => vec![(NAME, good.clone()), ("folder/example.org", good)],
        _ => Vec::new(),
    }
}

fn told(desk: &Desk, words: &[&str]) -> Option<Value> {
    let words = [&["serial", NAME], words, &["--format", "json"]].concat();
    let ran = desk.zonetool("dns", &words);
    (ran.code == 0).then(|| ran.json()["versions"][0].clone())
}

/// Whatever happens to a zone: asked for any commit it tells what the primary served when that was the newest, and asked
/// for that serial it tells a commit that was served with it.
#[test]
fn a_primary_has_served_what_is_told() {
    let desk = empty();
    let mut dice = Random::seeded(20_261_121);
    let first = commit(&desk, 1, &[]);
    let running = Running::start(&desk);
    assert_eq!(running.serial_at(&first), None);
    let mut served = Vec::new();
    for address in 1..=60 {
        let files = files_of(&mut dice, address);
        let files: Vec<_> = files.iter().map(|(path, text)| (*path, &**text)).collect();
        let id = commit(&desk, 1 + address % 30, &files);
        served.push((running.serial_at(&id), id));
    }
    let state = desk.path("state");
    for state_dir in [&[][..], &["--state-dir", state.to_str().unwrap()]] {
        for (serial, id) in &served {
            let of_commit = told(&desk, &[&[id.as_str()], state_dir].concat());
            let of_commit = of_commit.map(|version| version["serial"].as_u64().unwrap());
            assert_eq!(of_commit, serial.map(u64::from), "{id}");
        }
    }
    let good = served.iter().filter_map(|(serial, _)| *serial);
    let good: Vec<u32> = good.collect();
    assert!(good.len() > 40, "the history is worth something: {good:?}");
    for serial in good {
        let commit = told(&desk, &[&serial.to_string()]).unwrap()["commit"].clone();
        let with = served.iter().find(|(_, id)| commit == id.as_str()).unwrap();
        assert_eq!(with.0, Some(serial));
    }
}

/// Of a history that was rewritten and accepted only the state directory knows how far the serials had come.
#[test]
fn a_state_directory_tells_what_history_does_not() {
    let desk = empty();
    let ids: Vec<String> = (1..=4)
        .map(|day| commit(&desk, day, &[(NAME, &zone(7, day))]))
        .collect();
    let running = Running::start(&desk);
    assert_eq!(running.serial_at(&ids[3]), Some(10));
    desk.git("dns", &["reset", "-q", "--hard", &ids[0]])
        .succeeded();
    let other = commit(&desk, 9, &[(NAME, &zone(7, 9))]);
    while running.primary.status().refused.is_none() {
        running.told.recv_timeout(PATIENCE).expect("told in time");
    }
    let accept = |id: &str| desk.zonetool("", &["accept", id, "--control", "control"]);
    let ran = accept(&ids[1]).exited(1);
    assert!(
        ran.err.contains("next: see which one is refused"),
        "{}",
        ran.err
    );
    let ran = accept(&other[..8]).succeeded();
    assert!(
        ran.out.starts_with(&format!("accepted {other}")),
        "{}",
        ran.out
    );
    assert_eq!(running.serial_at(&other), Some(11));
    let state = desk.path("state");
    let with_state = ["--state-dir", state.to_str().unwrap()];
    let serial = |words: &[&str]| told(&desk, words).unwrap()["serial"].as_u64();
    assert_eq!(serial(&["HEAD"]), Some(8), "by history alone");
    assert_eq!(serial(&[&["HEAD"], &with_state[..]].concat()), Some(11));
    let newest = told(&desk, &[&["11"], &with_state[..]].concat()).unwrap();
    assert_eq!(newest["commit"], other.as_str());
    // What would be served next; and a branch that the server never followed.
    running.primary.stop();
    commit(&desk, 10, &[(NAME, &zone(3, 10))]);
    assert_eq!(serial(&with_state), Some(12));
    desk.git("dns", &["checkout", "-q", &ids[3]]).succeeded();
    let ran = desk.zonetool("dns", &[&["serial", NAME], &with_state[..]].concat());
    assert!(ran.succeeded().err.contains("is of another history"));
}

/// Objects that `serial` opens. Each folder of a commit is one, as nothing here is packed.
fn objects_opened(desk: &Desk, versions: u32) -> usize {
    let trace = desk.path("trace");
    let mut strace = desk.command("strace", "dns");
    strace.args(["-f", "-qq", "-e", "trace=openat", "-o"]);
    strace.arg(&trace).arg(crate::desk::ZONETOOL);
    strace.args(["serial", NAME, "--limit", "100"]);
    let ran = Ran::from(strace.output().unwrap()).succeeded();
    assert_eq!(ran.out.lines().count(), versions as usize, "{}", ran.out);
    let trace = fs::read_to_string(trace).unwrap();
    let is_object = |line: &&str| line.contains("/objects/") && !line.contains("ENOENT");
    trace.lines().filter(is_object).count()
}

#[test]
fn a_version_more_does_not_read_all_folders_again() {
    const FOLDERS: usize = 200;
    let desk = empty();
    for folder in 0..FOLDERS {
        let path = format!("dns/zones/{folder}/z{folder}.example");
        desk.write(&path, zone(1, 1));
    }
    let mut versions = 0;
    let mut go_on = |until: u32| {
        while versions < until {
            versions += 1;
            desk.write("dns/zones/0/example.org", zone(versions, versions));
            desk.commit("Go on");
        }
    };
    go_on(2);
    let few = objects_opened(&desk, 2);
    assert!(few > FOLDERS, "they are read once: {few}");
    go_on(12);
    let many = objects_opened(&desk, 12);
    let each = many.saturating_sub(few) / 10;
    assert!(each < FOLDERS / 4, "{each} for each version more");
}

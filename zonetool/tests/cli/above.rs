//! `wait`, `serial` and `verify` where records above commits have taken serials.

use crate::desk::{Desk, Ran};
use crate::servers::KEY;
use primary::{Config, Edges, Primary};
use std::sync::Arc;

const ZONE: &str = "$TTL 300\n@ SOA ns hostmaster 7 3600 600 86400 60\n@ NS ns\nns A 127.0.0.1\n";

/// A primary that takes updates, and a clone of its repository.
pub(crate) struct Scene {
    desk: Desk,
    primary: Primary,
}

impl Scene {
    pub(crate) fn begin(more: &str) -> Scene {
        let desk = Desk::with_repository();
        desk.write("dns/zones/a.test", format!("{ZONE}{more}"));
        desk.write("dns/.zonepolicy", "ephemeral A brief.*\n");
        desk.commit("First");
        desk.git("", &["clone", "-q", "--bare", "dns", "zones.git"])
            .succeeded();
        let branch = desk.git("dns", &["branch", "--show-current"]).out;
        let place = format!("{}#{}", desk.path("zones.git").display(), branch.trim());
        let location = git_store::Location::parse(&place).unwrap();
        let mut config = Config {
            state_dir: Some(desk.path("state")),
            takes_updates: true,
            ..Config::new(location, ["127.0.0.1:0".parse().unwrap()])
        };
        config.server.keys.said = vec![Arc::new(tsig::text::read_key(KEY).unwrap())];
        config.server.allow_transfer = vec!["127.0.0.0/8".parse().unwrap()];
        let primary = primary::run(config, Edges::of_the_system().unwrap()).unwrap();
        Scene { desk, primary }
    }

    fn address(&self) -> String {
        self.primary.addresses()[0].to_string()
    }

    pub(crate) fn change(&self, words: &[&str]) -> Ran {
        let at = format!("@{}", self.address());
        let all = [&["update", &at, "--zone", "a.test", "--key", KEY], words].concat();
        self.desk.zonetool("", &all).succeeded()
    }

    fn commit(&self, line: &str) {
        self.desk.append("dns/zones/a.test", &format!("{line}\n"));
        self.desk.commit("A line");
    }

    fn push(&self) {
        self.desk
            .git("dns", &["push", "-q", "../zones.git", "HEAD"])
            .succeeded();
    }

    fn run(&self, words: &[&str]) -> Ran {
        let state = self.desk.path("state");
        let with_state = ["--state-dir", state.to_str().unwrap()];
        self.desk.zonetool("dns", &[words, &with_state].concat())
    }

    fn wait(&self, commit: &str, secs: &str) -> Ran {
        let address = self.address();
        let words = ["wait", commit, "--zone", "a.test", "--ns", &address];
        let more = ["--format", "json", "--timeout", secs];
        self.run(&[&words[..], &more].concat())
    }
}

/// Three challenges have taken the serials 8, 9 and 10, so that of history alone the next commit would seem to be there.
#[test]
fn a_commit_is_there_when_its_own_serial_is() {
    let scene = Scene::begin("");
    for number in 0..3 {
        scene.change(&["--add", &format!("_acme-challenge 60 TXT {number}")]);
    }
    scene.commit("www A 192.0.2.1");
    let ran = scene.wait("HEAD", "1").exited(1);
    assert!(
        ran.err.contains("has not taken the commit in"),
        "{}",
        ran.err
    );
    scene.push();
    let wanted =
        |commit: &str| scene.wait(commit, "60").succeeded().json()["servers"][0]["wanted"].clone();
    assert_eq!(wanted("HEAD"), 11);
    scene.change(&["--delete", "_acme-challenge TXT"]);
    scene.change(&["--add", "brief.www 60 A 192.0.2.9"]);
    assert_eq!(
        [wanted("HEAD"), wanted("HEAD~1")],
        [11.into(), 7.into()] as [serde_json::Value; 2]
    );
    let ran = scene.run(&["serial", "a.test"]).succeeded();
    let listed: Vec<_> = ran.out.lines().collect();
    for (line, (serial, until)) in listed.iter().zip([(11, 13), (7, 10)]) {
        assert!(line.trim().starts_with(&serial.to_string()), "{line}");
        assert!(
            line.ends_with(&format!("(to {until} with ephemeral records)")),
            "{line}"
        );
    }
    let of = |serial: &str| {
        scene
            .run(&["serial", "a.test", serial, "--format", "json"])
            .succeeded()
            .json()
    };
    for (serial, first) in [("9", 7), ("12", 11), ("13", 11)] {
        assert_eq!(of(serial)["versions"][0]["serial"], first, "{serial}");
    }
    scene.run(&["serial", "a.test", "14"]).exited(1);
    scene.primary.stop();
}

/// What a person has pushed beside an update becomes the second parent of a merge.
#[test]
fn a_commit_that_was_merged_is_served_as_the_merge() {
    let scene = Scene::begin("");
    scene.change(&["--add", "_acme-challenge 60 TXT one"]);
    scene.change(&["--add", "www 60 A 192.0.2.2"]);
    scene
        .desk
        .git("dns", &["fetch", "-q", "../zones.git"])
        .succeeded();
    scene
        .desk
        .replace("dns/zones/a.test", "hostmaster", "postmaster");
    scene.desk.commit("Another mailbox");
    let merge = ["merge", "-q", "--no-edit", "FETCH_HEAD"];
    let ours = scene.desk.git("dns", &["rev-parse", "HEAD"]).out;
    scene
        .desk
        .git("dns", &["checkout", "-q", "-b", "merged", "FETCH_HEAD"])
        .succeeded();
    scene
        .desk
        .git("dns", &[&merge[..3], &[ours.trim()]].concat())
        .succeeded();
    let branch = scene
        .desk
        .git("zones.git", &["branch", "--show-current"])
        .out;
    let target = format!("HEAD:{}", branch.trim());
    scene
        .desk
        .git("dns", &["push", "-q", "../zones.git", &target])
        .succeeded();
    let json = scene.wait(ours.trim(), "60").succeeded().json();
    assert_eq!(json["servers"][0]["wanted"], 10);
    scene.primary.stop();
}

#[test]
fn ephemeral_records_are_no_difference() {
    let digest = format!("@ ZONEMD 7 1 1 {}\n", "00".repeat(48));
    for digest in ["", &digest] {
        let scene = Scene::begin(digest);
        scene.change(&["--add", "_acme-challenge 60 TXT one"]);
        scene.change(&["--add", "brief.www 60 A 192.0.2.9"]);
        let address = scene.address();
        let words = ["verify", "--zone", "a.test", "--ns", &address];
        let ran = scene.run(&words).succeeded();
        assert!(ran.out.contains(": the same, serial 9, "), "{}", ran.out);
        assert!(
            ran.out.contains(" and 2 ephemeral, transferred"),
            "{}",
            ran.out
        );
        let json = scene
            .run(&[&words[..], &["--format", "json"]].concat())
            .json();
        let name = &json["servers"][0]["ephemeral"][0]["name"];
        assert_eq!(name, "_acme-challenge.a.test.");
        // Another record is one, and without the state directory so is the serial.
        scene.change(&["--add", "other 60 A 192.0.2.9"]);
        let ran = scene.run(&words).exited(1);
        assert!(
            ran.out.contains("+ other.a.test. 60 IN A 192.0.2.9"),
            "{}",
            ran.out
        );
        assert!(!ran.out.contains("_acme"), "{}", ran.out);
        scene.primary.stop();
    }
}

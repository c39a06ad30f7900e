#![forbid(unsafe_code)]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test: a panic and a print are its output"
)]
//! What operators live through, with the real programs: zonetool, git, its hooks, the primary, and questions over UDP.

mod keys;

use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;
use testbed::wait_until;
use tests::name::Name;
use tests::peers::{Peer, Server};
use tests::process::{must_run, our_program, run};
use tests::question::{Edns, Question};
use tests::reply::Reply;
use tests::repository::{Repository, git};

const A: u16 = 1;
const SOA: u16 = 6;
const TXT: u16 = 16;
const NSID: u16 = 3;

/// A commit is served within moments; a loaded machine may take its time.
const SOON: Duration = Duration::from_secs(30);

const ZONE: &str = "zones/example.org";

#[test]
fn from_init_to_a_served_commit() {
    let home = Home::new();
    let primary = home.primary();
    let commit = home.edit(2, "new A 192.0.2.77\n");
    must_run(home.work.git().args(["push", "--quiet", "origin", "main"]));
    home.wait_for(&primary, &commit);
    let reply = primary.ask(&question("NEW.example.org", A));
    assert!(reply.aa && reply.rcode == 0, "{reply}");
    assert_eq!(reply.answer[0].rdata, [192, 0, 2, 77]);
}

#[test]
fn the_hook_refuses_a_broken_push_and_the_old_zone_stays() {
    let home = Home::new();
    let primary = home.primary();
    let served = home.work.head();
    home.edit(2, "bad A 192.0.2\n");
    let (pushed, said) = run(home.work.git().args(["push", "origin", "main"]));
    assert!(!pushed, "{said}");
    let place = format!("{ZONE}:{}:", home.work.read(ZONE).lines().count());
    assert!(
        said.contains("bad-address") && said.contains(&place),
        "{said}"
    );
    assert_eq!(revision(&primary), served);
}

#[test]
fn the_pre_commit_hook_refuses_what_the_push_would() {
    let home = Home::new();
    must_run(
        our_program("zonetool")
            .args(["hook", "install"])
            .arg(home.work.path()),
    );
    home.append(2, "bad A 192.0.2\n");
    let (committed, said) = run(home.work.git().args(["commit", "--all", "-m", "A mistake"]));
    assert!(!committed && said.contains("bad-address"), "{said}");
}

/// Somebody with access to the disk goes around the hook: the mistake holds back its own zone and no other.
#[test]
fn a_broken_commit_around_the_hook_keeps_the_last_good_zone() {
    let home = Home::new();
    home.work.write("zones/example.net", zone(1, "").as_bytes());
    home.push_around_the_hook("A second zone");
    let primary = home.primary();

    home.append(2, "bad A 192.0.2\n");
    home.work
        .write("zones/example.net", zone(2, "new A 192.0.2.2\n").as_bytes());
    home.push_around_the_hook("A mistake and a change");
    wait_until(SOON, || serial(&primary, "example.net") == 2);
    assert_eq!(
        (
            serial(&primary, "example.org"),
            serial(&primary, "example.net")
        ),
        (1, 2)
    );
    let (good, status) = home.status(&primary);
    assert!(
        !good && status.contains("bad-address") && status.contains("Olivia Operator"),
        "{status}"
    );

    must_run(home.work.git().args(["revert", "--no-edit", "HEAD"]));
    let reverted = home.push_around_the_hook("The revert");
    home.wait_for(&primary, &reverted);
    let (good, status) = home.status(&primary);
    assert!(good, "{status}");
    assert_eq!(
        serial(&primary, "example.net"),
        3,
        "a revert is a new version"
    );
}

#[test]
fn thousands_of_zones_come_and_one_of_them_changes() {
    const ZONES: usize = 3000;
    let home = Home::new();
    for at in 0..ZONES {
        let folder = format!("zones/shard{}/zone{at}.example", at % 16);
        home.work.write(&folder, zone(1, "").as_bytes());
    }
    home.push_around_the_hook("Thousands of zones");
    let primary = home.primary();
    for at in (0..ZONES).step_by(97) {
        assert_eq!(serial(&primary, &format!("zone{at}.example")), 1);
    }
    home.work.write(
        "zones/shard1/zone17.example",
        zone(2, "www A 192.0.2.17\n").as_bytes(),
    );
    home.push_around_the_hook("One of them");
    wait_until(SOON, || serial(&primary, "zone17.example") == 2);
    assert_eq!(serial(&primary, "zone17.example"), 2);
    assert_eq!(serial(&primary, "zone18.example"), 1);
}

/// Every one of these would break something that trusts a repository; each is named in the status or the check, and the
/// good zone beside it is served.
#[test]
fn a_nasty_repository_serves_its_good_zone() {
    let home = Home::new();
    let work = &home.work;
    std::os::unix::fs::symlink("/etc/passwd", work.path().join("zones/link.example")).unwrap();
    std::os::unix::fs::symlink("../../../..", work.path().join("zones/up")).unwrap();
    work.write(
        "zones/binary.example",
        &(0..=255).cycle().take(100_000).collect::<Vec<u8>>(),
    );
    work.write("zones/empty.example", b"");
    work.write(
        "zones/include.example",
        zone(1, "$INCLUDE /etc/passwd\n$INCLUDE ../../../etc/passwd\n").as_bytes(),
    );
    work.write("zones/a/twice.example", zone(1, "").as_bytes());
    work.write("zones/b/twice.example", zone(1, "").as_bytes());
    work.write("zones/inner.example.org", zone(1, "").as_bytes());
    work.write("zones/keys.example._keys", b"canary-in-the-keys");
    work.write("zones/con\u{1b}[31mtrol.example", zone(1, "").as_bytes());
    work.write("zones/huge.example", &vec![b';'; 65 << 20]);
    add_odd_entries(work);
    home.push_around_the_hook("Nasty");

    let primary = home.primary();
    assert_eq!(serial(&primary, "example.org"), 1);
    assert_eq!(
        serial(&primary, "inner.example.org"),
        1,
        "a zone inside a zone is a zone"
    );
    for refused in [
        "link.example",
        "binary.example",
        "empty.example",
        "include.example",
        "twice.example",
        "huge.example",
    ] {
        assert_ne!(
            primary.ask(&question(refused, SOA)).rcode,
            0,
            "{refused} is served"
        );
    }
    let (good, status) = home.status(&primary);
    assert!(!good && !status.contains('\u{1b}'), "{status:?}");
    for named in [
        "link.example",
        "binary.example",
        "include.example",
        "twice.example",
        "huge.example",
    ] {
        assert!(status.contains(named), "{named} is not in {status}");
    }
    let log = primary.process.log();
    assert!(!log.contains("canary") && !log.contains("root:"), "{log}");
}

/// What `git add` would not make: a submodule, and a name that is no UTF-8.
fn add_odd_entries(work: &Repository) {
    must_run(
        work.git()
            .args(["update-index", "--add", "--cacheinfo"])
            .arg(format!("160000,{},zones/module.example", work.head())),
    );
    let name = std::os::unix::ffi::OsStringExt::from_vec(b"zones/\xff\xfe.example".to_vec());
    let name: std::ffi::OsString = name;
    std::fs::write(work.path().join(name), zone(1, "")).unwrap();
}

#[test]
fn questions_over_tcp_come_out_whole() {
    let home = Home::new();
    let many: String = (0..100)
        .map(|at| format!("many TXT \"number {at}, and some more octets to fill it\"\n"))
        .collect();
    home.append(2, &many);
    home.push_around_the_hook("A large set");
    let primary = home.primary();
    let question = question("many.example.org", TXT);
    let (udp, tcp) = (primary.ask(&question), primary.ask_tcp(&question));
    assert!(udp.tc && udp.answer.is_empty(), "{udp}");
    assert!(!tcp.tc && tcp.answer.len() == 100, "{tcp}");
}

/// A bare repository as `zonetool init` makes it, and a clone.
struct Home {
    folder: TempDir,
    work: Repository,
}

impl Home {
    fn new() -> Home {
        let folder = tempfile::Builder::new()
            .prefix("stemma-home-")
            .tempdir()
            .unwrap();
        let bare = folder.path().join("zones.git");
        must_run(
            our_program("zonetool")
                .args(["init", "--bare", "--zone", "example.org"])
                .arg(&bare),
        );
        let work = Repository::clone_of(&bare, &folder.path().join("work"));
        Home { folder, work }
    }

    fn bare(&self) -> std::path::PathBuf {
        self.folder.path().join("zones.git")
    }

    fn primary(&self) -> Peer {
        Peer::primary(&self.bare(), &Name::plain("example.org"))
    }

    /// Raises the serial of the first zone to `serial` and adds lines to it.
    fn append(&self, serial: u32, lines: &str) {
        let text =
            self.work
                .read(ZONE)
                .replacen("1       ; serial", &format!("{serial} ; serial"), 1);
        self.work.write(ZONE, (text + lines).as_bytes());
    }

    fn edit(&self, serial: u32, lines: &str) -> String {
        self.append(serial, lines);
        self.work.commit("An edit")
    }

    /// Commits all and brings it into the bare repository without its hook; the commit.
    fn push_around_the_hook(&self, message: &str) -> String {
        let commit = self.work.commit(message);
        must_run(
            git(&self.bare())
                .args(["fetch", "--quiet"])
                .arg(self.work.path())
                .arg("+main:main"),
        );
        commit
    }

    fn wait_for(&self, primary: &Peer, commit: &str) {
        let arrived = wait_until(SOON, || revision(primary) == commit);
        assert!(
            arrived,
            "{} is served, not {commit}:\n{}",
            revision(primary),
            primary.process.log()
        );
    }

    /// Whether all is good, and what `primary --status` says.
    fn status(&self, primary: &Peer) -> (bool, String) {
        run(our_program("primary")
            .arg("--status")
            .arg("--control")
            .arg(primary.folder.path().join("control")))
    }
}

fn zone(serial: u32, lines: &str) -> String {
    format!(
        "$TTL 1h\n@ SOA ns1 hostmaster {serial} 1h 15m 2w 5m\n@ NS ns1\nns1 A 192.0.2.1\n{lines}"
    )
}

fn question(name: &str, rtype: u16) -> Question {
    // RFC 5001 §2.1: NSID is asked for with an empty option.
    let edns = Edns {
        options: vec![0, NSID as u8, 0, 0],
        ..Edns::sized(1232, false)
    };
    Question::plain(Name::plain(name), rtype).with_edns(edns)
}

fn serial(primary: &Peer, zone: &str) -> u32 {
    let reply = primary.ask(&question(zone, SOA));
    assert!(
        reply.aa && reply.rcode == 0 && reply.answer.len() == 1,
        "{zone}: {reply}"
    );
    let rdata = &reply.answer[0].rdata;
    let at = rdata.len() - 20;
    u32::from_be_bytes(rdata[at..at + 4].try_into().unwrap())
}

/// The commit that the answer about the first zone comes from.
fn revision(primary: &Peer) -> String {
    let Reply { opt, .. } = primary.ask(&question("example.org", SOA));
    let options = opt.unwrap().options;
    let nsid = options
        .into_iter()
        .find(|(code, _)| *code == NSID)
        .unwrap()
        .1;
    String::from_utf8(nsid).unwrap()
}

/// Nothing is left behind in the folders of tests.
#[test]
fn the_harness_cleans_up() {
    let home = Home::new();
    let path = home.folder.path().to_owned();
    drop(home);
    assert!(!Path::new(&path).exists());
}

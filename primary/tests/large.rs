//! A large zone follows its commits by what differs in them, and is what reading everything makes of them.

mod support;

use primary::{Config, Edges};
use serde_json::Value;
use support::{NXDOMAIN, Repo, Server, ask_udp, served};

/// Hosts in each part: with these a zone is large enough to be followed.
const HOSTS: usize = 3_500;
const PARTS: usize = 6;

/// Path and text of each file.
type Files = Vec<(String, String)>;

fn part(number: usize) -> String {
    let host = |n| format!("h{n}.p{number} A 192.0.2.1 ; room {n:030}\n");
    (0..HOSTS).map(host).collect()
}

const HEAD: &str = "$TTL 1h\n@ SOA ns mail 1 2h 1h 2w 5m\n  NS ns\n  MX 10 h7.p5\nns A 192.0.2.1\nmail A 192.0.2.1\n";
const TAIL: &str = "www A 192.0.2.2\n";

fn in_parts() -> Files {
    let include = |number| format!("$INCLUDE example.org.d/{number}\n");
    let includes: String = (0..PARTS).map(include).collect();
    let mut files: Files = (0..PARTS)
        .map(|number| (format!("example.org.d/{number}"), part(number)))
        .collect();
    files.push(("example.org".into(), format!("{HEAD}{includes}{TAIL}")));
    files
}

fn in_one_file() -> Files {
    let parts: String = (0..PARTS).map(part).collect();
    vec![("example.org".into(), format!("{HEAD}{parts}{TAIL}"))]
}

/// Replaces a text, in whatever file it stands.
fn edit(files: &mut Files, from: &str, to: &str) {
    let with = |(_, text): &&mut (String, String)| text.contains(from);
    let (_, text) = files.iter_mut().find(with).expect("it stands there");
    *text = text.replacen(from, to, 1);
}

/// A repository with a large zone, and the program that serves it.
struct World {
    repo: Repo,
    server: Server,
    files: Files,
}

impl World {
    fn new(files: Files) -> World {
        let repo = Repo::new();
        commit(&repo, &files);
        let server =
            Server::start_with(&repo, &["--listen", "127.0.0.1:0", "--log-level", "debug"]);
        World {
            repo,
            server,
            files,
        }
    }

    /// Commits edits; gives the zone's status then, and whether only what differs was read for that.
    fn commit(&mut self, edits: &[(&str, &str)]) -> (Value, bool) {
        for (from, to) in edits {
            edit(&mut self.files, from, to);
        }
        let before = self.followed();
        let id = commit(&self.repo, &self.files);
        let status = self.server.wait_for_commit(&id);
        self.compare_with_fresh_start();
        (status["zones"][0].clone(), self.followed() > before)
    }

    fn followed(&self) -> usize {
        let lines = self.server.log_lines().into_iter();
        lines
            .filter(|line| line["message"] == "zone is read where it differs")
            .count()
    }

    /// What is served must be what a program says that has read nothing but this history.
    fn compare_with_fresh_start(&self) {
        let fresh = start_fresh(&self.repo);
        let ours = self.server.status().expect("a status");
        let theirs = serde_json::to_value(fresh.status()).expect("a status");
        assert_eq!(told(&ours), told(&theirs));
        let address = fresh.addresses()[0];
        for name in asked() {
            let (ours, theirs) = (self.server.ask(&name), ask_udp(address, &name));
            assert_eq!(
                (ours.rcode, ours.addresses),
                (theirs.rcode, theirs.addresses),
                "{name}"
            );
        }
        fresh.stop();
    }
}

fn start_fresh(repo: &Repo) -> primary::Primary {
    let path = repo.path();
    let location = git_store::Location::parse(path.to_str().expect("UTF-8")).expect("a path");
    let listen = ["127.0.0.1:0".parse().expect("an address")];
    let edges = Edges::of_the_system().expect("entropy");
    primary::run(Config::new(location, listen), edges).expect("it starts")
}

fn commit(repo: &Repo, files: &Files) -> String {
    let files: Vec<_> = files
        .iter()
        .map(|(path, text)| (&**path, &**text))
        .collect();
    repo.commit(&files)
}

/// Names that edits are about, and others.
fn asked() -> impl Iterator<Item = String> {
    let hosts = (0..20).flat_map(|n| (0..PARTS).map(move |part| format!("h{n}.p{part}")));
    let others = ["www", "ns", "mail", "new.p3", "a.new.p3", "p3", "cut.p4"].map(String::from);
    hosts.chain(others).map(|name| name + ".example.org")
}

/// What of a status does not turn on when it was read.
fn told(status: &Value) -> Value {
    let zone = &status["zones"][0];
    let parts = ["standing", "serial", "records", "findings", "path"];
    parts.map(|part| zone[part].clone()).into()
}

/// What happens to the zone, whatever files it is kept in.
fn lives(mut world: World) {
    // Two places far apart, a new host, one that goes.
    let (status, is_quick) = world.commit(&[
        ("mail 1 2h", "mail 2 2h"),
        ("h5.p3 A 192.0.2.1 ", "h5.p3 A 192.0.2.5 "),
    ]);
    assert_eq!((is_quick, &status["serial"]), (true, &2.into()));
    assert!(served("192.0.2.5")(&world.server.ask("h5.p3.example.org")));
    let (_, is_quick) = world.commit(&[
        ("h6.p3 ", "new.p3 A 192.0.2.6\nh6.p3 "),
        ("h8.p1 A", "h8x.p1 A"),
    ]);
    assert!(is_quick);
    assert!(served("192.0.2.6")(&world.server.ask("new.p3.example.org")));
    assert_eq!(world.server.ask("h8.p1.example.org").rcode, NXDOMAIN);

    // A mistake that no line shows on its own: the MX at the apex points to it.
    let (status, is_quick) =
        world.commit(&[("h7.p5 A 192.0.2.1 ", "h7.p5 CNAME www.example.org. ")]);
    assert_eq!((is_quick, &status["standing"]), (false, &"kept".into()));
    assert_eq!(status["findings"][0]["rule"], "mx-to-cname");
    assert!(served("192.0.2.1")(&world.server.ask("h7.p5.example.org")));
    // Mended, with something else beside it; the version before is not that of the commit before.
    let (status, is_quick) = world.commit(&[
        ("h7.p5 CNAME www.example.org. ", "h7.p5 A 192.0.2.7 "),
        ("www A 192.0.2.2", "www A 192.0.2.3"),
    ]);
    assert_eq!((is_quick, &status["standing"]), (true, &"good".into()));
    assert!(served("192.0.2.7")(&world.server.ask("h7.p5.example.org")));

    // A line that cannot be read, and back.
    let (status, is_quick) = world.commit(&[("h9.p2 A 192.0.2.1 ", "h9.p2 A 192.0.2 ")]);
    assert_eq!((is_quick, &status["standing"]), (false, &"kept".into()));
    let place = status["findings"][0]["place"].as_str().expect("a place");
    assert!(place.ends_with(":9"), "{place}");
    let (status, is_quick) = world.commit(&[("h9.p2 A 192.0.2 ", "h9.p2 A 192.0.2.1 ")]);
    assert_eq!((is_quick, &status["standing"]), (true, &"good".into()));

    // A delegation hides what is below it; a comment that allows something is for who reads everything.
    let (_, is_quick) = world.commit(&[("h1.p4 A", "h1.p4 NS ns.example.org.\na.h1.p4 A")]);
    assert!(is_quick);
    let comment = "; stemma: allow target-without-address: not yet";
    let (_, is_quick) = world.commit(&[("www A 192.0.2.3", &format!("www A 192.0.2.3 {comment}"))]);
    assert!(!is_quick);
    // What is read as a whole is followed again.
    let (_, is_quick) = world.commit(&[("h2.p4 A 192.0.2.1 ", "h2.p4 A 192.0.2.9 ")]);
    assert!(is_quick);
    world.server.stop();
}

#[test]
fn a_zone_in_parts() {
    lives(World::new(in_parts()));
}

#[test]
fn a_zone_in_one_file() {
    lives(World::new(in_one_file()));
}

#[test]
fn parts_that_come_and_go() {
    let mut world = World::new(in_parts());
    world
        .files
        .push(("example.org.d/more".into(), "new.p3 A 192.0.2.8\n".into()));
    let (_, is_quick) = world.commit(&[(
        "$INCLUDE example.org.d/5\n",
        "$INCLUDE example.org.d/5\n$INCLUDE example.org.d/more\n",
    )]);
    assert!(!is_quick);
    let (_, is_quick) = world.commit(&[("new.p3 A 192.0.2.8", "new.p3 A 192.0.2.9")]);
    assert!(is_quick);
    assert!(served("192.0.2.9")(&world.server.ask("new.p3.example.org")));
    // Without it the zone is not right, and with it again it is what it was.
    let more = world.files.pop().expect("the part");
    let (status, _) = world.commit(&[]);
    assert_eq!(status["standing"], "kept");
    world.files.push(more);
    let (status, _) = world.commit(&[("h3.p0 A 192.0.2.1 ", "h3.p0 A 192.0.2.4 ")]);
    assert_eq!(status["standing"], "good");
    assert!(served("192.0.2.4")(&world.server.ask("h3.p0.example.org")));
}

#[test]
fn an_older_version_comes_back() {
    let mut world = World::new(in_parts());
    let edit = ("h5.p3 A 192.0.2.1 ", "h5.p3 A 192.0.2.5 ");
    world.commit(&[edit]);
    let (zone, _) = world.commit(&[(edit.1, edit.0)]);
    assert_eq!(zone["serial"], 3, "it is a new version all the same");
    assert!(served("192.0.2.1")(&world.server.ask("h5.p3.example.org")));
    assert_eq!(world.followed(), 2);
}

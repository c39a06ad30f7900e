//! Updates where the branch belongs to another machine: servers of Git, people who push as well, and bad lines between.

#![allow(clippy::print_stdout, reason = "a test says what it could not do")]

#[path = "../updating/asking.rs"]
#[allow(dead_code, reason = "others use the rest")]
mod asking;
#[path = "../remote/cable.rs"]
#[allow(dead_code, reason = "others use the rest")]
mod cable;
#[path = "../support/mod.rs"]
mod support;

mod away;
mod disk;
mod killed;
mod races;
mod refused;
mod rewritten;
mod steps;

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use asking::{Change, Running, data_of};
use cable::{Cable, Line};
use primary::{Answer, Config, Durability, RemoteStatus};
use support::{Repo, poll, zone};
use testbed::daemons;
use testbed::daemons::ssh::{Keys, user};
use testbed::daemons::web::{Authority, Web};
use wire::ResponseCode;

/// A repository elsewhere with two zones, behind a line that can be cut.
struct There {
    repo: Repo,
    _daemon: daemons::Server,
    cable: Cable,
}

impl There {
    fn new() -> There {
        There::with(&[
            ("a.example", &zone(7, "192.0.2.1")),
            ("b.example", &zone(7, "192.0.2.1")),
        ])
    }

    fn with(files: &[(&str, &str)]) -> There {
        let repo = Repo::new();
        repo.commit(files);
        let daemon = daemons::Server::git_daemon(repo.base());
        let cable = Cable::to(daemon.port, Line::Whole);
        There {
            repo,
            _daemon: daemon,
            cable,
        }
    }

    fn url(&self) -> String {
        format!("git://127.0.0.1:{}/zones.git#main", self.cable.port())
    }

    fn state(&self) -> std::path::PathBuf {
        self.repo.beside("state")
    }

    /// A server with a state directory, that acknowledges what is on its disk.
    fn start(&self) -> Running {
        let state = self.state();
        self.start_with(|config| Config {
            state_dir: Some(state),
            ..config
        })
    }

    /// One that acknowledges what is pushed.
    fn start_pushing(&self) -> Running {
        self.start_with(|config| config)
    }

    fn start_with(&self, change: impl FnOnce(Config) -> Config) -> Running {
        Running::start_at(&self.url(), |config| change(impatient(config)))
    }

    /// What it has at a path.
    fn text(&self, path: &str) -> String {
        self.repo.git(&["show", &format!("main:{path}")])
    }

    /// A line of a person, in what is there now.
    fn person_adds(&self, path: &str, line: &str) -> String {
        self.person(path, |text| format!("{text}\n{line}"))
    }

    /// What a person makes of a file; pushed again if the server was faster, as Git would have it.
    fn person(&self, path: &str, change: impl Fn(String) -> String) -> String {
        poll(|| {
            let tip = self.tip();
            self.repo.set("person", &tip);
            let text = self.repo.git(&["show", &format!("{tip}:{path}")]);
            let text = format!("{}\n", change(text));
            let made = self.repo.commit_file("person", path, &text);
            let mut git = testbed::git(&self.repo.path());
            let git = git.args(["update-ref", "refs/heads/main", &made, &tip]);
            let moved = git.stderr(Stdio::null()).status().expect("git runs");
            moved
                .success()
                .then_some(made)
                .ok_or_else(|| "too late".into())
        })
    }

    /// How often each of these is in the newest text.
    fn has_once(&self, path: &str, lines: &[&str]) -> Result<(), String> {
        let text = self.text(path);
        match lines.iter().find(|line| text.matches(**line).count() != 1) {
            Some(line) => Err(format!("{line}: {text}")),
            None => Ok(()),
        }
    }

    fn tip(&self) -> String {
        self.repo.tip("main").expect("a commit")
    }
}

/// As it suits a test.
fn impatient(config: Config) -> Config {
    let mut config = config;
    config.poll = Duration::from_secs(1);
    config.remote.remote_timeout = Some(1);
    config
}

fn remote(running: &Running) -> RemoteStatus {
    running.primary.status().remote.expect("there is a remote")
}

/// Waits until all that is served is there, and nothing else.
fn wait_until_pushed(there: &There, running: &Running) {
    poll(|| {
        let (status, tip) = (running.primary.status(), there.tip());
        let served = status.commit.map(|commit| commit.id);
        match remote(running).backlog {
            0 if served.as_ref() == Some(&tip) => Ok(()),
            backlog => Err(format!("{backlog} {served:?} {tip} {:?}", remote(running))),
        }
    });
}

fn is_acknowledged(answer: &Answer) -> bool {
    matches!(answer, Answer::Acknowledged(_))
}

#[track_caller]
fn add(running: &Running, record: &str) {
    let answer = running.ask("a.example", Change::new().add(record));
    assert!(is_acknowledged(&answer), "{answer:?}");
}

fn refused(answer: &Answer) -> (ResponseCode, String) {
    match answer {
        Answer::Refused(why) => (why.code, why.text.clone()),
        other => panic!("not refused: {other:?}"),
    }
}

fn addresses(running: &Running, name: &str) -> Vec<String> {
    data_of(running.primary.addresses()[0], name)
}

/// The line `key` of what is served at a name is the one that is there.
fn is_sound(repo: &Repo) {
    assert_eq!(repo.fsck(), "");
}

/// One update in each mode: acknowledged, served, and there.
fn in_both_modes(there: &Repo, url: &str, change: &dyn Fn(Config) -> Config) {
    for (number, durable) in [Durability::Local, Durability::Pushed]
        .into_iter()
        .enumerate()
    {
        let state = there.beside(&format!("state{number}"));
        let running = Running::start_at(url, |config| Config {
            state_dir: Some(state),
            durable: Some(durable),
            ..change(config)
        });
        let (name, address) = (format!("h{number}"), format!("192.0.2.9{number}"));
        add(&running, &format!("{name} A {address}"));
        assert_eq!(
            addresses(&running, &format!("{name}.a.example")),
            [address.as_str()]
        );
        let is_there = || {
            let text = there.git(&["show", "main:a.example"]);
            match text.contains(&address) {
                true => Ok(()),
                false => Err(text),
            }
        };
        if durable == Durability::Pushed {
            is_there().expect("it is there before it is acknowledged");
        }
        poll(is_there);
        running.primary.stop();
    }
    let trailers = "--format=%(trailers:key=Stemma-Update,valueonly)";
    let named = there.git(&["log", trailers, "main"]);
    assert_eq!(named.lines().filter(|line| !line.is_empty()).count(), 2);
    is_sound(there);
}

fn one_zone() -> Repo {
    let repo = Repo::new();
    repo.commit(&[("a.example", &zone(7, "192.0.2.1"))]);
    repo
}

#[test]
fn over_git() {
    let repo = one_zone();
    let daemon = daemons::Server::git_daemon(repo.base());
    for branch in ["#main", ""] {
        let url = format!("git://127.0.0.1:{}/zones.git{branch}", daemon.port);
        if branch.is_empty() {
            let other = one_zone();
            let daemon = daemons::Server::git_daemon(other.base());
            let url = format!("git://127.0.0.1:{}/zones.git", daemon.port);
            in_both_modes(&other, &url, &impatient);
        } else {
            in_both_modes(&repo, &url, &impatient);
        }
    }
}

#[test]
fn over_https() {
    let repo = one_zone();
    let authority = Authority::new("localhost");
    let daemon = Web::new(repo.base()).tls(&authority);
    let roots = repo.beside("roots.pem");
    std::fs::write(&roots, &authority.pem).expect("written");
    let url = format!("https://localhost:{}/zones.git", daemon.port);
    in_both_modes(&repo, &url, &|config| {
        let mut config = config;
        config.remote.roots = Some(roots.clone());
        config
    });
}

#[test]
fn over_ssh() {
    let repo = one_zone();
    let keys = Keys::new();
    let daemon = keys.server();
    let (key, print) = (keys.path("user"), keys.fingerprint("host_ed25519"));
    let path: &Path = &repo.path();
    let url = format!(
        "ssh://{}@127.0.0.1:{}{}#main",
        user(),
        daemon.port,
        path.display()
    );
    in_both_modes(&repo, &url, &|config| {
        let mut config = config;
        config.remote.ssh_key = Some(key.clone());
        config.remote.host_key = vec![print.parse().expect("a fingerprint")];
        config
    });
}

#[test]
fn those_who_wait_together_share_a_push() {
    let there = There::new();
    let log = there.repo.beside("pushes");
    there
        .repo
        .hook("post-receive", &format!("cat >> {}", log.display()));
    let running = there.start_pushing();
    let (go_on, first) = running.hold("a.example", Change::new().add("first A 192.0.2.2"));
    let answers: Vec<_> = (0..10)
        .map(|n| {
            running.send(
                "a.example",
                Change::new().add(&format!("h{n} A 192.0.2.{n}")),
            )
        })
        .collect();
    go_on.send(()).expect("the first waits");
    for answer in answers.iter().chain([&first]) {
        assert!(is_acknowledged(&asking::wait(answer)));
    }
    let pushes = std::fs::read_to_string(&log).expect("pushes");
    assert_eq!(pushes.lines().count(), 2, "{pushes}");
    wait_until_pushed(&there, &running);
    running.primary.stop();
}

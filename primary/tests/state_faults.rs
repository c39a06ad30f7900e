//! The state directory while the process is killed, calls of the system fail, or the disk is full.

#![allow(clippy::print_stdout, reason = "a test says what it leaves out")]

mod support;

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use support::{Repo, Server, poll, program, zone};
use testbed::disk::on_small_disk;

const NAME: &str = "a.example";

/// A repository whose history was rewritten and accepted: without the state directory the serials would begin anew.
struct Stage {
    repo: Repo,
    /// The highest serial that was seen.
    seen: u64,
    versions: u32,
}

impl Stage {
    fn new() -> Stage {
        let mut stage = Stage {
            repo: Repo::new(),
            seen: 0,
            versions: 0,
        };
        for _ in 0..3 {
            stage.commit();
        }
        stage.start().stop();
        let tip = stage
            .repo
            .git(&["commit-tree", "main^{tree}", "-m", "Rewritten"]);
        stage.repo.git(&["update-ref", "refs/heads/main", &tip]);
        let server = stage.start();
        server.wait_for(|status| status["refused"] == tip.as_str());
        let control = stage.repo.beside("control");
        let mut stream = UnixStream::connect(control).expect("it listens");
        writeln!(stream, "accept {tip}").expect("sent");
        drop(stream);
        let status = server.wait_for_commit(&tip);
        stage.seen = serial_of(&status).expect("it is served");
        server.stop();
        assert_eq!(stage.seen, 3);
        stage
    }

    fn state(&self) -> PathBuf {
        self.repo.beside("state")
    }

    fn arguments(&self) -> Vec<String> {
        let state = self.state().display().to_string();
        let words = [
            "--listen",
            "127.0.0.1:0",
            "--poll",
            "1",
            "--state-dir",
            &state,
        ];
        words.map(str::to_owned).to_vec()
    }

    fn start(&self) -> Server {
        let arguments = self.arguments();
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Server::start_with(&self.repo, &words)
    }

    fn spawn(&self, command: Command) -> Server {
        let arguments = self.arguments();
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Server::spawn(command, &self.repo, &words)
    }

    /// Under `strace`, which does something to calls about the state directory, and is not the parent.
    fn spawn_under(&self, inject: &str) -> Server {
        let mut command = Command::new("strace");
        let call = inject.split([':', '=']).nth(1).expect("a call");
        command.args(["-D", "-f", "-qq", "-o"]);
        command.arg(self.repo.beside("trace"));
        for name in ["high-water", "high-water.new"] {
            command.arg("-P").arg(self.state().join(name));
        }
        command.arg("-P").arg(self.state());
        command.args(["-e", &format!("trace={call}"), "-e", inject]);
        command.arg(program().get_program());
        self.spawn(command)
    }

    fn commit(&mut self) -> String {
        self.versions += 1;
        let text = zone(1, &format!("192.0.2.{}", self.versions % 250));
        let text = format!("{text}v TXT {}\n", self.versions);
        self.repo.commit(&[(NAME, &text)])
    }

    /// Takes down a status; what is served never goes back.
    fn look(&mut self, status: &Value, after: &str) {
        if let Some(serial) = serial_of(status) {
            assert!(serial >= self.seen, "{after}: {serial} after {}", self.seen);
            self.seen = serial;
        }
    }

    /// Starts without faults: the newest commit is served, with a serial that was not seen with another.
    fn recovers(&mut self, after: &str) {
        let tip = self.commit();
        let before = self.seen;
        let server = self.start();
        let status = server.wait_for_commit(&tip);
        self.look(&status, after);
        assert!(self.seen > before, "{after}");
        server.stop();
    }
}

fn serial_of(status: &Value) -> Option<u64> {
    status["zones"][0]["serial"].as_u64()
}

/// Calls about the files of the state directory: in the thread that starts, and then in the one that follows the branch.
const CALLS: [(&str, usize); 5] = [
    ("openat", 5),
    ("write", 3),
    ("fsync", 2),
    ("fdatasync", 3),
    ("rename", 1),
];

#[test]
fn killed_before_each_call() {
    let mut stage = Stage::new();
    let mut killed = 0;
    for (call, numbers) in CALLS {
        for number in 1..=numbers {
            let inject = format!("inject={call}:signal=KILL:when={number}");
            let mut server = stage.spawn_under(&inject);
            for _ in 0..3 {
                let tip = stage.commit();
                let found = poll(|| match (server.has_ended(), server.status()) {
                    (true, _) => Ok(None),
                    (_, Some(status)) if status["commit"]["id"] == tip.as_str() => Ok(Some(status)),
                    (_, other) => Err(format!("{inject}: {other:?}")),
                });
                if let Some(status) = &found {
                    stage.look(status, &inject);
                }
            }
            killed += u32::from(server.has_ended());
            server.signal_if_alive("-KILL");
            drop(server);
            stage.recovers(&inject);
        }
    }
    assert!(killed >= 9, "{killed}");
}

/// A commit that cannot be written down is not served, but reported, and served when it can.
#[test]
fn each_call_fails() {
    let mut stage = Stage::new();
    let mut failed = 0;
    for (call, numbers) in CALLS {
        let error = if call.ends_with("sync") {
            "EIO"
        } else {
            "ENOSPC"
        };
        // The first ones open the lock and read: without them there is no server.
        let first = if call == "openat" { 3 } else { 1 };
        for number in first..=numbers {
            let inject = format!("inject={call}:error={error}:when={number}");
            let server = stage.spawn_under(&inject);
            for _ in 0..3 {
                let tip = stage.commit();
                let is_served = |status: &Value| {
                    status["commit"]["id"] == tip.as_str() && status["trouble"].is_null()
                };
                let status = server.wait_for(is_served);
                stage.look(&status, &inject);
            }
            // Whole only when it has ended: lines are written by a thread of their own.
            let log = server.stop_and_read();
            failed += u32::from(log.contains("cannot write") && log.contains("high-water"));
            stage.recovers(&inject);
        }
    }
    assert!(failed >= 9, "{failed}");
}

/// On a disk of its own, of which nothing is left: what is served stays, and the next commit is served when there is
/// room again.
#[test]
fn the_disk_is_full() {
    let stage = Stage::new();
    let Some(on_disk) = on_small_disk(&stage.state(), 64, program().get_program()) else {
        return;
    };
    let zones = |version: u32| {
        let text = zone(1, "192.0.2.1") + &format!("v TXT {version}\n");
        let names = (0..40).map(|number| format!("z{number}.of-a-rather-long-name.example"));
        let files: Vec<(String, String)> = names.map(|name| (name, text.clone())).collect();
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(name, text)| (&**name, &**text))
            .collect();
        stage.repo.commit(&files)
    };
    let first = zones(0);
    let server = stage.spawn(on_disk);
    server.wait_for_commit(&first);
    let disk = PathBuf::from(format!("/proc/{}/root", server.id()));
    let filler = disk
        .join(stage.state().strip_prefix("/").expect("absolute"))
        .join("filler");
    assert!(
        std::fs::write(&filler, vec![1; 100_000]).is_err(),
        "it is full"
    );
    let mut served = first;
    let (tip, status) = (1..50)
        .find_map(|version| {
            let tip = zones(version);
            let status = server.wait_for(|status| {
                status["commit"]["id"] == tip.as_str() || !status["trouble"].is_null()
            });
            let is_served = status["commit"]["id"] == tip.as_str();
            if is_served {
                served.clone_from(&tip);
            }
            (!is_served).then_some((tip, status))
        })
        .expect("the file needs more room in the end");
    let trouble = status["trouble"].as_str().expect("trouble");
    assert!(trouble.contains("No space left"), "{trouble}");
    assert_eq!(
        status["commit"]["id"],
        served.as_str(),
        "what was served stays"
    );
    std::fs::remove_file(&filler).expect("removed");
    let status = server.wait_for_commit(&tip);
    assert!(status["trouble"].is_null(), "{status}");
    server.stop();
}

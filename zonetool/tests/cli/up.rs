//! `up`, and the commands it prints, pasted into a shell as they stand.

use crate::desk::{Desk, ZONETOOL};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// A running `up`.
pub(crate) struct Up {
    child: Child,
    lines: Receiver<String>,
}

/// Nothing here takes a second; a machine under load gets sixty.
const PATIENCE: Duration = Duration::from_secs(60);

impl Up {
    pub(crate) fn start(desk: &Desk, words: &[&str]) -> Up {
        let mut command = desk.command(ZONETOOL, "");
        let mut child = command
            .arg("up")
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (send, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            stdout
                .lines()
                .map_while(Result::ok)
                .try_for_each(|line| send.send(line))
        });
        Up { child, lines }
    }

    #[track_caller]
    fn line(&mut self) -> String {
        self.lines
            .recv_timeout(PATIENCE)
            .expect("another line from up")
    }

    #[track_caller]
    fn json(&mut self) -> Value {
        serde_json::from_str(&self.line()).unwrap()
    }

    /// Everything up to and with the line that contains `end`.
    #[track_caller]
    pub(crate) fn until(&mut self, end: &str) -> Vec<String> {
        let mut seen = Vec::new();
        while !seen.last().is_some_and(|line: &String| line.contains(end)) {
            seen.push(self.line());
        }
        seen
    }

    /// Stops it as Ctrl-C does, and gives what it still said.
    pub(crate) fn interrupt(&mut self) -> Vec<String> {
        assert!(testbed::process::signal(self.child.id(), "INT"));
        let rest = self.lines.iter().collect();
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        rest
    }
}

/// A test that fails leaves nothing running.
impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The indented commands below each title.
fn lessons(lines: &[String]) -> Vec<String> {
    let mut lessons = Vec::new();
    for line in lines {
        match line.strip_prefix("    ") {
            Some(command) => lessons.last_mut().map_or_else(
                || panic!("{line}"),
                |lesson: &mut String| {
                    lesson.push_str(command);
                    lesson.push('\n');
                },
            ),
            None if line.ends_with(':') => lessons.push(String::new()),
            None => {}
        }
    }
    lessons.retain(|lesson| !lesson.is_empty());
    lessons
}

#[test]
fn the_things_to_try_work_as_they_are_printed() {
    let desk = Desk::new();
    desk.write("gitconfig", "");
    let mut up = Up::start(&desk, &["--port", "0"]);
    let lessons = lessons(&up.until("What is served:"));
    assert_eq!(lessons.len(), 6, "{lessons:?}");
    assert!(
        up.until("serial 1")
            .concat()
            .contains("Begin with example.org")
    );

    let asked = desk.shell("", &without_dig(&lessons[0])).succeeded();
    assert!(
        asked.out.contains("www.example.org. 3600 IN A 192.0.2.80"),
        "{}",
        asked.out
    );

    let (edit, ask) = lessons[1].trim_end().rsplit_once('\n').unwrap();
    for serial in ["serial 2", "serial 3"] {
        desk.shell("", &format!("set -e\n{edit}")).succeeded();
        up.until(serial);
        let asked = desk.shell("", ask).succeeded();
        assert!(
            asked.out.contains("IN TXT \"Hello from Git, "),
            "{}",
            asked.out
        );
        // The text has the time in seconds, and the same record twice would be no change.
        thread::sleep(Duration::from_millis(1_100));
    }

    let refused = desk.shell("", &lessons[2]);
    assert!(
        refused.err.contains("cname-and-other-data") && refused.err.contains("is refused"),
        "{}",
        refused.err
    );
    assert_eq!(
        desk.git("stemma-up/zones", &["status", "--porcelain"])
            .succeeded()
            .out,
        ""
    );
    let asked = desk.shell("", &without_dig(&lessons[0])).succeeded();
    assert!(asked.out.contains("192.0.2.80"), "{}", asked.out);

    let undone = desk
        .shell("", &format!("set -e\n{}", lessons[3]))
        .succeeded();
    up.until("serial 4");
    assert!(
        undone.out.contains("Begin with example.org"),
        "{}",
        undone.out
    );
    // It is a secondary that is asked.
    let (_, wait) = edit.rsplit_once('\n').unwrap();
    desk.shell("stemma-up/zones", wait).succeeded();
    let asked = desk.shell("", ask).succeeded();
    assert_eq!(
        asked.out.matches("Hello from Git").count(),
        1,
        "{}",
        asked.out
    );

    let updated = desk
        .shell("", &format!("set -e\n{}", lessons[4]))
        .succeeded();
    assert!(
        updated
            .out
            .contains("+hi 300 IN TXT \"Hello from a program\""),
        "{}",
        updated.out
    );
    // BIND has a secret from the same folder, and all zones from the catalog.
    let named = Named(&desk);
    let (start, stop) = lessons[5].trim_end().rsplit_once('\n').unwrap();
    desk.shell("", &format!("set -e\n{start}")).succeeded();
    desk.shell("", stop).succeeded();
    drop(named);
    assert_eq!(up.interrupt().last().unwrap(), "stopped");
}

/// BIND goes into the background: a test that fails leaves nothing running.
pub(crate) struct Named<'d>(pub(crate) &'d Desk);

impl Drop for Named<'_> {
    fn drop(&mut self) {
        let pid = std::fs::read_to_string(self.0.path("stemma-up/bind/named.pid"));
        if let Some(pid) = pid.ok().and_then(|pid| pid.trim().parse().ok()) {
            testbed::process::signal(pid, "KILL");
        }
    }
}

/// On a machine without dig the second line asks the same.
fn without_dig(lesson: &str) -> String {
    match Command::new("dig").arg("-v").output() {
        Ok(_) => lesson.to_owned(),
        Err(_) => lesson
            .lines()
            .filter(|line| !line.starts_with("dig "))
            .collect(),
    }
}

#[test]
fn a_second_run_goes_on_and_a_taken_port_is_passed_over() {
    let desk = Desk::new();
    let mut up = Up::start(&desk, &["--port", "0", "--format", "json"]);
    let ready = up.json();
    assert!(
        ready["made"]["steps"]
            .as_array()
            .unwrap()
            .iter()
            .all(|step| step["state"] == "made"),
        "{ready}"
    );
    let first = up.json();
    assert_eq!(first["zones"][0]["serial"], 1);
    up.interrupt();

    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = holder.local_addr().unwrap().port();
    let mut up = Up::start(&desk, &["--port", &taken.to_string(), "--format", "json"]);
    let ready = up.json();
    assert_ne!(ready["server"], format!("127.0.0.1:{taken}"));
    assert!(
        ready["made"]["steps"]
            .as_array()
            .unwrap()
            .iter()
            .all(|step| step["state"] == "kept"),
        "{ready}"
    );
    assert_eq!(up.json()["commit"], first["commit"]);
    up.interrupt();
}

/// What was granted counts without a new start.
#[test]
fn a_new_key_is_read_at_sighup() {
    let desk = Desk::new();
    let mut up = Up::start(&desk, &["--port", "0", "--format", "json"]);
    let at = format!("@{}", up.json()["server"].as_str().unwrap());
    up.json();
    let (name, file) = ("web._update.example.org", "stemma-up/keys");
    desk.zonetool("", &["key", "new", name, "--file", file])
        .succeeded();
    let add = ["--zone", "example.org", "--add", "new 60 A 192.0.2.1"];
    let update = [&["update", &at, "--keys", file, "--key", name], &add[..]].concat();
    let unknown = desk.zonetool("", &update).exited(3);
    assert!(
        unknown.err.contains("does not know the key"),
        "{}",
        unknown.err
    );

    assert!(testbed::process::signal(up.child.id(), "HUP"));
    let end = Instant::now() + PATIENCE;
    while !desk.zonetool("", &update).out.contains("NOERROR") {
        assert!(Instant::now() < end, "it was not read");
    }
    assert_eq!(up.json()["author"], "web._update.example.org <>");
    up.interrupt();
}

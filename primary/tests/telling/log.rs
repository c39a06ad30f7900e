//! A log that nobody reads.

use std::io::Read;
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::Instant;

use crate::exposition::Metrics;
use crate::http::get;
use crate::support::{PATIENCE, Repo, ask_udp, poll, program, served, zone};

#[test]
fn a_pipe_that_nobody_reads_stops_nothing() {
    let repo = Repo::new();
    let (names, text) = (names(3000), zone(1, "192.0.2.81"));
    let files: Vec<(&str, &str)> = names.iter().map(|name| (&name[..], &text[..])).collect();
    let (mut child, control) = start(&repo, &files, &["--metrics", "127.0.0.1:0"]);
    let ask_status = |wanted: &str| {
        poll(|| {
            let mut ask = program();
            ask.args(["--status", "--format", "json", "--control"]);
            let output = ask.arg(&control).output().expect("runs");
            let status = serde_json::from_slice::<serde_json::Value>(&output.stdout).ok();
            let status =
                status.filter(|status| wanted.is_empty() || status["commit"]["id"] == wanted);
            status.ok_or_else(|| "it hangs".into())
        })
    };
    let address = |value: &serde_json::Value| -> SocketAddr {
        value.as_str().expect("text").parse().expect("an address")
    };
    let status = ask_status("");
    let (dns, http) = (address(&status["listen"][0]), address(&status["metrics"]));
    assert!(served("192.0.2.81")(&ask_udp(dns, "www.z1.example")));

    // The loader goes on as well.
    let changed = |text: String| {
        let mut files = files.clone();
        files[1].1 = &text;
        repo.commit(&files)
    };
    let second = changed(zone(2, "192.0.2.82"));
    ask_status(&second);
    assert!(served("192.0.2.82")(&ask_udp(dns, "www.z1.example")));
    let dropped =
        || Metrics::read(&get(http, "/metrics").body).value("stemma_log_lines_dropped_total");
    assert!(dropped() > 0.0);

    // Once it is read, the log says how much is missing.
    let (mut pipe, mut log) = (child.stderr.take().expect("piped"), Vec::new());
    let start = Instant::now();
    while !String::from_utf8_lossy(&log).contains("lines of the log are missing here") {
        let mut some = [0; 4096];
        let count = pipe.read(&mut some).expect("read");
        log.extend_from_slice(&some[..count]);
        assert!(start.elapsed() < PATIENCE);
    }
    // And what comes after is there.
    let third = changed(zone(3, "192.0.2.83"));
    ask_status(&third);
    crate::support::signal(&child, "-TERM");
    pipe.read_to_end(&mut log).expect("read");
    let log = String::from_utf8_lossy(&log);
    assert!(log.contains(&third) && log.contains("stopped"), "{log}");
    assert!(child.wait().expect("ended").success());
}

#[test]
fn a_pipe_that_nobody_reads_does_not_delay_the_end() {
    let repo = Repo::new();
    let (names, text) = (names(1500), zone(1, "192.0.2.81"));
    let files: Vec<(&str, &str)> = names.iter().map(|name| (&name[..], &text[..])).collect();
    let (mut child, control) = start(&repo, &files, &[]);
    poll(|| UnixStream::connect(&control).map_err(|why| format!("it hangs: {why}")));
    // The socket is bound before the first commit is read; it answers after that.
    let mut ask = program();
    let ask = ask.args(["--status", "--control"]).arg(&control);
    assert!(ask.output().expect("runs").status.success());
    crate::support::signal(&child, "-TERM");
    let start = Instant::now();
    assert!(child.wait().expect("ended").success());
    assert!(start.elapsed() < PATIENCE);
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("z{n}.example")).collect()
}

/// Serves these files with a log that nobody reads: with one line for each zone, the pipe and the queue hold less.
fn start(repo: &Repo, files: &[(&str, &str)], arguments: &[&str]) -> (Child, PathBuf) {
    repo.commit(files);
    let control = repo.beside("control");
    let child = program()
        .arg("--repo")
        .arg(repo.path())
        .args(["--listen", "127.0.0.1:0", "--log-level", "debug"])
        .arg("--control")
        .arg(&control)
        .args(arguments)
        .stderr(Stdio::piped())
        .spawn();
    (child.expect("starts"), control)
}

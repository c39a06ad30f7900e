//! A log that nobody reads.

use std::io::Read;
use std::net::SocketAddr;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::exposition::Metrics;
use crate::http::get;
use crate::support::{PATIENCE, Repo, ask_udp, program, served, zone};

#[test]
fn a_pipe_that_nobody_reads_stops_nothing() {
    let repo = Repo::new();
    let text = zone(1, "192.0.2.81");
    // One line for each zone: more than the pipe and the queue hold.
    let names: Vec<String> = (0..3000).map(|n| format!("z{n}.example")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (&name[..], &text[..])).collect();
    repo.commit(&files);
    let control = repo.beside("control");
    let mut child = program()
        .arg("--repo")
        .arg(repo.path())
        .args(["--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"])
        .args(["--log-level", "debug", "--control"])
        .arg(&control)
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let ask_status = |wanted: &str| {
        let start = Instant::now();
        loop {
            let mut ask = program();
            ask.args(["--status", "--format", "json", "--control"]);
            let output = ask.arg(&control).output().expect("runs");
            let status = serde_json::from_slice::<serde_json::Value>(&output.stdout);
            if let Ok(status) = status
                && (wanted.is_empty() || status["commit"]["id"] == wanted)
            {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "it hangs");
            sleep(Duration::from_millis(10));
        }
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
    let text = zone(1, "192.0.2.81");
    let names: Vec<String> = (0..1500).map(|n| format!("z{n}.example")).collect();
    let files: Vec<(&str, &str)> = names.iter().map(|name| (&name[..], &text[..])).collect();
    repo.commit(&files);
    let control = repo.beside("control");
    let mut child = program()
        .arg("--repo")
        .arg(repo.path())
        .args([
            "--listen",
            "127.0.0.1:0",
            "--log-level",
            "debug",
            "--control",
        ])
        .arg(&control)
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let start = Instant::now();
    while std::os::unix::net::UnixStream::connect(&control).is_err() {
        assert!(start.elapsed() < PATIENCE, "it hangs");
        sleep(Duration::from_millis(10));
    }
    // The socket is bound before the first commit is read; it answers after that.
    let mut ask = program();
    let ask = ask.args(["--status", "--control"]).arg(&control);
    assert!(ask.output().expect("runs").status.success());
    crate::support::signal(&child, "-TERM");
    let start = Instant::now();
    assert!(child.wait().expect("ended").success());
    assert!(start.elapsed() < PATIENCE);
}

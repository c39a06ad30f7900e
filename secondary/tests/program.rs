//! The program: its options, its end, and what it must not say.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use support::{SECRET, seen};
use testbed::poll;
use testbed::process::{Process, free_address};

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_secondary"))
}

/// Code and last words of a program that does not start.
fn refused(words: &[&str]) -> (Option<i32>, String) {
    let output = program().args(words).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), said)
}

#[test]
fn files_that_make_no_sense_are_named_and_have_codes() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let none = write("none.pem", "");
    let zones = write("zones", "example.net 192.0.2.1 tls=ns.example.net\n");
    let key = format!("a._transfer:SHA257:{SECRET}");
    let bad_keys = write("keys", "nonsense");
    for (words, code, said) in [
        (&["--zones", &zones][..], 3, "line 1: say whom to believe"),
        (&["--zones", &zones, "--primary-ca", &none], 3, "none.pem: "),
        (&["--zones", "/nowhere/zones"], 3, "/nowhere/zones: "),
        (&["--key", &key], 2, "no algorithm"),
        (&["--keys", &bad_keys], 6, "no keys in "),
        (&["--listen", "::1"], 2, "--keys"),
        (
            &["--status", "--control", "/nowhere/socket"],
            5,
            "no secondary answers at",
        ),
    ] {
        let (got, text) = refused(words);
        assert_eq!(got, Some(code), "{words:?}: {text}");
        assert!(text.contains(said), "{words:?}: {text}");
        assert!(!text.contains(&SECRET[..8]), "{text}");
    }
}

/// The status of the secondary at this socket, and the code with which it was told.
fn status(control: &Path) -> (Option<i32>, Value) {
    let mut command = program();
    command.arg("--status").arg("--control").arg(control);
    let output = command.args(["--format", "json"]).output().unwrap();
    let status = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.code(), status)
}

fn page(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn it_tells_how_its_zones_fare_and_reads_its_files_again() {
    let (folder, ours, metrics) = (tempfile::tempdir().unwrap(), free_address(), free_address());
    let path = |name: &str| folder.path().join(name);
    let (zones, control) = (path("zones"), path("control"));
    fs::write(&zones, "example.net 127.0.0.1@9\nexample.com 127.0.0.1@9\n").unwrap();
    let mut command = program();
    command
        .arg("--zones")
        .arg(&zones)
        .arg("--control")
        .arg(&control);
    command.arg("--state-dir").arg(path("state"));
    command.args(["--listen", &ours.to_string(), "--workers", "1"]);
    command.args(["--metrics", &metrics.to_string()]);
    let process = Process::start(&mut command, path("log"));
    let failing = |status: &Value| status["zones"][1]["last_failure"]["why"].is_string();
    let (code, first) = poll(|| {
        let (code, status) = status(&control);
        let is_told = failing(&status);
        is_told
            .then_some((code, status))
            .ok_or_else(|| process.log())
    });
    assert_eq!(code, Some(1), "not all is good");
    let zone = &first["zones"][1];
    assert_eq!(
        (zone["zone"].as_str(), zone["standing"].as_str()),
        (Some("example.net."), Some("missing"))
    );
    assert_eq!(zone["primaries"][0], "127.0.0.1:9");
    assert!(
        first["confined"].as_str().unwrap().contains("seccomp"),
        "{first}"
    );

    let text = page(metrics, "/metrics");
    assert!(
        text.contains("stemma_zones{standing=\"missing\"} 2"),
        "{text}"
    );
    assert!(page(metrics, "/healthz").starts_with("HTTP/1.1 200"));
    assert!(page(metrics, "/readyz").contains("no zone is served yet"));

    fs::write(&zones, "example.org 127.0.0.1@9\n").unwrap();
    process.signal("HUP");
    poll(|| {
        let (_, status) = status(&control);
        let now = status["zones"].as_array().map_or(0, Vec::len);
        let is_other = now == 1 && status["zones"][0]["zone"] == "example.org.";
        is_other.then_some(()).ok_or_else(|| process.log())
    });
    fs::write(&zones, "example.org nonsense\n").unwrap();
    process.signal("HUP");
    poll(|| match process.log().contains("stay as they were") {
        true => Ok(()),
        false => Err(process.log()),
    });
    assert_eq!(status(&control).1["zones"][0]["zone"], "example.org.");
}

#[test]
fn it_starts_serves_and_ends_and_says_no_secret() {
    let (folder, ours) = (tempfile::tempdir().unwrap(), free_address());
    let keys = folder.path().join("keys");
    fs::write(
        &keys,
        format!("a.127.0.0.1._transfer.example.org:SHA256:{SECRET}\n"),
    )
    .unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_secondary"));
    command
        .arg("--keys")
        .arg(&keys)
        .args(["--primary-port", "9", "--workers", "1"]);
    command.arg("--listen").arg(ours.to_string());
    let mut process = Process::start(&mut command, folder.path().join("log"));
    poll(|| match seen(ours, "example.org").as_str() {
        "Server Failure" => Ok(()),
        other => Err(format!("{other}: {}", process.log())),
    });
    poll(|| match process.log().contains("it cannot be reached") {
        true => Ok(()),
        false => Err(process.log()),
    });
    process.signal("TERM");
    assert_eq!(process.wait(Duration::from_secs(20)), Some(0));
    assert!(!process.log().contains(&SECRET[..8]), "{}", process.log());
}

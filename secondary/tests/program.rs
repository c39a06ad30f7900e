//! The program: its options, its end, and what it must not say.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::fs;
use std::process::Command;
use std::time::Duration;

use clap::Parser;
use secondary::args::Args;
use support::{SECRET, seen};
use testbed::poll;
use testbed::process::{Process, free_address};

fn read(words: &[&str]) -> Result<secondary::Config, String> {
    let words = std::iter::once("secondary").chain(words.iter().copied());
    let args = Args::try_parse_from(words).map_err(|error| error.to_string())?;
    args.config().map_err(|error| error.to_string())
}

#[test]
fn files_make_a_configuration_or_say_what_is_wrong_with_them() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let made = rcgen::generate_simple_self_signed(["ns.example.net".to_owned()]).unwrap();
    let (good, none) = (write("good.pem", &made.cert.pem()), write("none.pem", ""));
    let keys = write(
        "keys",
        &format!("a.192.0.2.9._transfer.example.com:SHA256:{SECRET}\n"),
    );
    let zones = write("zones", "example.net 192.0.2.1 tls=ns.example.net\n");
    let config = read(&["--keys", &keys, "--zones", &zones, "--primary-ca", &good]).unwrap();
    let [over_tls, by_key] = &config.zones[..] else {
        panic!("{:?}", config.zones);
    };
    assert_eq!(over_tls.primaries[0].address.to_string(), "192.0.2.1:853");
    assert!(over_tls.primaries[0].tls.is_some());
    assert_eq!(by_key.primaries[0].address.to_string(), "192.0.2.9:53");

    let wrong = |words: &[&str]| read(words).unwrap_err();
    assert!(wrong(&["--zones", &zones]).contains("line 1: say whom to believe"));
    assert!(wrong(&["--zones", &zones, "--primary-ca", &none]).contains("none.pem: "));
    assert!(wrong(&["--zones", "/nowhere/zones"]).contains("/nowhere/zones: "));
    let said = wrong(&["--key", &format!("a._transfer:SHA257:{SECRET}")]);
    assert!(said.contains("no algorithm"), "{said}");
    assert!(wrong(&["--keys", &zones]).contains("zones: "));
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

//! The program on bad days: among crowds and strangers, with crafted records, on a machine that lacks something.
//!
//! What takes root (a file system of one's own, a forged source) says so where the test has no root.

#![allow(clippy::print_stdout, reason = "a test says what it could not do")]

#[path = "../support/mod.rs"]
mod support;

mod clock;
mod crowds;
mod disk;
mod handshakes;
mod memory;
mod records;
mod strangers;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::MetadataExt;
use std::process::Command;

use support::{PATIENCE, Repo, Server, zone};

const LISTEN: [&str; 2] = ["--listen", "127.0.0.1:0"];

fn repo() -> Repo {
    let repo = Repo::new();
    repo.commit(&[("a.example", &zone(1, "192.0.2.1"))]);
    repo
}

fn is_root() -> bool {
    let is_root = fs::metadata("/proc/self").expect("/proc").uid() == 0;
    if !is_root {
        println!("NOT TESTED: this takes root");
    }
    is_root
}

/// Root in a container may not.
fn may_mount() -> bool {
    let tried = Command::new("unshare").args(["--mount", "true"]).output();
    let may = tried.expect("unshare runs").status.success();
    if !may {
        println!("NOT TESTED: this takes mounts of one's own");
    }
    may
}

/// A mount of one's own, made before the program starts and seen by it alone.
fn under_mount<'a>(script: &'a str, on: &'a str) -> [&'a str; 7] {
    let private = "--propagation=private";
    ["unshare", "--mount", private, "sh", "-c", script, on]
}

fn exchange(stream: &mut TcpStream, message: &[u8]) -> Vec<u8> {
    stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
    stream
        .write_all(&(message.len() as u16).to_be_bytes())
        .expect("sent");
    stream.write_all(message).expect("sent");
    let mut length = [0; 2];
    stream.read_exact(&mut length).expect("a length");
    let mut answer = vec![0; u16::from_be_bytes(length).into()];
    stream.read_exact(&mut answer).expect("an answer");
    answer
}

fn metrics(server: &Server) -> String {
    let status = server.status().expect("it runs");
    let address = status["metrics"].as_str().expect("an address").to_owned();
    let mut stream = TcpStream::connect(address).expect("connected");
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        .expect("sent");
    std::io::read_to_string(stream).expect("a page")
}

/// Entries of a directory of the process: its threads, or its open files.
fn count(server: &Server, what: &str) -> usize {
    let path = format!("/proc/{}/{what}", server.id());
    fs::read_dir(path).expect("it runs").count()
}

/// Memory in use.
fn resident_kib(server: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.expect("a line").trim().trim_end_matches(" kB");
    number.parse().expect("a number")
}

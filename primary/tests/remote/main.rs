//! Repositories on other machines: the real program, the servers of Git and OpenSSH, and bad lines between them.

#![allow(clippy::print_stdout, reason = "a test says what it could not do")]

#[path = "../support/mod.rs"]
mod support;

mod away;
mod cable;
mod following;
mod growing;
mod killed;
mod names;
mod rewritten;
mod severed;
mod trust;
mod webhook;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use serde_json::Value;
use support::{PATIENCE, Repo, Server, poll, query, zone};
use testbed::daemons;

/// A repository with one zone, whose `www` is at this address.
fn origin(www: &str) -> (Repo, String) {
    let repo = Repo::new();
    let commit = push(&repo, www);
    (repo, commit)
}

/// A commit in which the file of the zone says the same serial as ever.
fn push(repo: &Repo, www: &str) -> String {
    repo.commit(&[("example.org", &zone(1, www))])
}

/// The directory that the daemons serve from.
fn base(repo: &Repo) -> std::path::PathBuf {
    repo.beside("")
}

/// The program on a URL, looking every second, with a state directory and metrics, and an impatience that suits a test.
fn follow(repo: &Repo, url: &str, more: &[&str]) -> Server {
    follow_with("1", repo, url, more)
}

/// The same, looking when it is told to, or after a failure.
fn follow_when_told(repo: &Repo, url: &str) -> Server {
    follow_with("86400", repo, url, &[])
}

fn follow_with(seconds: &str, repo: &Repo, url: &str, more: &[&str]) -> Server {
    let usual = usual(seconds, &repo.beside("state"));
    let usual: Vec<&str> = usual.iter().map(String::as_str).collect();
    Server::start_on(&["env"], repo, url, &[&usual[..], more].concat())
}

/// Options of the program.
fn usual(poll_seconds: &str, state: &Path) -> Vec<String> {
    let state = state.to_str().expect("UTF-8");
    let options = [
        ["--listen", "127.0.0.1:0"],
        ["--metrics", "127.0.0.1:0"],
        ["--poll", poll_seconds],
        ["--remote-timeout", "1"],
        ["--rate-limit", "off"],
        ["--state-dir", state],
    ];
    options.concat().into_iter().map(str::to_owned).collect()
}

fn git_url(port: u16) -> String {
    format!("git://127.0.0.1:{port}/zones.git#main")
}

/// A page of the HTTP port: status and text.
fn page(server: &Server, path: &str) -> (u16, String) {
    let status = server.status().expect("a status");
    let address: SocketAddr = status["metrics"]
        .as_str()
        .expect("an address")
        .parse()
        .expect("an address");
    let mut stream = TcpStream::connect(address).expect("connected");
    stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").expect("sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    let code = text.split(' ').nth(1).and_then(|code| code.parse().ok());
    (code.expect("a code"), text)
}

/// The sample of a metric, labels and all.
fn metric(server: &Server, name: &str) -> Option<f64> {
    let (_, text) = page(server, "/metrics");
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.map(|value| value.parse().expect("a number"))
}

/// Whether the program believes that it is up to date.
fn is_fresh(status: &Value) -> bool {
    status["remote"]["stale"] == false
}

/// The extended error of an answer (RFC 8914): code and text.
fn extended_error(server: &Server, name: &str) -> Option<(u16, String)> {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.set_read_timeout(Some(PATIENCE)).expect("a limit");
    socket
        .send_to(&query(name), server.addresses[0])
        .expect("sent");
    let mut answer = [0; 4096];
    let length = socket.recv(&mut answer).expect("an answer");
    // Option 15, its length, the code; all that follows is text, as it is the last option.
    let answer = &answer[..length];
    let at = answer.windows(2).rposition(|two| two == [0, 15])?;
    let code = u16::from_be_bytes([answer[at + 4], answer[at + 5]]);
    let text = String::from_utf8_lossy(&answer[at + 6..]).into_owned();
    Some((code, text))
}

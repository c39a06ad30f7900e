//! Signed messages: the real program, and clients of other projects.

#[path = "../support/mod.rs"]
mod support;

mod clients;
mod files;
mod notify;
mod repository;

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use support::{Repo, Server, zone};

/// Secrets of two keys; neither may ever be told.
const SECRET: &str = "Q2FuYXJ5IG9mIHRoZSBmaXJzdCBrZXkuIDEyMzQ1Njc=";
const OTHER: &str = "Q2FuYXJ5IG9mIHRoZSBvdGhlciBrZXkuIDEyMzQ1Njc=";

const UPDATE: &str = "web._update.example.org";
const NOTIFY: &str = "hook._notify.example.org";
const ELSEWHERE: &str = "hook._notify.example.net";

/// A line of a key file.
fn line(name: &str, secret: &str) -> String {
    format!("{name}:SHA256:{secret}\n")
}

/// Writes a key file in one step, which only its owner may read.
fn write_keys(repo: &Repo, text: &str) -> PathBuf {
    let (path, new) = (repo.beside("keys"), repo.beside("keys.new"));
    std::fs::write(&new, text).expect("written");
    std::fs::set_permissions(&new, std::fs::Permissions::from_mode(0o600)).expect("closed");
    std::fs::rename(&new, &path).expect("renamed");
    path
}

/// A repository with one zone, and a key file beside it.
fn scene() -> (Repo, PathBuf) {
    let repo = Repo::new();
    repo.commit(&[("example.org", &zone(1, "192.0.2.1"))]);
    let all = [UPDATE, NOTIFY, ELSEWHERE].map(|name| line(name, SECRET));
    let keys = write_keys(&repo, &all.concat());
    (repo, keys)
}

fn start(repo: &Repo, keys: &std::path::Path) -> Server {
    let keys = keys.to_str().expect("UTF-8");
    Server::start_with(repo, &["--listen", "127.0.0.1:0", "--keys", keys])
}

/// Ends the server, and makes sure that it has told no secret.
fn stop(server: Server) {
    let status = server.ask_status("json");
    let log = server.stop_and_read();
    let said = [String::from_utf8_lossy(&status.stdout).into_owned(), log];
    for said in said {
        assert!(!said.contains(SECRET) && !said.contains(OTHER), "{said}");
        assert!(!said.contains("refused a system call"), "{said}");
    }
}

/// What a program of another project says.
fn run(command: &mut Command) -> String {
    let output = command
        .output()
        .expect("it runs; `tests/run programs` installs it");
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

/// `dig` or `kdig`, signing with this key.
fn ask(program: &str, server: &Server, (name, secret): (&str, &str), words: &[&str]) -> String {
    let address = server.addresses[0];
    let mut command = Command::new(program);
    command
        .arg(format!("@{}", address.ip()))
        .args(["-p", &address.port().to_string()])
        .args(["-y", &format!("hmac-sha256:{name}:{secret}")])
        .args(match program {
            "dig" => ["+tries=1", "+time=10"],
            _ => ["+retry=0", "+timeout=10"],
        });
    run(command.arg("+norecurse").args(words))
}

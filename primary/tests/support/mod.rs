//! A repository, the real program, and a client to ask it.
#![allow(dead_code, reason = "each test file uses its part of this module")]

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

/// Longer than anything takes, on a machine that is busy with something else.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) const NOERROR: u8 = 0;
pub(crate) const SERVFAIL: u8 = 2;
pub(crate) const NXDOMAIN: u8 = 3;
pub(crate) const REFUSED: u8 = 5;

/// A bare repository in a directory of its own.
pub(crate) struct Repo {
    dir: TempDir,
}

impl Repo {
    pub(crate) fn new() -> Repo {
        let repo = Repo {
            dir: tempfile::tempdir().expect("a temporary directory"),
        };
        repo.git_in(
            repo.dir.path(),
            &["init", "-q", "--bare", "-b", "main", "zones.git"],
            "",
        );
        repo
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("zones.git")
    }

    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        self.git_in(&self.path(), arguments, "")
    }

    /// Makes a commit of exactly these files the tip of `main`.
    pub(crate) fn commit(&self, files: &[(&str, &str)]) -> String {
        self.commit_by("Ann", files)
    }

    pub(crate) fn commit_by(&self, author: &str, files: &[(&str, &str)]) -> String {
        let plain = files.iter().map(|(path, text)| ("100644", *path, *text));
        self.commit_entries(author, &plain.collect::<Vec<_>>())
    }

    /// Mode, path and contents of each entry.
    pub(crate) fn commit_entries(&self, author: &str, files: &[(&str, &str, &str)]) -> String {
        let parent = self.git(&["for-each-ref", "--format=%(objectname)", "refs/heads/main"]);
        let mut stream = format!(
            "commit refs/heads/incoming\ncommitter {author} <ann@example.org> 1700000000 +0000\n"
        );
        stream += "data 8\nA change\n";
        if !parent.is_empty() {
            stream += &format!("from {parent}\ndeleteall\n");
        }
        for (mode, path, text) in files {
            stream += &format!("M {mode} inline {path}\ndata {}\n{text}\n", text.len());
        }
        self.git_in(
            &self.path(),
            &["fast-import", "--quiet", "--force"],
            &stream,
        );
        let id = self.git(&["rev-parse", "incoming"]);
        self.git(&["update-ref", "-d", "refs/heads/incoming"]);
        self.git(&["update-ref", "refs/heads/main", &id]);
        id
    }

    fn git_in(&self, dir: &Path, arguments: &[&str], input: &str) -> String {
        let mut child = Command::new("git")
            .args(arguments)
            .current_dir(dir)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").expect("PATH is set"))
            .envs([
                ("HOME", "/nonexistent"),
                ("GIT_CONFIG_GLOBAL", "/dev/null"),
                ("GIT_CONFIG_NOSYSTEM", "1"),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("git runs");
        child
            .stdin
            .take()
            .expect("piped")
            .write_all(input.as_bytes())
            .expect("git reads");
        let output = child.wait_with_output().expect("git ends");
        assert!(output.status.success(), "git {arguments:?}");
        String::from_utf8_lossy(&output.stdout)
            .trim_end()
            .to_owned()
    }
}

/// Zone text with one address record for `www`.
pub(crate) fn zone(serial: u32, www: &str) -> String {
    format!(
        "$TTL 3600\n@ SOA ns1 hostmaster {serial} 7200 3600 1209600 300\n NS ns1\n NS ns2\nns1 A 192.0.2.1\nns2 A 192.0.2.2\nwww A {www}\n"
    )
}

/// The running program.
pub(crate) struct Server {
    child: Child,
    control: PathBuf,
    log: PathBuf,
    pub(crate) addresses: Vec<SocketAddr>,
}

impl Server {
    /// Starts it on free ports of `127.0.0.1` and waits until it answers.
    pub(crate) fn start(repo: &Repo) -> Server {
        Server::start_with(repo, &["--listen", "127.0.0.1:0"])
    }

    pub(crate) fn start_with(repo: &Repo, arguments: &[&str]) -> Server {
        let (control, log) = (repo.beside("control"), repo.beside("log"));
        let child = program()
            .arg("--repo")
            .arg(repo.path())
            .arg("--control")
            .arg(&control)
            .args(["--log-format", "json"])
            .args(arguments)
            .stderr(File::create(&log).expect("a log"))
            .spawn()
            .expect("the program starts");
        let mut server = Server {
            child,
            control,
            log,
            addresses: Vec::new(),
        };
        let status = server.wait_for(|_| true);
        let listen = status["listen"].as_array().expect("addresses").iter();
        server.addresses = listen
            .map(|address| address.as_str().expect("text").parse().expect("an address"))
            .collect();
        server
    }

    /// The status, as `primary --status` gives it; `None` while nobody answers.
    pub(crate) fn status(&self) -> Option<Value> {
        let output = self.ask_status("json");
        serde_json::from_slice(&output.stdout).ok()
    }

    pub(crate) fn ask_status(&self, format: &str) -> Output {
        let mut ask = program();
        ask.arg("--status")
            .arg("--control")
            .arg(&self.control)
            .args(["--format", format]);
        ask.output().expect("the program runs")
    }

    pub(crate) fn wait_for(&self, is_there: impl Fn(&Value) -> bool) -> Value {
        let started = Instant::now();
        loop {
            match self.status() {
                Some(status) if is_there(&status) => return status,
                other => assert!(started.elapsed() < PATIENCE, "{other:?}\n{}", self.log()),
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until a commit has been read.
    pub(crate) fn wait_for_commit(&self, id: &str) -> Value {
        self.wait_for(|status| status["commit"]["id"] == id)
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("a log")
    }

    /// The lines of the log, each a JSON object.
    pub(crate) fn log_lines(&self) -> Vec<Value> {
        self.log()
            .lines()
            .map(|line| serde_json::from_str(line).expect("a JSON object"))
            .collect()
    }

    pub(crate) fn ask(&self, name: &str) -> Answer {
        ask_udp(self.addresses[0], name)
    }

    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([name, &self.child.id().to_string()])
            .status();
        assert!(sent.expect("kill runs").success());
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                return status;
            }
            assert!(started.elapsed() < PATIENCE, "it does not stop");
            thread::sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn stop(mut self) {
        self.signal("-TERM");
        assert!(self.wait().success(), "{}", self.log());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_primary"))
}

/// What a client sees.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) rcode: u8,
    pub(crate) addresses: Vec<Ipv4Addr>,
    /// What NSID says, as text.
    pub(crate) nsid: String,
}

pub(crate) fn served(address: &str) -> impl Fn(&Answer) -> bool {
    let address: Ipv4Addr = address.parse().expect("an address");
    move |answer| answer.rcode == NOERROR && answer.addresses == [address]
}

pub(crate) fn ask_udp(server: SocketAddr, name: &str) -> Answer {
    let any = if server.is_ipv4() {
        "127.0.0.1:0"
    } else {
        "[::1]:0"
    };
    let socket = UdpSocket::bind(any).expect("a socket");
    socket.set_read_timeout(Some(PATIENCE)).expect("a limit");
    socket.send_to(&query(name), server).expect("sent");
    let mut answer = [0; 4096];
    let length = socket.recv(&mut answer).expect("an answer");
    read_answer(&answer[..length])
}

pub(crate) fn ask_tcp(stream: &mut TcpStream, name: &str) -> Answer {
    send_tcp(stream, name);
    read_tcp(stream)
}

pub(crate) fn send_tcp(stream: &mut TcpStream, name: &str) {
    let query = query(name);
    let mut octets = (query.len() as u16).to_be_bytes().to_vec();
    octets.extend(query);
    stream.write_all(&octets).expect("sent");
}

pub(crate) fn read_tcp(stream: &mut TcpStream) -> Answer {
    stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
    let mut length = [0; 2];
    stream.read_exact(&mut length).expect("a length");
    let mut answer = vec![0; u16::from_be_bytes(length).into()];
    stream.read_exact(&mut answer).expect("an answer");
    read_answer(&answer)
}

/// A question for addresses, with EDNS and NSID.
pub(crate) fn query(name: &str) -> Vec<u8> {
    let mut message = vec![0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1];
    for label in name.split('.').filter(|label| !label.is_empty()) {
        message.push(label.len() as u8);
        message.extend_from_slice(label.as_bytes());
    }
    message.extend([0, 0, 1, 0, 1]);
    message.extend([0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 4, 0, 3, 0, 0]);
    message
}

fn read_answer(message: &[u8]) -> Answer {
    let count = |at: usize| usize::from(u16::from_be_bytes([message[at], message[at + 1]]));
    assert_eq!(&message[..2], [0x12, 0x34], "the answer to this question");
    let mut at = skip_name(message, 12) + 4;
    let mut answer = Answer {
        rcode: message[3] & 0xf,
        addresses: Vec::new(),
        nsid: String::new(),
    };
    for _ in 0..count(6) + count(8) + count(10) {
        at = skip_name(message, at);
        let data = at + 10..at + 10 + count(at + 8);
        match count(at) {
            1 if data.len() == 4 => answer.addresses.push(
                <[u8; 4]>::try_from(&message[data.clone()])
                    .expect("four")
                    .into(),
            ),
            41 if data.len() >= 4 => {
                answer.nsid = String::from_utf8_lossy(&message[data.start + 4..data.end]).into();
            }
            _ => {}
        }
        at = data.end;
    }
    answer
}

fn skip_name(message: &[u8], mut at: usize) -> usize {
    loop {
        match message[at] {
            0 => return at + 1,
            pointer if pointer >= 0xc0 => return at + 2,
            length => at += usize::from(length) + 1,
        }
    }
}

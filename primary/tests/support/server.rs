//! The real program, and what it says about itself.

use std::fs::File;
use std::io::{Write, read_to_string};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output};

use serde_json::Value;
use testbed::faults;

use super::{Answer, Repo, ask_udp, poll};

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
        let place = repo.path();
        Server::start_on(&["env"], repo, place.to_str().expect("UTF-8"), arguments)
    }

    /// Started by another program, such as `env` or `prlimit`, in whose place it comes.
    pub(crate) fn start_under(under: &[&str], repo: &Repo, arguments: &[&str]) -> Server {
        let place = repo.path();
        Server::start_on(under, repo, place.to_str().expect("UTF-8"), arguments)
    }

    /// Serves another place than the repository, with log and control socket beside that.
    pub(crate) fn start_on(under: &[&str], repo: &Repo, place: &str, arguments: &[&str]) -> Server {
        let mut command = Command::new(under[0]);
        command.args(&under[1..]).arg(program().get_program());
        let mut server = Server::spawn_at(command, repo, place, arguments);
        let status = server.wait_for(|_| true);
        let listen = status["listen"].as_array().expect("addresses").iter();
        server.addresses = listen
            .map(|address| address.as_str().expect("text").parse().expect("an address"))
            .collect();
        server
    }

    /// Starts the program, or another one that becomes it, and waits for nothing.
    pub(crate) fn spawn(program: Command, repo: &Repo, arguments: &[&str]) -> Server {
        let place = repo.path();
        Server::spawn_at(program, repo, place.to_str().expect("UTF-8"), arguments)
    }

    /// The same for another place than the repository.
    pub(crate) fn spawn_at(
        mut program: Command,
        repo: &Repo,
        place: &str,
        arguments: &[&str],
    ) -> Server {
        let (control, log) = (repo.beside("control"), repo.beside("log"));
        let child = program
            .args(["--repo", place])
            .arg("--control")
            .arg(&control)
            .args(["--log-format", "json"])
            // Zones of tests have name servers at addresses of documentation (RFC 5737): nothing goes there.
            .args(notify_ns(arguments))
            .args(arguments)
            .stderr(File::create(&log).expect("a log"))
            .spawn()
            .expect("the program starts");
        Server {
            child,
            control,
            log,
            addresses: Vec::new(),
        }
    }

    pub(crate) fn has_ended(&mut self) -> bool {
        faults::end_if_killed(self.id());
        let status = self.child.try_wait().expect("it can be waited for");
        status.is_some()
    }

    /// The status, as `primary --status` is given it: without a program for each look. `None` while nobody answers.
    pub(crate) fn status(&self) -> Option<Value> {
        let mut stream = UnixStream::connect(&self.control).ok()?;
        stream.write_all(b"status\n").ok()?;
        serde_json::from_str(&read_to_string(stream).ok()?).ok()
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
        poll(|| match self.status() {
            Some(status) if is_there(&status) => Ok(status),
            other => Err(format!("{other:?}\n{}", self.log())),
        })
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

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, name: &str) {
        signal(&self.child, name);
    }

    /// It may have ended already.
    pub(crate) fn signal_if_alive(&mut self, name: &str) {
        if !self.has_ended() {
            self.signal(name);
        }
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        poll(|| {
            let status = self.child.try_wait().expect("it can be waited for");
            status.ok_or_else(|| "it does not stop".into())
        })
    }

    /// Ends it, and makes sure that it needed nothing from the kernel but what it is allowed.
    pub(crate) fn stop(self) {
        let log = self.stop_and_read();
        assert!(!log.contains("refused a system call"), "{log}");
    }

    /// Ends it, and gives its log.
    pub(crate) fn stop_and_read(mut self) -> String {
        self.signal("-TERM");
        assert!(self.wait().success(), "{}", self.log());
        self.log()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        faults::end(self.id());
        let _ = self.child.wait();
    }
}

fn notify_ns(arguments: &[&str]) -> &'static [&'static str] {
    match arguments.contains(&"--notify-ns") {
        true => &[],
        false => &["--notify-ns", "off"],
    }
}

pub(crate) fn signal(child: &Child, name: &str) {
    let name = name.trim_start_matches('-');
    assert!(testbed::process::signal(child.id(), name));
}

pub(crate) fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_primary"))
}

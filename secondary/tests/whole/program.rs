//! The running program, and what it says about itself.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use testbed::process::{Process, free_address};
use testbed::{PATIENCE, poll};

use crate::support::SECRET;

/// A folder for one secondary, which runs now and then.
pub(crate) struct Place {
    folder: tempfile::TempDir,
    pub(crate) address: SocketAddr,
}

/// A secondary that runs.
pub(crate) struct Running {
    process: Process,
    control: PathBuf,
}

impl Place {
    pub(crate) fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        // Another user may go through it.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Place {
            folder,
            address: free_address(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn word(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let (path, new) = (self.path(name), self.path("new"));
        fs::write(&new, text).unwrap();
        fs::rename(new, &path).unwrap();
        path.display().to_string()
    }

    /// A file of keys with these names.
    pub(crate) fn keys(&self, names: &[&str]) -> String {
        let lines = names.iter().map(|name| format!("{name}:SHA256:{SECRET}\n"));
        self.write("keys", &lines.collect::<String>())
    }

    /// The program that answers here, with these words, in the place of `under`.
    pub(crate) fn command(&self, under: &[&str], words: &[&str]) -> Command {
        let program = env!("CARGO_BIN_EXE_secondary");
        let all = [under, &[program], words].concat();
        let mut command = Command::new(all[0]);
        command.args(&all[1..]);
        command.args(["--listen", &self.address.to_string(), "--workers", "1"]);
        command
    }

    pub(crate) fn start(&self, words: &[&str]) -> Running {
        self.start_under(&[], words)
    }

    pub(crate) fn start_under(&self, under: &[&str], words: &[&str]) -> Running {
        let control = self.path("control");
        let mut command = self.command(under, words);
        command.arg("--control").arg(&control);
        let process = Process::start(&mut command, self.path("log"));
        let running = Running { process, control };
        running.wait_for(|_| true);
        running
    }
}

impl Running {
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn log(&self) -> String {
        self.process.log()
    }

    pub(crate) fn signal(&self, name: &str) {
        self.process.signal(name);
    }

    /// As `secondary --status` is given it; none while nobody answers.
    pub(crate) fn status(&self) -> Option<Value> {
        let mut stream = UnixStream::connect(&self.control).ok()?;
        stream.write_all(b"status\n").ok()?;
        serde_json::from_str(&std::io::read_to_string(stream).ok()?).ok()
    }

    pub(crate) fn wait_for(&self, is_there: impl Fn(&Value) -> bool) -> Value {
        poll(|| match self.status() {
            Some(status) if is_there(&status) => Ok(status),
            other => Err(format!("{other:?}\n{}", self.log())),
        })
    }

    /// What the status says of a zone.
    pub(crate) fn zone(&self, name: &str) -> Option<Value> {
        let status = self.wait_for(|status| status["zones"].is_array());
        let zones = status["zones"].as_array().unwrap().clone();
        zones.into_iter().find(|zone| zone["zone"] == name)
    }

    pub(crate) fn kill(mut self) {
        self.process.signal("KILL");
        assert_eq!(self.process.wait(PATIENCE), None, "killed");
    }

    /// It ends by itself, and needed nothing from the kernel but what it is allowed.
    pub(crate) fn stop(mut self) {
        self.process.signal("TERM");
        let code = self.process.wait(PATIENCE);
        let log = self.log();
        assert_eq!(code, Some(0), "{log}");
        assert!(!log.contains("refused a system call"), "{log}");
        assert!(!log.contains(&SECRET[..8]), "{log}");
    }
}

/// A page over HTTP, head and all.
pub(crate) fn page(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

/// What `/proc` tells of the process in a line.
pub(crate) fn told(process: u32, name: &str) -> String {
    let status = fs::read_to_string(Path::new("/proc").join(process.to_string()).join("status"));
    let status = status.unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap().trim().replace('\t', " ")
}

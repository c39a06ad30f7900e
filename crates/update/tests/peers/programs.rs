//! BIND, Knot and our program, with a zone for each case of the tables.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use rr::Name;
use tempfile::TempDir;
use testbed::git::git_output;
use testbed::peers::{self, Knot};
use testbed::process::{Process, free_address, our_program};
use testbed::{PATIENCE, wait_until};

use crate::connection::Connection;
use crate::support::{ROOT_KEY, key, name};

/// A server that takes updates with [`ROOT_KEY`], as it is called where tables declare what it does.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    /// Of a folder with files `zone-0` and so on, as many as are said.
    command: fn(&Path, SocketAddr, usize) -> Command,
}

/// A running one.
pub(crate) struct Server {
    pub(crate) name: &'static str,
    pub(crate) address: SocketAddr,
    pub(crate) process: Process,
    _folder: TempDir,
}

impl Program {
    pub(crate) const BIND: Program = Program {
        name: "bind",
        command: bind,
    };
    pub(crate) const KNOT: Program = Program {
        name: "knot",
        command: knot,
    };
    /// Never declared to differ.
    pub(crate) const OURS: Program = Program {
        name: "ours",
        command: ours,
    };

    /// Serves these texts as the zones [`apex`]`(0)` and so on.
    pub(crate) fn start(&self, zones: &[&str]) -> Server {
        let (folder, address) = (tempfile::tempdir().unwrap(), free_address());
        for (number, text) in zones.iter().enumerate() {
            std::fs::write(folder.path().join(format!("zone-{number}")), text).unwrap();
        }
        let mut command = (self.command)(folder.path(), address, zones.len());
        let process = Process::start(&mut command, folder.path().join("log"));
        let mut server = Server {
            name: self.name,
            address,
            process,
            _folder: folder,
        };
        let last = apex(zones.len() - 1);
        let is_ready = || Connection::to(address).is_ok_and(|mut it| it.serves(&last));
        wait_until(PATIENCE, || !server.process.is_running() || is_ready());
        server.must_run("the first case");
        server
    }
}

impl Server {
    pub(crate) fn must_run(&mut self, before: &str) {
        let is_running = self.process.is_running();
        let (name, log) = (self.name, self.process.log());
        assert!(is_running, "{name} before {before}:\n{log}");
    }
}

/// The zone of a case.
pub(crate) fn apex(number: usize) -> Name {
    name(&format!("case-{number}.example"))
}

fn bind(folder: &Path, address: SocketAddr, zones: usize) -> Command {
    let mut statement = String::new();
    tsig::text::write_bind_key(&key(ROOT_KEY), &mut statement).unwrap();
    let zone = |number: usize| {
        let apex = apex(number);
        format!(
            "zone \"{apex}\" {{ type primary; file \"zone-{number}\"; allow-update {{ key \"{ROOT_KEY}\"; }}; }};\n"
        )
    };
    let zones: String = (0..zones).map(zone).collect();
    let options = "notify no; allow-transfer { any; };";
    peers::named(folder, address, options, statement + &zones)
}

fn knot(folder: &Path, address: SocketAddr, zones: usize) -> Command {
    let mut line = String::new();
    tsig::text::write_key(&key(ROOT_KEY), &mut line).unwrap();
    let secret = line.trim().rsplit(':').next().unwrap();
    let zone = |number: usize| {
        let apex = apex(number);
        format!("  - domain: {apex}\n    file: zone-{number}\n")
    };
    let zones: String = (0..zones).map(zone).collect();
    let before = format!(
        "key:\n  - id: {ROOT_KEY}\n    algorithm: hmac-sha256\n    secret: {secret}\n\
         acl:\n  - id: updates\n    key: {ROOT_KEY}\n    action: update\n\
         \x20 - id: transfers\n    address: {}\n    action: transfer\n",
        address.ip()
    );
    let knot = Knot {
        before: &before,
        template: "    acl: [updates, transfers]\n",
        zones: &zones,
        ..Knot::default()
    };
    knot.command(folder, address)
}

/// On a bare repository, as updates go into no branch that is checked out.
fn ours(folder: &Path, address: SocketAddr, zones: usize) -> Command {
    let repository = folder.join("repository");
    std::fs::create_dir(&repository).unwrap();
    for number in 0..zones {
        let apex = apex(number).to_string();
        let file = repository.join(apex.trim_end_matches('.'));
        std::fs::copy(folder.join(format!("zone-{number}")), file).unwrap();
    }
    // Zones of tables have name servers and aliases that lead nowhere.
    std::fs::write(repository.join(".zonecheck"), "* * note\n").unwrap();
    for arguments in [
        &["init", "-q", "-b", "main"][..],
        &["add", "-A"],
        &["commit", "-q", "-m", "Zones of a test"],
        &["clone", "-q", "--bare", ".", "../repository.git"],
    ] {
        git_output(&repository, arguments);
    }
    let (keys, mut line) = (folder.join("keys"), String::new());
    tsig::text::write_key(&key(ROOT_KEY), &mut line).unwrap();
    std::fs::write(&keys, line).unwrap();
    std::fs::set_permissions(&keys, std::fs::Permissions::from_mode(0o600)).unwrap();
    let mut command = our_program("primary");
    command
        .arg("--repo")
        .arg(folder.join("repository.git"))
        .arg("--keys")
        .arg(keys);
    command.arg("--control").arg(folder.join("control"));
    command.args(["--listen", &address.to_string()]);
    command.args(["--allow-transfer", "127.0.0.0/8", "--notify-ns", "off"]);
    command
}

//! BIND, Knot and NSD with a zone of many messages and all keys.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rr::Rtype;
use tempfile::TempDir;
use testbed::peers::{self, Knot};
use testbed::wait_until;
use tests::process::{Process, free_address};

use crate::connection::{Connection, question};
use crate::keys::Shared;

const START: Duration = Duration::from_secs(60);
/// Of the zone that is transferred, but for SOA and NS.
pub(crate) const HOSTS: usize = 20_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    Bind,
    Knot,
    Nsd,
}

impl Server {
    pub(crate) const ALL: [Server; 3] = [Server::Bind, Server::Knot, Server::Nsd];
}

/// A running server.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    process: Process,
    /// Goes away with us.
    _folder: TempDir,
}

impl Running {
    pub(crate) fn start(server: Server) -> Running {
        let folder = tempfile::Builder::new()
            .prefix("stemma-signed-")
            .tempdir()
            .unwrap();
        let address = free_address();
        std::fs::write(folder.path().join("zone"), zone()).unwrap();
        let mut command = match server {
            Server::Bind => bind(folder.path(), address),
            Server::Knot => knot(folder.path(), address),
            Server::Nsd => nsd(folder.path(), address),
        };
        let process = Process::start(&mut command, folder.path().join("log"));
        let mut running = Running {
            address,
            process,
            _folder: folder,
        };
        let ready = wait_until(START, || !running.process.is_running() || running.serves());
        let log = running.process.log();
        assert!(ready && running.process.is_running(), "{server:?}:\n{log}");
        running
    }

    fn serves(&self) -> bool {
        let stream = std::net::TcpStream::connect_timeout(&self.address, START);
        stream.is_ok_and(|stream| {
            let mut connection = Connection::of(stream);
            connection.send(&question(Rtype::SOA));
            connection
                .receive()
                .is_some_and(|answer| answer[3] & 15 == 0 && answer[7] == 1)
        })
    }
}

fn zone() -> String {
    let mut text = String::from(
        "$ORIGIN example.org.\n$TTL 300\n@ SOA ns hostmaster 1 3600 600 86400 300\n@ NS ns\nns A 192.0.2.1\n",
    );
    for host in 0..HOSTS - 1 {
        text.push_str(&format!("host-{host} A 192.0.2.2\n"));
    }
    text
}

fn bind(folder: &Path, address: SocketAddr) -> Command {
    let keys = Shared::all();
    let statement = |key: &Shared| {
        let mut text = String::new();
        tsig::text::write_bind_key(&key.key(), &mut text).unwrap();
        text
    };
    let statements: String = keys.iter().map(statement).collect();
    let allowed: String = keys
        .iter()
        .map(|key| format!("key \"{}\"; ", key.name))
        .collect();
    let options = format!("notify no; transfer-message-size 4096; allow-transfer {{ {allowed} }};");
    let zone = "zone \"example.org\" { type primary; file \"zone\"; };\n";
    peers::named(folder, address, options, statements + zone)
}

fn knot(folder: &Path, address: SocketAddr) -> Command {
    let keys = Shared::all();
    let entry = |key: &Shared| {
        let algorithm = key.algorithm.configuration_name();
        format!(
            "  - id: {}\n    algorithm: {algorithm}\n    secret: {}\n",
            key.name,
            key.base64()
        )
    };
    let entries: String = keys.iter().map(entry).collect();
    let names: Vec<_> = keys.iter().map(|key| key.name.as_str()).collect();
    let before = format!(
        "key:\n{entries}acl:\n  - id: keys\n    key: [{}]\n    action: transfer\n",
        names.join(", ")
    );
    let knot = Knot {
        before: &before,
        template: "    acl: keys\n    journal-content: none\n",
        zones: "  - domain: example.org\n    file: zone\n",
        ..Knot::default()
    };
    knot.command(folder, address)
}

fn nsd(folder: &Path, address: SocketAddr) -> Command {
    let keys = Shared::all();
    let entry = |key: &Shared| {
        let algorithm = key.algorithm.configuration_name();
        format!(
            "key:\n  name: \"{}\"\n  algorithm: {algorithm}\n  secret: \"{}\"\n",
            key.name,
            key.base64()
        )
    };
    let entries: String = keys.iter().map(entry).collect();
    let provide: String = keys
        .iter()
        .map(|key| format!("  provide-xfr: 127.0.0.1 {}\n", key.name))
        .collect();
    let zone = format!("zone:\n  name: example.org\n  zonefile: zone\n{provide}");
    peers::nsd(folder, address, "", entries + &zone)
}

//! Servers of other projects: each alone at one address of loopback, with all its files in one folder, few threads, and nothing done
//! that nobody has asked for. What a test is about it says itself, in the words of the server.

use std::fmt::Display;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

/// The tables of PowerDNS in SQLite.
pub const POWERDNS_TABLES: &str = "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql";

/// BIND; `options` are further ones, `rest` is what stands beside them: keys, zones.
pub fn named(
    folder: &Path,
    address: SocketAddr,
    options: impl Display,
    rest: impl Display,
) -> Command {
    let (ip, port, place) = (address.ip(), address.port(), folder.display());
    let text = format!(
        "options {{
            directory \"{place}\"; pid-file \"named.pid\"; session-keyfile \"session.key\"; lock-file none;
            listen-on port {port} {{ {ip}; }}; listen-on-v6 {{ none; }};
            recursion no; dnssec-validation no; empty-zones-enable no; check-integrity no;
            {options}
        }};
        controls {{ }};
        {rest}"
    );
    configured("named", &["-g", "-n", "1", "-c"], folder, &text)
}

/// A zone that BIND has from a primary, which it asks each second, signed with a key of this name and secret (SHA-256).
pub fn named_follows(zone: &str, primary: SocketAddr, (key, secret): (&str, &str)) -> String {
    let (ip, port) = (primary.ip(), primary.port());
    format!(
        "key \"{key}\" {{ algorithm hmac-sha256; secret \"{secret}\"; }};
        zone \"{zone}\" {{ type secondary; file \"{zone}\"; primaries {{ {ip} port {port} key \"{key}\"; }};
          min-refresh-time 1; max-refresh-time 1; min-retry-time 1; max-retry-time 1; }};"
    )
}

/// What a test says of Knot, each part of it whole lines.
#[derive(Debug, Default)]
pub struct Knot<'t> {
    /// Further items of the server.
    pub server: &'t str,
    /// Sections that come before zones: keys, rights, remotes.
    pub before: &'t str,
    /// Further items of all zones.
    pub template: &'t str,
    /// The items of the section of zones.
    pub zones: &'t str,
}

impl Knot<'_> {
    /// Knot; files of zones are read and not written.
    pub fn command(&self, folder: &Path, address: SocketAddr) -> Command {
        let (ip, port, place) = (address.ip(), address.port(), folder.display());
        let Knot {
            server,
            before,
            template,
            zones,
        } = self;
        let text = format!(
            "server:
    listen: {ip}@{port}
    rundir: \"{place}\"
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
{server}log:
  - target: stderr
    any: info
database:
    storage: \"{place}\"
{before}template:
  - id: default
    storage: \"{place}\"
    semantic-checks: off
    zonefile-sync: -1
{template}zone:
{zones}"
        );
        configured("knotd", &["-c"], folder, &text)
    }
}

/// NSD; `server` are further lines of the server, `rest` is keys and zones.
pub fn nsd(
    folder: &Path,
    address: SocketAddr,
    server: impl Display,
    rest: impl Display,
) -> Command {
    let (ip, port, place) = (address.ip(), address.port(), folder.display());
    let text = format!(
        "server:
  ip-address: {ip}@{port}
  do-ip6: no
  server-count: 1
  username: \"\"
  chroot: \"\"
  zonesdir: \"{place}\"
  database: \"\"
  pidfile: \"{place}/nsd.pid\"
  xfrdfile: \"{place}/xfrd.state\"
  xfrdir: \"{place}\"
  zonelistfile: \"{place}/zone.list\"
  cookie-secret-file: \"\"
  rrl-ratelimit: 0
  xfrd-reload-timeout: 0
{server}remote-control:
  control-enable: no
{rest}"
    );
    configured("nsd", &["-d", "-c"], folder, &text)
}

/// PowerDNS, which remembers nothing of what it has read; `rest` says what it reads.
pub fn powerdns(folder: &Path, address: SocketAddr, rest: impl Display) -> Command {
    let (ip, port, place) = (address.ip(), address.port(), folder.display());
    let text = format!(
        "local-address={ip}
local-port={port}
socket-dir={place}
daemon=no
guardian=no
write-pid=no
disable-axfr=no
security-poll-suffix=
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
{rest}"
    );
    fs::write(folder.join("pdns.conf"), text).expect("the folder is there");
    let mut command = Command::new("/usr/sbin/pdns_server");
    command.arg(format!("--config-dir={place}"));
    command
}

fn configured(program: &str, options: &[&str], folder: &Path, text: &str) -> Command {
    let path = folder.join(format!("{program}.conf"));
    fs::write(&path, text).expect("the folder is there");
    let mut command = Command::new(format!("/usr/sbin/{program}"));
    command.args(options).arg(path);
    command
}

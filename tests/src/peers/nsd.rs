//! `nsd`, one server process, no control channel.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use testbed::peers;

use super::keys::{AsksWith, TRANSFER_KEY, known};
use super::{Kind, Role, ZoneText, write_zones};
use crate::name::Name;

pub(super) fn command(
    role: Role,
    folder: &Path,
    address: SocketAddr,
    zones: &[ZoneText],
) -> Command {
    let name = TRANSFER_KEY.0;
    let (keys, giving) = match role {
        Role::Answers => (String::new(), String::new()),
        Role::Gives | Role::Follows(_) | Role::IsTold(_) | Role::Consumes(_) => (
            keys(),
            format!("  provide-xfr: 127.0.0.1 NOKEY\n  provide-xfr: 127.0.0.1 {name}\n"),
        ),
    };
    let list = write_zones(folder, zones, |apex, path| {
        format!(
            "zone:\n  name: \"{apex}\"\n  zonefile: \"{}\"\n{giving}{}",
            path.display(),
            following(role, apex)
        )
    });
    let server = "  minimal-responses: yes\n  refuse-any: yes\n  ipv4-edns-size: 1232\n  hide-version: yes\n";
    peers::nsd(folder, address, server, keys + &list)
}

fn keys() -> String {
    let secret = TRANSFER_KEY.1;
    let key = |(name, algorithm)| {
        format!("key:\n  name: \"{name}\"\n  algorithm: {algorithm}\n  secret: \"{secret}\"\n")
    };
    known(Kind::Nsd).into_iter().map(key).collect()
}

fn following(role: Role, apex: &Name) -> String {
    let Some(primary) = role.primary() else {
        return String::new();
    };
    let (ip, port) = (primary.ip(), primary.port());
    let key = AsksWith::of(Kind::Nsd, apex).name;
    let told = format!("  allow-notify: 127.0.0.1 {key}\n  allow-notify: 127.0.0.1 NOKEY\n");
    if role != Role::Follows(primary) {
        return format!("  request-xfr: {ip}@{port} {key}\n{told}");
    }
    format!(
        "  request-xfr: {ip}@{port} {key}\n  min-refresh-time: 1\n  max-refresh-time: 1\n  min-retry-time: 1\n  max-retry-time: 1\n"
    )
}

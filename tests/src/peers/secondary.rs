//! Our secondary, with a file of zones.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::{Role, TRANSFER_KEY, ZoneText, write};
use crate::process::our_program;

pub(super) fn command(
    role: Role,
    folder: &Path,
    address: SocketAddr,
    zones: &[ZoneText],
) -> Command {
    let primary = role.primary().expect("a secondary has a primary");
    let (ip, port, (key, secret)) = (primary.ip(), primary.port(), TRANSFER_KEY);
    let what = match role {
        Role::Consumes(_) => "catalog ",
        _ => "",
    };
    let lines: String = zones
        .iter()
        .map(|zone| format!("{what}{} {ip}@{port} key={key}\n", zone.apex))
        .collect();
    let (list, keys) = (folder.join("zones"), folder.join("keys"));
    write(&list, &lines);
    write(&keys, &format!("{key}:SHA256:{secret}\n"));
    let owner_only = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(&keys, owner_only).expect("the folder is ours");
    let mut command = our_program("secondary");
    command.arg("--zones").arg(list).arg("--keys").arg(keys);
    command.arg("--listen").arg(address.to_string());
    command
}

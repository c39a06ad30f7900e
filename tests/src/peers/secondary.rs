//! Our secondary, with a file of zones.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::keys::{AsksWith, key_lines};
use super::{Kind, Role, ZoneText, write};
use crate::process::our_program;

pub(super) fn command(
    role: Role,
    folder: &Path,
    address: SocketAddr,
    zones: &[ZoneText],
) -> Command {
    let primary = role.primary().expect("a secondary has a primary");
    let (ip, port) = (primary.ip(), primary.port());
    let what = match role {
        Role::Consumes(_) => "catalog ",
        _ => "",
    };
    let lines: String = zones
        .iter()
        .map(|zone| {
            let key = AsksWith::of(Kind::Secondary, &zone.apex).name;
            format!("{what}{} {ip}@{port} key={key}\n", zone.apex)
        })
        .collect();
    let (list, keys) = (folder.join("zones"), folder.join("keys"));
    write(&list, &lines);
    write(&keys, &key_lines());
    let owner_only = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(&keys, owner_only).expect("the folder is ours");
    let mut command = our_program("secondary");
    command.arg("--zones").arg(list).arg("--keys").arg(keys);
    command.arg("--listen").arg(address.to_string());
    command
}

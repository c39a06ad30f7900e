//! Our primary, on a bare repository with one commit.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::ZoneText;
use crate::engine::LENIENT;
use crate::process::our_program;
use crate::repository::Repository;

pub(super) fn command(folder: &Path, address: SocketAddr, zones: &[ZoneText]) -> Command {
    let repository = Repository::at(&folder.join("zones"));
    for zone in zones {
        let name = zone.apex.to_string();
        repository.write(name.trim_end_matches('.'), zone.text.as_bytes());
    }
    repository.write(".zonecheck", LENIENT.as_bytes());
    repository.commit("Zones of a test");
    serving(repository.path(), folder, address)
}

/// The primary on any repository, with its control socket in `folder`.
pub(super) fn serving(repository: &Path, folder: &Path, address: SocketAddr) -> Command {
    let mut command = our_program("primary");
    command
        .arg("--repo")
        .arg(repository)
        .arg("--listen")
        .arg(address.to_string());
    command
        .arg("--control")
        .arg(folder.join("control"))
        .args(["--poll", "1"])
        // Thousands of questions come from one address.
        .args(["--rate-limit", "off"])
        // Zones of tests have name servers that are nowhere.
        .args(["--notify-ns", "off"]);
    command
}

//! `pdns_server` with its BIND backend, as a secondary. That backend alone keeps no keys, so nothing is signed.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::{Role, ZoneText, write, write_zones};

pub(super) fn command(
    role: Role,
    folder: &Path,
    address: SocketAddr,
    zones: &[ZoneText],
) -> Command {
    let Some(primary) = role.primary() else {
        panic!("PowerDNS is a secondary only")
    };
    let folder_text = folder.display();
    let list = write_zones(folder, zones, |apex, path| {
        let (apex, path) = (apex.to_string(), path.display());
        let apex = apex.trim_end_matches('.');
        format!("zone \"{apex}\" {{ type slave; masters {{ {primary}; }}; file \"{path}\"; }};\n")
    });
    let named = folder.join("named.conf");
    write(
        &named,
        &format!("options {{ directory \"{folder_text}\"; }};\n{list}"),
    );
    let config = format!(
        "launch=bind
bind-config={}
local-address={}
local-port={}
socket-dir={folder_text}
secondary=yes
xfr-cycle-interval=1
allow-axfr-ips=127.0.0.0/8
disable-axfr=no
daemon=no
guardian=no
write-pid=no
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
",
        named.display(),
        address.ip(),
        address.port(),
    );
    write(&folder.join("pdns.conf"), &config);
    let mut command = Command::new("/usr/sbin/pdns_server");
    command.arg(format!("--config-dir={folder_text}"));
    command
}

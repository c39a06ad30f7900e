//! `named`, as bare an authority as it can be.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::{Role, TRANSFER_KEY, ZoneText, write, write_zones};

pub(super) fn command(
    role: Role,
    folder: &Path,
    address: SocketAddr,
    zones: &[ZoneText],
) -> Command {
    let (key, giving) = match role {
        Role::Answers => (String::new(), ""),
        Role::Gives => (key(), "allow-transfer { any; }; allow-update { any; };"),
        Role::Follows(_) | Role::IsTold(_) | Role::Consumes(_) => {
            (key(), "allow-transfer { any; };")
        }
    };
    let list = write_zones(folder, zones, |apex, path| {
        let (path, kind) = (path.display(), kind(role));
        format!("zone \"{apex}\" {{ {kind} file \"{path}\"; {giving} }};\n")
    });
    let (ip, port, folder_text) = (address.ip(), address.port(), folder.display());
    let catalogs = catalogs(role, zones);
    let config = format!(
        "options {{
            directory \"{folder_text}\"; pid-file \"named.pid\"; session-keyfile \"session.key\"; lock-file none;
            listen-on port {port} {{ {ip}; }}; listen-on-v6 {{ none; }};
            recursion no; allow-query {{ any; }}; notify no; dnssec-validation no; empty-zones-enable no;
            minimal-responses yes; minimal-any yes; max-udp-size 1232; edns-udp-size 1232; nocookie-udp-size 1232;
            check-names primary ignore; check-names response ignore; check-integrity no; check-mx ignore;
            check-mx-cname ignore; check-srv-cname ignore; check-sibling no; check-wildcard no; check-dup-records ignore;
            check-spf ignore; answer-cookie no; zero-no-soa-ttl no; rrset-order {{ order none; }}; {catalogs}
        }};
        controls {{ }};
        {key}{list}"
    );
    let path = folder.join("named.conf");
    write(&path, &config);
    let mut command = Command::new("/usr/sbin/named");
    command.args(["-g", "-n", "1", "-c"]).arg(path);
    command
}

fn kind(role: Role) -> String {
    let Some(primary) = role.primary() else {
        return "type primary;".into();
    };
    let often = match role {
        Role::Follows(_) => {
            "min-refresh-time 1; max-refresh-time 1; min-retry-time 1; max-retry-time 1;"
        }
        _ => "",
    };
    let primary = primaries(primary);
    format!("type secondary; primaries {primary}; {often} masterfile-format text;")
}

fn primaries(primary: SocketAddr) -> String {
    let (ip, port, (key, _)) = (primary.ip(), primary.port(), TRANSFER_KEY);
    format!("{{ {ip} port {port} key \"{key}\"; }}")
}

fn catalogs(role: Role, zones: &[ZoneText]) -> String {
    let (Role::Consumes(primary), [catalog]) = (role, zones) else {
        return String::new();
    };
    let (apex, primary) = (&catalog.apex, primaries(primary));
    format!(
        "catalog-zones {{ zone \"{apex}\" default-primaries {primary} min-update-interval 1; }};"
    )
}

fn key() -> String {
    let (name, secret) = TRANSFER_KEY;
    format!("key \"{name}\" {{ algorithm hmac-sha256; secret \"{secret}\"; }};\n")
}

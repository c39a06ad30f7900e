//! `named`, as bare an authority as it can be.

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
    let (key, giving) = match role {
        Role::Answers => (String::new(), ""),
        Role::Gives => (keys(), "allow-transfer { any; }; allow-update { any; };"),
        Role::Follows(_) | Role::IsTold(_) | Role::Consumes(_) => {
            (keys(), "allow-transfer { any; };")
        }
    };
    let list = write_zones(folder, zones, |apex, path| {
        let (path, kind) = (path.display(), kind(role, apex));
        format!("zone \"{apex}\" {{ {kind} file \"{path}\"; {giving} }};\n")
    });
    let options = format!(
        "allow-query {{ any; }}; notify no;
            minimal-responses yes; minimal-any yes; max-udp-size 1232; edns-udp-size 1232; nocookie-udp-size 1232;
            check-names primary ignore; check-names response ignore; check-mx ignore;
            check-mx-cname ignore; check-srv-cname ignore; check-sibling no; check-wildcard no; check-dup-records ignore;
            check-spf ignore; answer-cookie no; zero-no-soa-ttl no; rrset-order {{ order none; }}; {}",
        catalogs(role, zones)
    );
    peers::named(folder, address, options, key + &list)
}

fn kind(role: Role, apex: &Name) -> String {
    let Some(primary) = role.primary() else {
        return "type primary;".into();
    };
    let often = match role {
        Role::Follows(_) => {
            "min-refresh-time 1; max-refresh-time 1; min-retry-time 1; max-retry-time 1;"
        }
        _ => "",
    };
    let primary = primaries(primary, apex);
    format!("type secondary; primaries {primary}; {often} masterfile-format text;")
}

fn primaries(primary: SocketAddr, apex: &Name) -> String {
    let (ip, port) = (primary.ip(), primary.port());
    let key = AsksWith::of(Kind::Bind, apex).name;
    format!("{{ {ip} port {port} key \"{key}\"; }}")
}

fn catalogs(role: Role, zones: &[ZoneText]) -> String {
    let (Role::Consumes(primary), [catalog]) = (role, zones) else {
        return String::new();
    };
    let (apex, primary) = (&catalog.apex, primaries(primary, &catalog.apex));
    format!(
        "catalog-zones {{ zone \"{apex}\" default-primaries {primary} min-update-interval 1; }};"
    )
}

fn keys() -> String {
    let secret = TRANSFER_KEY.1;
    let key = |(name, algorithm)| {
        format!("key \"{name}\" {{ algorithm {algorithm}; secret \"{secret}\"; }};\n")
    };
    known(Kind::Bind).into_iter().map(key).collect()
}

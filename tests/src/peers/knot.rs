//! `knotd`, without journal, key store or signing.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use testbed::peers::Knot;

use super::keys::{AsksWith, TRANSFER_KEY, known};
use super::{Kind, Role, ZoneText, write_zones};
use crate::name::Name;

pub(super) fn command(
    role: Role,
    folder: &Path,
    address: SocketAddr,
    zones: &[ZoneText],
) -> Command {
    let (rights, giving, journal) = match role {
        Role::Answers => (String::new(), "", "none"),
        Role::Gives => (rights(), "    acl: [signed, unsigned]\n", "changes"),
        Role::Follows(_) | Role::IsTold(_) | Role::Consumes(_) => {
            (rights(), "    acl: [signed, unsigned]\n", "none")
        }
    };
    let (remote, following) = following(role);
    let list = write_zones(folder, zones, |apex, path| {
        format!(
            "  - domain: \"{}\"\n    file: \"{}\"\n{}{}",
            apex.to_string().replace('\\', "\\\\"),
            path.display(),
            master(role, apex),
            consuming(role)
        )
    });
    let knot = Knot {
        server: "    udp-max-payload-ipv4: 1232\n    version: \"\"\n    identity: \"\"\n",
        before: &(rights + &remote),
        template: &format!("    journal-content: {journal}\n{giving}{following}"),
        zones: &list,
    };
    knot.command(folder, address)
}

fn rights() -> String {
    let keys = known(Kind::Knot);
    let names: Vec<&str> = keys.iter().map(|(name, _)| name.as_str()).collect();
    let names = names.join(", ");
    let secret = TRANSFER_KEY.1;
    let key = |(name, algorithm): &(String, String)| {
        format!("  - id: {name}\n    algorithm: {algorithm}\n    secret: \"{secret}\"\n")
    };
    let keys: String = keys.iter().map(key).collect();
    format!(
        "key:
{keys}acl:
  - id: signed
    key: [{names}]
    action: [transfer, update, notify]
  - id: unsigned
    address: 127.0.0.1
    action: [transfer, update, notify]
"
    )
}

/// Who is asked for a zone, with the key for it.
fn master(role: Role, apex: &Name) -> String {
    let key = role.primary().map(|_| AsksWith::of(Kind::Knot, apex));
    key.map_or_else(String::new, |key| {
        format!("    master: {}\n", key.algorithm)
    })
}

/// Members of the catalog are as all zones, by the default template.
fn consuming(role: Role) -> &'static str {
    match role {
        Role::Consumes(_) => "    catalog-role: interpret\n    catalog-template: default\n",
        _ => "",
    }
}

fn following(role: Role) -> (String, &'static str) {
    let Some(primary) = role.primary() else {
        return (String::new(), "");
    };
    let (ip, port) = (primary.ip(), primary.port());
    let remote = |AsksWith { name, algorithm }| {
        format!("  - id: {algorithm}\n    address: {ip}@{port}\n    key: {name}\n")
    };
    let remote = format!(
        "remote:\n{}",
        AsksWith::all(Kind::Knot).map(remote).concat()
    );
    if role != Role::Follows(primary) {
        return (remote, "    master: sha256\n");
    }
    let zone = "    master: sha256\n    refresh-min-interval: 2\n    refresh-max-interval: 2\n    retry-min-interval: 1\n    \
                retry-max-interval: 1\n";
    (remote, zone)
}

//! `pdns_server` as a secondary, with its zones in a data base, as its other backend keeps no keys.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use testbed::git::output_of;

use super::keys::{AsksWith, TRANSFER_KEY, known};
use super::{Kind, Role, ZoneText, write};

const SCHEMA: &str = "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql";

pub(super) fn command(
    role: Role,
    folder: &Path,
    address: SocketAddr,
    zones: &[ZoneText],
) -> Command {
    let folder_text = folder.display();
    let config = format!(
        "launch=gsqlite3
gsqlite3-database={folder_text}/pdns.db
gsqlite3-pragma-synchronous=0
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
        address.ip(),
        address.port(),
    );
    write(&folder.join("pdns.conf"), &config);
    let schema = fs::read_to_string(SCHEMA).expect("`tests/run programs` installs it");
    let zones = zones.iter().map(|zone| following(role, zone));
    let all = zones.fold(schema + &keys(), |sql, zone| sql + &zone);
    let mut sqlite = Command::new("sqlite3");
    sqlite.arg("-bail").arg(folder.join("pdns.db"));
    output_of(&mut sqlite, format!("BEGIN;\n{all}COMMIT;\n"));
    let mut command = Command::new("/usr/sbin/pdns_server");
    command.arg(format!("--config-dir={folder_text}"));
    command
}

fn keys() -> String {
    let secret = TRANSFER_KEY.1;
    let key = |(name, algorithm)| {
        format!(
            "INSERT INTO tsigkeys (name, algorithm, secret) VALUES ('{name}', '{algorithm}', '{secret}');\n"
        )
    };
    known(Kind::PowerDns).into_iter().map(key).collect()
}

/// A zone that is asked for with its key, by its changes, and given to who signs.
fn following(role: Role, zone: &ZoneText) -> String {
    let primary = role.primary().expect("PowerDNS is a secondary here");
    // It takes no changes of a catalog, and asks for what is listed there without a key.
    let (kind, changes) = match role {
        Role::Consumes(_) => ("CONSUMER", "0"),
        _ => ("SLAVE", "1"),
    };
    let apex = zone.apex.to_string();
    let apex = apex.trim_end_matches('.');
    let (key, given) = (
        AsksWith::of(Kind::PowerDns, &zone.apex).name,
        TRANSFER_KEY.0,
    );
    let metadata = |kind: &str, content: &str| {
        format!(
            "INSERT INTO domainmetadata (domain_id, kind, content) SELECT id, '{kind}', '{content}' FROM domains WHERE name = '{apex}';\n"
        )
    };
    [
        format!(
            "INSERT INTO domains (name, type, master) VALUES ('{apex}', '{kind}', '{primary}');\n"
        ),
        metadata("AXFR-MASTER-TSIG", &key),
        metadata("TSIG-ALLOW-AXFR", given),
        metadata("IXFR", changes),
    ]
    .concat()
}

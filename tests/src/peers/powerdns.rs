//! `pdns_server` as a secondary, with its zones in a data base, as its other backend keeps no keys.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use testbed::git::output_of;
use testbed::peers;

use super::keys::{AsksWith, TRANSFER_KEY, known};
use super::{Kind, Role, ZoneText};

pub(super) fn command(
    role: Role,
    folder: &Path,
    address: SocketAddr,
    zones: &[ZoneText],
) -> Command {
    let base = folder.join("pdns.db");
    let tables = fs::read_to_string(peers::POWERDNS_TABLES);
    let tables = tables.expect("`tests/run programs` installs it");
    let zones = zones.iter().map(|zone| following(role, zone));
    let all = zones.fold(tables + &keys(), |sql, zone| sql + &zone);
    let mut sqlite = Command::new("sqlite3");
    sqlite.arg("-bail").arg(&base);
    output_of(&mut sqlite, format!("BEGIN;\n{all}COMMIT;\n"));
    let rest = format!(
        "launch=gsqlite3\ngsqlite3-database={}\ngsqlite3-pragma-synchronous=0\nsecondary=yes\nxfr-cycle-interval=1\n\
         allow-axfr-ips=127.0.0.0/8\n",
        base.display()
    );
    peers::powerdns(folder, address, rest)
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

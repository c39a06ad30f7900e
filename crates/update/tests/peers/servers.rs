//! BIND and Knot take the updates of all tables, each into a zone of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use rr::{Name, Rtype};
use testbed::process::{Process, free_address};
use testbed::{PATIENCE, wait_until};

use crate::connection::Connection;
use crate::support::table::{Case, cases};
use crate::support::{ROOT_KEY, key, line, name, script};

#[test]
fn bind_does_the_same_or_is_declared_not_to() {
    compare("bind", bind);
}

#[test]
fn knot_does_the_same_or_is_declared_not_to() {
    compare("knot", knot);
}

fn compare(server: &str, command: fn(&Path, SocketAddr, usize) -> Command) {
    let (cases, folder, address) = (cases(), tempfile::tempdir().unwrap(), free_address());
    for (number, case) in cases.iter().enumerate() {
        std::fs::write(folder.path().join(format!("zone-{number}")), &case.zone).unwrap();
    }
    let mut command = command(folder.path(), address, cases.len());
    let mut process = Process::start(&mut command, folder.path().join("log"));
    let last = apex(cases.len() - 1);
    let is_ready = || Connection::to(address).is_ok_and(|mut connection| connection.serves(&last));
    let ready = wait_until(PATIENCE, || !process.is_running() || is_ready());
    assert!(
        ready && process.is_running(),
        "{server}:\n{}",
        process.log()
    );
    let untrue: Vec<String> = cases
        .iter()
        .enumerate()
        .filter(|(_, case)| case.declared(server) != Some("ends"))
        .filter_map(|(number, case)| {
            assert!(
                process.is_running(),
                "{server} before {}:\n{}",
                case.place,
                process.log()
            );
            untrue(server, address, &apex(number), case)
        })
        .collect();
    let log = process.log();
    let tail: Vec<&str> = log.lines().rev().take(5).collect();
    assert!(
        untrue.is_empty(),
        "{} differ:\n{}\n{tail:#?}",
        untrue.len(),
        untrue.join("\n")
    );
    println!("{server}: {} cases", cases.len());
}

fn apex(number: usize) -> Name {
    name(&format!("case-{number}.example"))
}

/// What differs from the table and from what is declared; also a declaration that is not true.
fn untrue(server: &str, address: SocketAddr, apex: &Name, case: &Case) -> Option<String> {
    let mut connection = Connection::to(address).unwrap();
    let message = script::message(apex, &case.script);
    let rcode = connection.update(message).map_or("silence", rcode);
    let after = zone_after(&mut Connection::to(address).unwrap(), apex, case);
    let wanted = wanted(case);
    let given = match (rcode == case.rcode, after == wanted) {
        (true, true) => None,
        (true, false) => Some("other"),
        (false, _) => Some(rcode),
    };
    (given != case.declared(server)).then(|| {
        let only = |these: &[String], those: &[String]| {
            let lines = these.iter().filter(|line| !those.contains(line));
            lines.cloned().collect::<Vec<_>>().join("\n  ")
        };
        format!(
            "{}: {rcode}\n  not there: {}\n  there: {}",
            case.place,
            only(&wanted, &after),
            only(&after, &wanted)
        )
    })
}

/// The records of the zone as lines; the serial of the SOA record only where the update is about it.
fn zone_after(connection: &mut Connection, apex: &Name, case: &Case) -> Vec<String> {
    let records = connection.transfer(apex);
    let records = records.unwrap_or_else(|error| panic!("after {}: {error}", case.place));
    let lines = records.iter().map(|record| {
        let (rtype, data) = (record.data.rtype(), record.data.to_wire());
        line(
            apex,
            record.owner.as_ref(),
            record.ttl.as_secs(),
            rtype,
            &data,
        )
    });
    comparable(lines, case)
}

fn wanted(case: &Case) -> Vec<String> {
    let with = |sign: char| {
        let signed = case
            .changes
            .iter()
            .filter(move |line| line.starts_with(sign));
        signed.map(|line| line[2..].to_owned())
    };
    let gone: Vec<String> = with('-').collect();
    let stays = case
        .zone
        .lines()
        .map(str::to_owned)
        .filter(|line| !gone.contains(line));
    comparable(stays.chain(with('+')), case)
}

fn comparable(lines: impl Iterator<Item = String>, case: &Case) -> Vec<String> {
    let is_about_soa = case
        .changes
        .iter()
        .any(|line| line.contains(&format!(" {} ", Rtype::SOA)));
    let plain = |line: String| match line.contains(" SOA ") && !is_about_soa {
        true => {
            let words = line.split(' ').enumerate().filter(|(at, _)| *at != 5);
            words.map(|(_, word)| word).collect::<Vec<_>>().join(" ")
        }
        false => line,
    };
    // Knot has all names in small letters (RFC 4343 §3 lets it).
    let mut lines: Vec<String> = lines.map(plain).map(|line| line.to_lowercase()).collect();
    lines.sort();
    lines
}

pub(crate) fn rcode(code: u8) -> &'static str {
    match code {
        0 => "NOERROR",
        1 => "FORMERR",
        2 => "SERVFAIL",
        3 => "NXDOMAIN",
        4 => "NOTIMP",
        5 => "REFUSED",
        6 => "YXDOMAIN",
        7 => "YXRRSET",
        8 => "NXRRSET",
        9 => "NOTAUTH",
        10 => "NOTZONE",
        _ => "another",
    }
}

fn configured(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("conf");
    std::fs::write(&path, text).unwrap();
    path
}

fn bind(folder: &Path, address: SocketAddr, zones: usize) -> Command {
    let (ip, port, folder_text) = (address.ip(), address.port(), folder.display());
    let mut statement = String::new();
    tsig::text::write_bind_key(&key(ROOT_KEY), &mut statement).unwrap();
    let zone = |number: usize| {
        let apex = apex(number);
        format!(
            "zone \"{apex}\" {{ type primary; file \"zone-{number}\"; allow-update {{ key \"{ROOT_KEY}\"; }}; }};\n"
        )
    };
    let zones: String = (0..zones).map(zone).collect();
    let config = format!(
        "{statement} options {{ directory \"{folder_text}\"; pid-file \"pid\"; session-keyfile \"session\"; lock-file none;
            listen-on port {port} {{ {ip}; }}; listen-on-v6 {{ none; }}; recursion no; notify no; dnssec-validation no;
            check-integrity no; allow-transfer {{ any; }}; }};
         controls {{ }};\n{zones}"
    );
    let mut command = Command::new("/usr/sbin/named");
    command
        .args(["-g", "-n", "1", "-c"])
        .arg(configured(folder, &config));
    command
}

fn knot(folder: &Path, address: SocketAddr, zones: usize) -> Command {
    let (ip, port, folder_text) = (address.ip(), address.port(), folder.display());
    let mut line = String::new();
    tsig::text::write_key(&key(ROOT_KEY), &mut line).unwrap();
    let secret = line.trim().rsplit(':').next().unwrap();
    let zone = |number: usize| {
        let apex = apex(number);
        format!("  - domain: {apex}\n    file: \"{folder_text}/zone-{number}\"\n")
    };
    let zones: String = (0..zones).map(zone).collect();
    let config = format!(
        "server:\n    listen: {ip}@{port}\n    rundir: \"{folder_text}\"\n    udp-workers: 1\n    tcp-workers: 1\n    \
background-workers: 1\nlog:\n  - target: stderr\n    any: warning\ndatabase:\n    storage: \"{folder_text}\"\n\
key:\n  - id: {ROOT_KEY}\n    algorithm: hmac-sha256\n    secret: {secret}\n\
acl:\n  - id: updates\n    key: {ROOT_KEY}\n    action: update\n  - id: transfers\n    address: {ip}\n    action: transfer\n\
template:\n  - id: default\n    acl: [updates, transfers]\n    zonefile-sync: -1\n    semantic-checks: off\nzone:\n{zones}"
    );
    let mut command = Command::new("/usr/sbin/knotd");
    command.arg("-c").arg(configured(folder, &config));
    command
}

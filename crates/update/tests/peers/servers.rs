//! BIND, Knot and our program take the updates of all tables, each into a zone of its own.

use rr::{Name, Rtype};

use crate::connection::Connection;
use crate::programs::{Program, Server, apex};
use crate::support::table::{Case, cases};
use crate::support::{line, script};

#[test]
fn bind_does_the_same_or_is_declared_not_to() {
    compare(&Program::BIND);
}

#[test]
fn knot_does_the_same_or_is_declared_not_to() {
    compare(&Program::KNOT);
}

#[test]
fn our_program_does_the_same() {
    compare(&Program::OURS);
}

fn compare(program: &Program) {
    let cases = cases();
    let texts: Vec<&str> = cases.iter().map(|case| case.zone.as_str()).collect();
    let mut server = program.start(&texts);
    let mut untrue = Vec::new();
    for (number, case) in cases.iter().enumerate() {
        if case.declared(program.name) == Some("ends") {
            continue;
        }
        server.must_run(&case.place);
        let message = script::message(&apex(number), &case.script);
        let mut connection = Connection::to(server.address).unwrap();
        let said = connection.update(message).map_or("silence", rcode);
        untrue.extend(server.untrue(said, number, case));
    }
    server.judge(&untrue);
    println!("{}: {} cases", program.name, cases.len());
}

impl Server {
    /// What differs from the table and from what is declared; also a declaration that is not true.
    pub(crate) fn untrue(&self, said: &str, number: usize, case: &Case) -> Option<String> {
        let mut connection = Connection::to(self.address).unwrap();
        let after = zone_after(&mut connection, &apex(number), case);
        let wanted = wanted(case);
        let given = match (said == case.rcode, after == wanted) {
            (true, true) => None,
            (true, false) => Some("other"),
            (false, _) => Some(said),
        };
        (given != case.declared(self.name)).then(|| {
            let only = |these: &[String], those: &[String]| {
                let lines = these.iter().filter(|line| !those.contains(line));
                lines.cloned().collect::<Vec<_>>().join("\n  ")
            };
            format!(
                "{}: {said}\n  not there: {}\n  there: {}",
                case.place,
                only(&wanted, &after),
                only(&after, &wanted)
            )
        })
    }

    pub(crate) fn judge(&self, untrue: &[String]) {
        let log = self.process.log();
        let lines = log.lines().filter(|line| !line.contains("transferred"));
        let tail: Vec<&str> = lines.rev().take(5).collect();
        assert!(
            untrue.is_empty(),
            "{}: {} differ:\n{}\n{tail:#?}",
            self.name,
            untrue.len(),
            untrue.join("\n")
        );
    }
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

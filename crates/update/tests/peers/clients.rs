//! What `nsupdate` and `knsupdate` send means what the tables say.

use std::fmt::Write;
use std::net::{SocketAddr, TcpListener};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use rr::text::{Words, read_rdata, write_rdata};
use rr::{Name, NameRef, Rtype};
use testbed::PATIENCE;
use testbed::process::run;
use tsig::{Keyring, ReplayGuard, Request};
use update::{Policy, Scene, Update, plan};
use wire::{Composer, Query};

use crate::connection::{Connection, now};
use crate::programs::{Program, apex};
use crate::support::table::{Case, cases};
use crate::support::{ROOT_KEY, key, lines, name, no_zones, zone};

/// The response code as a number, and what was planned as lines.
type Seen = (u8, Vec<String>);

#[test]
fn nsupdate_says_what_is_meant() {
    every_case("nsupdate");
}

#[test]
fn knsupdate_says_what_is_meant() {
    every_case("knsupdate");
}

/// What a client would send.
fn plain_cases() -> Vec<Case> {
    let cases = cases().into_iter();
    let is_sent = |case: &Case| case.is_plain() && !case.script.is_empty();
    cases.filter(is_sent).collect()
}

/// All cases by both clients to whole programs, each into a zone of its own: one process of each server, and of nsupdate;
/// knsupdate ends at the first refusal.
#[test]
fn both_say_it_to_bind_to_knot_and_to_our_program() {
    let cases = plain_cases();
    let texts: Vec<&str> = cases.iter().map(|case| case.zone.as_str()).collect();
    for program in [Program::BIND, Program::KNOT, Program::OURS] {
        let server = program.start(&texts.repeat(2));
        let is_sent = |case: &&Case| case.declared(program.name) != Some("ends");
        let head = server_line(server.address);
        let numbered = |from: usize| {
            let numbered = (from..).zip(&cases);
            numbered
                .filter(|(_, case)| is_sent(case))
                .collect::<Vec<_>>()
        };
        let of = |(number, case): &(usize, &Case)| steps(case, &apex(*number));
        let (first, second) = (numbered(0), numbered(cases.len()));
        let together: String = first.iter().map(of).collect();
        let mut said = statuses(&play("nsupdate", &(head.clone() + &together)));
        for step in second.iter().map(of) {
            said.extend(statuses(&play("knsupdate", &(head.clone() + &step))));
        }
        assert_eq!(said.len(), 2 * first.len(), "{}: {said:?}", program.name);
        let all = first.into_iter().chain(second).zip(&said);
        let untrue = all.filter_map(|((number, case), said)| server.untrue(said, number, case));
        server.judge(&untrue.collect::<Vec<_>>());
    }
}

/// The response codes of answers that a client shows.
fn statuses(said: &str) -> Vec<String> {
    let after = said.split("status: ").skip(1);
    let code = |text: &str| text.split([',', ';']).next().unwrap_or("").to_owned();
    after.map(code).collect()
}

fn every_case(program: &str) {
    let cases = plain_cases();
    let (mut count, mut untrue) = (0, String::new());
    for case in cases {
        count += 1;
        let (address, seen) = serve(&case.zone);
        let said = send(program, address, &case);
        match seen.recv_timeout(PATIENCE) {
            Ok((code, changes)) => {
                let code = crate::servers::rcode(code);
                if (code, &changes) != (case.rcode.as_str(), &case.changes) {
                    writeln!(untrue, "{}: {code} {changes:#?}\n{said}", case.place).unwrap();
                }
                let is_told = code == "NOERROR" || said.contains(code);
                assert!(
                    is_told,
                    "{}: {program} does not say {code}: {said}",
                    case.place
                );
            }
            Err(_) => writeln!(untrue, "{}: nothing was sent\n{said}", case.place).unwrap(),
        }
    }
    assert!(untrue.is_empty(), "{program}\n{untrue}");
    assert!(count > 60, "{count} cases");
}

/// A server of one zone, in a thread of its own, for as long as somebody wants to know what it sees.
fn serve(text: &str) -> (SocketAddr, Receiver<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, (sender, seen)) = (listener.local_addr().unwrap(), channel());
    let zone = zone("example.org", text);
    thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut connection = Connection::of(stream).unwrap();
        while let Ok(message) = connection.receive() {
            let (answer, outcome) = answer(&zone, &message);
            connection.send(&answer).unwrap();
            if sender.send(outcome).is_err() {
                return;
            }
        }
    });
    (address, seen)
}

fn answer(zone: &zone::Zone<zone::Checked>, message: &[u8]) -> (Vec<u8>, Seen) {
    let mut ring = Keyring::default();
    ring.insert(key(ROOT_KEY)).map_err(|_| ()).unwrap();
    let Ok(Request::Signed(verified)) = ring.verify(message, now()) else {
        panic!("the client signs");
    };
    let fresh = ReplayGuard::new().admit(verified, now()).unwrap();
    let scene = Scene {
        zone,
        serial: zone.serial().unwrap(),
        zones: &no_zones(),
        policy: &Policy::default(),
        now: now(),
    };
    let outcome = Update::read(&fresh).and_then(|update| plan(&update, &scene));
    let (code, changes) = match outcome {
        Ok(plan) => (
            wire::ResponseCode::NoError,
            lines(&plan.planned, &name("example.org")),
        ),
        Err(refusal) => (refusal.verdict().0, Vec::new()),
    };
    let mut out = [0; 512];
    let query = Query::parse(message).unwrap();
    let mut reply = Composer::reply(&query, &mut out).unwrap();
    reply.set_rcode(code);
    let length = reply.finish();
    let mut answer = out[..length].to_vec();
    let code = answer[3] & 15;
    fresh.into_signer().sign(&mut answer, now()).unwrap();
    (answer, (code, changes))
}

fn send(program: &str, address: SocketAddr, case: &Case) -> String {
    let apex = name("example.org");
    let text = server_line(address) + &steps(case, &apex);
    play(program, &text)
}

fn server_line(address: SocketAddr) -> String {
    format!("server 127.0.0.1 {}\n", address.port())
}

/// A case in the words of both clients, to be sent; then the answer is asked for.
fn steps(case: &Case, apex: &Name) -> String {
    let lines: String = case
        .script
        .iter()
        .map(|line| absolute(line, apex))
        .collect();
    format!("zone {apex}\n{lines}send\nanswer\n")
}

/// What a client says to a script, signed, over TCP.
fn play(program: &str, text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("script");
    std::fs::write(&script, text).unwrap();
    let mut line = String::new();
    tsig::text::write_key(&key(ROOT_KEY), &mut line).unwrap();
    let secret = line.trim().rsplit(':').next().unwrap();
    let arguments = ["-v", "-y", &format!("hmac-sha256:{ROOT_KEY}:{secret}")];
    run(Command::new(program).args(arguments).arg(&script)).1
}

/// A line whose names all end in a dot.
fn absolute(line: &str, apex: &Name) -> String {
    let words: Vec<&str> = line.splitn(4, ' ').collect();
    let owner = Name::read(words[2].as_bytes(), Some(apex.as_ref())).unwrap();
    let rest = words.get(3).copied().unwrap_or("");
    let (ttl, rest) = match words[1] {
        "add" => rest.split_once(' ').unwrap(),
        _ => ("", rest),
    };
    let (rtype, data) = rest.split_once(' ').unwrap_or((rest, ""));
    let data = match data {
        "" => String::new(),
        data => absolute_data(rtype.parse().unwrap(), data, apex.as_ref()),
    };
    format!("{} {} {owner} {ttl} {rtype} {data}\n", words[0], words[1])
}

fn absolute_data(rtype: Rtype, data: &str, apex: NameRef<'_>) -> String {
    let (mut octets, mut text) = (Vec::new(), String::new());
    read_rdata(rtype, &mut Words::new(data), apex, &mut octets).unwrap();
    write_rdata(rtype, &octets, &mut text).unwrap();
    text
}

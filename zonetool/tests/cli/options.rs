//! `query`: what the real primary says in the options of an answer, as `dig` sees it too.

use crate::desk::Desk;
use crate::query::{ADDRESS, response, udp_server};
use primary::{Config, Edges, Primary};
use std::process::Command;

/// A primary inside the test that serves one zone with the serial 7, and how to ask it.
struct Running {
    desk: Desk,
    primary: Primary,
}

impl Running {
    fn start() -> Running {
        let desk = Desk::new();
        desk.git("", &["init", "-q", "-b", "main", "dns"])
            .succeeded();
        desk.write(
            "dns/zones/example.org",
            "$TTL 1h\n@ SOA ns1 hostmaster 7 1h 15m 2w 5m\n@ NS ns1\n@ NS ns2\n\
             ns1 A 192.0.2.53\nns2 A 192.0.2.54\nwww.eu A 192.0.2.1\n",
        );
        desk.commit("A zone");
        let dns = desk.path("dns");
        let location = git_store::Location::parse(dns.to_str().unwrap()).unwrap();
        let config = Config::new(location, ["127.0.0.1:0".parse().unwrap()]);
        let primary = primary::run(config, Edges::of_the_system().unwrap()).unwrap();
        Running { desk, primary }
    }

    /// Asks for a name with these options; what is told of those in the answer.
    fn ask(&self, name: &str, options: &[&str]) -> (Vec<String>, serde_json::Value) {
        let server = format!("@{}", self.primary.addresses()[0]);
        let words = [&["query", &server, name], options].concat();
        let human = self.desk.zonetool("", &words).out;
        let words = [&words[..], &["--format", "json"]].concat();
        let edns = self.desk.zonetool("", &words).json()["edns"].take();
        // The first two lines are those of the question and of the code.
        let told = human.lines().skip(2).filter(|line| line.starts_with("; "));
        (told.map(str::to_owned).collect(), edns)
    }

    /// The same by `dig`.
    fn dig(&self, name: &str, options: &[&str]) -> String {
        let address = self.primary.addresses()[0];
        let mut dig = Command::new("dig");
        dig.args(["-r", "-p", &address.port().to_string(), name]);
        dig.arg(format!("@{}", address.ip())).args(options);
        testbed::process::must_run(&mut dig)
    }
}

#[test]
fn the_serial_of_the_zone_comes_with_what_is_there_and_what_is_not() {
    let running = Running::start();
    for name in ["WWW.eu.example.org", "example.org", "a.b.c.example.org"] {
        let (lines, edns) = running.ask(name, &["--zoneversion"]);
        let line = lines.iter().find(|line| line.contains("zone version"));
        let line = line.unwrap().to_lowercase();
        assert_eq!(line, "; zone version: serial 7 of example.org.");
        assert_eq!(edns["zone_version"]["serial"], 7);
        // RFC 9660 §2.1: two labels, type 0 and the serial.
        let dig = running.dig(name, &["+ednsopt=19"]);
        assert!(dig.contains("; OPT=19: 02 00 00 00 00 07 "), "{dig}");
    }
    // RFC 9660 §3.1, §3.2: nobody is told who does not ask, nor of a zone that is not here.
    let (_, edns) = running.ask("www.eu.example.org", &[]);
    assert!(edns["zone_version"].is_null(), "{edns}");
    let (lines, edns) = running.ask("www.example.net", &["--zoneversion"]);
    assert!(edns["zone_version"].is_null(), "{edns}");
    assert!(
        !running
            .dig("www.example.net", &["+ednsopt=19"])
            .contains("OPT=19")
    );
    assert!(
        lines.contains(&"; extended error 20 (Not Authoritative): ".to_owned()),
        "{lines:?}"
    );
}

#[test]
fn a_cookie_is_shown_and_is_one_that_the_server_knows_again() {
    let running = Running::start();
    let (lines, edns) = running.ask("www.eu.example.org", &["--cookie"]);
    let hex = |what: &str| edns["cookie"][what].as_str().unwrap().to_owned();
    // RFC 9018 §4: 16 octets of the server's.
    assert_eq!((hex("client").len(), hex("server").len()), (16, 32));
    let line = lines
        .iter()
        .find_map(|line| line.strip_prefix("; cookie: "));
    let (client, server) = line.unwrap().split_once(' ').unwrap();
    assert_eq!((client.len(), server.len()), (16, 32));
    let sent = format!("+cookie={client}{server}");
    let dig = running.dig("www.eu.example.org", &[&sent]);
    assert!(
        dig.contains("NOERROR") && dig.contains("(good)"),
        "{client} {server}: {dig}"
    );
}

/// What our primary does not say over UDP, or in no such way, from a server that says what the test wants.
#[test]
fn options_of_others_are_told_as_far_as_they_are_known() {
    let options: &[(u16, &[u8], &str)] = &[
        (12, &[0; 5], "; padding: 5 octets"),
        (11, &[0, 15], "; keepalive: 1.5 s"),
        // RFC 9660 §6.2: another type of version; more labels than were asked for; no room for a serial.
        (19, b"\x02\xf6ab", "; option 19: 02f66162"),
        (19, b"\x04\0\0\0\0\x07", "; option 19: 040000000007"),
        (19, b"\x02\0\x07", "; option 19: 020007"),
        (19, b"", "; option 19: "),
        (15, b"\0", "; option 15: 00"),
        (65001, b"\x1b[2J", "; option 65001: 1b5b324a"),
    ];
    let mut data = Vec::new();
    for (code, octets, _) in options {
        data.extend(code.to_be_bytes());
        data.extend((octets.len() as u16).to_be_bytes());
        data.extend_from_slice(octets);
    }
    let length = (data.len() as u16).to_be_bytes();
    let opt = [b"\0\0\x29\x04\xd0\0\0\0\0", &length[..], &data].concat();
    let (_socket, port) = udp_server(move |question| {
        vec![response(
            question,
            0x0400,
            [1, 0, 1],
            &[ADDRESS, &opt].concat(),
        )]
    });
    let desk = Desk::new();
    let server = format!("@127.0.0.1:{port}");
    let words = ["query", &server, "www.example.org"];
    let ran = desk.zonetool("", &words).succeeded();
    let told: Vec<&str> = ran.out.lines().skip(2).take(options.len()).collect();
    let wanted: Vec<&str> = options.iter().map(|(.., line)| *line).collect();
    assert_eq!(told, wanted);
    let words = [&words[..], &["--format", "json"]].concat();
    let edns = &desk.zonetool("", &words).json()["edns"];
    assert_eq!(edns["padding_octets"], 5);
    assert_eq!(edns["keepalive_secs"], 1.5);
    assert_eq!(edns["options"].as_array().unwrap().len(), 6);
    assert_eq!(edns["options"][5]["octets"], "1b5b324a");
}

/// RFC 7873 §5.3: whoever answers with another cookie has not seen the question.
#[test]
fn an_answer_with_another_cookie_is_not_taken() {
    let opt = b"\0\0\x29\x04\xd0\0\0\0\0\0\x0c\0\x0a\0\x08notours!";
    let (_socket, port) = udp_server(move |question| {
        let rest = [ADDRESS, opt].concat();
        vec![response(question, 0x0400, [1, 0, 1], &rest)]
    });
    let desk = Desk::new();
    let server = format!("@127.0.0.1:{port}");
    let words = ["query", &server, "www.example.org", "--timeout", "1"];
    assert!(
        desk.zonetool("", &words)
            .succeeded()
            .out
            .contains("cookie: ")
    );
    desk.zonetool("", &[&words[..], &["--cookie"]].concat())
        .exited(3);
}

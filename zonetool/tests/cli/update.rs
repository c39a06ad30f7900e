//! `update` and `nsupdate` side by side: the same octets, the same zones; and what servers say, in words.

use crate::above::Scene;
use crate::desk::{Desk, Ran};
use crate::query::udp_server;
use crate::servers::{KEY, Peer, SECRET};
use std::process::Command;
use std::sync::{Arc, Mutex};

/// Every command that both know.
const SCRIPT: &str = "\
; what has to be so
prereq yxdomain ns.ZONE
prereq nxdomain new.ZONE
prereq yxrrset www.ZONE A
prereq yxrrset www.ZONE A 192.0.2.1
prereq yxrrset www.ZONE IN A 192.0.2.2
prereq nxrrset www.ZONE TXT
class IN
ttl 3600
; what becomes of it
update add new.ZONE 300 A 192.0.2.4
update add new.ZONE MX 10 mail.ZONE
add alias.ZONE 60 IN CNAME www.ZONE
add srv.ZONE 60 SRV 1 2 3 www.ZONE
add text.ZONE 60 TXT \"a b\" c;d
add odd.ZONE 60 TYPE65280 \\# 3 010203
update delete old.ZONE TXT
update del www.ZONE A 192.0.2.2
del gone.ZONE 300 IN
send
; a second message, which an empty line sends
update add new.ZONE 300 A 192.0.2.5

";

fn script(zone: &str, server: std::net::SocketAddr) -> String {
    let (ip, port) = (server.ip(), server.port());
    format!(
        "server {ip} {port}\nzone {zone}\n{}",
        SCRIPT.replace("ZONE", zone)
    )
}

fn nsupdate(desk: &Desk, words: &[&str]) -> Ran {
    let output = desk.command("nsupdate", "").args(words).output();
    Ran::from(output.unwrap())
}

/// What a client sends to a server that says yes to all, the identities and signatures left out.
fn sent(run: impl FnOnce(std::net::SocketAddr)) -> Vec<Vec<u8>> {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&heard);
    let (socket, _) = udp_server(move |message| {
        ear.lock().unwrap().push(message.to_vec());
        let mut answer = message[..12].to_vec();
        answer[2] |= 0x80;
        answer[4..].fill(0);
        vec![answer]
    });
    run(socket.local_addr().unwrap());
    let heard = heard.lock().unwrap();
    heard.iter().map(|message| bare(message)).collect()
}

fn bare(message: &[u8]) -> Vec<u8> {
    let records = wire::Records::of(message).unwrap().map(Result::unwrap);
    let last = records.last();
    let signature = last.filter(|last| last.rtype == rr::Rtype::TSIG);
    let end = signature.map_or(message.len(), |signature| signature.at);
    let mut bare = message[2..end].to_vec();
    if signature.is_some() {
        bare[9] -= 1;
    }
    bare
}

/// What a message says, however its names are compressed.
fn meant(bare: &[u8]) -> Vec<String> {
    // The identity was taken away.
    let message = [&[0, 0], bare].concat();
    let mut all = vec![format!("{:?}", &message[..12])];
    for record in wire::Records::of(&message).unwrap().map(Result::unwrap) {
        let (mut owner, mut data) = (Vec::new(), Vec::new());
        let at = rr::wire::expand_name(&message, record.at, &mut owner).unwrap() + 10;
        let end = at + record.data.len();
        if end > at {
            rr::wire::expand_rdata(record.rtype, &message, at, end, &mut data).unwrap();
        }
        let rr_type = (record.rtype, record.class, record.ttl);
        all.push(format!("{owner:?} {rr_type:?} {data:?}"));
    }
    all
}

#[test]
fn messages_are_those_of_nsupdate() {
    let desk = Desk::new();
    let zone = "example.org";
    let both = |text: &dyn Fn(std::net::SocketAddr) -> String, key: Option<&str>| {
        let theirs = sent(|server| {
            let line = key.map_or(String::new(), |key| {
                format!("key hmac-sha256:{key} {SECRET}\n")
            });
            desk.write("theirs", line + &text(server));
            nsupdate(&desk, &["-t", "5", "-r", "0", "theirs"]);
        });
        let ours = sent(|server| {
            desk.write("ours", text(server));
            let mut words = vec!["update", "ours", "--no-edns"];
            if key.is_some() {
                words.extend(["--key", KEY]);
            }
            desk.zonetool("", &words);
        });
        // Whoever signs wants the answer signed, and stops where it is not.
        let count = if key.is_some() { 1 } else { 2 };
        (theirs[..count].to_vec(), ours[..count].to_vec())
    };
    for key in [None, Some("web._update")] {
        let (theirs, ours) = both(&|server| script(zone, server), key);
        let meant = |messages: &[Vec<u8>]| messages.iter().map(|m| meant(m)).collect::<Vec<_>>();
        assert_eq!(meant(&theirs), meant(&ours));
        assert_eq!(meant(&ours)[0].len(), 1 + 6 + 9);
        // After an SRV record nsupdate points to the names in it, which not all readers like (RFC 3597 §4).
        let without = |server| {
            let text = script(zone, server);
            let lines = text.lines().filter(|line| !line.contains(" SRV "));
            lines.map(|line| format!("{line}\n")).collect::<String>()
        };
        let (theirs, ours) = both(&without, key);
        assert_eq!(theirs, ours, "octet by octet");
    }
}

/// The same script has made the same zone of both, on the same server.
#[track_caller]
fn does_what_nsupdate_does(server: &Peer) {
    let desk = Desk::new();
    desk.write(
        "theirs",
        format!(
            "key hmac-sha256:web._update {SECRET}\n{}",
            script("a.test", server.address)
        ),
    );
    desk.write("ours", script("b.test", server.address));
    nsupdate(&desk, &["theirs"]).succeeded();
    let ran = desk
        .zonetool("", &["update", "ours", "--key", KEY])
        .succeeded();
    let at = format!("b.test. at {}", server.address);
    assert_eq!(
        ran.out,
        format!("{at}: NOERROR: done (9 changes)\n{at}: NOERROR: done (1 change)\n")
    );
    let (theirs, ours) = (server.transferred("a.test"), server.transferred("b.test"));
    assert_eq!(theirs, ours);
    assert!(
        ours.iter().any(|line| line == "new.@ 300 IN A 192.0.2.5"),
        "{ours:#?}"
    );
    assert!(
        !ours.iter().any(|line| line.starts_with("gone.@")),
        "{ours:#?}"
    );
}

#[test]
fn bind_ends_as_nsupdate_leaves_it() {
    does_what_nsupdate_does(&Peer::bind(&["a.test", "b.test"]));
}

#[test]
fn knot_ends_as_nsupdate_leaves_it() {
    does_what_nsupdate_does(&Peer::knot(&["a.test", "b.test"]));
}

#[test]
fn one_liners_find_the_zone_and_replace_what_is_there() {
    let desk = Desk::new();
    let server = Peer::bind(&["a.test"]);
    desk.write(
        "keys",
        format!("other._update.b.test:SHA256:AAAA\n{KEY}\nsome._transfer.a.test:SHA256:AAAA\n"),
    );
    let update = |words: &[&str]| {
        let at = server.at();
        let all = [&["update", &at, "--keys", "keys"], words].concat();
        desk.zonetool("", &all)
    };
    // The zone is asked for; the key is the one that may.
    let ran = update(&[
        "--replace",
        "www.a.test 60 A 192.0.2.8",
        "--replace",
        "www.a.test 60 A 192.0.2.9",
    ]);
    assert!(ran.succeeded().out.starts_with("a.test. at "));
    let zone = server.transferred("a.test");
    let www = zone.iter().filter(|line| line.starts_with("www.@"));
    assert_eq!(
        www.collect::<Vec<_>>(),
        ["www.@ 60 IN A 192.0.2.8", "www.@ 60 IN A 192.0.2.9"]
    );
    // Relative names, a TTL for all, a prerequisite of each kind.
    let ran = update(&[
        "--zone",
        "a.test",
        "--ttl",
        "90",
        "--add",
        "deep.er MX 5 mail",
        "--delete",
        "old TXT \"one\" \"two\"",
        "--if-exists",
        "www",
        "--if-exists",
        "mail A",
        "--if-absent",
        "deep.er",
        "--if-absent",
        "www TXT",
        "--format",
        "json",
    ]);
    let json = ran.succeeded().json();
    assert_eq!(json["updates"][0]["changes"], 2);
    assert_eq!(json["updates"][0]["key"], "web._update.");
    let zone = server.transferred("a.test");
    assert!(
        zone.contains(&"deep.er.@ 90 IN MX 5 mail.@".to_owned()),
        "{zone:#?}"
    );
    assert!(
        !zone.iter().any(|line| line.starts_with("old.@")),
        "{zone:#?}"
    );
    // The same once more: what had to be absent is there.
    let ran = update(&[
        "--zone",
        "a.test",
        "--add",
        "deep.er 90 MX 6 mail",
        "--if-absent",
        "deep.er",
    ])
    .exited(1);
    assert!(
        ran.out
            .contains("YXDOMAIN: a name that must not exist does; nothing was changed"),
        "{}",
        ran.out
    );
    // A final dot that is certainly missing.
    let ran = update(&["--zone", "a.test", "--add", "www.a.test 60 A 192.0.2.1"]).exited(2);
    assert!(
        ran.err.contains("write the final dot: www.a.test."),
        "{}",
        ran.err
    );
}

#[test]
fn large_messages_go_over_tcp() {
    let desk = Desk::new();
    let server = Peer::bind(&["a.test"]);
    let lines: String = (0..1000)
        .map(|number| format!("add h{number}.a.test 60 TXT \"{number} and some more text\"\n"))
        .collect();
    desk.write("many", format!("{lines}answer\nsend\nanswer\n"));
    let ran = desk
        .zonetool("", &["update", &server.at(), "many", "--key", KEY])
        .succeeded();
    assert!(
        ran.out.contains("done (1000 changes)") && ran.out.contains("over tcp"),
        "{}",
        ran.out
    );
    assert_eq!(server.transferred("a.test").len(), 1009);
    desk.write("more", lines.repeat(3) + "send\n");
    let ran = desk
        .zonetool("", &["update", &server.at(), "more", "--key", KEY])
        .exited(3);
    assert!(
        ran.err.contains("octets too long") && ran.err.contains("send less at a time"),
        "{}",
        ran.err
    );
}

#[test]
fn every_refusal_has_words_and_a_next_step() {
    let desk = Desk::new();
    let (bind, nsd) = (Peer::bind(&["a.test"]), Peer::nsd(&["a.test"]));
    let update = |server: &Peer, words: &[&str]| {
        desk.zonetool("", &[&["update", &server.at()], words].concat())
    };
    let add = ["--zone", "a.test", "--add", "x 60 A 192.0.2.1"];
    for (words, said) in [
        (
            &[][..],
            "REFUSED: the server lets nobody do this without a key",
        ),
        (
            &["--key", KEY, "--if-exists", "nobody"],
            "NXDOMAIN: a name that has to exist does not",
        ),
        (
            &["--key", KEY, "--if-exists", "www TXT"],
            "NXRRSET: records that have to be there are not",
        ),
        (
            &["--key", KEY, "--if-absent", "www A"],
            "YXRRSET: records that must not be there are",
        ),
        (
            &["--key", KEY, "--add", "x.b.test. 60 A 192.0.2.1"],
            "NOTZONE: a name is not in the zone",
        ),
    ] {
        let ran = update(&bind, &[&add, words].concat()).exited(1);
        assert!(
            ran.out.contains(said) && ran.out.contains("\n  next: "),
            "{}",
            ran.out
        );
    }
    let other = [
        "--zone",
        "b.test",
        "--add",
        "x 60 A 192.0.2.1",
        "--key",
        KEY,
    ];
    let ran = update(&bind, &other).exited(1);
    assert!(
        ran.out.contains("NOTAUTH: the server is not the primary"),
        "{}",
        ran.out
    );
    let ran = update(&nsd, &add).exited(1);
    assert!(
        ran.out.contains("NOTIMP: the server takes no updates"),
        "{}",
        ran.out
    );
    assert_eq!(bind.serial("a.test"), Some(1), "nothing was changed");
    for (key, said) in [
        (
            "no._update:SHA256:AAAA",
            "compare the key's name and algorithm",
        ),
        ("web._update:SHA256:AAAA", "compare the key's secret"),
    ] {
        let ran = update(&bind, &[&add[..], &["--key", key]].concat()).exited(3);
        assert!(
            ran.err.contains("NOTAUTH") && ran.err.contains(said),
            "{}",
            ran.err
        );
        assert!(!ran.err.contains("AAAA"), "{}", ran.err);
    }
}

#[test]
fn a_script_with_a_mistake_sends_nothing() {
    let desk = Desk::new();
    let heard = sent(|server| {
        let text =
            script("example.org", server) + "update add www.example.org 300 A 192.0.2\nsend\n";
        desk.write("script", text);
        let ran = desk.zonetool("", &["update", "script"]).exited(2);
        assert!(
            ran.err.contains("script:26:34: not an IPv4 address"),
            "{}",
            ran.err
        );
        for words in [
            &["update", "script", "other"][..],
            &["update", "nowhere", "--add", "a 1 A 192.0.2.1"],
            &["update", "--add", "a 1 A 192.0.2.1"],
            &[
                "update",
                "@127.0.0.1",
                "--zone",
                "b",
                "--add",
                "a 1 A 192.0.2.1",
                "--key",
                "S3CR3T",
            ],
        ] {
            let ran = desk.zonetool("", words).exited(2);
            assert!(!ran.err.contains("S3CR3T"), "{}", ran.err);
        }
        desk.zonetool("", &["update", "nowhere"]).exited(3);
    });
    assert_eq!(heard.len(), 0);
}

/// A script from standard input, `show` before it is sent, and what is sent again where nobody answers.
#[test]
fn silence_has_it_signed_and_sent_again() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&heard);
    let (socket, _) = udp_server(move |message| {
        ear.lock().unwrap().push(message.to_vec());
        Vec::new()
    });
    let server = socket.local_addr().unwrap();
    let mut shell = Command::new("sh");
    let zonetool = crate::desk::ZONETOOL;
    let words = format!(
        "printf 'zone a.test\\nadd a.test 1 A 192.0.2.1\\nshow\\nsend\\n' | {zonetool} update @{server} --timeout 1 --key {KEY}"
    );
    let ran = Ran::from(shell.args(["-c", &words]).output().unwrap()).exited(3);
    assert_eq!(ran.out, "add a.test. 1 IN A 192.0.2.1\n");
    assert!(ran.err.contains("no response from"), "{}", ran.err);
    let heard = heard.lock().unwrap();
    assert_eq!(heard.len(), 3);
    assert_ne!(heard[0], heard[1]);
    assert!(heard.iter().all(|message| bare(message) == bare(&heard[0])));
    drop(socket);
}

/// RFC 8914: what a server says beside its code, and what it leaves out.
#[test]
fn extended_errors_are_told() {
    let desk = Desk::new();
    for (text, said) in [
        (
            "not \u{1b}[2Jyou",
            "  extended error 18 (Prohibited): not ␛[2Jyou\n",
        ),
        ("", "  extended error 18 (Prohibited)\n"),
    ] {
        let (socket, _) = udp_server(move |message| {
            let mut answer = [&message[..2], &[0xa8, 5, 0, 0, 0, 0, 0, 0, 0, 1]].concat();
            let length = text.len() as u8;
            answer.extend([
                0,
                0,
                41,
                4,
                208,
                0,
                0,
                0,
                0,
                0,
                6 + length,
                0,
                15,
                0,
                2 + length,
                0,
                18,
            ]);
            answer.extend(text.as_bytes());
            vec![answer]
        });
        let at = format!("@{}", socket.local_addr().unwrap());
        let add = ["--zone", "a.test", "--add", "x 60 A 192.0.2.1"];
        let ran = desk
            .zonetool("", &[&["update", &at], &add[..]].concat())
            .exited(1);
        assert!(ran.out.contains(said), "{}", ran.out);
    }
}

/// RFC 2136 §3.4.2 has it ignored without an error; our primary says so beside its NOERROR.
#[test]
fn what_the_primary_leaves_out_is_told() {
    let scene = Scene::begin("");
    for (change, said) in [
        (
            "ns 60 CNAME www",
            "CNAME of ns.a.test. is left out: there are other records; delete them first",
        ),
        (
            "ns 300 A 127.0.0.1",
            "nothing had to be changed: the zone is like that already",
        ),
    ] {
        let ran = scene.change(&["--add", change]);
        let said = format!("(1 change)\n  note: {said}\n");
        assert!(ran.out.contains(&said), "{}", ran.out);
    }
    let done = scene.change(&["--add", "www 60 A 192.0.2.1"]);
    assert!(!done.out.contains("note:"), "{}", done.out);
}

#[test]
fn a_script_has_a_limit() {
    let desk = Desk::new();
    desk.write("long", vec![b';'; (16 << 20) + 1]);
    let ran = desk.zonetool("", &["update", "long"]).exited(2);
    assert!(
        ran.err.contains("long has more than 16777216 octets"),
        "{}",
        ran.err
    );
    desk.write("long", vec![b';'; 16 << 20]);
    desk.zonetool("", &["update", "long"]).succeeded();
}

//! `transfer` from servers of other projects: as text that means the same, and as a repository to go on with.

use crate::desk::Desk;
use crate::servers::{KEY, Peer};
use std::io::{Read, Write};
use std::net::TcpListener;

/// What `named-compilezone`'s counterpart of ours makes of a text.
fn records(desk: &Desk, zone: &str, text: &str) -> Vec<String> {
    desk.write("text", text);
    let dumped = desk
        .zonetool("", &["dump", "text", "--zone", zone])
        .succeeded();
    let line = |line: &str| line.replace(&format!("{zone}."), "@");
    let mut lines: Vec<String> = dumped.out.lines().map(line).collect();
    lines.sort();
    lines
}

#[test]
fn the_text_has_the_records_of_the_server_and_is_laid_out() {
    let desk = Desk::new();
    for (server, knows_the_key) in [
        (Peer::bind(&["a.test"]), true),
        (Peer::knot(&["a.test"]), true),
        (Peer::nsd(&["a.test"]), false),
        (Peer::powerdns(&["a.test"]), false),
    ] {
        for key in [&["--key", KEY][..], &[]] {
            let at = server.at();
            let words = [&["transfer", &at, "a.test"], key].concat();
            let ran = desk.zonetool("", &words);
            if !key.is_empty() && !knows_the_key {
                assert!(ran.code != 0 && ran.out.is_empty(), "{}", ran.err);
                continue;
            }
            let ran = ran.succeeded();
            assert_eq!(
                records(&desk, "a.test", &ran.out),
                server.transferred("a.test")
            );
            assert!(
                ran.err.starts_with("a.test.: serial 1, 9 records in "),
                "{}",
                ran.err
            );
            assert!(
                ran.out.starts_with(&format!(
                    "; a.test. as {} served it, serial 1\n$TTL 300\n@",
                    server.address
                )),
                "{}",
                ran.out
            );
            desk.write("text", &ran.out);
            desk.zonetool("", &["fmt", "text", "--check"]).succeeded();
        }
    }
}

#[test]
fn zones_become_a_repository_with_a_commit() {
    let desk = Desk::new();
    let server = Peer::bind(&["a.test", "b.test"]);
    let at = server.at();
    let alias = [
        "--zone",
        "b.test",
        "--add",
        "lost 60 CNAME nowhere",
        "--key",
        KEY,
    ];
    desk.zonetool("", &[&["update", &at], &alias[..]].concat())
        .succeeded();
    let words = [
        "transfer", &at, "a.test", "b.test", "--into", "dns", "--key", KEY,
    ];
    let ran = desk.zonetool("", &words).succeeded();
    assert!(ran.err.contains("in 1 message, signed"), "{}", ran.err);
    assert!(
        ran.out.contains("[cname-to-missing-name]"),
        "findings are shown\n{}",
        ran.out
    );
    let log = desk.git("dns", &["log", "--format=%s"]).succeeded();
    assert_eq!(
        log.out,
        format!("Take over a.test, b.test from {}\n", server.address)
    );
    assert_eq!(desk.git("dns", &["status", "--short"]).succeeded().out, "");
    desk.zonetool("dns", &["check"]).succeeded();
    let text = desk.read("dns/zones/b.test");
    assert_eq!(
        records(&desk, "b.test", &text),
        server.transferred("b.test")
    );
    // Nothing is overwritten; more zones come beside those that are there.
    let again = desk.zonetool("", &words).exited(2);
    assert!(
        again.err.contains("zones/a.test is there already"),
        "{}",
        again.err
    );
    let other = Peer::nsd(&["c.test"]);
    let at = other.at();
    let words = [
        "transfer", &at, "c.test", "--into", "dns", "--format", "json",
    ];
    let json = desk.zonetool("", &words).succeeded().json();
    assert_eq!(json["zones"][0]["serial"], 1);
    assert_eq!(
        desk.git("dns", &["status", "--short"]).succeeded().out,
        "?? zones/c.test\n"
    );
}

#[test]
fn what_changed_since_a_version_is_enough() {
    let desk = Desk::new();
    let server = Peer::bind(&["a.test"]);
    let at = server.at();
    let words = ["transfer", &at, "a.test", "--key", KEY];
    let whole = desk.zonetool("", &words).succeeded();
    desk.write("old", &whole.out);
    let words = [&words[..], &["--since", "old"]].concat();
    let ran = desk.zonetool("", &words).succeeded();
    assert!(
        ran.err
            .contains("serial 1, nothing newer in 1 message, signed"),
        "{}",
        ran.err
    );
    assert_eq!(ran.out, whole.out);
    for record in ["one 60 A 192.0.2.1", "two 60 A 192.0.2.2"] {
        let update = [
            "update", &at, "--zone", "a.test", "--add", record, "--key", KEY,
        ];
        desk.zonetool("", &update).succeeded();
    }
    let ran = desk.zonetool("", &words).succeeded();
    assert!(
        ran.err.contains("6 records that come or go in 2 steps"),
        "{}",
        ran.err
    );
    assert_eq!(
        records(&desk, "a.test", &ran.out),
        server.transferred("a.test")
    );
    let json = [&words[..], &["--format", "json"]].concat();
    let json = desk.zonetool("", &json).succeeded().json();
    assert_eq!(
        (&json["zones"][0]["sent"], &json["zones"][0]["changed"]),
        (&"changes".into(), &6.into())
    );
    // A version that the server has forgotten, or never had: all of it comes.
    desk.write("old", whole.out.replace(" 1 ", " 4000000000 "));
    let ran = desk.zonetool("", &words).succeeded();
    assert!(ran.err.contains("serial 3, 11 records in "), "{}", ran.err);
    // And one that is none.
    desk.write("old", "@ 60 IN SOA nobody\n");
    let ran = desk.zonetool("", &words).exited(2);
    assert!(
        ran.err.contains("old is no version to go on from") && ran.err.contains("next: "),
        "{}",
        ran.err
    );
    let both = [&words[..], &["b.test"]].concat();
    desk.zonetool("", &both).exited(2);
}

#[test]
fn refusals_and_liars_leave_nothing_behind() {
    let desk = Desk::new();
    let server = Peer::bind(&["a.test"]);
    let at = server.at();
    let words = ["transfer", &at, "b.test", "--into", "dns"];
    let ran = desk.zonetool("", &words).exited(1);
    assert!(
        ran.err.contains("no transfer of b.test.") && ran.err.contains("next: "),
        "{}",
        ran.err
    );
    let ran = desk.zonetool(
        "",
        &[
            "transfer",
            &server.at(),
            "a.test",
            "--key",
            "web._update:SHA256:AAAA",
        ],
    );
    let ran = ran.exited(3);
    assert!(
        ran.err.contains("no transfer of a.test.") && ran.out.is_empty(),
        "{}",
        ran.err
    );
    let nobody = format!("@{}", testbed::process::free_address());
    desk.zonetool("", &["transfer", &nobody, "a.test", "--into", "dns"])
        .exited(3);
    let liar = ends_early();
    let ran = desk
        .zonetool("", &["transfer", &liar, "a.test", "--into", "dns"])
        .exited(3);
    assert!(
        ran.err.contains("the transfer ended too early"),
        "{}",
        ran.err
    );
    assert!(!desk.path("dns").exists());
}

/// Many messages, and every kind of record that is written in an own way.
#[test]
fn large_zones_and_odd_records() {
    let desk = Desk::new();
    let server = Peer::bind(&["a.test"]);
    for part in 0..3 {
        let lines: String = (0..900)
            .map(|number| {
                format!("add h{part}-{number}.a.test 60 TXT \"{number} and some more text\"\n")
            })
            .collect();
        desk.write("many", lines + "send\n");
        desk.zonetool("", &["update", &server.at(), "many", "--key", KEY])
            .succeeded();
    }
    let odd = [
        r#"add odd.a.test 61 TXT "semi;colon" "quo\"te" "back\\slash" "\255""#,
        r"add wi\.th\ blank.a.test 60 TXT 192.0.2.9",
        r"add *.wild.a.test 60 MX 10 Mail.A.test",
        r"add x.a.test 60 TYPE65280 \# 3 010203",
        r"add x.a.test 60 CAA 0 issue letsencrypt.org",
        r"add x.a.test 60 SVCB 1 . alpn=h2,h3",
        r"add cut.a.test 60 NS ns.cut.a.test",
        r"add ns.cut.a.test 60 A 192.0.2.10",
    ];
    desk.write("odd", odd.join("\n") + "\nsend\n");
    desk.zonetool("", &["update", &server.at(), "odd", "--key", KEY])
        .succeeded();
    let words = ["transfer", &server.at(), "a.test", "--into", "dns"];
    let ran = desk.zonetool("", &words).succeeded();
    assert!(
        ran.err.contains(" records in ") && !ran.err.contains("in 1 message"),
        "{}",
        ran.err
    );
    // What is read back from the text is what the server has.
    let server = server.address.to_string();
    let words = ["verify", "--zone", "a.test", "--ns", &server];
    let ran = desk.zonetool("dns", &words).succeeded();
    assert!(
        ran.out
            .contains("the same, serial 5, 2717 records, transferred"),
        "{}",
        ran.out
    );
}

#[test]
fn over_tls_from_who_has_the_name_only() {
    let desk = Desk::new();
    let (server, secure) = Peer::bind_over_tls(&["a.test"]);
    let (at, root) = (format!("@{secure}"), server.file("root.pem"));
    let transfer = |at: &str, name: &str, more: &[&str]| {
        desk.zonetool(
            "",
            &[&["transfer", at, "a.test", "--tls", name], more].concat(),
        )
    };
    let ran = transfer(&at, "ns.test", &["--roots", &root]).succeeded();
    assert!(ran.err.contains("serial 1, 9 records"), "{}", ran.err);
    for (name, more) in [("other.test", &["--roots", &root][..]), ("ns.test", &[])] {
        let ran = transfer(&at, name, more).exited(3);
        assert!(
            ran.out.is_empty() && ran.err.contains("TLS session"),
            "{}",
            ran.err
        );
    }
    // A server that speaks no TLS, and one that wants it.
    transfer(
        &server.at(),
        "ns.test",
        &["--roots", &root, "--timeout", "2"],
    )
    .exited(3);
    desk.zonetool("", &["transfer", &server.at(), "a.test"])
        .exited(1);
    transfer(&at, "ns.test", &["--roots", "nowhere"]).exited(3);
    transfer(&at, "not a name", &[]).exited(2);
}

/// A server that begins a transfer and hangs up.
fn ends_early() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut length = [0; 2];
        stream.read_exact(&mut length).unwrap();
        let mut question = vec![0; usize::from(u16::from_be_bytes(length))];
        stream.read_exact(&mut question).unwrap();
        let soa = b"\xc0\x0c\0\x06\0\x01\0\0\0\x3c\0\x16\0\0\0\0\0\x01\0\0\0\x02\0\0\0\x03\0\0\0\x04\0\0\0\x05";
        let answer = crate::query::response(&question, 0x0400, [1, 0, 0], soa);
        let length = u16::try_from(answer.len()).unwrap().to_be_bytes();
        stream.write_all(&[&length[..], &answer].concat()).unwrap();
    });
    format!("@{address}")
}

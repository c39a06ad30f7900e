//! `verify`: servers of other projects, by transfer and by questions, with what differs.

use crate::desk::Desk;
use crate::servers::{KEY, Peer, ZONE};

/// A repository with the zone that the servers begin with.
fn repository() -> Desk {
    let desk = Desk::with_repository();
    desk.write("dns/zones/a.test", ZONE);
    desk.write(
        "dns/zones/sub/b.test",
        format!("{ZONE}cut NS ns.cut\nns.cut A 192.0.2.9\n*.w CNAME www\n"),
    );
    desk.commit("Zones");
    desk
}

#[test]
fn all_that_a_server_has_is_compared_where_it_may_be_transferred() {
    let desk = repository();
    let servers = [
        Peer::bind(&["a.test"]),
        Peer::knot(&["a.test"]),
        Peer::nsd(&["a.test"]),
        Peer::powerdns(&["a.test"]),
    ];
    let addresses: Vec<String> = servers
        .iter()
        .map(|server| server.address.to_string())
        .collect();
    let mut words = vec!["verify", "--zone", "a.test"];
    words.extend(addresses.iter().flat_map(|address| ["--ns", address]));
    let ran = desk.zonetool("dns", &words).succeeded();
    assert_eq!(
        ran.out
            .matches(": the same, serial 1, 9 records, transferred, SHA-384 ")
            .count(),
        4,
        "{}",
        ran.out
    );
    // One record more, one other, one less: each side as `diff` shows it.
    let change = [
        "--zone",
        "a.test",
        "--add",
        "beyond 60 A 192.0.2.9",
        "--delete",
        "gone TXT",
        "--replace",
        "mail 300 A 192.0.2.8",
        "--key",
        KEY,
    ];
    desk.zonetool("", &[&["update", &servers[0].at()], &change[..]].concat())
        .succeeded();
    let ran = desk.zonetool("dns", &words).exited(1);
    for line in [
        "+ beyond.a.test. 60 IN A 192.0.2.9\n",
        "- gone.a.test. 300 IN TXT \"all-of-it\"\n",
        "- mail.a.test. 300 IN A 192.0.2.3\n+ mail.a.test. 300 IN A 192.0.2.8\n",
        ": differs, serial 2, 9 records, transferred\n- a.test. 300 IN SOA",
    ] {
        assert!(ran.out.contains(line), "{line}\n{}", ran.out);
    }
    assert_eq!(ran.out.matches(": the same, ").count(), 3, "{}", ran.out);
}

#[test]
fn others_are_asked_for_each_set() {
    let desk = repository();
    let server = Peer::nsd_for_nobody(&["a.test", "b.test"]);
    let address = server.address.to_string();
    let verify = |zone: &str, more: &[&str]| {
        let words = [
            "verify", "--zone", zone, "--ns", &address, "--rate", "100000",
        ];
        desk.zonetool("dns", &[&words[..], more].concat())
    };
    let ran = verify("a.test", &[]).succeeded();
    assert!(
        ran.out
            .contains("the same, serial 1, 9 records, asked one by one"),
        "{}",
        ran.out
    );
    // The server's b.test lacks what the commit has: a cut, which a referral would show, and a wildcard.
    let json = verify("b.test", &["--format", "json"]).exited(1).json();
    let missing = json["servers"][0]["changes"].as_array().unwrap();
    let names: Vec<&str> = missing
        .iter()
        .map(|line| line["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["cut.b.test.", "*.w.b.test."],
        "glue cannot be asked for"
    );
    assert!(
        missing.iter().all(|line| line["change"] == "removed"),
        "{json}"
    );
    let other = Peer::nsd(&["c.test"]).address.to_string();
    let ran = desk
        .zonetool("dns", &["verify", "--zone", "a.test", "--ns", &other])
        .exited(1);
    assert!(ran.out.contains("cannot be compared: "), "{}", ran.out);
}

/// A delegation and a wildcard are found by questions where they are there.
#[test]
fn cuts_and_wildcards_are_the_same_where_they_are() {
    let desk = repository();
    let server = Peer::nsd_for_nobody(&["a.test"]);
    let extended = desk.read("dns/zones/sub/b.test");
    desk.write("dns/zones/a.test", &extended);
    desk.commit("More");
    let address = server.address.to_string();
    server.rewrite("a.test", &extended);
    testbed::poll(|| {
        let words = [
            "verify", "--zone", "a.test", "--ns", &address, "--rate", "100000",
        ];
        let ran = desk.zonetool("dns", &words);
        // The commit is served with serial 2, the file of the other server says 1.
        let lines: Vec<&str> = ran
            .out
            .lines()
            .filter(|line| line.starts_with(['-', '+']))
            .collect();
        match lines.len() == 2 && lines.iter().all(|line| line.contains(" SOA ")) {
            true => Ok(()),
            false => Err(ran.out),
        }
    });
}

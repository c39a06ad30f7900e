//! The catalog (RFC 9432) of the real program, as `dig` and `kdig` see it.

use crate::support::{Repo, Server, poll};
use crate::{GOOD, SECRET, asked, keyed, soa_records, zone};

/// May have all zones, and so the catalog.
const ALL: &str = "all._transfer";

fn start(repo: &Repo, options: &[&str]) -> Server {
    let keys = repo.beside("keys");
    crate::write_keys(&keys);
    let mut text = std::fs::read_to_string(&keys).unwrap();
    text += &format!("{ALL}:SHA256:{SECRET}\n");
    std::fs::write(&keys, text).unwrap();
    let plain = ["--listen", "127.0.0.1:0", "--keys", keys.to_str().unwrap()];
    let catalog = ["--catalog", "catalog.invalid"];
    Server::start_with(repo, &[&plain[..], &catalog, options].concat())
}

/// The zones that are listed, sorted, with the labels of their nodes; and the serial.
fn listed(server: &Server) -> (Vec<(String, String)>, u32) {
    let told = asked(
        "dig",
        server,
        &["catalog.invalid", "AXFR", "-y", &keyed(ALL)],
    );
    assert_eq!(soa_records(&told), 2, "{told}\n{}", server.log());
    let lines = told
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    let records: Vec<_> = lines.filter(|words| words.len() > 4).collect();
    let of_type = |rtype: &str| {
        let records = records.clone().into_iter();
        let rtype = rtype.to_owned();
        records.filter(move |words| words[3] == rtype)
    };
    let version = of_type("TXT").map(|words| (words[0], words[4]));
    let wanted = ("version.catalog.invalid.", "\"2\"");
    assert_eq!(version.collect::<Vec<_>>(), [wanted]);
    let fields = of_type("PTR").map(|words| (words[4].to_owned(), words[0].to_owned()));
    let mut members: Vec<_> = fields.collect();
    members.sort();
    let soa = of_type("SOA").next().unwrap();
    let serial = soa[6].parse().unwrap();
    (members, serial)
}

fn names(members: &[(String, String)]) -> Vec<&str> {
    members.iter().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn zones_that_come_and_go_are_listed_and_others_change_nothing() {
    let repo = crate::repo();
    let server = start(&repo, &[]);
    let (members, first) = listed(&server);
    assert_eq!((names(&members), first), (vec!["a.example."], 1));
    let text = zone(2, "192.0.2.2");
    let a = ("a.example", &*text);
    let commit = repo.commit(&[a]);
    server.wait_for_commit(&commit);
    assert_eq!(
        listed(&server),
        (members.clone(), 1),
        "no zone has come or gone"
    );
    let b = zone(1, "192.0.2.1");
    let commit = repo.commit(&[a, ("b.example", &b), ("c.example", "nonsense")]);
    server.wait_for_commit(&commit);
    let (more, second) = listed(&server);
    // One that is not right is there all the same, or secondaries would forget it.
    assert_eq!(names(&more), ["a.example.", "b.example.", "c.example."]);
    assert_eq!(
        (second, &more[0]),
        (3, &members[0]),
        "a zone keeps its node"
    );
    let ixfr = asked(
        "dig",
        &server,
        &["catalog.invalid", "IXFR=1", "-y", &keyed(ALL)],
    );
    assert_eq!(
        (soa_records(&ixfr), ixfr.matches(" PTR ").count()),
        (4, 2),
        "{ixfr}"
    );
    let commit = repo.commit(&[a]);
    server.wait_for_commit(&commit);
    assert_eq!(listed(&server), (members, 4));
    server.stop();
}

#[test]
fn only_who_may_transfer_it_can_ask_it() {
    let repo = crate::repo();
    let server = start(&repo, &[]);
    let status = |words: &[&str]| {
        let told = asked("kdig", &server, words);
        let code = told.split("status: ").nth(1).unwrap_or(&told);
        code.split(';').next().unwrap_or_default().to_owned()
    };
    for name in [
        "catalog.invalid",
        "version.catalog.invalid",
        "no.catalog.invalid",
    ] {
        for transport in ["+notcp", "+tcp"] {
            let plain = status(&[transport, name, "TXT"]);
            assert_eq!(plain, "REFUSED", "{name} {transport}");
            let other = status(&[transport, name, "TXT", "-y", &keyed(GOOD)]);
            assert_eq!(
                other, "REFUSED",
                "{name} {transport}, by the key of another zone"
            );
        }
    }
    let own = asked(
        "kdig",
        &server,
        &["catalog.invalid", "SOA", "-y", &keyed(ALL)],
    );
    assert_eq!(soa_records(&own), 1, "{own}");
    let refused = asked(
        "dig",
        &server,
        &["catalog.invalid", "AXFR", "-y", &keyed(GOOD)],
    );
    assert_eq!(soa_records(&refused), 0, "{refused}");
    server.stop();
    let server = start(&repo, &["--allow-transfer", "127.0.0.1"]);
    let own = asked("kdig", &server, &["catalog.invalid", "SOA"]);
    assert_eq!(soa_records(&own), 1, "of a network that may have it: {own}");
    server.stop();
}

/// With a state directory or without, whatever happens to the repository meanwhile.
#[test]
fn its_serial_does_not_go_back_over_restarts() {
    let repo = crate::repo();
    let state = repo.beside("state");
    let state = ["--state-dir", state.to_str().unwrap()];
    for options in [&[][..], &state] {
        let server = start(&repo, options);
        let (_, before) = listed(&server);
        server.stop();
        let text = zone(1, "192.0.2.1");
        repo.commit(&[("a.example", &text), ("b.example", &text)]);
        repo.commit(&[("a.example", &text)]);
        let server = start(&repo, options);
        let (_, after) = listed(&server);
        assert!(after > before, "{after} after {before}");
        server.stop();
        let server = start(&repo, options);
        assert!(listed(&server).1 >= after);
        server.stop();
    }
}

/// The name of the catalog is the catalog's.
#[test]
fn a_zone_of_its_name_in_the_repository_is_reported_and_not_served() {
    let repo = crate::repo();
    let server = start(&repo, &[]);
    let text = zone(1, "192.0.2.1");
    repo.commit(&[("a.example", &text), ("catalog.invalid", &text)]);
    poll(|| match server.log().contains("a zone of this name") {
        true => Ok(()),
        false => Err(server.log()),
    });
    assert_eq!(names(&listed(&server).0), ["a.example."]);
    server.stop();
}

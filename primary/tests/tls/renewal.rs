//! A certificate that is replaced while the server runs.

use crate::support::secure::{Authority, tls_address};
use crate::support::{Repo, Server, poll, served, zone};

fn start(arguments: &[&str]) -> (Repo, Authority, Server) {
    let repo = Repo::new();
    repo.commit(&[("example.org", &zone(1, "192.0.2.81"))]);
    let authority = Authority::new(&repo);
    let server = authority.start(&repo, arguments);
    (repo, authority, server)
}

/// What a new client is shown.
fn shown(authority: &Authority, server: &Server) -> Vec<u8> {
    let mut client = authority.client(tls_address(server));
    assert!(served("192.0.2.81")(&client.ask("www.example.org")));
    client.certificate()
}

fn wait_for_another(authority: &Authority, server: &Server, before: &[u8]) {
    poll(|| match shown(authority, server) == before {
        true => Err(server.log()),
        false => Ok(()),
    });
}

#[test]
fn a_new_certificate_is_used_and_open_connections_go_on() {
    let (_repo, authority, server) = start(&["--poll", "1"]);
    let mut open = authority.client(tls_address(&server));
    assert!(served("192.0.2.81")(&open.ask("www.example.org")));
    let first = open.certificate();
    // The files change, and nobody says so.
    authority.issue(2090);
    wait_for_another(&authority, &server, &first);
    assert!(served("192.0.2.81")(&open.ask("www.example.org")));
    let ends = server.status().expect("a status")["tls"]["certificate_ends_secs"].clone();
    assert_eq!(ends, 3_818_361_600_u64);
    server.stop();
}

#[test]
fn files_of_no_use_change_nothing_and_are_told() {
    let (_repo, authority, server) = start(&["--poll", "86400"]);
    let first = shown(&authority, &server);
    authority.issue_without_key();
    server.signal("-HUP");
    let status = server.wait_for(|status| status["tls"]["trouble"].is_string());
    let trouble = status["tls"]["trouble"].as_str().expect("text");
    for said in [
        "key.pem",
        "it is not the key of the first certificate in",
        "replace both",
    ] {
        assert!(trouble.contains(said), "{trouble}");
    }
    assert_eq!(shown(&authority, &server), first);
    let human = server.ask_status("human").stdout;
    let human = String::from_utf8_lossy(&human).into_owned();
    assert!(human.contains("not the newest: cannot use"), "{human}");
    assert!(server.log().contains("the certificate stays as it was"));

    authority.issue(2100);
    server.signal("-HUP");
    wait_for_another(&authority, &server, &first);
    server.wait_for(|status| status["tls"]["trouble"].is_null());
    server.stop();
}

#[test]
fn a_certificate_that_has_ended_is_served_and_told() {
    let repo = Repo::new();
    repo.commit(&[("example.org", &zone(1, "192.0.2.81"))]);
    let authority = Authority::new(&repo);
    authority.issue(2001);
    let server = authority.start(&repo, &[]);
    assert!(
        server.log().contains("the certificate has ended"),
        "{}",
        server.log()
    );
    let status = server.status().expect("a status");
    assert!(status["tls"]["days_left"].as_i64().expect("a number") < -8000);
    // Who looks at the dates does not go on; the server does.
    let mut strict = authority.client(tls_address(&server));
    assert!(std::io::Write::write_all(&mut strict.0, b"x").is_err());
    authority.issue(2100);
    server.signal("-HUP");
    server.wait_for(|status| status["tls"]["days_left"].as_i64() > Some(0));
    shown(&authority, &server);
    server.stop();
}

//! Sessions that are begun with one server and resumed at another of the same address.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::{ClientConfig, HandshakeKind};

use crate::support::secure::{Authority, DotClient, tls_address};
use crate::support::{Repo, Server, poll, served, zone};

fn repo() -> Repo {
    let repo = Repo::new();
    repo.commit(&[("example.org", &zone(1, "192.0.2.81"))]);
    repo
}

/// A secret for each letter.
fn write(path: &PathBuf, letters: &[&str]) {
    let lines = letters.iter().map(|letter| letter.repeat(64) + "\n");
    fs::write(path, lines.collect::<String>()).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("closed");
}

/// One question, and how its session came about. The ticket comes before the answer.
fn ask(config: &Arc<ClientConfig>, server: &Server) -> HandshakeKind {
    let mut client = DotClient::connect(config, tls_address(server));
    assert!(served("192.0.2.81")(&client.ask("www.example.org")));
    client.0.conn.handshake_kind().expect("a handshake")
}

#[test]
fn a_session_of_one_server_is_resumed_at_another() {
    let repos = [repo(), repo()];
    let authority = Authority::new(&repos[0]);
    let secret = repos[0].beside("tickets");
    write(&secret, &["a"]);
    let shared = ["--tls-ticket-secret", secret.to_str().expect("UTF-8")];
    let [one, other] = [0, 1].map(|n| authority.start(&repos[n], &shared));
    let config = authority.client_config();
    assert_eq!(ask(&config, &one), HandshakeKind::Full);
    assert_eq!(ask(&config, &other), HandshakeKind::Resumed);

    // The secret is replaced, first at one server, and the one of before is good there.
    write(&secret, &["b", "a"]);
    other.signal("-HUP");
    let read = |server: &Server, times| {
        poll(|| {
            let log = server.log();
            let seen = log
                .matches("the secret of TLS tickets was read again")
                .count();
            if seen == times { Ok(()) } else { Err(log) }
        });
    };
    read(&other, 1);
    assert_eq!(ask(&config, &other), HandshakeKind::Resumed);
    // What it gave then is of the new secret, which the first one does not know.
    assert_eq!(ask(&config, &one), HandshakeKind::Full);
    one.signal("-HUP");
    read(&one, 1);
    assert_eq!(ask(&config, &one), HandshakeKind::Resumed);
    write(&secret, &["c"]);
    one.signal("-HUP");
    read(&one, 2);
    assert_eq!(ask(&config, &one), HandshakeKind::Full);

    // Of no use: said, and nothing changes.
    fs::write(&secret, "no secret\n").expect("written");
    one.signal("-HUP");
    poll(|| {
        match one
            .log()
            .contains("the secret of TLS tickets stays as it was")
        {
            true => Ok(()),
            false => Err(one.log()),
        }
    });
    assert_eq!(ask(&config, &one), HandshakeKind::Resumed);
    one.stop();
    other.stop();
}

#[test]
fn without_a_shared_secret_each_server_resumes_its_own() {
    let repos = [repo(), repo()];
    let authority = Authority::new(&repos[0]);
    let [one, other] = [0, 1].map(|n| authority.start(&repos[n], &[]));
    let config = authority.client_config();
    assert_eq!(ask(&config, &one), HandshakeKind::Full);
    assert_eq!(ask(&config, &one), HandshakeKind::Resumed);
    assert_eq!(ask(&config, &other), HandshakeKind::Full);
    one.stop();
    other.stop();
}

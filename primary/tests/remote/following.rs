//! A push is served, whichever way the repository is reached.

use crate::daemons::ssh::{Keys, user};
use crate::daemons::web::{Authority, Web};
use crate::daemons::{self};
use crate::support::{Repo, Server, ask_serial, served, zone};
use crate::{base, follow, follow_when_told, git_url, is_fresh, metric, origin, page, push};

/// From the first fetch over a push to a restart.
fn is_followed(repo: &Repo, start: impl Fn() -> Server) {
    let first = repo.git(&["rev-parse", "main"]);
    let server = start();
    let status = server.wait_for_commit(&first);
    assert!(is_fresh(&status), "{status}");
    assert!(served("192.0.2.1")(&server.ask("www.example.org")));
    assert_eq!(page(&server, "/readyz").0, 200);
    let second = push(repo, "192.0.2.2");
    server.wait_for_commit(&second);
    let answer = server.ask("www.example.org");
    assert!(served("192.0.2.2")(&answer));
    assert_eq!(answer.nsid, second);
    assert_eq!(ask_serial(server.addresses[0], "example.org"), Some(2));
    assert_eq!(metric(&server, "stemma_remote_stale"), Some(0.0));
    assert_eq!(metric(&server, "stemma_remote_packs_total"), Some(2.0));
    assert!(metric(&server, "stemma_remote_received_bytes_total") > Some(400.0));
    assert!(metric(&server, "stemma_remote_last_contact_timestamp_seconds") > Some(1.7e9));
    assert_eq!(server.ask_status("human").status.code(), Some(0));
    server.stop();
    let server = start();
    assert_eq!(ask_serial(server.addresses[0], "example.org"), Some(2));
    server.stop();
}

#[test]
fn over_git() {
    let (repo, _) = origin("192.0.2.1");
    let daemon = daemons::Server::git_daemon(&base(&repo));
    is_followed(&repo, || follow(&repo, &git_url(daemon.port), &[]));
}

/// Which format it is, the program learns from the server.
#[test]
fn a_repository_of_sha256() {
    let repo = Repo::with_format("sha256");
    push(&repo, "192.0.2.1");
    let daemon = daemons::Server::git_daemon(&base(&repo));
    is_followed(&repo, || follow(&repo, &git_url(daemon.port), &[]));
}

#[test]
fn over_https_with_a_token() {
    let (repo, _) = origin("192.0.2.1");
    let authority = Authority::new("localhost");
    let web = Web {
        authorization: Some("Basic YW5uOmNhbmFyeQ=="),
        ..Web::new(&base(&repo))
    };
    let daemon = web.tls(&authority);
    let (roots, token) = (repo.beside("roots.pem"), repo.beside("token"));
    std::fs::write(&roots, &authority.pem).expect("written");
    std::fs::write(&token, "ann:canary\n").expect("written");
    let text = |path: &std::path::Path| path.to_str().expect("UTF-8").to_owned();
    let (roots, token) = (text(&roots), text(&token));
    let url = format!("https://localhost:{}/zones.git", daemon.port);
    is_followed(&repo, || {
        follow(&repo, &url, &["--roots", &roots, "--token", &token])
    });
}

#[test]
fn over_ssh_with_a_pinned_key() {
    let (repo, _) = origin("192.0.2.1");
    let keys = Keys::new();
    let daemon = keys.server();
    let (key, print) = (keys.path("user"), keys.fingerprint("host_ed25519"));
    let key = key.to_str().expect("UTF-8");
    let path = repo.path();
    let url = format!(
        "ssh://{}@127.0.0.1:{}{}#main",
        user(),
        daemon.port,
        path.display()
    );
    is_followed(&repo, || {
        follow(&repo, &url, &["--ssh-key", key, "--host-key", &print])
    });
}

#[test]
fn without_a_state_directory_the_copy_is_gone_at_the_end() {
    let (repo, first) = origin("192.0.2.1");
    let daemon = daemons::Server::git_daemon(&base(&repo));
    let place = repo.beside("tmp");
    std::fs::create_dir(&place).expect("made");
    let place_of_copies = format!("TMPDIR={}", place.display());
    let server = Server::start_on(
        &["env", &place_of_copies],
        &repo,
        &git_url(daemon.port),
        &["--listen", "127.0.0.1:0"],
    );
    server.wait_for_commit(&first);
    let count = || std::fs::read_dir(&place).expect("listed").count();
    assert_eq!(count(), 1);
    server.stop();
    assert_eq!(count(), 0);
}

#[test]
fn a_repository_without_commits_is_waited_for() {
    let repo = Repo::new();
    let daemon = daemons::Server::git_daemon(&base(&repo));
    let server = follow(&repo, &git_url(daemon.port), &[]);
    server.wait_for(is_fresh);
    assert_eq!(
        server.ask("www.example.org").rcode,
        crate::support::SERVFAIL
    );
    let first = repo.commit(&[("example.org", &zone(1, "192.0.2.1"))]);
    server.wait_for_commit(&first);
    assert!(served("192.0.2.1")(&server.ask("www.example.org")));
}

#[test]
fn a_signal_has_the_remote_looked_at_now() {
    let (repo, first) = origin("192.0.2.1");
    let daemon = daemons::Server::git_daemon(&base(&repo));
    let server = follow_when_told(&repo, &git_url(daemon.port));
    server.wait_for_commit(&first);
    let second = push(&repo, "192.0.2.2");
    server.signal("-HUP");
    server.wait_for_commit(&second);
}

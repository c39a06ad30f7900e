//! History that was rewritten at the remote, and the operator who accepts it.

use std::io::Write;
use std::os::unix::net::UnixStream;

use crate::support::{Repo, Server, ask_serial, poll, served};
use crate::{base, daemons, follow, git_url, origin, push};

fn accept(repo: &Repo, id: &str) -> String {
    let mut stream = UnixStream::connect(repo.beside("control")).expect("it listens");
    writeln!(stream, "accept {id}").expect("sent");
    std::io::read_to_string(stream).expect("an answer")
}

fn serial(server: &Server) -> Option<u32> {
    ask_serial(server.addresses[0], "example.org")
}

/// A branch of another history, with one zone.
fn rewrite(repo: &Repo, www: &str) -> String {
    repo.git(&["update-ref", "-d", "refs/heads/main"]);
    repo.commit_by("Eve", &[("example.org", &crate::zone(1, www))])
}

#[test]
fn it_is_refused_until_it_is_accepted() {
    let (repo, _) = origin("192.0.2.1");
    let second = push(&repo, "192.0.2.2");
    let daemon = daemons::Server::git_daemon(&base(&repo));
    let start = || follow(&repo, &git_url(daemon.port), &[]);
    let server = start();
    server.wait_for_commit(&second);
    let other = rewrite(&repo, "192.0.2.66");
    server.wait_for(|status| status["refused"] == other.as_str());
    assert!(served("192.0.2.2")(&server.ask("www.example.org")));
    server.stop();
    // Tidying up must leave what is served, though the remote does not have it any more.
    let mirror = repo.beside("state/mirror.git");
    let taken = std::fs::read_to_string(mirror.join("refs/heads/main")).expect("a reference");
    assert_eq!(taken.trim(), second);
    let server = start();
    let status = server.wait_for(|status| status["refused"] == other.as_str());
    assert_eq!(status["commit"]["id"], second.as_str());
    assert_eq!(serial(&server), Some(2));
    assert!(accept(&repo, &other).contains("accepted"));
    server.wait_for_commit(&other);
    assert!(served("192.0.2.66")(&server.ask("www.example.org")));
    assert_eq!(serial(&server), Some(3), "serials go on rising");
    let next = push(&repo, "192.0.2.67");
    server.wait_for_commit(&next);
    assert_eq!(serial(&server), Some(4));
    poll(
        || match std::fs::read_to_string(mirror.join("refs/heads/main")) {
            Ok(taken) if taken.trim() == next => Ok(()),
            other => Err(format!("{other:?}")),
        },
    );
}

#[test]
fn a_remote_that_comes_back_to_its_history_is_followed() {
    let (repo, first) = origin("192.0.2.1");
    let daemon = daemons::Server::git_daemon(&base(&repo));
    let server = follow(&repo, &git_url(daemon.port), &[]);
    server.wait_for_commit(&first);
    let other = rewrite(&repo, "192.0.2.66");
    server.wait_for(|status| status["refused"] == other.as_str());
    repo.git(&["update-ref", "refs/heads/main", &first]);
    let next = push(&repo, "192.0.2.2");
    server.wait_for_commit(&next);
    assert_eq!(serial(&server), Some(2));
}

//! The remote is away: at the start, later, for a while; without a word, or with one.

use crate::cable::{Cable, Line};
use crate::daemons;
use crate::support::{Repo, SERVFAIL, Server, ask_serial, poll, served};
use crate::{base, extended_error, follow, git_url, is_fresh, metric, origin, page, push};

/// Failures that were counted, of one kind.
fn failures(server: &Server, kind: &str) -> f64 {
    let name = format!("stemma_remote_failures_total{{kind=\"{kind}\"}}");
    metric(server, &name).expect("it is told")
}

fn has_nothing_yet(server: &Server) {
    assert_eq!(server.ask("www.example.org").rcode, SERVFAIL);
    // RFC 8914 §4.15.
    let (code, text) = extended_error(server, "www.example.org").expect("it is there");
    assert_eq!(
        (code, text.as_str()),
        (14, "zones have not been fetched yet")
    );
    assert_eq!(page(server, "/readyz").0, 503);
    assert_eq!(page(server, "/healthz").0, 200, "that is not its fault");
    assert_eq!(metric(server, "stemma_remote_stale"), Some(1.0));
    assert_eq!(server.ask_status("human").status.code(), Some(1));
}

#[test]
fn at_the_start_without_a_copy_it_is_waited_for() {
    for line in [Line::Pulled, Line::Cut] {
        let (repo, first) = origin("192.0.2.1");
        let daemon = daemons::Server::git_daemon(&base(&repo));
        let cable = Cable::to(daemon.port, line);
        let server = follow(&repo, &git_url(cable.port()), &[]);
        has_nothing_yet(&server);
        let kind = if line == Line::Cut {
            "unreachable"
        } else {
            "timed-out"
        };
        poll(|| match failures(&server, kind) {
            0.0 => Err(server.log()),
            _ => Ok(()),
        });
        has_nothing_yet(&server);
        cable.set(Line::Whole);
        server.wait_for_commit(&first);
        assert!(served("192.0.2.1")(&server.ask("www.example.org")));
        let status = server.wait_for(is_fresh);
        assert!(status["remote"]["trouble"].is_null(), "{status}");
        assert_eq!(page(&server, "/readyz").0, 200);
        assert!(server.log().contains("the remote is reached again"));
    }
}

#[test]
fn at_the_start_with_a_copy_that_is_served_at_once() {
    let (repo, _) = origin("192.0.2.1");
    let second = push(&repo, "192.0.2.2");
    let daemon = daemons::Server::git_daemon(&base(&repo));
    let cable = Cable::to(daemon.port, Line::Whole);
    let server = follow(&repo, &git_url(cable.port()), &[]);
    server.wait_for_commit(&second);
    server.stop();
    for line in [Line::Pulled, Line::Cut] {
        cable.set(line);
        let server = follow(&repo, &git_url(cable.port()), &[]);
        // Whoever can be asked serves already.
        assert!(served("192.0.2.2")(&server.ask("www.example.org")));
        assert_eq!(ask_serial(server.addresses[0], "example.org"), Some(2));
        let status = server.wait_for(|status| !status["remote"]["trouble"].is_null());
        assert_eq!(status["remote"]["stale"], true);
        assert!(status["remote"]["reached_secs"].is_null());
        assert_eq!(page(&server, "/readyz").0, 200);
        assert_eq!(metric(&server, "stemma_remote_stale"), Some(1.0));
        let human = server.ask_status("human");
        assert_eq!(human.status.code(), Some(1));
        let human = String::from_utf8(human.stdout).expect("UTF-8");
        assert!(
            human.contains("remote      stale, not reached yet: 127.0.0.1"),
            "{human}"
        );
        server.stop();
    }
    let third = push(&repo, "192.0.2.3");
    let server = follow(&repo, &git_url(cable.port()), &[]);
    assert_eq!(ask_serial(server.addresses[0], "example.org"), Some(2));
    cable.set(Line::Whole);
    server.wait_for_commit(&third);
    server.wait_for(is_fresh);
    assert_eq!(ask_serial(server.addresses[0], "example.org"), Some(3));
}

#[test]
fn later_it_is_served_on_and_followed_again() {
    let (repo, first) = origin("192.0.2.1");
    let daemon = daemons::Server::git_daemon(&base(&repo));
    let cable = Cable::to(daemon.port, Line::Whole);
    let server = follow(&repo, &git_url(cable.port()), &[]);
    server.wait_for_commit(&first);
    for (line, kind, www) in [
        (Line::Pulled, "timed-out", "192.0.2.2"),
        (Line::Cut, "unreachable", "192.0.2.3"),
    ] {
        server.wait_for(is_fresh);
        cable.set(line);
        let next = push(&repo, www);
        let status = server.wait_for(|status| !is_fresh(status));
        let trouble = status["remote"]["trouble"].as_str().expect("why");
        assert!(trouble.contains("it is tried again and again"), "{trouble}");
        assert!(failures(&server, kind) >= 1.0, "{trouble}");
        assert!(!served(www)(&server.ask("www.example.org")));
        assert_eq!(server.ask("www.example.org").rcode, 0, "served on");
        assert_eq!(page(&server, "/healthz").0, 200);
        cable.set(Line::Whole);
        server.wait_for_commit(&next);
        assert!(served(www)(&server.ask("www.example.org")));
    }
}

#[test]
fn a_daemon_that_takes_connections_and_says_nothing() {
    let (repo, _) = origin("192.0.2.1");
    let daemon = daemons::Server::silent();
    let server = follow(&repo, &git_url(daemon.port), &[]);
    has_nothing_yet(&server);
    poll(|| match failures(&server, "timed-out") {
        ..2.0 => Err(server.log()),
        _ => Ok(()),
    });
    let lines = server.log_lines();
    let told = lines.iter().filter(|line| line["kind"] == "timed-out");
    assert_eq!(told.count(), 1, "once, not for each attempt");
    // A stop need not wait for it.
    server.stop();
}

#[test]
fn a_repository_without_a_commit_is_waited_for() {
    let repo = Repo::new();
    let daemon = daemons::Server::git_daemon(&base(&repo));
    let server = follow(&repo, &git_url(daemon.port), &[]);
    server.wait_for(|status| status["remote"]["looks"].as_u64() > Some(1));
    assert_eq!(server.ask("www.example.org").rcode, SERVFAIL);
    assert_eq!(page(&server, "/readyz").0, 503);
    let told = server.log().matches("the remote has no commit yet").count();
    assert_eq!(told, 1, "once, not at each look: {}", server.log());
    let status = server.ask_status("human");
    let text = String::from_utf8_lossy(&status.stdout).into_owned();
    assert!(text.contains("none yet, so nothing is served"), "{text}");
    assert_eq!(status.status.code(), Some(1));
    let first = push(&repo, "192.0.2.1");
    server.wait_for_commit(&first);
    assert_eq!(server.ask_status("human").status.code(), Some(0));
}

#[test]
fn a_repository_that_is_emptied_or_loses_its_branch_is_served_on() {
    let (repo, first) = origin("192.0.2.1");
    let daemon = daemons::Server::git_daemon(&base(&repo));
    let server = follow(&repo, &git_url(daemon.port), &[]);
    server.wait_for_commit(&first);
    repo.git(&["branch", "-m", "main", "other"]);
    let status = server.wait_for(|status| !is_fresh(status));
    let trouble = status["remote"]["trouble"].as_str().expect("why");
    assert!(
        trouble.contains("there is no branch main; there are: other"),
        "{trouble}"
    );
    repo.git(&["update-ref", "-d", "refs/heads/other"]);
    poll(|| match failures(&server, "empty") {
        0.0 => {
            server.signal("-HUP");
            Err(server.log())
        }
        _ => Ok(()),
    });
    assert!(served("192.0.2.1")(&server.ask("www.example.org")));
    repo.git(&["update-ref", "refs/heads/main", &first]);
    server.signal("-HUP");
    server.wait_for(is_fresh);
}

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]
//! Over `git://`, with `git daemon`; and what servers do that do not behave.

mod support;

use std::time::{Duration, Instant};

use git_remote::{Limits, RemoteError, RemoteOptions};
use support::repo::Repo;
use support::{impatient, open, scenarios};
use testbed::Server;

fn remote(port: u16, options: &RemoteOptions) -> git_remote::Remote {
    open(&format!("git://127.0.0.1:{port}/zones.git"), options)
}

#[test]
fn a_branch_is_followed() {
    for format in ["sha1", "sha256"] {
        let origin = Repo::with_format(format);
        let server = Server::git_daemon(origin.base());
        scenarios::follows(&origin, &remote(server.port, &RemoteOptions::default()));
    }
}

#[test]
fn commits_are_pushed() {
    for format in ["sha1", "sha256"] {
        let origin = Repo::with_format(format);
        let server = Server::git_daemon(origin.base());
        scenarios::pushes(&origin, &remote(server.port, &RemoteOptions::default()));
    }
}

#[test]
fn a_repository_that_is_not_there() {
    let origin = Repo::new();
    let server = Server::git_daemon(origin.base());
    let url = format!("git://127.0.0.1:{}/other.git", server.port);
    match open(&url, &RemoteOptions::default()).tip(None) {
        Err(RemoteError::Refused { words, .. }) => assert!(words.contains("other.git"), "{words}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn another_object_format_is_said_so() {
    let origin = Repo::with_format("sha256");
    origin.commit("main", "zones/example.org", "x");
    let server = Server::git_daemon(origin.base());
    let fetched =
        remote(server.port, &RemoteOptions::default()).fetch(&Repo::new().store(), None, None);
    assert!(fetched.unwrap_err().to_string().contains("is sha256"));
}

#[test]
fn nobody_listens() {
    let port = Server::silent().port;
    let error = remote(port, &RemoteOptions::default())
        .tip(None)
        .unwrap_err();
    assert!(matches!(error, RemoteError::Unreachable { .. }), "{error}");
}

#[test]
fn who_hangs_is_given_up() {
    let options = RemoteOptions {
        limits: impatient(),
        ..RemoteOptions::default()
    };
    // Silence; half a packet; a reference every while without end would be the total limit's.
    for server in [
        Server::silent(),
        Server::saying(b"00"),
        Server::saying(b"0032abc"),
    ] {
        let begun = Instant::now();
        let error = remote(server.port, &options).tip(None).unwrap_err();
        assert!(matches!(error, RemoteError::TimedOut { .. }), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
}

#[test]
fn who_trickles_is_given_up() {
    let options = RemoteOptions {
        limits: impatient(),
        ..RemoteOptions::default()
    };
    let server = Server::start(|mut stream| {
        use std::io::Write;
        while stream.write_all(b"0014shallow 0123456\n").is_ok() {
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    let begun = Instant::now();
    let error = remote(server.port, &options).tip(None).unwrap_err();
    assert!(matches!(error, RemoteError::TimedOut { .. }), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn nonsense_is_refused() {
    for (words, wanted) in [
        (&b"HTTP/1.1 400 Bad Request\r\n"[..], "is no length"),
        (b"fff5", "a packet of 65525 octets"),
        (b"0009hello", "is no reference"),
        (b"0008\xff\xfe\xfd\xfc", "not UTF-8"),
    ] {
        let server = Server::saying(words);
        let error = remote(server.port, &RemoteOptions::default())
            .tip(None)
            .unwrap_err();
        assert!(matches!(error, RemoteError::Protocol { .. }), "{error}");
        assert!(error.to_string().contains(wanted), "{error}");
    }
}

#[test]
fn a_pack_beyond_the_limit_is_not_taken() {
    let origin = Repo::new();
    origin.commit("main", "zones/example.org", &scenarios::zone(0));
    let server = Server::git_daemon(origin.base());
    let mirror = Repo::new();
    for (pack_octets, references_octets, wanted) in [
        (1000, 1 << 20, "the pack is larger than 1000 octets"),
        (
            1 << 20,
            40,
            "the list of references is larger than 40 octets",
        ),
    ] {
        let options = RemoteOptions {
            limits: Limits {
                pack_octets,
                references_octets,
                ..Limits::default()
            },
            ..RemoteOptions::default()
        };
        let error = remote(server.port, &options).fetch(&mirror.store(), None, None);
        let error = error.unwrap_err();
        assert!(matches!(error, RemoteError::TooLarge { .. }), "{error:?}");
        assert_eq!(error.to_string(), wanted);
        assert_eq!(mirror.count("packs"), 0);
    }
}

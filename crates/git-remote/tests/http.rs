#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]
//! Over http and https, with `git http-backend`; tokens, authorities, and servers that do not behave.

mod support;

use std::path::Path;
use std::time::{Duration, Instant};

use git_remote::{RemoteError, RemoteOptions, Roots, Token};
use support::repo::Repo;
use support::{impatient, open, scenarios, url};
use testbed::Server;
use testbed::daemons::web::{Authority, Web};

fn token(dir: &Path, text: &str) -> Token {
    let path = dir.join("token");
    std::fs::write(&path, text).unwrap();
    Token::from_file(&path).unwrap()
}

/// Options for a server whose certificate is of this authority.
fn believing(authority: &Authority, dir: &Path) -> RemoteOptions {
    let path = dir.join("roots.pem");
    std::fs::write(&path, &authority.pem).unwrap();
    RemoteOptions {
        roots: Roots::File(path),
        ..RemoteOptions::default()
    }
}

#[test]
fn a_branch_is_followed() {
    let origin = Repo::new();
    let server = Web::new(origin.base()).plain();
    let url = format!("http://127.0.0.1:{}/zones.git/", server.port);
    scenarios::follows(&origin, &open(&url, &RemoteOptions::default()));
}

#[test]
fn commits_are_pushed_over_tls_with_a_token() {
    let origin = Repo::new();
    let authority = Authority::new("localhost");
    let server = Web {
        authorization: Some("Basic YW5uOmNhbmFyeQ=="),
        ..Web::new(origin.base())
    };
    let server = server.tls(&authority);
    let url = format!("https://localhost:{}/zones.git", server.port);
    let options = RemoteOptions {
        token: Some(token(origin.base(), "ann:canary\n")),
        ..believing(&authority, origin.base())
    };
    scenarios::pushes(&origin, &open(&url, &options));
    let wrong = RemoteOptions {
        token: Some(token(origin.base(), "ann:canary2")),
        ..options.clone()
    };
    let none = RemoteOptions {
        token: None,
        ..options
    };
    for (options, wanted) in [(wrong, "to the token"), (none, "it wants a token")] {
        let remote = open(&url, &options);
        let error = remote.tip(None).unwrap_err();
        assert!(matches!(error, RemoteError::Unauthorized { .. }), "{error}");
        let shown = format!("{error} {error:?} {remote:?}");
        assert!(
            shown.contains(wanted) && !shown.contains("canary"),
            "{shown}"
        );
    }
}

#[test]
fn a_certificate_of_somebody_else_is_refused() {
    let origin = Repo::new();
    let (ours, other) = (Authority::new("localhost"), Authority::new("localhost"));
    let elsewhere = Authority::new("other.example");
    for (shown, believed, advice) in [
        (&other, &ours, "name the file"),
        (&elsewhere, &elsewhere, "see whether the URL is right"),
    ] {
        let server = Web::new(origin.base()).tls(shown);
        let url = format!("https://localhost:{}/zones.git", server.port);
        let error = open(&url, &believing(believed, origin.base()))
            .tip(None)
            .unwrap_err();
        assert!(
            matches!(error, RemoteError::Certificate { .. }),
            "{error:?}"
        );
        assert!(error.to_string().contains(advice), "{error}");
    }
}

#[test]
fn a_token_is_not_sent_for_everybody_to_read() {
    let dir = tempfile::tempdir().unwrap();
    let options = RemoteOptions {
        token: Some(token(dir.path(), "canary")),
        ..RemoteOptions::default()
    };
    let error = git_remote::Remote::open(&url("http://git.example.org/z"), options).unwrap_err();
    assert!(matches!(error, RemoteError::Credential { .. }), "{error}");
    assert!(!format!("{error:?}").contains("canary"));
}

/// CVE-2020-5260 and CVE-2024-50349 sent secrets to whom a server named.
#[test]
fn nobody_is_followed_elsewhere() {
    let seen = Server::start(|_| panic!("somebody came"));
    let answer = format!(
        "HTTP/1.1 302 Found\r\nLocation: http://u:canary@127.0.0.1:{}/z?canary\r\nContent-Length: 0\r\n\r\n",
        seen.port
    );
    let server = Web {
        answer: Some(answer),
        ..Web::default()
    };
    let server = server.plain();
    let url = format!("http://127.0.0.1:{}/zones.git", server.port);
    let error = open(&url, &RemoteOptions::default()).tip(None).unwrap_err();
    assert!(matches!(error, RemoteError::Redirected { .. }), "{error:?}");
    assert!(
        !format!("{error} {error:?}").contains("canary"),
        "{error:?}"
    );
}

#[test]
fn other_answers() {
    let answer = |head: &str, body: &str| {
        let length = body.len();
        Some(format!(
            "HTTP/1.1 {head}\r\nContent-Length: {length}\r\n\r\n{body}"
        ))
    };
    let git = "200 OK\r\nContent-Type: application/x-git-upload-pack-advertisement";
    for (answer, wanted) in [
        (answer("404 Not Found", ""), "refused: 404"),
        (
            answer("502 Bad Gateway", ""),
            "cannot be reached: it answered 502",
        ),
        (
            answer("200 OK\r\nContent-Type: text/html", "<html>"),
            "is this the URL of a repository?",
        ),
        (answer(git, "<html>"), "is no length"),
        (answer(git, "0000"), "does not begin with # service"),
        (Some("nonsense\r\n\r\n".into()), "127.0.0.1"),
    ] {
        let server = Web {
            answer,
            ..Web::default()
        };
        let server = server.plain();
        let url = format!("http://127.0.0.1:{}/zones.git", server.port);
        let error = open(&url, &RemoteOptions::default())
            .tip(None)
            .unwrap_err()
            .to_string();
        assert!(error.contains(wanted), "{error}");
    }
}

#[test]
fn who_hangs_is_given_up() {
    let options = RemoteOptions {
        limits: impatient(),
        ..RemoteOptions::default()
    };
    let head =
        b"HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-advertisement\r\n\r\n001e";
    for (scheme, server) in [
        ("http", Server::silent()),
        ("https", Server::silent()),
        ("http", Server::saying(head)),
    ] {
        let begun = Instant::now();
        let url = format!("{scheme}://127.0.0.1:{}/zones.git", server.port);
        let error = open(&url, &options).tip(None).unwrap_err();
        assert!(matches!(error, RemoteError::TimedOut { .. }), "{error:?}");
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
}

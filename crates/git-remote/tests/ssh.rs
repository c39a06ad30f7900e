#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]
//! Over ssh, with OpenSSH's server; keys of hosts and users that are not those that are meant.

mod support;

use std::time::{Duration, Instant};

use git_remote::{HostKeys, Remote, RemoteError, RemoteOptions, SshKey};
use support::repo::Repo;
use support::{impatient, open, scenarios};
use testbed::Server;
use testbed::daemons::ssh::{Keys, user};

fn remote(port: u16, path: &std::path::Path, options: &RemoteOptions) -> Remote {
    let url = format!("ssh://{}@127.0.0.1:{port}{}", user(), path.display());
    open(&url, options)
}

fn options(keys: &Keys, host_keys: HostKeys) -> RemoteOptions {
    RemoteOptions {
        key: Some(SshKey::from_file(&keys.path("user"), None).unwrap()),
        host_keys,
        ..RemoteOptions::default()
    }
}

fn pinned(keys: &Keys, name: &str) -> HostKeys {
    HostKeys::default()
        .with_fingerprint(&keys.fingerprint(name))
        .unwrap()
}

#[test]
fn a_branch_is_followed() {
    let (origin, keys) = (Repo::new(), Keys::new());
    let server = keys.server();
    let options = options(&keys, pinned(&keys, "host_ed25519"));
    scenarios::follows(&origin, &remote(server.port, &origin.path(), &options));
}

#[test]
fn commits_are_pushed() {
    let (origin, keys) = (Repo::new(), Keys::new());
    let server = keys.server();
    let options = options(&keys, pinned(&keys, "host_ed25519"));
    scenarios::pushes(&origin, &remote(server.port, &origin.path(), &options));
}

/// As OpenSSH writes the file: of two keys the server has, the one that is known is asked for.
#[test]
fn hosts_are_known_by_a_file() {
    let (origin, keys) = (Repo::new(), Keys::new());
    origin.commit("main", "zones/example.org", "x");
    let server = keys.server();
    for name in ["host_ed25519", "host_ecdsa"] {
        let line = format!(
            "# ours\n[127.0.0.1]:{} {}\n",
            server.port,
            keys.public(name)
        );
        let file = keys.write("known_hosts", &line);
        for is_hashed in [false, true] {
            if is_hashed {
                let hashed = std::process::Command::new("ssh-keygen")
                    .args(["-q", "-H", "-f"])
                    .arg(&file)
                    .status();
                assert!(hashed.unwrap().success());
            }
            let options = options(&keys, HostKeys::from_file(&file).unwrap());
            let tip = remote(server.port, &origin.path(), &options).tip(None);
            assert!(tip.unwrap().is_some(), "{name}");
        }
        let revoked = format!("{line}@revoked * {}\n", keys.public(name));
        let file = keys.write("known_hosts", &revoked);
        let options = options(&keys, HostKeys::from_file(&file).unwrap());
        let error = remote(server.port, &origin.path(), &options)
            .tip(None)
            .unwrap_err();
        assert!(matches!(error, RemoteError::HostKey { .. }), "{error}");
    }
}

#[test]
fn another_host_key_is_refused() {
    let (origin, keys) = (Repo::new(), Keys::new());
    let server = keys.server();
    let stranger = format!("[127.0.0.1]:{} {}\n", server.port, keys.public("stranger"));
    let other = HostKeys::from_file(&keys.write("known_hosts", &stranger)).unwrap();
    for (host_keys, next) in [
        (HostKeys::default(), "add it to the known hosts"),
        (pinned(&keys, "stranger"), "somebody may be in between"),
        (other, "somebody may be in between"),
    ] {
        let options = options(&keys, host_keys);
        let error = remote(server.port, &origin.path(), &options)
            .tip(None)
            .unwrap_err();
        assert!(matches!(error, RemoteError::HostKey { .. }), "{error}");
        let (text, seen) = (error.to_string(), keys.fingerprint("host_ed25519"));
        assert!(text.contains(&seen) && text.contains(next), "{text}");
    }
}

#[test]
fn users_are_known_by_their_key() {
    let (origin, keys) = (Repo::new(), Keys::new());
    origin.commit("main", "zones/example.org", "x");
    let server = keys.server();
    let host_keys = pinned(&keys, "host_ed25519");
    let passphrase = keys.write("passphrase", "canary-passphrase\n");
    let with = |key: Option<SshKey>| {
        let options = RemoteOptions {
            key,
            ..options(&keys, host_keys.clone())
        };
        remote(server.port, &origin.path(), &options).tip(None)
    };
    let locked = SshKey::from_file(&keys.path("locked"), Some(&passphrase)).unwrap();
    assert!(with(Some(locked)).unwrap().is_some());
    let stranger = SshKey::from_file(&keys.path("stranger"), None).unwrap();
    for error in [with(Some(stranger)).unwrap_err(), with(None).unwrap_err()] {
        assert!(matches!(error, RemoteError::Unauthorized { .. }), "{error}");
    }
}

#[test]
fn keys_that_cannot_be_used() {
    let keys = Keys::new();
    let wrong = keys.write("wrong", "canary-wrong\n");
    keys.write("noise", "canary-noise\n");
    for (name, passphrase, wanted) in [
        ("none", None, "No such file"),
        ("user.pub", None, "public half"),
        ("noise", None, "no key in OpenSSH's format"),
        ("locked", None, "name a file with its passphrase"),
        ("locked", Some(wrong.as_path()), "another passphrase"),
    ] {
        let error = SshKey::from_file(&keys.path(name), passphrase).unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(
            shown.contains(wanted) && !shown.contains("canary"),
            "{shown}"
        );
    }
}

#[test]
fn a_repository_that_is_not_there() {
    let (origin, keys) = (Repo::new(), Keys::new());
    let server = keys.server();
    let options = options(&keys, pinned(&keys, "host_ed25519"));
    let path = origin.base().join("it's not; here");
    match remote(server.port, &path, &options).tip(None) {
        Err(RemoteError::Refused { words, .. }) => {
            assert!(
                words.contains("it's not; here' does not appear to be a git repository"),
                "{words}"
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn who_hangs_is_given_up() {
    let keys = Keys::new();
    let options = RemoteOptions {
        limits: impatient(),
        ..options(&keys, HostKeys::default())
    };
    for server in [Server::silent(), Server::saying(b"SSH-2.0-x\r\n")] {
        let begun = Instant::now();
        let error = remote(server.port, "/zones.git".as_ref(), &options)
            .tip(None)
            .unwrap_err();
        assert!(matches!(error, RemoteError::TimedOut { .. }), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
}

//! Whom the program believes, what it does not tell anybody, and mistakes in its options.

use std::path::Path;
use std::process::Stdio;

use crate::daemons::ssh::{Keys, user};
use crate::daemons::web::{Authority, Web};
use crate::support::{Repo, Server, program};
use crate::{base, daemons, follow, git_url, origin, page};

fn write(repo: &Repo, name: &str, text: &str) -> String {
    std::fs::write(repo.beside(name), text).expect("written");
    repo.beside(name).to_str().expect("UTF-8").to_owned()
}

/// Waits until the server is in trouble; nothing that it tells anywhere has a secret in it.
fn trouble(server: &Server) -> String {
    let status = server.wait_for(|status| !status["remote"]["trouble"].is_null());
    let process = server.id();
    let line = std::fs::read(format!("/proc/{process}/cmdline")).expect("a command line");
    let human = server.ask_status("human").stdout;
    let all = [
        status.to_string(),
        server.log(),
        page(server, "/metrics").1,
        page(server, "/readyz").1,
        String::from_utf8_lossy(&human).into_owned(),
        String::from_utf8_lossy(&line).into_owned(),
    ];
    for text in all {
        assert!(
            !text.contains("canary") && !text.contains("Y2FuYXJ5"),
            "{text}"
        );
    }
    status["remote"]["trouble"]
        .as_str()
        .expect("text")
        .to_owned()
}

#[test]
fn another_host_key_or_user_key() {
    let (repo, _) = origin("192.0.2.1");
    let keys = Keys::new();
    let daemon = keys.server();
    let text = |path: &Path| path.to_str().expect("UTF-8").to_owned();
    let path = repo.path();
    let url = format!(
        "ssh://{}@127.0.0.1:{}{}",
        user(),
        daemon.port,
        path.display()
    );
    let known = format!("[127.0.0.1]:{} {}\n", daemon.port, keys.public("stranger"));
    let (known, good) = (
        write(&repo, "known_hosts", &known),
        keys.fingerprint("host_ed25519"),
    );
    let passphrase = write(&repo, "passphrase", "canary-passphrase\n");
    let (ours, locked) = (text(&keys.path("user")), text(&keys.path("locked")));
    let stranger = text(&keys.path("stranger"));
    for (arguments, wanted) in [
        (vec!["--ssh-key", &ours], "is not known; it shows"),
        (
            vec!["--ssh-key", &ours, "--host-key", &known],
            "somebody may be in between",
        ),
        (
            vec!["--ssh-key", &stranger, "--host-key", &good],
            "does not let us",
        ),
        (
            vec!["--host-key", &good],
            "let in there with --ssh-key FILE",
        ),
    ] {
        let server = follow(&repo, &url, &arguments);
        let trouble = trouble(&server);
        assert!(trouble.contains(wanted), "{trouble}");
    }
    let arguments = [
        "--ssh-key",
        &locked,
        "--ssh-passphrase",
        &passphrase,
        "--host-key",
        &good,
    ];
    let server = follow(&repo, &url, &arguments);
    server.wait_for(crate::is_fresh);
}

#[test]
fn another_token_or_authority() {
    let (repo, _) = origin("192.0.2.1");
    let (ours, other) = (Authority::new("localhost"), Authority::new("localhost"));
    let web = Web {
        authorization: Some("Basic YW5uOmNhbmFyeQ=="),
        ..Web::new(&base(&repo))
    };
    let daemon = web.tls(&ours);
    let url = format!("https://localhost:{}/zones.git", daemon.port);
    let token = write(&repo, "token", "ann:canary2\n");
    let (ours, other) = (
        write(&repo, "ours", &ours.pem),
        write(&repo, "other", &other.pem),
    );
    for (arguments, wanted) in [
        (
            ["--roots", &other, "--token", &token],
            "certificate: --roots FILE",
        ),
        (
            ["--roots", &ours, "--token", &token],
            "it answered 401 Unauthorized to the token",
        ),
    ] {
        let server = follow(&repo, &url, &arguments);
        let trouble = trouble(&server);
        assert!(trouble.contains(wanted), "{trouble}");
    }
    // A token that is replaced is read when the program is told to look; one that is no token is not taken.
    let server = follow(&repo, &url, &["--roots", &ours, "--token", &token]);
    trouble(&server);
    write(&repo, "token", "\n");
    server.signal("-HUP");
    crate::poll(|| match server.log().contains("it stays as it was") {
        true => Ok(()),
        false => Err(server.log()),
    });
    write(&repo, "token", "ann:canary\n");
    server.signal("-HUP");
    server.wait_for(crate::is_fresh);
    assert!(!server.log().contains("canary"));
}

/// Exit code and words of a start that fails.
fn start(repo: &Repo, place: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let output = program()
        .args(["--repo", place, "--listen", "127.0.0.1:0", "--control"])
        .arg(repo.beside("control"))
        .args(arguments)
        .stdout(Stdio::null())
        .output();
    let output = output.expect("it runs");
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), words)
}

#[test]
fn mistakes_at_the_start() {
    let (repo, _) = origin("192.0.2.1");
    let token = write(&repo, "token", "canary\n");
    let empty = write(&repo, "empty", "\n");
    for (place, arguments, code, wanted) in [
        (
            "https://localhost:1/z",
            ["--token", "/nonexistent/token"],
            3,
            "/nonexistent/token: ",
        ),
        (
            "https://localhost:1/z",
            ["--roots", "/nonexistent/roots"],
            3,
            "/nonexistent/roots: ",
        ),
        (
            "https://localhost:1/z",
            ["--token", &empty],
            3,
            "is not a token",
        ),
        ("http://192.0.2.1/z", ["--token", &token], 3, "use https://"),
        (
            "ssh://localhost/z",
            ["--ssh-key", "/nonexistent/key"],
            3,
            "/nonexistent/key: ",
        ),
        (
            "ssh://localhost/z",
            ["--host-key", "SHA256:short"],
            2,
            "ssh-keygen -l",
        ),
        (
            "https://ann:canary@localhost/z",
            ["--poll", "1"],
            2,
            "put them into a token file",
        ),
    ] {
        let (found, words) = start(&repo, place, &arguments);
        assert_eq!(found, Some(code), "{words}");
        assert!(words.contains(wanted), "{words}");
        assert!(!words.contains("canary"), "{words}");
    }
}

#[test]
fn a_copy_that_is_damaged_is_removed_and_fetched_anew() {
    let (repo, first) = origin("192.0.2.1");
    let daemon = daemons::Server::git_daemon(&base(&repo));
    let url = git_url(daemon.port);
    let server = follow(&repo, &url, &[]);
    server.wait_for_commit(&first);
    server.stop();
    let mirror = repo.beside("state/mirror.git");
    for file in std::fs::read_dir(mirror.join("objects/pack")).expect("listed") {
        std::fs::remove_file(file.expect("an entry").path()).expect("removed");
    }
    let state = repo.beside("state");
    let (code, words) = start(
        &repo,
        &url,
        &["--state-dir", state.to_str().expect("UTF-8")],
    );
    assert_eq!(code, Some(7), "{words}");
    assert!(
        words.contains("remove it, and it is fetched anew"),
        "{words}"
    );
    std::fs::remove_dir_all(&mirror).expect("removed");
    let server = follow(&repo, &url, &[]);
    server.wait_for_commit(&first);
}

#[test]
fn a_state_directory_is_of_one_repository() {
    let (repo, first) = origin("192.0.2.1");
    let daemon = daemons::Server::git_daemon(&base(&repo));
    let server = follow(&repo, &git_url(daemon.port), &[]);
    server.wait_for_commit(&first);
    server.stop();
    let state = repo.beside("state");
    let arguments = ["--state-dir", state.to_str().expect("UTF-8")];
    let (code, words) = start(&repo, "git://127.0.0.1:1/other.git", &arguments);
    assert_eq!(code, Some(7), "{words}");
    assert!(
        words.contains("/zones.git#main, not of git://127.0.0.1:1/other.git"),
        "{words}"
    );
}

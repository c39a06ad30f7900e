//! What outlives the process: the state directory.

mod support;

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::thread::sleep;
use std::time::Duration;

use support::{Repo, Server, ask_serial, program, served, zone};

/// A server with a state directory beside the repository.
fn start(repo: &Repo) -> Server {
    let state = repo.beside("state");
    let state = state.to_str().expect("UTF-8");
    Server::start_with(repo, &["--listen", "127.0.0.1:0", "--state-dir", state])
}

fn accept(repo: &Repo, id: &str) -> String {
    let mut stream = UnixStream::connect(repo.beside("control")).expect("it listens");
    writeln!(stream, "accept {id}").expect("sent");
    std::io::read_to_string(stream).expect("an answer")
}

/// Moves the branch to a commit without parents, with the files of another.
fn rewrite(repo: &Repo, of: &str) -> String {
    let tree = format!("{of}^{{tree}}");
    let id = repo.git(&["commit-tree", &tree, "-m", "Rewritten"]);
    repo.git(&["update-ref", "refs/heads/main", &id]);
    id
}

#[test]
fn a_rewritten_history_is_refused_after_a_restart_too() {
    let repo = Repo::new();
    let first = repo.commit(&[("a.example", &zone(1, "192.0.2.1"))]);
    let second = repo.commit(&[("a.example", &zone(1, "192.0.2.2"))]);
    start(&repo).stop();
    repo.git(&["update-ref", "refs/heads/main", &first]);
    let server = start(&repo);
    let status = server.wait_for(|status| status["refused"] == first.as_str());
    assert_eq!(status["commit"]["id"], second.as_str(), "it is served on");
    assert!(served("192.0.2.2")(&server.ask("www.a.example")));
    assert!(accept(&repo, &first).contains("accepted"));
    server.wait_for_commit(&first);
    assert_eq!(ask_serial(server.addresses[0], "a.example"), Some(3));
    let lines = server.log_lines();
    let accepted = lines
        .iter()
        .find(|line| line["commit"] == first.as_str() && line["pid"].is_u64());
    let accepted = accepted.expect("it is logged");
    assert_eq!(accepted["pid"], std::process::id());
    assert!(accepted["uid"].is_u64(), "{accepted}");
    server.stop();
    // The law of this history alone would say 1.
    let server = start(&repo);
    assert_eq!(ask_serial(server.addresses[0], "a.example"), Some(3));
    repo.commit(&[("a.example", &zone(1, "192.0.2.3"))]);
    server.wait_for(|status| status["zones"][0]["serial"] == 4);
    server.stop();
}

/// The commit that was served is gone from the repository: nothing is served until another is accepted.
#[test]
fn what_was_served_is_gone() {
    let repo = Repo::new();
    repo.commit(&[("a.example", &zone(1, "192.0.2.1"))]);
    repo.commit(&[("a.example", &zone(1, "192.0.2.2"))]);
    start(&repo).stop();
    let other = rewrite(&repo, "main");
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
    repo.git(&["gc", "-q", "--prune=now"]);
    let server = start(&repo);
    let status = server.wait_for(|status| status["refused"] == other.as_str());
    assert!(status["commit"].is_null(), "{status}");
    assert!(accept(&repo, &other).contains("accepted"));
    server.wait_for_commit(&other);
    assert_eq!(ask_serial(server.addresses[0], "a.example"), Some(3));
    server.stop();
}

#[test]
fn a_directory_that_cannot_be_used() {
    let repo = Repo::new();
    repo.commit(&[("a.example", &zone(1, "192.0.2.1"))]);
    let refused = |why: &str| {
        let mut another = program();
        another.arg("--repo").arg(repo.path());
        another.arg("--state-dir").arg(repo.beside("state"));
        another.arg("--control").arg(repo.beside("another"));
        let output = another.args(["--listen", "127.0.0.1:0"]).output();
        let output = output.expect("it runs");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(7), "{told}");
        assert!(told.contains(why) && told.contains("state"), "{told}");
    };
    let server = start(&repo);
    refused("another primary uses it");
    server.stop();
    let path = repo.beside("state").join("high-water");
    let whole = std::fs::read(&path).expect("it was written");
    let mut flipped = whole.clone();
    flipped[40] ^= 1;
    for (text, why) in [
        (&b""[..], "does not begin"),
        (b"something else\n", "does not begin"),
        (&whole[..whole.len() / 2], "cut off"),
        (&whole[..whole.len() - 1], "cut off"),
        (&flipped, "damaged"),
    ] {
        std::fs::write(&path, text).expect("written");
        refused(why);
    }
    std::fs::write(&path, whole).expect("written");
    start(&repo).stop();
}

/// Killed at any moment, while commits come and history is rewritten: what a resolver saw never goes back.
#[test]
fn serials_never_go_back_over_kills() {
    let repo = Repo::new();
    let mut last = 0;
    let mut seen = 0;
    repo.commit(&[("a.example", &zone(1, "192.0.2.0"))]);
    for round in 0..30_u32 {
        let server = start(&repo);
        let address = server.addresses[0];
        let text = zone(round % 7, &format!("192.0.2.{round}"));
        let tip = match round % 5 {
            4 => rewrite(&repo, "main~0"),
            _ => repo.commit(&[("a.example", &text)]),
        };
        if round % 5 == 4 {
            server.wait_for(|status| status["refused"] == tip.as_str());
            assert!(accept(&repo, &tip).contains("accepted"));
            if round % 2 == 0 {
                server.wait_for_commit(&tip);
            }
        }
        // From before the commit is heard of until after it is served.
        for _ in 0..round * 7 % 11 {
            let serial = ask_serial(address, "a.example").expect("it is served");
            assert!(serial >= last, "{serial} after {last} in round {round}");
            seen += u32::from(serial > last);
            last = serial;
            sleep(Duration::from_millis(u64::from(round * 13 % 5)));
        }
        server.signal("-KILL");
        drop(server);
        // What is not accepted yet stands in the way of the next round.
        let server = start(&repo);
        let status = server.wait_for(|_| true);
        if let Some(refused) = status["refused"].as_str() {
            assert!(accept(&repo, refused).contains("accepted"));
            server.wait_for_commit(refused);
        }
        let serial = ask_serial(server.addresses[0], "a.example").expect("it is served");
        assert!(serial >= last, "{serial} after {last} in round {round}");
        seen += u32::from(serial > last);
        last = serial;
        server.signal("-KILL");
    }
    assert!(seen >= 20 && last >= 24, "{seen} changes, up to {last}");
}

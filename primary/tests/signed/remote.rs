//! The same law where the commits come from another machine: they are fetched, and it is another matter whether they are taken.

use std::path::Path;

use serde_json::Value;

use crate::daemons;
use crate::daemons::web::Web;
use crate::desk::{Desk, follow, refused};
use crate::support::{Server, poll, served, zone};

/// Follows the URL, looking every second.
fn start(desk: &Desk, url: &str) -> Server {
    let [list, state] = ["allowed", "state"].map(|name| {
        let path = desk.path(name);
        path.to_str().expect("UTF-8").to_owned()
    });
    let arguments = [
        ["--listen", "127.0.0.1:0"],
        ["--allowed-signers", &list],
        ["--state-dir", &state],
        ["--poll", "1"],
        ["--remote-timeout", "5"],
    ];
    Server::start_on(&["env"], &desk.repo, url, &arguments.concat())
}

/// What somebody who has a clone and a key types.
#[track_caller]
fn typed(words: &str, desk: &Desk, clone: &Path) -> String {
    let done = follow(words, clone, &desk.path("ann"));
    assert!(done.status.success(), "{words}: {done:?}");
    String::from_utf8(done.stdout)
        .expect("UTF-8")
        .trim()
        .to_owned()
}

/// Makes a commit of another address, and pushes it.
fn push(desk: &Desk, clone: &Path, www: &str, sign: &str) -> String {
    let text = zone(1, www);
    std::fs::write(clone.join("a.example"), text).expect("written");
    let words = format!(
        "git commit -q {sign} -am 'Move www' && git push -q origin HEAD:main && git rev-parse HEAD"
    );
    typed(&words, desk, clone)
}

fn follows_signed_pushes(url: &str, desk: &Desk, first: &str) -> (Server, String) {
    let server = start(desk, &format!("{url}#main"));
    server.wait_for_commit(first);
    let clone = desk.path("clone");
    typed(
        &format!("git clone -q {url} {}", clone.display()),
        desk,
        &desk.path(""),
    );
    let unsigned = push(desk, &clone, "192.0.2.2", "--no-gpg-sign");
    let status = refused(&server, &unsigned);
    let trouble = status["trouble"].as_str().expect("trouble").to_owned();
    assert!(
        trouble.contains(&format!("commit {unsigned} is not signed")),
        "{trouble}"
    );
    assert!(served("192.0.2.1")(&server.ask("www.a.example")));
    // One that is signed does not bring in what it was made on.
    let on_top = push(desk, &clone, "192.0.2.3", "--gpg-sign");
    let status = refused(&server, &on_top);
    assert_eq!(status["commit"]["id"], first);
    assert_eq!(
        status["remote"]["trouble"],
        Value::Null,
        "the remote is well"
    );
    assert!(served("192.0.2.1")(&server.ask("www.a.example")));
    (server, on_top)
}

/// The advice is followed: signed anew, all of it is taken.
fn takes_what_is_signed_anew(server: &Server, desk: &Desk, first: &str) {
    let words = format!(
        "git rebase -q --force-rebase --gpg-sign {first} && git push -q --force origin HEAD:main && git rev-parse HEAD"
    );
    let mended = typed(&words, desk, &desk.path("clone"));
    let status = server.wait_for_commit(&mended);
    assert!(status["refused"].is_null(), "{status}");
    assert!(served("192.0.2.3")(&server.ask("www.a.example")));
}

#[test]
fn an_unsigned_push_over_http_is_not_taken_and_a_signed_one_is() {
    let desk = Desk::new();
    let first = desk.signed("ann", &[("a.example", &zone(1, "192.0.2.1"))]);
    let daemon = Web::new(&desk.path("")).plain();
    let url = format!("http://127.0.0.1:{}/zones.git", daemon.port);
    let (server, _) = follows_signed_pushes(&url, &desk, &first);
    takes_what_is_signed_anew(&server, &desk, &first);
    server.stop();
}

/// What was fetched and refused is in the copy, from which a restart serves while the remote is away.
#[test]
fn what_was_refused_is_not_served_from_the_copy_either() {
    let desk = Desk::new();
    let first = desk.signed("ann", &[("a.example", &zone(1, "192.0.2.1"))]);
    let daemon = daemons::Server::git_daemon(&desk.path(""));
    let url = format!("git://127.0.0.1:{}/zones.git", daemon.port);
    let (server, on_top) = follows_signed_pushes(&url, &desk, &first);
    server.stop();
    drop(daemon);
    let server = start(&desk, &format!("{url}#main"));
    let status = server.wait_for(|status| {
        status["refused"] == on_top.as_str() && !status["remote"]["trouble"].is_null()
    });
    assert_eq!(status["commit"]["id"], first.as_str());
    assert!(served("192.0.2.1")(&server.ask("www.a.example")));
    server.stop();
}

/// Of a copy whose newest commit nobody vouches for, the newest one that somebody does is served, and that this is what is served is
/// noted: a start goes on from there, and nothing that is pushed later goes back behind it.
#[test]
fn a_first_start_at_a_commit_that_is_not_signed_notes_the_older_one_that_it_serves() {
    let desk = Desk::new();
    let first = desk.signed("ann", &[("a.example", &zone(1, "192.0.2.1"))]);
    let last = desk.unsigned(&[("a.example", &zone(1, "192.0.2.2"))]);
    let daemon = daemons::Server::git_daemon(&desk.path(""));
    let url = format!("git://127.0.0.1:{}/zones.git#main", daemon.port);
    let mirror = desk.path("state/mirror.git");
    // What is served is noted when it is served.
    let wait_until_noted = |wanted: &str| {
        let mirror = mirror.to_str().expect("UTF-8");
        poll(|| {
            let noted = desk
                .repo
                .git(&["-C", mirror, "rev-parse", "refs/heads/main"]);
            (noted == wanted).then_some(()).ok_or(noted)
        });
    };
    for _ in 0..2 {
        let server = start(&desk, &url);
        let status = refused(&server, &last);
        assert_eq!(status["commit"]["id"], first.as_str());
        assert!(served("192.0.2.1")(&server.ask("www.a.example")));
        wait_until_noted(&first);
        server.stop();
    }
    // Signed well, but another history: it would take what is served back.
    let tree = desk.repo.git(&["rev-parse", &format!("{last}^{{tree}}")]);
    let other = desk.set_tip(&desk.commit_of("ann", &tree, &[]));
    let server = start(&desk, &url);
    let status = refused(&server, &other);
    assert_eq!(status["commit"]["id"], first.as_str());
    let mended = desk.set_tip(&desk.commit_of("ann", &tree, &[&first]));
    server.wait_for_commit(&mended);
    assert!(served("192.0.2.2")(&server.ask("www.a.example")));
    wait_until_noted(&mended);
    server.stop();
}

//! Where updates have no branch to go to, and what is to be done about it. Once it is done they are taken, without a restart.

use wire::ResponseCode;

use crate::asking::{Change, Running};
use crate::support::{Repo, zone};
use crate::{commits, is_acknowledged, refused};

fn change() -> Change {
    Change::new().add("x A 192.0.2.9")
}

/// Refused with this code and these words, and nothing is changed by it.
fn is_refused(running: &Running, code: ResponseCode, words: &[&str]) {
    let (said, text) = refused(&running.ask("a.example", change()));
    assert_eq!(said, code, "{text}");
    assert!(words.iter().all(|word| text.contains(word)), "{text}");
}

fn is_taken(repo: &Repo, running: Running, count: usize) {
    assert!(is_acknowledged(&running.ask("a.example", change())));
    assert_eq!((commits(repo), running.served()[0].1), (count, Some(8)));
    running.primary.stop();
}

#[test]
fn a_branch_that_somebody_works_on_is_left_alone() {
    let repo = Repo::new();
    repo.commit(&[("a.example", &zone(7, "192.0.2.1"))]);
    let tree = repo.beside("tree").display().to_string();
    repo.git(&["worktree", "add", &tree, "main"]);
    let running = Running::start(&repo);
    is_refused(
        &running,
        ResponseCode::Refused,
        &["main is checked out", "git clone --bare"],
    );
    assert_eq!((commits(&repo), running.served()[0].1), (1, Some(7)));
    repo.git(&["worktree", "remove", &tree]);
    is_taken(&repo, running, 2);
}

/// What HEAD is at is served, and only a branch can go on.
#[test]
fn a_head_that_is_no_branch_gets_no_updates_unless_one_is_named() {
    let repo = Repo::new();
    let commit = repo.commit(&[("a.example", &zone(7, "192.0.2.1"))]);
    repo.git(&["update-ref", "--no-deref", "HEAD", &commit]);
    let running = Running::start(&repo);
    assert_eq!(running.served()[0].1, Some(7));
    let path = repo.path().display().to_string();
    is_refused(
        &running,
        ResponseCode::Refused,
        &[&path, "#main", "no branch"],
    );
    assert_eq!((commits(&repo), running.served()[0].1), (1, Some(7)));
    repo.git(&["symbolic-ref", "HEAD", "refs/heads/main"]);
    is_taken(&repo, running, 2);

    repo.git(&["update-ref", "--no-deref", "HEAD", &commit]);
    let running = Running::start_at(&format!("{path}#main"), |config| config);
    let more = Change::new().add("y A 192.0.2.9");
    assert!(is_acknowledged(&running.ask("a.example", more)));
    assert_eq!(commits(&repo), 3);
    running.primary.stop();
}

#[test]
fn without_a_commit_there_is_no_zone_to_be_changed() {
    let repo = Repo::new();
    let running = Running::start(&repo);
    is_refused(&running, ResponseCode::NotAuth, &["main has no commit yet"]);
    repo.commit(&[("a.example", &zone(7, "192.0.2.1"))]);
    is_taken(&repo, running, 2);
}

//! A branch that moves is told of soon, once, and also where the file system tells nothing.

mod support;

use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use git_store::{CommitId, Heard, Known, Watch, WatchOptions};
use support::Repo;

type Told = git_store::Result<Option<CommitId>>;

const SOON: Duration = Duration::from_secs(10);

fn watch(repo: &Repo, branch: Option<&str>, poll: Duration) -> (Watch, Receiver<Told>) {
    let (sender, told) = mpsc::channel();
    let options = WatchOptions {
        branch: branch.map(str::to_owned),
        known: Known::default(),
        poll,
    };
    let watch = Watch::start(repo.store(), options, move |tip| {
        sender.send(tip).expect("the test listens");
        Heard::Done
    });
    (watch.expect("a watch"), told)
}

#[test]
fn from_the_first_commit_on() {
    let repo = Repo::new();
    let (watch, told) = watch(&repo, None, Duration::from_secs(600));
    assert!(watch.is_told);
    assert_eq!(told.recv_timeout(SOON), Ok(Ok(None)));
    for n in 0..3 {
        let started = Instant::now();
        let id = repo.commit(&[("example.org", &n.to_string())]);
        assert_eq!(told.recv_timeout(SOON), Ok(Ok(Some(id))));
        assert!(started.elapsed() < SOON);
    }
    repo.git(&["pack-refs", "--all"]);
    repo.git(&["branch", "other"]);
    assert!(
        told.recv_timeout(Duration::from_millis(200)).is_err(),
        "nothing has moved"
    );
}

#[test]
fn branches_in_folders_and_packed() {
    let repo = Repo::new();
    let first = repo.commit(&[("example.org", "1")]);
    repo.git(&["branch", "live/eu"]);
    let (_watch, told) = watch(&repo, Some("live/eu"), Duration::from_secs(600));
    assert_eq!(told.recv_timeout(SOON), Ok(Ok(Some(first))));
    let second = repo.commit(&[("example.org", "2")]);
    repo.git(&["pack-refs", "--all", "--prune"]);
    repo.git(&["update-ref", "refs/heads/live/eu", &second.to_string()]);
    assert_eq!(told.recv_timeout(SOON), Ok(Ok(Some(second))));
    // Back again, as a revert by hand would.
    repo.git(&["update-ref", "refs/heads/live/eu", &first.to_string()]);
    assert_eq!(told.recv_timeout(SOON), Ok(Ok(Some(first))));
}

#[test]
fn head_may_point_elsewhere() {
    let repo = Repo::new();
    let first = repo.commit(&[("example.org", "1")]);
    repo.git(&["branch", "other"]);
    let second = repo.commit(&[("example.org", "2")]);
    let (_watch, told) = watch(&repo, None, Duration::from_secs(600));
    assert_eq!(told.recv_timeout(SOON), Ok(Ok(Some(second))));
    repo.git(&["symbolic-ref", "HEAD", "refs/heads/other"]);
    assert_eq!(told.recv_timeout(SOON), Ok(Ok(Some(first))));
}

#[test]
fn a_missing_branch_is_told_once_and_may_come() {
    let repo = Repo::new();
    let id = repo.commit(&[("example.org", "1")]);
    let (_watch, told) = watch(&repo, Some("live"), Duration::from_millis(20));
    assert!(told.recv_timeout(SOON).expect("told").is_err());
    assert!(
        told.recv_timeout(Duration::from_millis(200)).is_err(),
        "told once"
    );
    repo.git(&["branch", "live"]);
    assert_eq!(told.recv_timeout(SOON), Ok(Ok(Some(id))));
}

#[test]
fn a_slow_listener_gets_the_newest() {
    let repo = Repo::new();
    let (sender, told) = mpsc::channel();
    let (go, wait) = mpsc::channel::<()>();
    let options = WatchOptions {
        branch: None,
        known: Known::default(),
        poll: Duration::from_secs(600),
    };
    let watch = Watch::start(repo.store(), options, move |tip: Told| {
        sender.send(tip).expect("the test listens");
        let _ = wait.recv();
        Heard::Done
    });
    let _watch = watch.expect("a watch");
    assert_eq!(told.recv_timeout(SOON), Ok(Ok(None)));
    let ids: Vec<CommitId> = (0..5)
        .map(|n| repo.commit(&[("example.org", &n.to_string())]))
        .collect();
    drop(go);
    assert_eq!(told.recv_timeout(SOON), Ok(Ok(Some(ids[4]))));
    assert!(told.recv_timeout(Duration::from_millis(200)).is_err());
}

#[test]
fn told_again_on_request() {
    let repo = Repo::new();
    let (sender, told) = mpsc::channel();
    let options = WatchOptions {
        branch: None,
        known: Known::default(),
        poll: Duration::from_millis(20),
    };
    let mut refusals = 2;
    let watch = Watch::start(repo.store(), options, move |tip: Told| {
        sender.send(tip).expect("the test listens");
        refusals -= 1;
        match refusals < 0 {
            true => Heard::Done,
            false => Heard::Again,
        }
    });
    let _watch = watch.expect("a watch");
    for _ in 0..3 {
        assert_eq!(told.recv_timeout(SOON), Ok(Ok(None)));
    }
    assert!(told.recv_timeout(Duration::from_millis(200)).is_err());
}

#[test]
fn what_its_maker_has_dealt_with_is_not_told_until_he_says_otherwise() {
    let repo = Repo::new();
    let first = repo.commit(&[("example.org", "1")]);
    let (sender, told) = mpsc::channel();
    let known = Known::default();
    known.set(Some(first));
    let options = WatchOptions {
        branch: None,
        known: known.clone(),
        poll: Duration::from_secs(600),
    };
    let watch = Watch::start(repo.store(), options, move |tip: Told| {
        sender.send(tip).expect("the test listens");
        Heard::Done
    });
    let watch = watch.expect("a watch");
    let looked = |watch: &Watch| {
        let begun = watch.pulse().begun();
        watch.look();
        let end = Instant::now() + SOON;
        while !watch.pulse().has_looked_since(begun) && Instant::now() < end {
            std::thread::yield_now();
        }
    };
    looked(&watch);
    assert!(told.try_recv().is_err(), "it was known from the beginning");
    repo.git(&["branch", "second"]);
    let second = repo.commit(&[("example.org", "2")]);
    assert_eq!(told.recv_timeout(SOON), Ok(Ok(Some(second))));
    // As who makes a commit and moves the branch to it does.
    known.set(Some(first));
    repo.git(&["reset", "--soft", "second"]);
    looked(&watch);
    assert!(told.try_recv().is_err(), "it is known again");
    // Back at what was told last, which is not where it was last.
    repo.git(&["reset", "--soft", &second.to_string()]);
    assert_eq!(told.recv_timeout(SOON), Ok(Ok(Some(second))));
    known.set(None);
    looked(&watch);
    assert!(told.try_recv().is_err(), "what was told is known");
}

#[test]
fn folders_of_branches_that_come_later() {
    let repo = Repo::new();
    let first = repo.commit(&[("example.org", "1")]);
    repo.git(&["branch", "live"]);
    let (_watch, told) = watch(&repo, Some("a/b/c"), Duration::from_secs(600));
    assert!(told.recv_timeout(SOON).expect("told").is_err());
    // A folder in a folder, at once.
    repo.git(&["branch", "a/b/c"]);
    assert_eq!(told.recv_timeout(SOON), Ok(Ok(Some(first))));
    let second = repo.commit(&[("example.org", "2")]);
    repo.git(&["update-ref", "refs/heads/a/b/c", &second.to_string()]);
    assert_eq!(told.recv_timeout(SOON), Ok(Ok(Some(second))));
    repo.git(&["update-ref", "-d", "refs/heads/a/b/c"]);
    assert!(told.recv_timeout(SOON).expect("told").is_err());
}

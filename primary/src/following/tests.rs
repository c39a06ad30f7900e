//! What no server on the network can bring about: a fetch that nothing bounds.

use std::path::Path;

use git_remote::Limits;
use git_store::{CommitId, Location, Store, Untidy};
use testbed::git::git_output;

use super::*;

fn location() -> Location {
    Location::parse("git://127.0.0.1/zones.git#main").expect("a location")
}

/// A copy with two commits, the second made on the first, that nothing leads to.
fn copy_with_two_commits(dir: &Path) -> (Mirror, [CommitId; 2]) {
    let mirror = Mirror::open(Some(dir), &location()).expect("a copy");
    let git = |arguments: &[&str]| git_output(mirror.path(), arguments);
    let tree = git(&["mktree"]);
    let first = git(&["commit-tree", &tree, "-m", "First"]);
    let second = git(&["commit-tree", &tree, "-p", &first, "-m", "Second"]);
    let ids = [first, second].map(|digits| CommitId::from_hex(&digits).expect("an id"));
    (mirror, ids)
}

fn shared(mirror: Mirror) -> Arc<Mutex<Mirror>> {
    Arc::new(Mutex::new(mirror))
}

fn found(commit: CommitId) -> Fetched {
    Fetched {
        branch: "main".into(),
        commit,
        pack_octets: 7,
    }
}

#[test]
fn a_fetch_that_hangs_is_left_behind_and_what_it_brings_does_no_harm() {
    let dir = tempfile::tempdir().expect("a directory");
    let (mirror, [first, second]) = copy_with_two_commits(dir.path());
    let (store, name) = (mirror.store().clone(), mirror.fetched_name().to_owned());
    // The first look hangs until it is let go, and then has the older commit; others have the newer one.
    let (let_go, gate) = mpsc::channel::<()>();
    let gate = Mutex::new(Some(gate));
    let (done, is_done) = mpsc::channel::<()>();
    let look = move |_: &Store, _: Option<CommitId>| {
        let held = gate.lock().expect("not poisoned").take();
        match held {
            None => Ok(Some(found(second))),
            Some(gate) => {
                let _ = gate.recv();
                let _ = done.send(());
                Ok(Some(found(first)))
            }
        }
    };
    let fetching = Fetching::by(look, Limits::default());
    let (poll, patience) = (Duration::from_millis(20), Duration::from_millis(500));
    let started = Follower::start_with_patience(shared(mirror), fetching, poll, 1, patience);
    let (follower, ended) = started.expect("started");
    let longest = Duration::from_secs(30);
    ended.recv_timeout(longest).expect("a look has ended");
    let at = || store.reopened().expect("open").commit_at(&name);
    assert_eq!(at(), Ok(Some(second)));
    let known = follower.contact().known();
    assert!(known.failures["abandoned"] >= 1);
    assert!(!known.is_stale(), "the next one reached it");
    let looks = known.looks;
    let_go.send(()).expect("it waits");
    is_done.recv_timeout(longest).expect("it wakes up");
    let end = Instant::now() + longest;
    while follower.contact().known().looks < looks + 3 {
        assert!(Instant::now() < end);
        thread::yield_now();
    }
    assert_eq!(at(), Ok(Some(second)), "it moved nothing");
    drop(follower);
}

#[test]
fn a_fetch_that_panics_costs_one_look() {
    let dir = tempfile::tempdir().expect("a directory");
    let (mirror, [first, _]) = copy_with_two_commits(dir.path());
    let count = Mutex::new(0);
    let look = move |_: &Store, _: Option<CommitId>| {
        let mut count = count
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        *count += 1;
        assert!(*count > 1, "the first one fails");
        Ok(Some(found(first)))
    };
    let fetching = Fetching::by(look, Limits::default());
    let started = Follower::start(shared(mirror), fetching, Duration::from_millis(20), 1);
    let (follower, _) = started.expect("started");
    let end = Instant::now() + Duration::from_secs(30);
    while follower.contact().known().looks == 0 {
        assert!(Instant::now() < end);
        thread::yield_now();
    }
    assert_eq!(follower.contact().known().failures["panic"], 1);
}

#[test]
fn a_copy_is_of_one_branch_of_one_repository() {
    let dir = tempfile::tempdir().expect("a directory");
    drop(Mirror::open(Some(dir.path()), &location()).expect("a copy"));
    drop(Mirror::open(Some(dir.path()), &location()).expect("the same one"));
    for other in [
        "git://127.0.0.1/zones.git",
        "git://127.0.0.2/zones.git#main",
    ] {
        let other = Location::parse(other).expect("a location");
        let why = Mirror::open(Some(dir.path()), &other).expect_err("another");
        let why = why.to_string();
        assert!(
            why.contains("git://127.0.0.1/zones.git#main, not of"),
            "{why}"
        );
        assert!(why.contains("--state-dir"), "{why}");
    }
    let foreign = tempfile::tempdir().expect("a directory");
    git_output(foreign.path(), &["init", "-q", "--bare", "mirror.git"]);
    let why = Mirror::open(Some(foreign.path()), &location()).expect_err("not ours");
    assert!(why.to_string().contains("somebody else"), "{why}");
}

#[test]
fn a_copy_without_a_state_directory_goes_away() {
    let mirror = Mirror::open(None, &location()).expect("a copy");
    let path = mirror.path().to_owned();
    assert!(path.is_dir());
    drop(mirror);
    assert!(!path.exists());
}

#[test]
fn packs_are_gathered_when_there_are_many() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut mirror = Mirror::open(Some(dir.path()), &location()).expect("a copy");
    (mirror.untidy, mirror.grace) = (Untidy { packs: 3, loose: 0 }, Duration::ZERO);
    let path = mirror.path().to_owned();
    let packs = || {
        let counts = git_output(&path, &["count-objects", "-v"]);
        let line = counts.lines().find_map(|line| line.strip_prefix("packs: "));
        line.and_then(|count| count.parse::<usize>().ok())
            .expect("a number")
    };
    let tree = git_output(&path, &["mktree"]);
    let mut tip = git_output(&path, &["commit-tree", &tree, "-m", "First"]);
    for number in 0..5 {
        tip = git_output(
            &path,
            &["commit-tree", &tree, "-p", &tip, "-m", &number.to_string()],
        );
        let id = CommitId::from_hex(&tip).expect("an id");
        mirror.note_fetched(id).expect("noted");
        git_output(&path, &["repack", "-d", "-q"]);
    }
    assert_eq!(packs(), 5);
    mirror.tidy().expect("gathered");
    assert_eq!(packs(), 6, "who has the others open goes on with them");
    mirror.tidy().expect("removed");
    assert_eq!(packs(), 1);
    assert_eq!(
        git_output(&path, &["rev-list", "--count", mirror.fetched_name()]),
        "6"
    );
}

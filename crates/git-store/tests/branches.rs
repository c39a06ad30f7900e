//! A branch is moved only by compare-and-swap, only where that is right, and no lock stays behind.

mod support;

use std::path::Path;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use git_store::{CommitId, IndexLock, Refusal, Store, WriteError};
use support::{Repo, draft};
use testbed::git::git_output as git;

fn next(store: &Store, branch: &str, parent: Option<CommitId>) -> Result<CommitId, WriteError> {
    let text = format!("after {parent:?}");
    let receipt = store.write(branch, &draft(parent, &[("a", Some(&text))]))?;
    Ok(receipt.commit())
}

#[test]
fn packed_nested_and_new_branches() {
    let repo = Repo::new();
    let store = repo.store();
    let mut tip = next(&store, "main", None).expect("first");
    repo.git(&["pack-refs", "--all", "--prune"]);
    tip = next(&store, "main", Some(tip)).expect("moved from packed-refs");
    repo.git(&["pack-refs", "--all", "--prune"]);
    let other = next(&store, "live/eu/west", None).expect("a branch in folders");
    assert_eq!(repo.git(&["rev-parse", "live/eu/west"]), other.to_string());
    for (branch, by) in [
        ("main/x", "refs/heads/main"),
        ("live/eu", "refs/heads/live/eu/west"),
    ] {
        if branch == "live/eu" {
            repo.git(&["pack-refs", "--all", "--prune"]);
        }
        match next(&store, branch, None) {
            Err(WriteError::Refused(Refusal::NameTaken { by: seen, .. })) => assert_eq!(seen, by),
            other => panic!("{other:?}"),
        }
    }
    match next(&store, "live/eu/west/coast", None) {
        Err(WriteError::Refused(Refusal::NameTaken { by, .. })) => {
            assert_eq!(by, "refs/heads/live/eu/west");
        }
        other => panic!("{other:?}"),
    }
    repo.git(&["branch", "-D", "live/eu/west"]);
    std::fs::create_dir_all(repo.path().join("refs/heads/live/eu/west")).expect("made");
    next(&store, "live", None).expect("empty folders give way");
    for branch in [
        "",
        "a..b",
        "a b",
        "x.lock",
        "refs/heads/",
        "/x",
        "a//b",
        "refs/../HEAD",
        "@{1}",
    ] {
        let refused = next(&store, branch, None);
        let is_right = matches!(
            refused,
            Err(WriteError::Refused(Refusal::BranchName { .. }))
        );
        assert!(is_right, "{branch:?}: {refused:?}");
    }
    assert_eq!(store.tip(Some("main")), Ok(Some(tip)));
    assert_eq!(repo.fsck(), "");
    assert_eq!(leftovers(&repo.path()), [""; 0]);
}

/// Files that should not outlive a writer.
fn leftovers(git_dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![git_dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("read").flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".lock") || name.starts_with("tmp_") {
                found.push(path.display().to_string());
            }
        }
    }
    found
}

#[test]
fn what_is_checked_out_is_not_moved() {
    let repo = Repo::new();
    let tip = repo.commit(&[("a", "1")]);
    let work = repo.beside("work");
    git(
        work.parent().expect("a folder"),
        &["clone", "-q", "zones.git", "work"],
    );
    let store = Store::open_path(&work).expect("opens");
    let refused = |store: &Store, branch: &str| match next(store, branch, Some(tip)) {
        Err(WriteError::Refused(refusal @ Refusal::CheckedOut { .. })) => refusal.to_string(),
        other => panic!("{other:?}"),
    };
    let said = refused(&store, "main");
    assert!(
        said.contains("is checked out") && said.contains("git clone --bare"),
        "{said}"
    );
    // Elsewhere it is; and a branch that nobody has checked out may move, with a line in its log.
    git(&work, &["checkout", "-q", "-b", "elsewhere"]);
    next(&store, "main", Some(tip)).expect("moved");
    assert!(git(&work, &["reflog", "show", "main"]).contains("main@{0}: commit: A change"));
    assert_eq!(git(&work, &["status", "--porcelain"]), "");
    // A linked working tree of a bare repository counts as well, seen from either.
    repo.git(&["worktree", "add", "-q", "../linked", "main"]);
    refused(&repo.store(), "main");
    refused(
        &Store::open_path(&repo.beside("linked")).expect("opens"),
        "main",
    );
    // The branch that is not born yet is checked out too.
    git(&work, &["init", "-q", "-b", "main", "fresh"]);
    let fresh = Store::open_path(&work.join("fresh")).expect("opens");
    let unborn = next(&fresh, "main", None);
    assert!(matches!(
        unborn,
        Err(WriteError::Refused(Refusal::CheckedOut { .. }))
    ));
}

/// Who has the index of a working tree moves its branch and no other, and leaves the index that goes with it.
#[test]
fn what_is_checked_out_moves_with_its_index() {
    let repo = Repo::new();
    let tip = repo.commit(&[("a", "1")]);
    git(&repo.beside(""), &["clone", "-q", "zones.git", "work"]);
    let work = repo.beside("work");
    git(&work, &["worktree", "add", "-q", "-b", "side", "../linked"]);
    let store = Store::open_path(&work).expect("opens");
    let durable = store.put(&draft(Some(tip), &[("a", Some("2"))]));
    let durable = durable.expect("stored");
    // What the index will be, as Git makes it.
    std::fs::write(work.join("a"), "2").expect("written");
    git(&work, &["add", "a"]);
    let index = std::fs::read(work.join(".git/index")).expect("read");
    git(&work, &["reset", "-q"]);

    let lock = IndexLock::take(&store).expect("free");
    assert!(
        !testbed::git(&work)
            .args(["add", "a"])
            .status()
            .expect("git runs")
            .success()
    );
    let Err(WriteError::Busy { lock: seen }) = IndexLock::take(&store) else {
        panic!("two have it");
    };
    assert!(seen.ends_with("index.lock"));
    let elsewhere = lock.write(&index).expect("written");
    match store.advance_checked_out("side", Some(tip), &durable, elsewhere) {
        Err(WriteError::Refused(Refusal::CheckedOut { head, .. })) => {
            assert!(
                head.ends_with("worktrees/linked/HEAD"),
                "{}",
                head.display()
            );
        }
        other => panic!("{other:?}"),
    }
    let lock = IndexLock::take(&store).expect("nothing is left of a refusal");
    let receipt = lock
        .write(&index)
        .and_then(|index| store.advance_checked_out("main", Some(tip), &durable, index));
    assert_eq!(receipt.expect("moved").commit(), durable.commit());
    assert_eq!(git(&work, &["status", "--porcelain"]), "");
    assert_eq!(
        git(&work, &["rev-parse", "main"]),
        durable.commit().to_string()
    );
    assert_eq!(leftovers(&work.join(".git")), [""; 0]);
    let bare = IndexLock::take(&repo.store());
    assert!(matches!(
        bare,
        Err(WriteError::Refused(Refusal::NoWorkTree { .. }))
    ));
}

#[test]
fn a_log_is_kept_where_it_is_wanted() {
    let repo = Repo::new();
    let store = repo.store();
    let first = next(&store, "main", None).expect("written");
    assert!(
        !repo.path().join("logs").exists(),
        "a bare repository has none by default"
    );
    repo.git(&["config", "core.logAllRefUpdates", "true"]);
    let store = repo.store();
    let second = next(&store, "main", Some(first)).expect("written");
    let third = next(&store, "main", Some(second)).expect("written");
    let expected =
        format!("{third} Bob A change\n{second} Bob A change").replace(" A", " commit: A");
    for name in ["main", "HEAD"] {
        assert_eq!(
            repo.git(&["reflog", "show", "--format=%H %gn %gs", name]),
            expected
        );
    }
}

#[test]
fn broken_branches_stay_as_they_are() {
    let repo = Repo::new();
    let tip = repo.commit(&[("a", "1")]);
    repo.git(&["symbolic-ref", "refs/heads/alias", "refs/heads/main"]);
    std::fs::write(repo.path().join("refs/heads/empty"), "").expect("written");
    for branch in ["alias", "empty"] {
        let refused = next(&repo.store(), branch, Some(tip));
        assert!(matches!(
            refused,
            Err(WriteError::Refused(Refusal::BrokenBranch { .. }))
        ));
    }
}

#[test]
fn locks_of_the_dead_are_removed_and_those_of_the_living_waited_for() {
    let repo = Repo::new();
    let store = repo.store();
    let heads = repo.path().join("refs/heads");
    let (ours, lock) = (heads.join("main..stemma.lock"), heads.join("main.lock"));
    let mut tip = next(&store, "main", None).expect("written");
    // Killed before the move ...
    std::fs::write(&ours, "half").expect("written");
    std::fs::hard_link(&ours, &lock).expect("linked");
    tip = next(&store, "main", Some(tip)).expect("not in the way");
    // ... and after it: what is written next must not be written into the branch itself.
    std::fs::hard_link(heads.join("main"), &ours).expect("linked");
    tip = next(&store, "main", Some(tip)).expect("not in the way");
    // Git's lock is heeded for as long as it is there.
    std::fs::write(&lock, "").expect("written");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(100));
            std::fs::remove_file(&lock).expect("removed");
        });
        let started = Instant::now();
        tip = next(&store, "main", Some(tip)).expect("waited for");
        assert!(started.elapsed() >= Duration::from_millis(90));
    });
    std::fs::write(&lock, "").expect("written");
    match next(&store, "main", Some(tip)) {
        Err(WriteError::Busy { lock: seen }) => {
            assert_eq!(seen, lock.canonicalize().expect("there"));
        }
        other => panic!("{other:?}"),
    }
    assert!(lock.exists());
    std::fs::remove_file(&lock).expect("removed");
    assert_eq!(store.tip(None), Ok(Some(tip)));
    assert_eq!(leftovers(&repo.path()), [""; 0]);
}

#[test]
fn of_racing_writers_none_loses_what_it_was_told_is_kept() {
    let (threads, commits) = (4, 10);
    let repo = Repo::new();
    let start = Barrier::new(threads);
    let receipts: Vec<CommitId> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..threads)
            .map(|thread| {
                let (repo, start) = (&repo, &start);
                scope.spawn(move || {
                    start.wait();
                    let add = |n| add_until_kept(&repo.store(), &format!("t{thread}/{n}"));
                    (0..commits).map(add).collect::<Vec<_>>()
                })
            })
            .collect();
        writers
            .into_iter()
            .flat_map(|writer| writer.join().expect("no panic"))
            .collect()
    });
    let history = repo.git(&["rev-list", "main"]);
    let history: Vec<&str> = history.lines().collect();
    assert_eq!(history.len(), threads * commits);
    assert!(
        receipts
            .iter()
            .all(|commit| history.contains(&commit.to_string().as_str()))
    );
    let files = repo.git(&["ls-tree", "-r", "--name-only", "main"]);
    assert_eq!(files.lines().count(), threads * commits);
    assert_eq!(repo.fsck(), "");
    assert_eq!(leftovers(&repo.path()), [""; 0]);
}

fn add_until_kept(store: &Store, path: &str) -> CommitId {
    let mut parent = store.tip(Some("main")).expect("read");
    loop {
        match store.write("main", &draft(parent, &[(path, Some("x"))])) {
            Ok(receipt) => return receipt.commit(),
            Err(WriteError::Lost { found, .. }) => parent = found,
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn several_commits_can_become_part_of_a_branch_together() {
    let repo = Repo::new();
    let store = repo.store();
    let first = store
        .put(&draft(None, &[("a", Some("1"))]))
        .expect("stored");
    let second = store
        .put(&draft(Some(first.commit()), &[("b", Some("2"))]))
        .expect("stored");
    assert_eq!(store.tip(Some("main")), Ok(None));
    let receipt = store.advance("main", None, &second).expect("moved");
    assert_eq!(receipt.commit(), second.commit());
    assert_eq!(repo.git(&["rev-list", "--count", "main"]), "2");
    let elsewhere = Repo::new();
    let foreign = elsewhere.store().advance("main", None, &second);
    assert_eq!(foreign, Err(WriteError::Refused(Refusal::OtherRepository)));
    assert_eq!(repo.fsck(), "");
}

//! A mirror stays small while it is read and written to, and loses nothing.

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use git_store::{
    CommitId, Error, ObjectFormat, Refusal, Settler, Store, Superseded, TreePath, Untidy,
    WriteError,
};
use support::{Repo, draft};
use tempfile::TempDir;
use testbed::git::git_output;

const ANYTHING: Untidy = Untidy { packs: 0, loose: 0 };
const AT_ONCE: Duration = Duration::ZERO;

/// A mirror, and Git to look at it.
struct Mirror {
    dir: TempDir,
    store: Store,
}

impl Mirror {
    fn new(format: ObjectFormat) -> Mirror {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let store = Store::create_mirror(&dir.path().join("mirror.git"), format).expect("made");
        Mirror { dir, store }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("mirror.git")
    }

    fn git(&self, arguments: &[&str]) -> String {
        git_output(&self.path(), arguments)
    }

    fn fsck(&self) -> String {
        self.git(&[
            "fsck",
            "--strict",
            "--full",
            "--no-dangling",
            "--no-progress",
        ])
    }

    /// Commits after each other, all with some files of their own and one that changes.
    fn commit(&self, count: usize) -> CommitId {
        let mut tip = self.store.tip(Some("main")).expect("read");
        for _ in 0..count {
            let text = format!("{}\nafter {tip:?}\n", "a line that stays\n".repeat(200));
            let name = format!(
                "zones/{}",
                tip.map_or("first".to_owned(), |tip| tip.short())
            );
            let files = [
                (name.as_str(), Some("its own")),
                ("zones/one", Some(text.as_str())),
            ];
            let receipt = self
                .store
                .write("main", &draft(tip, &files))
                .expect("written");
            tip = Some(receipt.commit());
        }
        tip.expect("at least one")
    }

    fn packs(&self) -> usize {
        self.count("packs")
    }

    fn loose(&self) -> usize {
        self.count("count")
    }

    fn count(&self, what: &str) -> usize {
        let counts = self.git(&["count-objects", "-v"]);
        let line = counts
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{what}: ")));
        line.expect("counted").parse().expect("a number")
    }

    fn consolidate(&self) -> Superseded {
        self.store
            .consolidate(&ANYTHING)
            .expect("written")
            .expect("something to do")
    }

    /// Everything that each commit says, by Git.
    fn contents(&self) -> String {
        self.git(&[
            "log",
            "--all",
            "--format=%H %T %an %B",
            "--raw",
            "--no-abbrev",
            "-p",
        ])
    }

    fn make_old(&self) {
        let old = SystemTime::now() - Duration::from_secs(15 * 24 * 3600);
        let mut folders = vec![self.path().join("objects")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("read").flatten() {
                match entry.path() {
                    folder if folder.is_dir() => folders.push(folder),
                    file => std::fs::File::open(file)
                        .and_then(|file| file.set_modified(old))
                        .expect("set"),
                }
            }
        }
    }
}

#[test]
fn many_become_one_and_nothing_changes() {
    for format in [ObjectFormat::Sha1, ObjectFormat::Sha256] {
        let mirror = Mirror::new(format);
        mirror.commit(8);
        mirror.git(&["tag", "-a", "-m", "a tag", "v1"]);
        // Packs with differences in both forms, some objects in several of them, and loose ones.
        mirror.git(&["repack", "-q", "-d", "--depth=50"]);
        mirror.commit(8);
        mirror.git(&[
            "-c",
            "repack.useDeltaBaseOffset=false",
            "repack",
            "-q",
            "-a",
            "-f",
        ]);
        mirror.commit(4);
        let (before, packs) = (mirror.contents(), mirror.packs());
        assert!(packs >= 2 && mirror.loose() > 10);
        let superseded = mirror.consolidate();
        assert_eq!(superseded.count().0, packs);
        assert_eq!(mirror.packs(), packs + 1, "nothing is removed yet");
        let early = superseded
            .remove(Duration::from_secs(600))
            .expect("not yet");
        assert!(
            early
                .expect("given back")
                .remove(AT_ONCE)
                .expect("removed")
                .is_none()
        );
        assert_eq!((mirror.packs(), mirror.loose()), (1, 0));
        assert_eq!(mirror.contents(), before);
        assert_eq!(mirror.fsck(), "");
        mirror.git(&["verify-pack", &only_index(&mirror.path())]);
        mirror.commit(1);
        let _ = mirror.consolidate().remove(AT_ONCE).expect("removed");
        assert_eq!(mirror.packs(), 1);
        assert_eq!(mirror.fsck(), "");
    }
}

fn only_index(git_dir: &Path) -> String {
    let files = std::fs::read_dir(git_dir.join("objects/pack"))
        .expect("read")
        .flatten();
    let mut indices = files
        .map(|entry| entry.path())
        .filter(|path| path.extension() == Some("idx".as_ref()));
    indices.next().expect("one").display().to_string()
}

#[test]
fn little_is_left_as_it_is_and_others_repositories_too() {
    let mirror = Mirror::new(ObjectFormat::Sha1);
    mirror.commit(3);
    assert!(
        mirror
            .store
            .consolidate(&Untidy::default())
            .expect("looked at")
            .is_none()
    );
    let repo = Repo::new();
    repo.commit(&[("a", "1")]);
    let refused = repo.store().consolidate(&ANYTHING);
    assert!(matches!(
        refused,
        Err(WriteError::Refused(Refusal::NotAMirror { .. }))
    ));
}

#[test]
fn packs_come_in_hundreds_while_a_store_is_open() {
    let mirror = Mirror::new(ObjectFormat::Sha1);
    let mut tip = mirror.commit(1);
    let script = "for n in $(seq 270); do echo $n | git hash-object -w --stdin; done | \
                  while read id; do echo $id | git -c core.fsync=none pack-objects -q objects/pack/pack; done";
    let packed = testbed::git(&mirror.path())
        .args(["-c", &format!("alias.packs=!{script}"), "packs"])
        .output();
    assert!(packed.expect("git runs").status.success());
    assert_eq!(mirror.packs(), 270);
    for text in ["one", "two"] {
        let receipt = mirror
            .store
            .write("main", &draft(Some(tip), &[("zones/one", Some(text))]));
        tip = receipt.expect("written").commit();
    }
    let superseded = mirror
        .store
        .consolidate(&Untidy::default())
        .expect("written");
    let _ = superseded
        .expect("too many")
        .remove(AT_ONCE)
        .expect("removed");
    assert_eq!((mirror.packs(), mirror.fsck()), (1, String::new()));
}

#[test]
fn what_nothing_leads_to_is_dropped_only_when_it_is_old() {
    let mirror = Mirror::new(ObjectFormat::Sha1);
    let kept = mirror.commit(2);
    let lost = mirror.commit(1);
    mirror.git(&["repack", "-q", "-a", "-d"]);
    mirror.git(&["update-ref", "refs/heads/main", &kept.to_string()]);
    let loose = mirror
        .store
        .put(&draft(Some(kept), &[("x", Some("lost as well"))]))
        .expect("stored")
        .commit();
    let _ = mirror.consolidate().remove(AT_ONCE).expect("removed");
    for commit in [lost, loose] {
        mirror
            .store
            .reopened()
            .expect("opens")
            .commit(commit)
            .expect("too young to go");
    }
    let again = mirror
        .store
        .put(&draft(Some(kept), &[("y", Some("loose"))]))
        .expect("stored")
        .commit();
    mirror.make_old();
    let asides = ["00/tmp_obj_1", "tmp_obj_2", "pack/tmp_pack_1", "pack/.tmpx"]
        .map(|name| mirror.path().join("objects").join(name));
    std::fs::create_dir_all(mirror.path().join("objects/00")).expect("made");
    asides
        .iter()
        .for_each(|path| std::fs::write(path, "half").expect("written"));
    // A reference that comes back while the pack is written keeps everything.
    let superseded = mirror.consolidate();
    mirror.git(&["update-ref", "refs/heads/back", &lost.to_string()]);
    let _ = superseded.remove(AT_ONCE).expect("looked at");
    mirror.git(&["cat-file", "-e", &again.to_string()]);
    mirror.git(&["update-ref", "-d", "refs/heads/back"]);
    assert!(
        asides.iter().all(|path| path.exists()),
        "somebody may be writing them"
    );
    mirror.make_old();
    let _ = mirror.consolidate().remove(AT_ONCE).expect("removed");
    assert!(!asides.iter().any(|path| path.exists()));
    let store = mirror.store.reopened().expect("opens");
    for commit in [lost, loose, again] {
        assert!(matches!(store.commit(commit), Err(Error::Missing { .. })));
    }
    assert_eq!(
        (mirror.packs(), mirror.loose(), mirror.fsck()),
        (1, 0, String::new())
    );
}

#[test]
fn readers_and_writers_go_on() {
    let mirror = Mirror::new(ObjectFormat::Sha1);
    let tip = mirror.commit(5);
    mirror.git(&["repack", "-q", "-d"]);
    let snapshot = mirror.store.snapshot(tip).expect("read");
    let is_done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..10 {
                mirror.commit(2);
            }
            is_done.store(true, std::sync::atomic::Ordering::Release);
        });
        scope.spawn(|| {
            while !is_done.load(std::sync::atomic::Ordering::Acquire) {
                read_all(
                    &mirror.store,
                    &mirror.store.tip(None).expect("read").expect("a commit"),
                );
            }
        });
        while !is_done.load(std::sync::atomic::Ordering::Acquire) {
            let superseded = mirror.store.consolidate(&Untidy {
                packs: 1,
                loose: 10,
            });
            let mut superseded = superseded.expect("written");
            // Longer than it takes to read a commit, as the usual time is.
            while let Some(old) = superseded {
                superseded = old.remove(Duration::from_millis(700)).expect("removed");
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    });
    let layout = snapshot.layout().expect("still there");
    assert_eq!(layout.zones().count() + layout.findings().len(), 6);
    let file = snapshot.find("zones/one").expect("read").expect("there");
    snapshot
        .file(&TreePath::new("zones/one"), file)
        .expect("still there");
    assert_eq!(mirror.git(&["rev-list", "--count", "main"]), "25");
    assert_eq!(mirror.fsck(), "");
    // And beside Git's own.
    mirror.commit(3);
    let superseded = mirror.consolidate();
    mirror.git(&["gc", "-q", "--prune=now"]);
    let _ = superseded
        .remove(AT_ONCE)
        .expect("the new pack is gone, so all stays");
    assert_eq!(mirror.git(&["rev-list", "--count", "main"]), "28");
    assert_eq!(mirror.fsck(), "");
}

fn read_all(store: &Store, tip: &CommitId) {
    let snapshot = store.snapshot(*tip).expect("read");
    for (_, file) in snapshot.layout().expect("read").zones() {
        let file = file.expect("taken");
        snapshot.file(&file.path, file.blob).expect("read");
    }
}

#[test]
fn damage_is_found_before_anything_is_removed() {
    let mirror = Mirror::new(ObjectFormat::Sha1);
    mirror.commit(3);
    mirror.git(&["repack", "-q", "-a", "-d"]);
    let pack = PathBuf::from(only_index(&mirror.path())).with_extension("pack");
    let good = std::fs::read(&pack).expect("read");
    let mut bad = good.clone();
    let middle = bad.len() / 2;
    bad[middle] ^= 1;
    std::fs::remove_file(&pack).expect("removed");
    std::fs::write(&pack, bad).expect("written");
    let refused = mirror.store.consolidate(&ANYTHING);
    assert!(
        matches!(refused, Err(WriteError::Repository(_))),
        "{refused:?}"
    );
    assert_eq!(mirror.packs(), 1);
    std::fs::write(&pack, good).expect("written");
    assert_eq!(mirror.fsck(), "");
}

/// A fetch by Git into a reference that nobody serves; then the branch follows, durably.
#[test]
fn what_was_fetched_is_synced_and_whole_before_the_branch_moves() {
    let origin = Repo::new();
    let first = origin.commit(&[("zones/a", "1"), ("zones/b", "as it was")]);
    let mirror = Mirror::new(ObjectFormat::Sha1);
    let fetch = || {
        let from = format!("file://{}", origin.path().display());
        mirror.git(&[
            "-c",
            "fetch.unpackLimit=1",
            "fetch",
            "-q",
            &from,
            "+main:refs/stemma/fetched/main",
        ]);
    };
    fetch();
    let mut settler = Settler::new();
    let durable = settler.settle(&mirror.store, first, None).expect("whole");
    let receipt = mirror.store.advance("main", None, &durable).expect("moved");
    assert_eq!(receipt.commit(), first);
    let second = origin.commit(&[
        ("zones/a", "2"),
        ("zones/b", "as it was"),
        ("zones/c/d", "1"),
    ]);
    origin.git(&["branch", "side", &first.to_string()]);
    let unknown = settler.settle(&mirror.store, second, Some(first));
    assert!(matches!(
        unknown,
        Err(WriteError::Repository(Error::Missing { .. }))
    ));
    fetch();
    let durable = settler
        .settle(&mirror.store, second, Some(first))
        .expect("whole");
    let _ = mirror
        .store
        .advance("main", Some(first), &durable)
        .expect("moved");
    assert_eq!(mirror.fsck(), "");
    // With one object gone, neither the commit nor one that is made on it is whole.
    for path in ["zones/a", "zones/c/d", "zones/c", ""] {
        let mirror = without(&mirror, &format!("{second}:{path}"));
        let broken = Settler::new().settle(&mirror.store, second, Some(first));
        assert!(
            matches!(broken, Err(WriteError::Repository(Error::Missing { .. }))),
            "{path}: {broken:?}"
        );
    }
    // What the known commit has is not looked at again.
    let partly = without(&mirror, &format!("{second}:zones/b"));
    let _ = Settler::new()
        .settle(&partly.store, second, Some(first))
        .expect("beyond the first");
    assert!(Settler::new().settle(&partly.store, second, None).is_err());
}

/// A copy with all objects loose but one, which is not there.
fn without(mirror: &Mirror, object: &str) -> Mirror {
    let copy = Mirror::new(ObjectFormat::Sha1);
    let objects = mirror.git(&[
        "cat-file",
        "--batch-all-objects",
        "--batch-check=%(objectname)",
    ]);
    let gone = mirror.git(&["rev-parse", object]);
    let mut kinds = BTreeMap::new();
    for id in objects.lines().filter(|id| *id != gone) {
        kinds.insert(id, mirror.git(&["cat-file", "-t", id]));
    }
    for (id, kind) in kinds {
        let read = testbed::git(&mirror.path())
            .args(["cat-file", &kind, id])
            .output();
        let file = copy.dir.path().join("object");
        std::fs::write(&file, read.expect("git runs").stdout).expect("written");
        let file = file.to_str().expect("UTF-8");
        copy.git(&["hash-object", "-w", "--literally", "-t", &kind, file]);
    }
    copy
}

/// Which format a remote has is known only when it is reached.
#[test]
fn an_empty_mirror_takes_on_another_object_format() {
    let mirror = Mirror::new(ObjectFormat::Sha1);
    let store = mirror.store.with_object_format(ObjectFormat::Sha256);
    let store = store.expect("it is empty");
    assert_eq!(store.object_format(), ObjectFormat::Sha256);
    let format = mirror.git(&["rev-parse", "--show-object-format"]);
    assert_eq!(format.trim(), "sha256");
    assert_eq!(store.commit_at("refs/heads/main"), Ok(None));
    let tree = mirror.git(&["mktree"]);
    let commit = mirror.git(&["commit-tree", tree.trim(), "-m", "First"]);
    let refused = store.with_object_format(ObjectFormat::Sha1);
    assert!(
        matches!(&refused, Err(WriteError::Refused(Refusal::InUse { .. }))),
        "{refused:?}"
    );
    mirror.git(&["update-ref", "refs/heads/main", commit.trim()]);
    let at = store.commit_at("refs/heads/main").expect("read");
    assert_eq!(at.map(|id| id.to_string()).as_deref(), Some(commit.trim()));
}

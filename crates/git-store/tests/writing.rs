//! Commits that we make are those that Git would make.

mod support;

use std::collections::BTreeMap;

use git_store::{CommitId, Draft, Refusal, Store, Trailer, TreePath, WriteError};
use support::{Repo, draft};
use testbed::Random;
use testbed::git::output_of;

fn refusal(repo: &Repo, branch: &str, draft: &Draft) -> Refusal {
    match repo.store().write(branch, draft) {
        Err(WriteError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn two_histories_become_one() {
    let repo = Repo::new();
    let store = repo.store();
    let write = |branch: &str, parent, files: &[(&str, Option<&str>)]| {
        let written = store.write(branch, &draft(parent, files));
        written.expect("written").commit()
    };
    let base = write("main", None, &[("a", Some("1")), ("b", Some("1"))]);
    let ours = write("main", Some(base), &[("a", Some("2"))]);
    let theirs = write("other", None, &[("a", Some("1")), ("b", Some("3"))]);
    let merge = Draft {
        merged: Some(theirs),
        ..draft(Some(ours), &[("a", Some("2"))])
    };
    let made = store.write("main", &merge).expect("written").commit();
    let parents = repo.git(&["log", "-1", "--format=%P", "main"]);
    assert_eq!(parents, format!("{ours} {theirs}"));
    assert_eq!(store.commit(made).expect("there").parents, [ours, theirs]);
    // All that is not said is as in the one that is merged.
    assert_eq!(repo.git(&["show", "main:a", "main:b"]), "23");
    assert_eq!(repo.fsck(), "");
}

#[test]
fn first_and_second_commit_in_both_formats() {
    for format in ["sha1", "sha256"] {
        let repo = Repo::with_format(format);
        let store = repo.store();
        let mut first = draft(None, &[("zones/example.org", Some("@ SOA\n"))]);
        first.message = "Add example.org\r\n\r\nBecause it is there.  \n\n".to_owned();
        first.trailers = [("Serial", "1"), ("Asked-By", "key\nname")]
            .map(|(key, value)| Trailer {
                key: key.to_owned(),
                value: value.to_owned(),
            })
            .to_vec();
        first.author.name = "Ann <of> \u{1b}[1mOrg".to_owned();
        first.author.offset_secs = -34_200;
        let receipt = store.write("main", &first).expect("written");
        assert_eq!(
            (receipt.branch(), receipt.previous()),
            ("refs/heads/main", None)
        );
        assert_eq!(store.tip(Some("main")), Ok(Some(receipt.commit())));
        assert_eq!(
            repo.git(&[
                "log",
                "--format=%an|%ae|%at|%ai|%cn|%ce|%ct|%B|%(trailers:only,unfold)",
                "main"
            ]),
            "Ann of [1mOrg|ann@example.org|1700000000|2023-11-14 12:43:20 -0930|Bob|bob@example.org|1700000001|\
             Add example.org\n\nBecause it is there.\n\nSerial: 1\nAsked-By: key name\n|\
             Serial: 1\nAsked-By: key name"
        );
        let second = draft(
            Some(receipt.commit()),
            &[("zones/example.net", Some("@ SOA\n"))],
        );
        let second = store.write("refs/heads/main", &second).expect("written");
        assert_eq!(second.previous(), Some(receipt.commit()));
        assert_eq!(
            repo.git(&["ls-tree", "-r", "--name-only", "main"]),
            "zones/example.net\nzones/example.org"
        );
        assert_eq!(repo.fsck(), "");
    }
}

/// Who writes again and again reads what was written from memory; nobody else does.
#[test]
fn what_was_written_is_remembered_where_that_is_asked_for() {
    let repo = Repo::new();
    let store = repo.store().remembering();
    let underway = store.begin_now(&draft(None, &[("example.org", Some("@ SOA\n"))]));
    let underway = underway.expect("written");
    let path = TreePath::new("example.org");
    let text = |store: &Store| {
        let snapshot = store
            .snapshot(underway.commit())
            .expect("it can be read already");
        let blob = snapshot
            .find("example.org")
            .expect("a file")
            .expect("there");
        snapshot.text(&path, blob)
    };
    assert_eq!(text(&repo.store()).as_deref(), Ok(&b"@ SOA\n".to_vec()));
    let blob = repo.git(&["rev-parse", &format!("{}:example.org", underway.commit())]);
    let file = repo
        .path()
        .join("objects")
        .join(&blob[..2])
        .join(&blob[2..]);
    std::fs::remove_file(file).expect("a loose object");
    assert_eq!(text(&store).as_deref(), Ok(&b"@ SOA\n".to_vec()));
    let again = store.reopened().expect("a repository");
    assert_eq!(text(&again).as_deref(), Ok(&b"@ SOA\n".to_vec()));
    assert!(text(&repo.store()).is_err());
    let commit = underway.commit();
    assert_eq!(underway.finish().expect("synced").commit(), commit);
}

/// The lock of a branch, half made together with the commit, is there for that commit and gone with it.
#[test]
fn a_lock_that_is_made_ahead_is_used_or_gone() {
    let repo = Repo::new();
    let store = repo.store();
    let first = store.write("main", &draft(None, &[("a", Some("1"))]));
    let first = first.expect("written").commit();
    let ahead = repo.path().join("refs/heads/main..stemma.lock");
    let given_up = store.begin_on("main", &draft(Some(first), &[("a", Some("2"))]));
    assert!(given_up.is_ok() && ahead.exists());
    drop(given_up);
    assert!(!ahead.exists());
    let taken = store.begin_on("main", &draft(Some(first), &[("a", Some("3"))]));
    let durable = taken.and_then(git_store::Underway::finish).expect("stored");
    assert!(ahead.exists());
    let moved = store.advance("main", Some(first), &durable);
    assert_eq!(moved.expect("moved").commit(), durable.commit());
    assert!(!ahead.exists());
    assert_eq!(repo.git(&["show", "main:a"]), "3");
}

/// What is taken over of the file of the version before, as who writes again and again does, is read by Git as any other.
#[test]
fn versions_that_are_made_of_each_other_are_those_of_git() {
    for format in ["sha1", "sha256"] {
        let repo = Repo::with_format(format);
        let store = repo.store().remembering();
        let mut lines: Vec<String> = (0..4_000).map(|n| format!("h{n} A 192.0.2.1\n")).collect();
        let (mut random, mut parent) = (Random::seeded(5), None);
        for round in 0..12 {
            let from = random.below(lines.len());
            let to = lines.len().min(from + random.below(300));
            lines.splice(
                from..to,
                (0..random.below(300)).map(|n| format!("r{round}n{n} A 198.51.100.1\n")),
            );
            let text = lines.concat();
            let write = store.write(
                "main",
                &draft(parent, &[("zones/example.org", Some(&text))]),
            );
            parent = Some(write.expect("written").commit());
            assert_eq!(
                repo.git(&["show", "main:zones/example.org"]),
                text.trim_end()
            );
        }
        assert_eq!(repo.fsck(), "");
    }
}

/// Random changes to a model; the tree of each commit is the one that Git makes of the model.
#[test]
fn trees_are_those_of_git() {
    for (format, seed) in [("sha1", 1), ("sha1", 2), ("sha256", 3)] {
        let repo = Repo::with_format(format);
        let remembering = repo.store().remembering();
        let mut random = Random::seeded(seed);
        let mut model = Model::default();
        let mut parent = None;
        for _ in 0..15 {
            let files = model.change(&mut random);
            let files: Vec<_> = files
                .iter()
                .map(|(path, text)| (path.as_str(), text.as_deref()))
                .collect();
            let store = if seed == 2 {
                &remembering
            } else {
                &repo.store()
            };
            let receipt = store
                .write("main", &draft(parent, &files))
                .expect("written");
            parent = Some(receipt.commit());
            assert_eq!(
                repo.git(&["rev-parse", "main^{tree}"]),
                model.tree_by_git(&repo),
                "seed {seed}, after {files:?}"
            );
        }
        assert_eq!(repo.fsck(), "");
    }
}

/// Files by path, as they should be after all changes so far.
#[derive(Default)]
struct Model(BTreeMap<String, String>);

impl Model {
    /// Some files put, some removed; never a file where a folder stays.
    fn change(&mut self, random: &mut Random) -> Vec<(String, Option<String>)> {
        const NAMES: [&str; 6] = ["a", "b", "a.", "a-b", "zone", "\u{e9}"];
        let before = self.0.clone();
        let mut files = BTreeMap::new();
        for _ in 0..1 + random.below(6) {
            let depth = 1 + random.below(3);
            let names: Vec<&str> = (0..depth)
                .map(|_| NAMES[random.below(NAMES.len())])
                .collect();
            let path = names.join("/");
            let in_the_way: Vec<String> = self
                .0
                .keys()
                .filter(|other| is_above(other, &path) || is_above(&path, other))
                .cloned()
                .collect();
            for other in in_the_way {
                self.0.remove(&other);
                files.insert(other, None);
            }
            if self.0.contains_key(&path) && random.below(3) == 0 {
                self.0.remove(&path);
                files.insert(path, None);
            } else {
                let text = format!("text {}\n", random.below(4));
                self.0.insert(path.clone(), text.clone());
                files.insert(path, Some(text));
            }
        }
        // What is put and then removed within one change was not there before.
        files.retain(|path, text| text.is_some() || before.contains_key(path));
        files.into_iter().collect()
    }

    fn tree_by_git(&self, repo: &Repo) -> String {
        let index = repo.beside("index");
        let _ = std::fs::remove_file(&index);
        let mut lines = String::new();
        let mut ids = BTreeMap::new();
        for (path, text) in &self.0 {
            let id = ids
                .entry(text)
                .or_insert_with(|| repo.blob(text.as_bytes()));
            lines += &format!("100644 {id}\t{path}\n");
        }
        git_with_index(repo, &index, &["update-index", "--index-info"], &lines);
        git_with_index(repo, &index, &["write-tree"], "")
    }
}

fn is_above(folder: &str, path: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.starts_with('/'))
}

fn git_with_index(repo: &Repo, index: &std::path::Path, arguments: &[&str], input: &str) -> String {
    let mut git = testbed::git(&repo.path());
    output_of(git.env("GIT_INDEX_FILE", index).args(arguments), input)
}

#[test]
fn paths_that_cannot_be() {
    let repo = Repo::new();
    let start = draft(None, &[("a/b", Some("1")), ("c", Some("2"))]);
    let tip = repo
        .store()
        .write("main", &start)
        .expect("written")
        .commit();
    let why =
        |files: &[(&str, Option<&str>)]| match refusal(&repo, "main", &draft(Some(tip), files)) {
            Refusal::Path { path, why } => format!("{path} {why}"),
            other => panic!("{other:?}"),
        };
    for path in [
        "", "/a", "a/", "a//b", ".", "..", "a/../b", ".git", "a/.GIT/x", "git~1", "a\0b",
    ] {
        let said = why(&[(path, Some("x"))]);
        assert!(
            said.ends_with("is not a path that Git takes"),
            "{path:?}: {said}"
        );
    }
    let long = "long/".repeat(1000) + "path";
    assert!(why(&[(&long, Some("x"))]).ends_with("is too long"));
    assert_eq!(why(&[("a", Some("x"))]), "a is a file and a folder");
    assert_eq!(why(&[("c/d", Some("x"))]), "c is a file and a folder");
    assert_eq!(
        why(&[("n", Some("x")), ("n/m", Some("y"))]),
        "n is a file and a folder"
    );
    for path in ["x", "a", "a/x", "c/x", "x/y"] {
        assert_eq!(
            why(&[(path, None)]),
            format!("{path} is not there, and cannot be removed")
        );
    }
    assert_eq!(repo.store().tip(Some("main")), Ok(Some(tip)));
    let swap = [
        ("a", Some("x")),
        ("a/b", None),
        ("c", None),
        ("c/d", Some("y")),
    ];
    repo.store()
        .write("main", &draft(Some(tip), &swap))
        .expect("one becomes the other");
    assert_eq!(
        repo.git(&["ls-tree", "-r", "--name-only", "main"]),
        "a\nc/d"
    );
    let all = [("a", None), ("c/d", None)];
    let tip = repo.store().tip(None).expect("read");
    repo.store()
        .write("main", &draft(tip, &all))
        .expect("nothing is left");
    assert_eq!(repo.git(&["ls-tree", "-r", "main"]), "");
    assert_eq!(repo.fsck(), "");
}

#[test]
fn texts_that_cannot_be() {
    let repo = Repo::new();
    let with = |change: &dyn Fn(&mut Draft)| {
        let mut draft = draft(None, &[("a", Some("1"))]);
        change(&mut draft);
        match refusal(&repo, "main", &draft) {
            Refusal::Text { field, why } => format!("{field} {why}"),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        with(&|it| it.message = " \n\0".to_owned()),
        "message is empty"
    );
    assert_eq!(
        with(&|it| it.message = "long ".repeat(300_000)),
        "message is too long"
    );
    assert_eq!(
        with(&|it| it.author.name = "<>\n".to_owned()),
        "author has no name"
    );
    assert_eq!(
        with(&|it| it.committer.time_secs = -1),
        "committer has a time that Git cannot store"
    );
    assert!(repo.git(&["for-each-ref"]).is_empty());
}

#[test]
fn files_too_large_to_be_read_back() {
    let repo = Repo::new();
    let text = "x".repeat(usize::try_from(git_store::limits::FILE_OCTETS).expect("fits") + 1);
    let refused = refusal(&repo, "main", &draft(None, &[("a", Some(&text))]));
    assert!(matches!(refused, Refusal::TooLarge { octets, .. } if octets == text.len() as u64));
}

#[test]
fn an_import_is_one_pack() {
    for format in ["sha1", "sha256"] {
        let repo = Repo::with_format(format);
        let names: Vec<String> = (0..1001)
            .map(|n| format!("zones/{:x}/{n}", n % 16))
            .collect();
        let files: Vec<_> = names
            .iter()
            .map(|name| (name.as_str(), Some(name.as_str())))
            .collect();
        let receipt = repo
            .store()
            .write("main", &draft(None, &files))
            .expect("written");
        let counts = repo.git(&["count-objects", "-v"]);
        assert!(
            counts.contains("count: 0\n") && counts.contains("packs: 1\n"),
            "{counts}"
        );
        let listed = repo.git(&[
            "ls-tree",
            "-r",
            "--name-only",
            &receipt.commit().to_string(),
        ]);
        assert_eq!(listed.lines().count(), 1001);
        assert_eq!(repo.fsck(), "");
    }
}

#[test]
fn what_is_there_already_is_kept_and_what_is_broken_is_replaced() {
    let repo = Repo::new();
    let store = repo.store();
    let first = store
        .write("main", &draft(None, &[("a", Some("1"))]))
        .expect("written")
        .commit();
    let other = store
        .write("main", &draft(Some(first), &[("a", Some("2"))]))
        .expect("written")
        .commit();
    let blob = repo.git(&["rev-parse", &format!("{first}:a")]);
    let file = repo
        .path()
        .join("objects")
        .join(&blob[..2])
        .join(&blob[2..]);
    // As a power loss leaves what was written without a sync.
    std::fs::remove_file(&file).expect("removed");
    std::fs::write(&file, b"").expect("written");
    assert_ne!(repo.fsck(), "");
    store
        .write("main", &draft(Some(other), &[("a", Some("1"))]))
        .expect("written");
    assert_eq!(repo.fsck(), "");
}

/// The tip, and the objects that only we could have written.
fn loose_objects(repo: &Repo) -> (Option<CommitId>, String) {
    let tip = repo.store().tip(None).expect("read");
    (tip, repo.git(&["count-objects", "-v"]))
}

#[test]
fn a_race_lost_beforehand_leaves_nothing() {
    let repo = Repo::new();
    let tip = repo.commit(&[("a", "1")]);
    let before = loose_objects(&repo);
    let lost = repo
        .store()
        .write("main", &draft(None, &[("a", Some("2"))]));
    assert_eq!(
        lost,
        Err(WriteError::Lost {
            branch: "refs/heads/main".to_owned(),
            found: Some(tip)
        })
    );
    let gone = repo
        .store()
        .write("other", &draft(Some(tip), &[("a", Some("2"))]));
    assert!(matches!(gone, Err(WriteError::Lost { found: None, .. })));
    assert_eq!(loose_objects(&repo), before);
}

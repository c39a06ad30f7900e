//! Each limit: at it, and one beyond.

mod support;

use git_store::{CommitId, Error, Refusal, WriteError};
use support::{Repo, draft};

/// Tags one behind the other, before a commit.
const TAGS: usize = 8;
/// Octets of a commit.
const COMMIT: usize = 1 << 20;
/// Octets of a path that is written.
const PATH: usize = 4096;
/// Octets of the object of a folder.
const FOLDER: usize = 32 << 20;
/// Common ancestors that are compared.
const COMMON: usize = 64;

#[test]
fn tags_of_tags() {
    let repo = Repo::new();
    let commit = repo.commit(&[("a", "b")]);
    let mut target = commit.to_string();
    for number in 1..=TAGS + 1 {
        let tag = format!("t{number}");
        repo.git(&[
            "-c",
            "advice.nestedTag=false",
            "tag",
            "-a",
            "-m",
            "x",
            &tag,
            &target,
        ]);
        target = repo.git(&["rev-parse", &format!("refs/tags/{tag}")]);
    }
    let store = repo.store();
    assert_eq!(store.resolve(&format!("refs/tags/t{TAGS}")), Ok(commit));
    let beyond = store.resolve(&format!("refs/tags/t{}", TAGS + 1));
    let Err(error @ Error::Damaged { .. }) = beyond else {
        panic!("{beyond:?}")
    };
    assert!(error.to_string().contains("too many tags"), "{error}");
}

#[test]
fn octets_of_a_commit() {
    let repo = Repo::new();
    let store = repo.store();
    let write = |octets: usize| {
        let mut draft = draft(None, &[("a", Some("b"))]);
        draft.message = "x".repeat(octets);
        store.write(&format!("b{octets}"), &draft)
    };
    let small = write(10).expect("written").commit();
    let rest = store.commit_octets(small).expect("read").len() - 10;
    let largest = write(COMMIT - rest).expect("written").commit();
    assert_eq!(store.commit_octets(largest).expect("read").len(), COMMIT);
    let beyond = write(COMMIT - rest + 1).map(|receipt| receipt.commit());
    let refused = matches!(beyond, Err(WriteError::Refused(Refusal::Text { .. })));
    assert!(refused, "{beyond:?}");
    // What others have written is not read either.
    let tree = repo.git(&["rev-parse", &format!("{small}^{{tree}}")]);
    let theirs = repo.git_with(&["commit-tree", &tree, "-F", "-"], "x".repeat(COMMIT));
    let theirs = CommitId::from_hex(&theirs).expect("an id");
    assert!(matches!(store.snapshot(theirs), Err(Error::Damaged { .. })));
}

#[test]
fn octets_of_a_path() {
    let repo = Repo::new();
    let store = repo.store();
    let write = |path: &str| {
        let draft = draft(None, &[(path, Some("text"))]);
        store.write("main", &draft).map(|receipt| receipt.commit())
    };
    let folders = format!("{}/", "f".repeat(127)).repeat(PATH / 128 - 1);
    let longest = format!("{folders}{}", "n".repeat(128));
    assert_eq!(longest.len(), PATH);
    let beyond = write(&format!("{longest}n"));
    let refused = matches!(beyond, Err(WriteError::Refused(Refusal::Path { .. })));
    assert!(refused, "{beyond:?}");
    let commit = write(&longest).expect("written");
    let text = repo.git(&["show", &format!("{commit}:{longest}")]);
    assert_eq!(text, "text");
}

#[test]
fn octets_of_a_folder() {
    let repo = Repo::new();
    let blob = repo.blob(b"x");
    let rest = support::tree_octets(&[("100644", b"", blob.clone())]).len();
    let is_too_large = |octets: usize| {
        let name = vec![b'n'; octets - rest];
        let tree = repo.tree(&[("100644", &name, blob.clone())]);
        let commit = repo.commit_tree(&tree);
        let layout = repo.layout(commit);
        let rules: Vec<&str> = layout
            .findings()
            .iter()
            .map(|it| it.problem.rule())
            .collect();
        rules.contains(&"layout-too-many-entries")
    };
    // As large as it may be it is looked at, which takes long; so one that is smaller.
    assert!(!is_too_large(FOLDER >> 10));
    assert!(is_too_large(FOLDER + 1));
}

/// The newest one is looked at last, and so not at all if there is one too many.
#[test]
fn common_ancestors() {
    for (count, is_found) in [(COMMON, true), (COMMON + 1, false)] {
        let repo = Repo::new();
        let older = 1..count;
        let mut stream = String::new();
        let mut commit = |mark: usize, parents: &mut dyn Iterator<Item = usize>| {
            stream += &format!("commit refs/heads/b{mark}\nmark :{mark}\n");
            stream += "committer Ann <ann@example.org> 1700000000 +0000\ndata 1\nx\n";
            let words = ["from"].into_iter().chain(std::iter::repeat("merge"));
            for (word, parent) in words.zip(parents) {
                stream += &format!("{word} :{parent}\n");
            }
            stream += &format!("M 644 inline f\ndata <<END\n{mark}\nEND\n");
        };
        older
            .clone()
            .for_each(|mark| commit(mark, &mut std::iter::empty()));
        commit(count, &mut older.clone());
        let (one, other) = (count + 1, count + 2);
        commit(one, &mut [count].into_iter().chain(older));
        commit(other, &mut [count].into_iter());
        repo.git_with(&["fast-import", "--quiet"], stream.as_bytes());
        let store = repo.store();
        let tip = |mark: usize| {
            store
                .resolve(&format!("refs/heads/b{mark}"))
                .expect("there")
        };
        let found = store.common_ancestor(tip(one), tip(other));
        let found = found.expect("read").expect("there are some");
        assert_eq!(found == tip(count), is_found, "{count}");
    }
}

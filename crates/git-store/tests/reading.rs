//! Branches, revisions, commits, files and differences of well-behaved repositories.

mod support;

use git_store::{Error, IncludeError, Location, Store, TreePath, ZoneName};
use support::{Repo, listed};
use testbed::Random;

#[test]
fn zones_by_name_at_any_depth() {
    let repo = Repo::new();
    let id = repo.commit(&[
        ("example.org", "a"),
        ("net/example.net", "b"),
        ("deep/er/still/2.0.192.in-addr.arpa", "c"),
        ("0%2f25.2.0.192.in-addr.arpa", "d"),
        ("@", "e"),
        ("big.example.d/part", "f"),
        ("README.md", "g"),
        (".ci/run", "h"),
        ("LICENSE", "i"),
    ]);
    assert_eq!(
        listed(&repo.layout(id)),
        [
            ". @",
            "0/25.2.0.192.in-addr.arpa. 0%2f25.2.0.192.in-addr.arpa",
            "2.0.192.in-addr.arpa. deep/er/still/2.0.192.in-addr.arpa",
            "example.net. net/example.net",
            "example.org. example.org",
        ]
    );
}

#[test]
fn zones_folder_is_the_root_if_there_is_one() {
    let repo = Repo::new();
    let first = repo.commit(&[("example.org", "a"), ("deny.toml", "b")]);
    let second = repo.commit(&[
        ("zones/org/example.org", "a"),
        ("deny.toml", "b"),
        ("src/main.rs", "c"),
    ]);
    let mut layout = repo.layout(first);
    assert_eq!(
        listed(&layout),
        ["deny.toml. deny.toml", "example.org. example.org"]
    );
    let changes = repo
        .snapshot(second)
        .changes_since(Some(&repo.snapshot(first)))
        .expect("changes");
    let touched = layout.apply(&changes);
    assert_eq!(listed(&layout), ["example.org. zones/org/example.org"]);
    assert_eq!(touched.zones.len(), 2);
    assert_eq!(layout, repo.layout(second));
}

#[test]
fn files_of_one_commit_while_the_branch_moves() {
    let repo = Repo::new();
    let first = repo.commit(&[("example.org", "old")]);
    let snapshot = repo.snapshot(first);
    repo.commit(&[("example.net", "new")]);
    let layout = snapshot.layout().expect("layout");
    let zone = ZoneName::from_file_name("example.org").expect("a name");
    let file = layout.zone(&zone).expect("there").expect("taken");
    assert_eq!(snapshot.file(&file.path, file.blob).expect("read"), b"old");
}

#[test]
fn differences_touch_zones_and_parts() {
    let repo = Repo::new();
    let first = repo.commit(&[
        ("org/example.org", "1"),
        ("org/example.org.d/a", "1"),
        ("net/example.net", "1"),
        ("com/x.com", "1"),
    ]);
    let second = repo.commit(&[
        ("org/example.org", "1"),
        ("org/example.org.d/a", "2"),
        ("net/example.net", "2"),
        ("moved/x.com", "1"),
    ]);
    let mut layout = repo.layout(first);
    let touched = layout.apply(
        &repo
            .snapshot(second)
            .changes_since(Some(&repo.snapshot(first)))
            .expect("changes"),
    );
    let zones: Vec<&str> = touched.zones.iter().map(ZoneName::as_str).collect();
    assert_eq!(zones, ["example.net.", "x.com."]);
    assert_eq!(
        touched.parts.into_iter().collect::<Vec<_>>(),
        [TreePath::new("org/example.org.d/a")]
    );
    assert_eq!(layout, repo.layout(second));
}

#[test]
fn file_becomes_folder_and_back() {
    let repo = Repo::new();
    let file = repo.commit(&[("org", "a zone"), ("b.example", "x")]);
    let folder = repo.commit(&[("org/example.org", "a zone"), ("b.example", "x")]);
    let mut layout = repo.layout(file);
    layout.apply(
        &repo
            .snapshot(folder)
            .changes_since(Some(&repo.snapshot(file)))
            .expect("changes"),
    );
    assert_eq!(
        listed(&layout),
        ["b.example. b.example", "example.org. org/example.org"]
    );
    layout.apply(
        &repo
            .snapshot(file)
            .changes_since(Some(&repo.snapshot(folder)))
            .expect("changes"),
    );
    assert_eq!(layout, repo.layout(file));
}

#[test]
fn revisions() {
    let repo = Repo::new();
    let first = repo.commit(&[("example.org", "1")]);
    let second = repo.commit(&[("example.org", "2")]);
    repo.git(&["tag", "-a", "v1", "-m", "one", &first.to_string()]);
    repo.git(&["tag", "-a", "v1-again", "-m", "one", "v1"]);
    repo.git(&["branch", "feature/x", &first.to_string()]);
    let store = repo.store();
    let prefix = &first.to_string()[..9];
    for (revision, wanted) in [
        ("HEAD", second),
        ("@", second),
        ("main", second),
        ("refs/heads/main", second),
        ("HEAD~", first),
        ("HEAD~1", first),
        ("main^", first),
        ("main^1", first),
        ("main^0", second),
        ("v1", first),
        ("v1-again", first),
        ("feature/x", first),
        (prefix, first),
        (&prefix.to_uppercase(), first),
        (&first.to_string(), first),
    ] {
        assert_eq!(store.resolve(revision), Ok(wanted), "{revision}");
    }
    for missing in ["nothing", "HEAD~2", "main^2", "deadbeef", "main^1^1"] {
        assert!(
            matches!(store.resolve(missing), Err(Error::NoSuchRevision { .. })),
            "{missing}"
        );
    }
    for syntax in [
        "",
        "-x",
        "main@{1}",
        "main:example.org",
        ":/A",
        "main^{tree}",
        "main~99999999999999999999",
        "a..b",
    ] {
        assert!(
            matches!(store.resolve(syntax), Err(Error::RevisionSyntax { .. })),
            "{syntax}"
        );
    }
    let range = store.resolve_range("main~..").expect("a range");
    assert_eq!((range.from, range.to), (Some(first), second));
    let new_branch = store
        .resolve_range(&format!("{}..main", "0".repeat(40)))
        .expect("a range");
    assert_eq!((new_branch.from, new_branch.to), (None, second));
    assert!(store.resolve_range("main").is_err() && store.resolve_range("a...b").is_err());
}

#[test]
fn ambiguous_prefix() {
    let repo = Repo::new();
    let mut ids: Vec<String> = (0..1200).map(|n| repo_id(&n.to_string())).collect();
    ids.sort();
    let twins = ids
        .windows(2)
        .find(|pair| pair[0][..4] == pair[1][..4])
        .expect("a birthday");
    for n in 0..1200 {
        let text = n.to_string();
        if twins.contains(&repo_id(&text)) {
            repo.blob(text.as_bytes());
        }
    }
    assert!(matches!(
        repo.store().resolve(&twins[0][..4]),
        Err(Error::Ambiguous { .. })
    ));
}

fn repo_id(text: &str) -> String {
    gix::objs::compute_hash(
        gix::hash::Kind::Sha1,
        gix::objs::Kind::Blob,
        text.as_bytes(),
    )
    .expect("no collision")
    .to_string()
}

#[test]
fn commits_say_who_and_when() {
    let repo = Repo::new();
    let tree = repo.tree(&[]);
    let id = repo.commit_tree(&tree);
    let next = repo.commit_tree(&tree);
    let commit = repo.store().commit(next).expect("the commit");
    assert_eq!(commit.parents, [id]);
    assert_eq!(commit.author.to_string(), "Ann <ann@example.org>");
    assert_eq!(commit.committer.name, "Bob");
    assert_eq!(
        (commit.author.time_secs, commit.author.offset_secs),
        (1_700_000_000, 3600)
    );
    assert_eq!(commit.summary(), "A change");
    let history: Vec<_> = repo
        .store()
        .first_parents(next)
        .map(|commit| commit.expect("reads").id)
        .collect();
    assert_eq!(history, [next, id]);
}

#[test]
fn branches_born_and_unborn() {
    let repo = Repo::new();
    let store = repo.store();
    assert_eq!(store.tip(None), Ok(None));
    assert_eq!(store.tip(Some("main")), Ok(None));
    let id = repo.commit(&[("example.org", "1")]);
    assert_eq!(store.tip(None), Ok(Some(id)));
    assert_eq!(store.tip(Some("refs/heads/main")), Ok(Some(id)));
    let known = vec!["main".to_owned()];
    assert_eq!(
        store.tip(Some("mian")),
        Err(Error::NoSuchBranch {
            branch: "mian".into(),
            known
        })
    );
    repo.git(&["pack-refs", "--all"]);
    assert_eq!(store.tip(None), Ok(Some(id)));
}

#[test]
fn includes_stay_inside_the_commit() {
    let repo = Repo::new();
    let id = repo.commit(&[
        ("zones/example.org", "z"),
        ("zones/example.org.d/a", "part"),
        ("zones/other.d/_keys", "secret"),
    ]);
    let snapshot = repo.snapshot(id);
    let part = snapshot
        .include("zones/example.org", "example.org.d/a")
        .expect("a part");
    assert_eq!(snapshot.file(&part.path, part.blob).expect("read"), b"part");
    let missing = IncludeError::Missing("zones/example.org.d/b".into());
    assert_eq!(snapshot.include("zones/example.org.d/a", "b"), Err(missing));
    assert!(matches!(
        snapshot.include("zones/example.org", "other.d/_keys"),
        Err(IncludeError::Keys(_))
    ));
    assert!(matches!(
        snapshot.include("zones/example.org", "../zones/example.org.d/a"),
        Err(IncludeError::Dots)
    ));
}

#[test]
fn working_trees_linked_trees_and_urls() {
    let repo = Repo::new();
    let id = repo.commit(&[("example.org", "1")]);
    let (clone, linked) = (repo.beside("clone"), repo.beside("linked"));
    let text = |path: &std::path::Path| path.to_str().expect("UTF-8").to_owned();
    repo.git(&["clone", "-q", &text(&repo.path()), &text(&clone)]);
    let add = testbed::git(&clone)
        .args(["worktree", "add", "-q", "-b", "side", &text(&linked)])
        .status();
    assert!(add.expect("git runs").success());
    for place in [
        text(&clone),
        text(&linked),
        format!("file://{}", text(&clone)),
    ] {
        let location = Location::parse(&place).expect("a location");
        let store = Store::open(&location).expect("opens");
        assert_eq!(store.tip(None), Ok(Some(id)), "{place}");
        assert_eq!(store.tip(Some("main")), Ok(Some(id)), "{place}");
    }
}

#[test]
fn what_is_no_repository_says_so() {
    let empty = tempfile::tempdir().expect("a directory");
    for path in [empty.path().to_owned(), empty.path().join("missing")] {
        let error = Store::open_path(&path).expect_err("no repository");
        assert!(matches!(error, Error::NotARepository { .. }), "{error}");
    }
}

#[test]
fn sha256_repositories() {
    let repo = Repo::with_format("sha256");
    let id = repo.commit(&[("example.org", "1"), ("example.org.d/a", "2")]);
    assert_eq!(id.as_bytes().len(), 32);
    assert_eq!(listed(&repo.layout(id)), ["example.org. example.org"]);
    assert_eq!(repo.store().resolve(&id.to_string()[..10]), Ok(id));
}

#[test]
fn packed_and_shallow() {
    let repo = Repo::new();
    for n in 0..5 {
        repo.commit(&[("example.org", &n.to_string())]);
    }
    repo.git(&["gc", "-q"]);
    let tip = repo.store().tip(None).expect("HEAD").expect("a commit");
    assert_eq!(repo.store().first_parents(tip).count(), 5);
    let shallow = repo.beside("shallow");
    let url = format!("file://{}", repo.path().display());
    repo.git(&[
        "clone",
        "-q",
        "--bare",
        "--depth",
        "2",
        &url,
        shallow.to_str().expect("UTF-8"),
    ]);
    let store = Store::open_path(&shallow).expect("opens");
    assert_eq!(store.first_parents(tip).filter(Result::is_ok).count(), 2);
    assert_eq!(
        store
            .snapshot(tip)
            .expect("reads")
            .layout()
            .expect("reads")
            .zone_count(),
        1
    );
}

#[test]
fn many_pushes_to_one_open_store() {
    let repo = Repo::new();
    repo.commit(&[("example.org", "start")]);
    let store = repo.store();
    for n in 0..80 {
        let id = repo.commit(&[("example.org", &n.to_string())]);
        repo.git(&["repack", "-q", "-d"]);
        let layout = store.snapshot(id).expect("reads").layout().expect("reads");
        assert_eq!(layout.zone_count(), 1, "push {n}");
    }
}

#[test]
fn objects_of_a_push_in_quarantine() {
    let repo = Repo::new();
    let first = repo.commit(&[("example.org", "1")]);
    let second = repo.commit(&[("example.org", "2"), ("example.net", "2")]);
    repo.git(&["repack", "-q", "-a", "-d"]);
    // All objects in the directory a hook would be told of, none in the repository.
    let quarantine = repo.beside("incoming");
    std::fs::rename(repo.path().join("objects"), &quarantine).expect("moved");
    std::fs::create_dir_all(repo.path().join("objects/pack")).expect("made");
    assert!(repo.store().commit(second).is_err());
    let store = repo.store().with_incoming(&quarantine);
    let changes = store
        .snapshot(second)
        .expect("reads")
        .changes_since(Some(&store.snapshot(first).expect("reads")));
    assert_eq!(changes.expect("changes").len(), 2);
    assert_eq!(store.resolve(&second.to_string()[..12]), Ok(second));
}

/// Following from any commit to any other, in any direction, ends where a fresh look does.
#[test]
fn following_and_looking_anew_are_the_same() {
    let repo = Repo::new();
    let mut random = Random::seeded(7);
    let mut dice = |end| random.below(end);
    let paths = [
        "a.example",
        "A.example",
        "x/a.example",
        "x/y/a.example",
        "org",
        "org/example.org",
        "org/example.org.d/part",
        "zones/b.example",
        "zones/x/B.example",
        "README.md",
        "not-a-zone~",
        "x/_keys",
        "common.d/part",
        "1/2/3/4/5/6/7/8/9/deep",
    ];
    let mut ids = vec![repo.commit(&[])];
    for n in 0..40 {
        let mut files: Vec<(&str, String)> = Vec::new();
        for path in paths {
            if dice(3) == 0
                && !files
                    .iter()
                    .any(|(other, _)| path.starts_with(&format!("{other}/")))
            {
                files.push((path, (n * dice(2)).to_string()));
            }
        }
        ids.push(
            repo.commit(
                &files
                    .iter()
                    .map(|(path, text)| (*path, text.as_str()))
                    .collect::<Vec<_>>(),
            ),
        );
    }
    for _ in 0..300 {
        let (from, to) = (ids[dice(41)], ids[dice(41)]);
        let mut layout = repo.layout(from);
        layout.apply(
            &repo
                .snapshot(to)
                .changes_since(Some(&repo.snapshot(from)))
                .expect("changes"),
        );
        assert_eq!(layout, repo.layout(to), "{from} to {to}");
    }
}

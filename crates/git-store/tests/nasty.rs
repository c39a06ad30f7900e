//! Repositories made to do harm, or by mistake.

mod support;

use git_store::{Change, Error, Found, Problem, ReadError, TreePath, limits};
use support::{Entry, Repo, listed, tree_octets};
use testbed::Random;

const FILE: &str = "100644";
const PROGRAM: &str = "100755";
const LINK: &str = "120000";
const FOLDER: &str = "40000";
const MODULE: &str = "160000";

/// The layout of a commit with exactly this tree.
fn layout_of(repo: &Repo, entries: &[Entry<'_>]) -> Vec<String> {
    let id = repo.commit_tree(&repo.tree(entries));
    listed(&repo.layout(id))
}

#[test]
fn symlinks_are_never_followed() {
    let repo = Repo::new();
    let (zone, link) = (repo.blob(b"zone"), repo.blob(b"/etc/passwd"));
    let folder = repo.tree(&[(LINK, b"part", link.clone())]);
    let seen = layout_of(
        &repo,
        &[
            (LINK, b"README.md", link.clone()),
            (LINK, b"example.net", link.clone()),
            (FILE, b"example.org", zone),
            (FOLDER, b"example.org.d", folder),
            (LINK, b"zones", link),
        ],
    );
    assert_eq!(
        seen,
        [
            "example.net. ! example.net layout-symlink",
            "example.org. example.org",
            "zones. ! zones layout-symlink",
            "example.org.d/part ! layout-symlink",
        ]
    );
    let snapshot = repo.snapshot(repo.store().resolve("main").expect("there"));
    assert!(
        snapshot
            .include("example.org", "example.org.d/part")
            .is_err()
    );
    let through = snapshot.find("zones/passwd").expect("looked");
    assert_eq!(through, None, "a path through a link leads nowhere");
}

#[test]
fn submodules_and_programs() {
    let repo = Repo::new();
    let zone = repo.blob(b"zone");
    let module = repo.commit_tree(&repo.tree(&[])).to_string();
    let seen = layout_of(
        &repo,
        &[
            (FILE, b".gitmodules", zone.clone()),
            (MODULE, b"example.net", module),
            (PROGRAM, b"example.org", zone),
        ],
    );
    assert_eq!(
        seen,
        [
            "example.org. ! example.org layout-executable",
            "example.net ! layout-submodule"
        ]
    );
}

#[test]
fn names_git_would_refuse() {
    let repo = Repo::new();
    let zone = repo.blob(b"zone");
    let inner = repo.tree(&[(FILE, b"example.org", zone.clone())]);
    let seen = layout_of(
        &repo,
        &[
            (FOLDER, b".", inner.clone()),
            (FOLDER, b"..", inner.clone()),
            (FOLDER, b".git", inner.clone()),
            (FILE, b"/etc/passwd", zone.clone()),
            (FILE, b"", zone.clone()),
            (FILE, b"GIT~1", zone.clone()),
            (FILE, b"a/../../b", zone),
            (FOLDER, b"org", inner),
        ],
    );
    assert_eq!(
        seen,
        [
            "example.org. org/example.org",
            " ! layout-not-a-zone-name",
            "/etc/passwd ! layout-not-a-zone-name",
            "GIT~1 ! layout-not-a-zone-name",
            "a/../../b ! layout-not-a-zone-name",
        ]
    );
}

#[test]
fn names_that_deceive() {
    let repo = Repo::new();
    let zone = repo.blob(b"zone");
    let inner = repo.tree(&[(FILE, b"example.org", zone.clone())]);
    let seen = layout_of(
        &repo,
        &[
            (FILE, b"a\x1b[2J.example", zone.clone()),
            (FILE, b"b\n.example", zone.clone()),
            (FOLDER, b"caf\xe9", inner),
            (FILE, "d\u{202e}gro.example".as_bytes(), zone.clone()),
            (FILE, "é.example".as_bytes(), zone),
        ],
    );
    assert_eq!(
        seen,
        [
            "a\\u{1b}[2J.example ! layout-control-character",
            "b\\u{a}.example ! layout-control-character",
            "caf\\xe9 ! layout-not-utf8",
            "d\\u{202e}gro.example ! layout-control-character",
            "é.example ! layout-not-a-zone-name",
        ]
    );
}

#[test]
fn two_files_for_one_zone() {
    let repo = Repo::new();
    let first = repo.commit(&[
        ("example.org", "1"),
        ("Example.ORG", "2"),
        ("org/example.org", "3"),
        ("a.example", "4"),
    ]);
    let mut layout = repo.layout(first);
    assert_eq!(
        listed(&layout),
        [
            "a.example. a.example",
            "example.org. ! Example.ORG layout-several-files"
        ]
    );
    assert!(
        layout.findings()[0]
            .to_string()
            .ends_with("beside example.org org/example.org")
    );
    // As soon as one is left, it is the zone.
    let second = repo.commit(&[("org/example.org", "3"), ("a.example", "4")]);
    let touched = layout.apply(
        &repo
            .snapshot(second)
            .changes_since(Some(&repo.snapshot(first)))
            .expect("changes"),
    );
    assert_eq!(
        listed(&layout),
        ["a.example. a.example", "example.org. org/example.org"]
    );
    assert_eq!(touched.zones.len(), 1);
}

#[test]
fn a_zone_inside_another_is_two_zones() {
    let repo = Repo::new();
    let id = repo.commit(&[("example.org", "1"), ("sub.example.org", "2"), ("org", "3")]);
    assert_eq!(repo.layout(id).zone_count(), 3);
}

#[test]
fn keys_are_reported_and_never_zones() {
    let repo = Repo::new();
    let id = repo.commit(&[
        ("example.org", "1"),
        ("example.org._keys", "secret"),
        ("org/_keys", "secret"),
    ]);
    let layout = repo.layout(id);
    assert_eq!(
        listed(&layout),
        [
            "example.org. example.org",
            "example.org._keys ! layout-key-file",
            "org/_keys ! layout-key-file"
        ]
    );
    assert_eq!(layout.hidden_by(&TreePath::new("org/_keys")), None);
}

#[test]
fn huge_blobs_are_not_inflated() {
    let repo = Repo::new();
    let huge = repo.beside("huge");
    std::fs::File::create(&huge)
        .and_then(|file| file.set_len(limits::FILE_OCTETS + 1))
        .expect("made");
    let blob = repo.git(&["hash-object", "-w", huge.to_str().expect("UTF-8")]);
    let tree = repo.tree(&[(FILE, b"example.org", blob)]);
    for pack in [false, true] {
        let id = repo.commit_tree(&tree);
        if pack {
            repo.git(&["repack", "-q", "-a", "-d"]);
        }
        assert_eq!(
            refused(&repo, id),
            Problem::TooLarge {
                octets: limits::FILE_OCTETS + 1
            }
        );
    }
}

#[test]
fn binary_files_are_not_zones() {
    let repo = Repo::new();
    let text = "x".repeat(10_000) + "\0" + "\0";
    let id = repo.commit(&[("example.org", &text)]);
    assert_eq!(refused(&repo, id), Problem::Binary { offset: 10_000 });
}

/// Why the one zone of a commit is refused when it is read.
fn refused(repo: &Repo, id: git_store::CommitId) -> Problem {
    let snapshot = repo.snapshot(id);
    let layout = snapshot.layout().expect("a layout");
    let file = layout.zones().next().expect("a zone").1.expect("a file");
    match snapshot.file(&file.path, file.blob) {
        Err(ReadError::Refused(finding)) => finding.problem,
        other => panic!("{other:?}"),
    }
}

#[test]
fn too_many_entries_hide_a_folder_but_nothing_else() {
    let repo = Repo::new();
    let zone = repo.blob(b"zone");
    let names: Vec<Vec<u8>> = (0..=limits::FOLDER_ENTRIES)
        .map(|n| format!("z{n:06}.example").into_bytes())
        .collect();
    let entries: Vec<Entry<'_>> = names
        .iter()
        .map(|name| (FILE, name.as_slice(), zone.clone()))
        .collect();
    let (full, over) = (repo.tree(&entries[1..]), repo.tree(&entries));
    let first = repo
        .commit_tree(&repo.tree(&[(FILE, b"a.example", zone.clone()), (FOLDER, b"many", full)]));
    let second =
        repo.commit_tree(&repo.tree(&[(FILE, b"a.example", zone), (FOLDER, b"many", over)]));
    let mut layout = repo.layout(first);
    assert_eq!(layout.zone_count(), 100_001);
    let touched = layout.apply(
        &repo
            .snapshot(second)
            .changes_since(Some(&repo.snapshot(first)))
            .expect("changes"),
    );
    assert_eq!(
        listed(&layout),
        ["a.example. a.example", "many ! layout-too-many-entries"]
    );
    assert_eq!(touched.zones.len(), 100_000);
    assert!(
        layout
            .hidden_by(&TreePath::new("many/z000001.example"))
            .is_some()
    );
}

#[test]
fn a_folder_that_becomes_a_link_hides_its_zones() {
    let repo = Repo::new();
    let (zone, link) = (repo.blob(b"zone"), repo.blob(b"/etc"));
    let inner = repo.tree(&[(FILE, b"example.org", zone.clone())]);
    let first = repo
        .commit_tree(&repo.tree(&[(FILE, b"a.example", zone.clone()), (FOLDER, b"org", inner)]));
    let second = repo.commit_tree(&repo.tree(&[(FILE, b"a.example", zone), (LINK, b"org", link)]));
    let mut layout = repo.layout(first);
    layout.apply(
        &repo
            .snapshot(second)
            .changes_since(Some(&repo.snapshot(first)))
            .expect("changes"),
    );
    let finding = layout
        .hidden_by(&TreePath::new("org/example.org"))
        .expect("hidden");
    assert_eq!(
        (finding.path, finding.problem),
        (TreePath::new("org"), Problem::Symlink)
    );
    assert_eq!(layout.hidden_by(&TreePath::new("com/example.com")), None);
}

#[test]
fn too_deep() {
    let repo = Repo::new();
    let id = repo.commit(&[
        ("1/2/3/4/5/6/7/8/a.example", "in"),
        ("1/2/3/4/5/6/7/8/9/b.example", "out"),
    ]);
    assert_eq!(
        listed(&repo.layout(id)),
        [
            "a.example. 1/2/3/4/5/6/7/8/a.example",
            "1/2/3/4/5/6/7/8/9 ! layout-too-deep"
        ]
    );
}

#[test]
fn a_tree_bomb_ends() {
    let repo = Repo::new();
    let zone = repo.blob(b"zone");
    let names: Vec<String> = (0..10).map(|n| format!("f{n}")).collect();
    let mut tree = repo.tree(
        &names
            .iter()
            .map(|name| (FILE, name.as_bytes(), zone.clone()))
            .collect::<Vec<_>>(),
    );
    for _ in 0..7 {
        tree = repo.tree(
            &names
                .iter()
                .map(|name| (FOLDER, name.as_bytes(), tree.clone()))
                .collect::<Vec<_>>(),
        );
    }
    let id = repo.commit_tree(&tree);
    assert_eq!(
        repo.snapshot(id).layout(),
        Err(Error::TooManyFiles),
        "10^8 files in 8 objects"
    );
}

#[test]
fn damage_is_told_not_served() {
    let repo = Repo::new();
    let id = repo.commit_tree(&repo.tree(&[(FILE, b"example.org", "0".repeat(39) + "1")]));
    let snapshot = repo.snapshot(id);
    let layout = snapshot.layout().expect("the tree is fine");
    let file = layout.zones().next().expect("a zone").1.expect("a file");
    let missing = snapshot.file(&file.path, file.blob);
    assert!(
        matches!(missing, Err(ReadError::Repository(Error::Missing { .. }))),
        "{missing:?}"
    );

    let garbage = repo.git_with(
        &["hash-object", "-t", "tree", "-w", "--literally", "--stdin"],
        b"100644 example.org\0short",
    );
    let id = repo.commit_tree(&garbage);
    let damaged = repo
        .store()
        .snapshot(id)
        .and_then(|snapshot| snapshot.layout());
    assert!(matches!(damaged, Err(Error::Damaged { .. })), "{damaged:?}");
}

#[test]
fn a_flipped_bit_is_told() {
    let repo = Repo::new();
    let id = repo.commit(&[("example.org", "some zone text")]);
    let blob = repo.git(&["rev-parse", "main:example.org"]);
    let (folder, file) = blob.split_at(2);
    let object = repo.path().join("objects").join(folder).join(file);
    let mut octets = std::fs::read(&object).expect("a loose object");
    let last = octets.len() - 1;
    octets[last] ^= 0xff;
    std::fs::remove_file(&object).expect("removed");
    std::fs::write(&object, octets).expect("written");
    let snapshot = repo.snapshot(id);
    let file = snapshot
        .layout()
        .expect("reads")
        .zones()
        .next()
        .expect("a zone")
        .1
        .expect("a file");
    let read = snapshot.file(&file.path, file.blob);
    assert!(matches!(read, Err(ReadError::Repository(_))), "{read:?}");
}

#[test]
fn order_of_a_tree_does_not_matter() {
    let repo = Repo::new();
    let (one, two) = (repo.blob(b"1"), repo.blob(b"2"));
    let sorted = repo.commit_tree(&repo.tree(&[
        (FILE, b"a.example", one.clone()),
        (FILE, b"b.example", one.clone()),
    ]));
    let reversed =
        repo.commit_tree(&repo.tree(&[(FILE, b"b.example", two), (FILE, b"a.example", one)]));
    let mut layout = repo.layout(sorted);
    let changes: Vec<Change> = repo
        .snapshot(reversed)
        .changes_since(Some(&repo.snapshot(sorted)))
        .expect("changes");
    assert!(
        changes
            .iter()
            .all(|change| matches!(change.after, None | Some(Found::Zone(..))))
    );
    layout.apply(&changes);
    assert_eq!(listed(&layout), listed(&repo.layout(reversed)));
}

#[test]
fn trees_with_wrong_octets_are_read_or_refused() {
    let repo = Repo::new();
    let zone = repo.blob(b"zone");
    let inner = repo.tree(&[(FILE, b"example.org", zone.clone())]);
    let octets = tree_octets(&[
        (FILE, b".gitignore", zone.clone()),
        (FILE, b"a.example", zone.clone()),
        (FOLDER, b"org", inner),
        (FILE, b"z.example", zone),
    ]);
    let good = repo.commit_tree(&repo.raw_tree(&octets));
    let (mut read, mut random) = (0, Random::seeded(1));
    for _ in 0..150 {
        let mut wrong = octets.clone();
        for _ in 0..3 {
            let at = random.below(wrong.len());
            wrong[at] = random.bits() as u8;
        }
        let Ok(snapshot) = repo
            .store()
            .snapshot(repo.commit_tree(&repo.raw_tree(&wrong)))
        else {
            continue;
        };
        let changes = snapshot.changes_since(Some(&repo.snapshot(good)));
        if let (Ok(layout), Ok(changes)) = (snapshot.layout(), changes) {
            let mut followed = repo.layout(good);
            followed.apply(&changes);
            assert_eq!(listed(&followed), listed(&layout));
            read += 1;
        }
    }
    assert!(read > 10, "some are right by chance: {read}");
}

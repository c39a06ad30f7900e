#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]
//! Packs that somebody else made: taken in whole, or without a trace.

mod support;

use std::process::{Command, Stdio};

use git_store::{CommitId, Error};
use support::Repo;

/// What Git puts into a pack for these revisions.
fn pack(repo: &Repo, revisions: &str, options: &[&str]) -> Vec<u8> {
    let list = repo.beside("revisions");
    std::fs::write(&list, revisions).unwrap();
    let mut git: Command = testbed::git(&repo.path());
    let output = git
        .args(["pack-objects", "--stdout", "-q"])
        .args(options)
        .stdin(Stdio::from(std::fs::File::open(list).unwrap()))
        .output()
        .unwrap();
    assert!(output.status.success());
    output.stdout
}

fn take(into: &Repo, mut pack: &[u8], tip: CommitId) -> Result<(), Error> {
    into.store().take_pack(&mut pack, tip, None)
}

fn nothing_is_left(repo: &Repo) -> bool {
    let mut entries = std::fs::read_dir(repo.path().join("objects")).unwrap();
    let is_clean = entries.all(|entry| {
        let name = entry.unwrap().file_name();
        name == "info" || name == "pack"
    });
    is_clean && repo.git(&["count-objects", "-v"]).contains("packs: 0")
}

#[test]
fn whole_ones_are_taken_and_others_leave_no_trace() {
    let (from, into) = (Repo::new(), Repo::new());
    from.commit(&[("example.org", "1"), ("example.net", "2")]);
    let tip = from.commit(&[("example.org", "3"), ("example.net", "2")]);
    let whole = pack(&from, &format!("{tip}\n"), &["--revs"]);

    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    for wrong in [
        &whole[..whole.len() - 30],
        &damaged,
        b"",
        b"PACK",
        b"<html>",
    ] {
        let refused = take(&into, wrong, tip).unwrap_err();
        assert!(matches!(refused, Error::Refused { .. }), "{refused}");
        assert!(nothing_is_left(&into));
    }

    // Sound, but without the older commit, or without a file.
    let file = from.git(&["rev-parse", &format!("{tip}:example.org")]);
    let tree = from.git(&["rev-parse", &format!("{tip}^{{tree}}")]);
    for objects in [format!("{tip}\n{tree}\n{file}\n"), format!("{tip}\n")] {
        let missing = take(&into, &pack(&from, &objects, &[]), tip).unwrap_err();
        assert!(matches!(missing, Error::Missing { .. }), "{missing}");
        assert!(nothing_is_left(&into));
    }

    take(&into, &whole, tip).unwrap();
    assert_eq!(
        into.git(&["rev-list", "--objects", "--count", &tip.to_string()]),
        "7"
    );
}

/// An object of a gigabyte of zeros is a pack of a megabyte: its size is looked at before room is made for it.
#[test]
fn a_bomb_is_refused_by_its_size() {
    let (from, into) = (Repo::new(), Repo::new());
    let zeros = from.beside("zeros");
    let file = std::fs::File::create(&zeros).unwrap();
    file.set_len(git_store::limits::PACKED_OCTETS + 1).unwrap();
    let blob = from.git(&["hash-object", "-w", zeros.to_str().unwrap()]);
    let tip = from.commit_tree(&from.tree(&[("100644", b"example.org", blob)]));
    let bomb = pack(&from, &format!("{tip}\n"), &["--revs"]);
    assert!(bomb.len() < 1 << 20);
    let refused = take(&into, &bomb, tip).unwrap_err();
    assert!(matches!(refused, Error::Refused { .. }), "{refused}");
    assert!(nothing_is_left(&into));
}

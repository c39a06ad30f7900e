//! What must hold over every transport.

use git_remote::{Remote, RemoteError};

use super::repo::Repo;

/// A zone of a thousand records, large enough that a difference pays.
pub(crate) fn zone(changed: usize) -> String {
    (0..1000)
        .map(|n| {
            format!(
                "host{n}.example.org. 3600 IN A 192.0.{}.{}\n",
                n / 250,
                n % 250
            )
        })
        .chain([format!("changed.example.org. 3600 IN TXT {changed}\n")])
        .collect()
}

/// The first fetch, one with nothing new, one with a change, a branch that is not there, a rewritten one.
pub(crate) fn follows(origin: &Repo, remote: &Remote) {
    let mirror = Repo::with_format(origin.store().object_format().name());
    assert_eq!(remote.tip(None).unwrap(), None, "nothing there yet");
    assert_eq!(remote.fetch(&mirror.store(), None, None).unwrap(), None);

    origin.commit("main", "zones/example.org", &zone(0));
    let first = origin.commit("main", "zones/example.net", &zone(1));
    let tip = remote.fetch(&mirror.store(), None, None).unwrap().unwrap();
    assert_eq!((tip.branch.as_str(), tip.commit), ("main", first));
    assert!(tip.pack_octets > 0);
    assert!(mirror.is_sound(first));
    assert_eq!((mirror.count("packs"), mirror.count("in-pack")), (1, 8));

    let again = remote.fetch(&mirror.store(), Some("main"), Some(first));
    let again = again.unwrap().unwrap();
    assert_eq!((again.commit, again.pack_octets), (first, 0));
    assert_eq!(mirror.count("packs"), 1, "nothing new, nothing sent");

    let second = origin.commit("main", "zones/example.org", &zone(2));
    let tip = remote.fetch(&mirror.store(), Some("main"), Some(first));
    assert_eq!(tip.unwrap().unwrap().commit, second);
    assert!(mirror.is_sound(second));
    // Commit, two folders, a file; bases of differences are added to make the pack whole.
    assert!(mirror.count("in-pack") <= 8 + 4 + 3);
    assert!(mirror.store().is_ancestor(first, second).unwrap());

    origin.git(&["update-ref", "refs/heads/main", &format!("{first}^")]);
    let other = origin.commit("main", "zones/example.org", &zone(3));
    let tip = remote
        .fetch(&mirror.store(), None, Some(second))
        .unwrap()
        .unwrap();
    assert_eq!(tip.commit, other);
    assert!(mirror.is_sound(other));
    assert!(!mirror.store().is_ancestor(second, other).unwrap());

    match remote.tip(Some("elsewhere")) {
        Err(RemoteError::NoSuchBranch { branch, known }) => {
            assert_eq!(
                (branch.as_str(), known),
                ("elsewhere", vec!["main".to_owned()])
            );
        }
        other => panic!("{other:?}"),
    }
    let left = std::fs::read_dir(mirror.path().join("objects")).unwrap();
    let left = left.filter(|entry| {
        entry
            .as_ref()
            .unwrap()
            .file_name()
            .to_string_lossy()
            .contains("tmp")
    });
    assert_eq!(left.count(), 0, "no directory is left behind");
}

/// Each outcome of a push, and that `git push` says the same of the same.
pub(crate) fn pushes(origin: &Repo, remote: &Remote) {
    let local = Repo::with_format(origin.store().object_format().name());
    let push = |expected, new| {
        let pushed = remote.push(&local.store(), "main", (expected, new))?;
        assert_eq!(pushed.commit(), new);
        Ok(pushed.is_new())
    };
    let has = |commit| remote.has(&local.store(), Some("main"), commit);
    let oracle = |new| git_push(&local, origin, new);

    let first = local.commit("main", "zones/example.org", &zone(0));
    assert_eq!(oracle(first), '*');
    assert_eq!(push(None, first), Ok(true), "a new branch");
    assert_eq!(push(None, first), Ok(false));
    assert_eq!(oracle(first), '=');

    let second = local.commit("main", "zones/example.org", &zone(1));
    let third = local.commit("main", "zones/example.net", &zone(2));
    assert_eq!(oracle(third), ' ');
    let before = origin.count("size") + origin.count("size-pack");
    assert_eq!(push(Some(first), third), Ok(true));
    assert!(
        origin.count("size") + origin.count("size-pack") <= before + 48,
        "KiB"
    );
    assert_eq!(origin.tip("main"), third);
    assert!(origin.is_sound(third));

    // Taken back: the new file is the old one, which nothing may be told from in a circle.
    let back = local.commit("main", "zones/example.org", &zone(0));
    let forth = local.commit("main", "zones/example.org", &zone(1));
    assert_eq!(push(Some(third), forth), Ok(true));
    assert!(origin.is_sound(forth) && local.store().is_ancestor(back, forth).unwrap());

    local.set("main", second);
    let aside = local.commit("main", "zones/example.com", &zone(3));
    assert_eq!(oracle(aside), '!');
    let diverged = RemoteError::Diverged { theirs: forth };
    assert_eq!(push(Some(forth), aside), Err(diverged));
    let moved = RemoteError::Moved {
        theirs: Some(forth),
    };
    assert_eq!(push(Some(second), aside), Err(moved));
    assert_eq!(origin.tip("main"), forth, "not touched");
    assert_eq!(has(aside), Ok(None));
    let there = has(back).expect("asked").expect("it is there");
    assert_eq!((there.commit(), there.is_new()), (back, false));

    local.set("main", forth);
    let fourth = local.commit("main", "zones/example.com", &zone(4));
    origin.hook(
        "pre-receive",
        "echo 'serial of example.com \x1b[31mfell' >&2; exit 1",
    );
    assert_eq!(oracle(fourth), '!');
    match push(Some(forth), fourth) {
        Err(error @ RemoteError::Refused { .. }) => {
            let text = error.to_string();
            assert!(
                text.contains("pre-receive hook declined: serial of example.com"),
                "{text}"
            );
            assert!(!text.contains('\x1b'), "safe to show");
        }
        other => panic!("{other:?}"),
    }
    origin.hook("pre-receive", "exit 0");
    let race = format!("git update-ref refs/heads/main {second}");
    origin.hook("update", &race);
    let moved = RemoteError::Moved {
        theirs: Some(second),
    };
    assert_eq!(
        push(Some(forth), fourth),
        Err(moved),
        "too late by a moment"
    );
}

/// The sign that `git push --porcelain` gives, tried against a copy.
fn git_push(local: &Repo, origin: &Repo, new: git_store::CommitId) -> char {
    let copy = local.base().join("copy.git");
    let _ = std::fs::remove_dir_all(&copy);
    let copied = std::process::Command::new("cp")
        .arg("-r")
        .arg(origin.path())
        .arg(&copy)
        .status();
    assert!(copied.unwrap().success());
    let output = testbed::git(&local.path())
        .args(["push", "--porcelain"])
        .arg(&copy)
        .arg(format!("{new}:refs/heads/main"))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().find(|line| line.contains("refs/heads/main"));
    line.and_then(|line| line.chars().next())
        .unwrap_or_else(|| panic!("{text}"))
}

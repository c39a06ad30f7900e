//! Who descends from whom, as `git merge-base --is-ancestor` sees it.

mod support;

use git_store::CommitId;
use support::Repo;
use testbed::Random;

/// Commits with up to three parents each, by clocks that are wrong as often as right.
fn generated(repo: &Repo, count: usize, dice: &mut Random) -> Vec<CommitId> {
    generated_at(repo, count, dice, |_, dice| dice.below(1000))
}

/// The same, with the seconds that a clock tells.
fn generated_at(
    repo: &Repo,
    count: usize,
    dice: &mut Random,
    clock: impl Fn(usize, &mut Random) -> usize,
) -> Vec<CommitId> {
    let mut stream = String::new();
    for mark in 1..=count {
        let time = 1_700_000_000 + clock(mark, dice);
        stream += &format!("commit refs/heads/b{mark}\nmark :{mark}\n");
        stream += &format!("committer Ann <ann@example.org> {time} +0000\ndata 1\nx\n");
        for nth in 0..dice.below(4).min(mark - 1) {
            let word = if nth == 0 { "from" } else { "merge" };
            stream += &format!("{word} :{}\n", 1 + dice.below(mark - 1));
        }
        stream += &format!("M 644 inline f\ndata <<END\n{mark}\nEND\n");
    }
    repo.git_with(&["fast-import", "--quiet"], stream.as_bytes());
    let store = repo.store();
    let tip = |mark| {
        store
            .resolve(&format!("refs/heads/b{mark}"))
            .expect("there")
    };
    (1..=count).map(tip).collect()
}

#[test]
fn as_git_sees_it() {
    let (repo, mut dice) = (Repo::new(), Random::seeded(3));
    let commits = generated(&repo, 24, &mut dice);
    let store = repo.store();
    let mut yes = 0;
    for older in &commits {
        for newer in &commits {
            let [a, b] = [older, newer].map(ToString::to_string);
            let mut git = testbed::git(&repo.path());
            let git = git.args(["merge-base", "--is-ancestor", &a, &b]);
            let wanted = git.status().expect("git runs").success();
            let answer = store.is_ancestor(*older, *newer).expect("it can be read");
            assert_eq!(answer, wanted, "{older} {newer}");
            yes += usize::from(wanted);
        }
    }
    let pairs = commits.len() * commits.len();
    assert!((pairs / 10..pairs * 9 / 10).contains(&yes), "{yes}");
}

#[test]
fn what_two_have_in_common() {
    for is_right in [true, false] {
        let (repo, mut dice) = (Repo::new(), Random::seeded(7));
        let clock = |mark: usize, dice: &mut Random| match is_right {
            true => mark,
            false => dice.below(1000),
        };
        let commits = generated_at(&repo, 14, &mut dice, clock);
        let (store, mut some) = (repo.store(), 0);
        for one in &commits {
            for other in &commits {
                let mut git = testbed::git(&repo.path());
                let git = git.args(["merge-base", "--all"]);
                let found = git.args([one, other].map(ToString::to_string)).output();
                let found = String::from_utf8(found.expect("git runs").stdout).expect("UTF-8");
                let wanted: Vec<CommitId> = found.lines().filter_map(CommitId::from_hex).collect();
                let answer = store.common_ancestor(*one, *other).expect("it can be read");
                assert_eq!(answer.is_some(), !wanted.is_empty(), "{one} {other}");
                some += wanted.len();
                if let Some(id) = answer {
                    let has_it = |newer| store.is_ancestor(id, newer).expect("it can be read");
                    assert!(has_it(*one) && has_it(*other), "{one} {other} {id}");
                    assert!(!is_right || wanted.contains(&id), "{one} {other} {id}");
                }
            }
        }
        assert!(some > 50, "{some}");
    }
}

/// `git rev-list A ^B` itself is not exact where clocks were wrong.
#[test]
fn states_since() {
    let (repo, mut dice) = (Repo::new(), Random::seeded(5));
    let commits = generated(&repo, 24, &mut dice);
    let store = repo.store();
    let mut some = 0;
    for newer in &commits {
        for known in commits.iter().zip(commits.iter().skip(3)) {
            let known = [*known.0, *known.1];
            let is_known = |id: CommitId| {
                let is_in = |known| store.is_ancestor(id, known).expect("it can be read");
                known.into_iter().any(is_in)
            };
            let chain = repo.git(&["rev-list", "--first-parent", &newer.to_string()]);
            let chain = chain.lines().filter_map(CommitId::from_hex);
            let wanted: Vec<CommitId> = chain.take_while(|id| !is_known(*id)).collect();
            let states = store.first_parents_since(*newer, &known);
            let states = states.expect("it can be read");
            assert_eq!(states, wanted, "{newer} {known:?}");
            some += usize::from(!wanted.is_empty());
        }
    }
    assert!(some > 100, "{some}");
}

/// Whoever may write references must not change what an id means.
#[test]
fn an_object_that_is_replaced() {
    let repo = Repo::new();
    let [first, second] = [1, 2].map(|text| repo.commit(&[("a", &text.to_string())]));
    let before = repo.store().commit_octets(first).expect("there");
    repo.git(&[
        "update-ref",
        &format!("refs/replace/{first}"),
        &second.to_string(),
    ]);
    assert_eq!(
        repo.git(&["show", &format!("{first}:a")]),
        "2",
        "Git does replace it"
    );
    assert_eq!(repo.store().commit_octets(first), Ok(before));
}

/// What cannot be read is no answer.
#[test]
fn a_history_with_a_hole() {
    let repo = Repo::new();
    let commits = [1, 2, 3, 4].map(|text| repo.commit(&[("a", &text.to_string())]));
    let hole = commits[1].to_string();
    let object = repo
        .path()
        .join("objects")
        .join(&hole[..2])
        .join(&hole[2..]);
    repo.git(&["repack", "-adq"]);
    unpack(&repo);
    std::fs::remove_file(object).expect("removed");
    let store = repo.store();
    assert_eq!(store.is_ancestor(commits[2], commits[3]), Ok(true));
    assert!(store.is_ancestor(commits[0], commits[3]).is_err());
}

/// Makes loose objects of all that is packed.
fn unpack(repo: &Repo) {
    let packs = repo.path().join("objects/pack");
    for entry in std::fs::read_dir(packs).expect("packs").flatten() {
        let path = entry.path();
        let octets = std::fs::read(&path).expect("read");
        std::fs::remove_file(&path).expect("removed");
        if path
            .extension()
            .is_some_and(|extension| extension == "pack")
        {
            repo.git_with(&["unpack-objects", "-q"], &octets);
        }
    }
}

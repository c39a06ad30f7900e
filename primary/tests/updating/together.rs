//! Updates that wait together share a commit, up to a number and up to the octets of their messages.

use crate::asking::{Change, Running, wait};
use crate::support::{Repo, zone};
use crate::{commits, is_acknowledged};

/// Updates that share a commit at most.
const TOGETHER: usize = 256;
/// Octets of their messages.
const OCTETS: usize = 1 << 20;

/// How many commits so many updates are that come while another one is at work, each in a message of so many octets.
fn commits_of(running: &Running, repo: &Repo, count: usize, octets: usize) -> usize {
    let before = commits(repo);
    let (go_on, first) = running.hold("a.example", Change::new());
    let send = |number: usize| {
        let change = Change::new().add(&format!("h{before}-{number} A 192.0.2.9"));
        running.send_long("a.example", change, octets)
    };
    let answers: Vec<_> = (0..count).map(send).collect();
    go_on.send(()).expect("the first waits");
    let _ = wait(&first);
    for answer in &answers {
        let answer = wait(answer);
        assert!(is_acknowledged(&answer), "{answer:?}");
    }
    commits(repo) - before
}

#[test]
fn so_many_updates_share_a_commit_and_so_many_octets_of_them() {
    let repo = Repo::new();
    repo.commit(&[("a.example", &zone(7, "192.0.2.1"))]);
    let running = Running::start(&repo);
    let of = |count: usize, octets: usize| commits_of(&running, &repo, count, octets);
    assert_eq!((of(TOGETHER, 100), of(TOGETHER + 1, 100)), (1, 2));
    let quarter = OCTETS / 4;
    assert_eq!((of(4, quarter), of(5, quarter)), (1, 2));
    running.primary.stop();
}

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]
//! Commits that were changed: what is taken here, Git takes as well.

mod support;

use std::ops::Range;

use support::{Desk, NOW};
use testbed::Random;

/// Changed commits of each kind of key.
const CHANGES: usize = 60;

#[test]
fn changed_ssh_signatures() {
    for (kind, bits) in [("ed25519", "256"), ("ecdsa", "256"), ("rsa", "2048")] {
        let desk = Desk::new();
        let line = format!("ann {}", desk.ssh_key("ann", &["-t", kind, "-b", bits]));
        desk.write("allowed", &line);
        let commit = desk.commit_by_ssh(NOW, "ann");
        compare(&desk, &line, &commit);
    }
}

#[test]
fn changed_openpgp_signatures() {
    for algorithm in ["ed25519", "nistp256", "rsa2048"] {
        let desk = Desk::new();
        let key = desk.pgp_key("ann", algorithm);
        let commit = desk.commit_by_pgp(NOW, &key, "");
        compare(&desk, &desk.pgp_public(&key), &commit);
    }
}

fn compare(desk: &Desk, list: &str, commit: &str) {
    let list = support::list(list);
    let good = desk.octets(commit);
    assert!(list.judge(&good).is_ok() && desk.git_agrees(commit));
    let signature = signature(&good);
    let mut random = Random::seeded(1);
    let (mut taken, mut stricter) = (0, Vec::new());
    for at in 0..CHANGES {
        // Half of the changes are in the signature, half anywhere.
        let places = if at % 2 == 0 {
            signature.clone()
        } else {
            0..good.len()
        };
        let changed = change(&good, places, &mut random);
        if without_checksum(&changed) == without_checksum(&good) {
            // RFC 9580 §6.1: it is not to be minded; gpg minds it.
            continue;
        }
        let told = format!("{:?}", String::from_utf8_lossy(&changed));
        let git = desk.git_agrees(&desk.store(&changed));
        match list.judge(&changed) {
            Ok(_) => {
                assert!(git, "only we take {told}");
                taken += 1;
            }
            Err(why) if git => stricter.push(format!("{why}: {told}")),
            Err(_) => {}
        }
    }
    assert!(taken < CHANGES / 4, "{taken} changes changed nothing");
    // What is not taken although Git takes it is text around the signature.
    assert!(stricter.len() <= CHANGES / 10, "{stricter:#?}");
}

fn signature(commit: &[u8]) -> Range<usize> {
    let find = |what: &[u8]| commit.windows(what.len()).position(|it| it == what);
    find(b"gpgsig").unwrap()..find(b"-----END").unwrap()
}

fn without_checksum(commit: &[u8]) -> Vec<&[u8]> {
    let lines = commit.split(|octet| *octet == b'\n');
    lines.filter(|line| !line.starts_with(b" =")).collect()
}

fn change(good: &[u8], places: Range<usize>, random: &mut Random) -> Vec<u8> {
    let mut changed = good.to_vec();
    let at = places.start + random.below(places.len());
    match random.below(4) {
        0 => changed[at] ^= 1 << random.below(8),
        1 => changed[at] = b'A',
        2 => drop(changed.remove(at)),
        _ => changed.insert(at, good[random.below(good.len())]),
    }
    changed
}

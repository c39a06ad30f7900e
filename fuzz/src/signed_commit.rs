//! Signatures of commits, and lists of who may sign.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use signers::{AllowedSigners, Refusal};

/// Keys that made the signatures of the corpus.
static LIST: LazyLock<AllowedSigners> = LazyLock::new(|| {
    let text = include_bytes!("signed_commit/list");
    AllowedSigners::read(text).expect("a list")
});

/// What they signed: the one payload of all commits in the corpus.
const PAYLOAD: &str = "tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\
    author Ann <ann@example.org> 1700000000 +0000\n\
    committer Ann <ann@example.org> 1700000000 +0000\n\nA change\n";

/// Octets as a commit, as the inside of each kind of signature, as a list, and as a block of keys in one.
pub fn signed_commit(octets: &[u8]) {
    if LIST.judge(octets).is_ok() {
        assert_eq!(without_signature(octets), PAYLOAD.as_bytes());
    }
    for kind in ["SSH", "PGP"] {
        let mut commit = commit(&armored(&format!("{kind} SIGNATURE"), octets));
        let is_good = LIST.judge(&commit).is_ok();
        // What is good over the one payload is not good over another.
        commit.push(b'x');
        let why = LIST.judge(&commit).expect_err("signed by nobody");
        assert!(!is_good || matches!(why, Refusal::Wrong { .. }), "{why}");
    }
    read(octets);
    read(armored("PGP PUBLIC KEY BLOCK", octets).as_bytes());
}

/// A list has keys, or mistakes in lines that it has.
fn read(text: &[u8]) {
    match AllowedSigners::read(text) {
        Ok(list) => {
            assert!(list.count() > 0);
            // All its keys are asked.
            let _ = list.judge(&commit(&armored("PGP SIGNATURE", text)));
        }
        Err(mistakes) => {
            let lines = text.split(|octet| *octet == b'\n').count();
            assert!(!mistakes.is_empty() && mistakes.len() <= signers::limits::MISTAKES);
            assert!(
                mistakes
                    .iter()
                    .all(|mistake| (1..=lines).contains(&mistake.line))
            );
        }
    }
}

fn armored(kind: &str, octets: &[u8]) -> String {
    let body = STANDARD.encode(octets);
    let gap = if kind.starts_with("PGP") { "\n" } else { "" };
    format!("-----BEGIN {kind}-----\n{gap}{body}\n-----END {kind}-----\n")
}

fn commit(signature: &str) -> Vec<u8> {
    let (head, message) = PAYLOAD.split_once("\n\n").expect("a payload has a message");
    let folded = signature.trim_end().replace('\n', "\n ");
    format!("{head}\ngpgsig {folded}\n\n{message}").into_bytes()
}

/// Without the headers of signatures, told apart line by line.
fn without_signature(commit: &[u8]) -> Vec<u8> {
    let (mut kept, mut is_head, mut is_signature) = (Vec::new(), true, false);
    for line in commit.split_inclusive(|octet| *octet == b'\n') {
        is_head &= line != b"\n";
        is_signature = match line.first() {
            Some(b' ') => is_signature,
            _ => line.starts_with(b"gpgsig ") || line.starts_with(b"gpgsig-sha256 "),
        };
        if !(is_head && is_signature) {
            kept.extend_from_slice(line);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mutations begin at what is good.
    #[test]
    fn the_corpus_has_good_commits() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/signed_commit");
        let mut good = 0;
        for entry in std::fs::read_dir(folder).expect("a corpus").flatten() {
            let octets = std::fs::read(entry.path()).expect("read");
            let name = entry.file_name().into_string().expect("UTF-8");
            let judged = match name.split_once('-') {
                Some(("commit", _)) => LIST.judge(&octets),
                Some(("ssh", _)) => LIST.judge(&commit(&armored("SSH SIGNATURE", &octets))),
                Some(("pgp", _)) => LIST.judge(&commit(&armored("PGP SIGNATURE", &octets))),
                _ => continue,
            };
            assert!(judged.is_ok(), "{name}: {judged:?}");
            good += 1;
        }
        assert_eq!(good, 13);
    }
}

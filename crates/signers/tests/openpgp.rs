#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]
//! Signatures of `gpg` in commits of `git`.

mod support;

use signers::{AllowedSigners, Refusal};
use support::{Desk, NOW, judge};

const DAY: i64 = 86_400;

/// What `gpg --quick-gen-key` makes and we know.
const ALGORITHMS: &[&str] = &["ed25519", "rsa2048", "rsa3072", "nistp256", "nistp384"];

#[test]
fn all_kinds_of_keys() {
    let desk = Desk::new();
    let mut all = String::new();
    for algorithm in ALGORITHMS {
        let key = desk.pgp_key(algorithm, algorithm);
        let commit = desk.commit_by_pgp(NOW, &key, "");
        all += &format!("# {algorithm}\n{}\n", desk.pgp_public(&key));
        let signer = judge(&desk, &all, &commit).unwrap();
        assert_eq!((&*signer.name, &signer.key), (*algorithm, &key));
        assert!(desk.git_agrees(&commit));
    }
    assert_eq!(support::list(&all).count(), ALGORITHMS.len());
}

#[test]
fn hashes() {
    let desk = Desk::new();
    for (algorithm, hash, is_known) in [
        ("ed25519", "SHA256", true),
        ("ed25519", "SHA384", true),
        ("ed25519", "SHA512", true),
        ("rsa2048", "SHA256", true),
        ("rsa2048", "SHA384", true),
        ("rsa2048", "SHA512", true),
        ("nistp256", "SHA384", true),
        ("nistp256", "SHA512", false),
        ("nistp384", "SHA512", false),
    ] {
        let name = format!("{algorithm} {hash}");
        let key = desk.pgp_key(&name, algorithm);
        let commit = desk.commit_by_pgp(NOW, &key, &format!("--digest-algo {hash}"));
        let judged = judge(&desk, &desk.pgp_public(&key), &commit);
        match is_known {
            true => assert_eq!(judged.unwrap().name, name),
            false => assert!(matches!(judged, Err(Refusal::Unsupported { .. })), "{name}"),
        }
    }
    let key = desk.pgp_key("weak", "rsa2048");
    let commit = desk.commit_by_pgp(NOW, &key, "--allow-weak-digest-algos --digest-algo SHA1");
    assert_eq!(
        judge(&desk, &desk.pgp_public(&key), &commit),
        Err(Refusal::WeakHash)
    );
}

#[test]
fn a_repository_with_ids_of_sha_256() {
    let desk = Desk::with_format("sha256");
    let key = desk.pgp_key("ann", "ed25519");
    let commit = desk.commit_by_pgp(NOW, &key, "");
    assert_eq!(
        judge(&desk, &desk.pgp_public(&key), &commit).unwrap().key,
        key
    );
    assert!(desk.git_agrees(&commit));
}

#[test]
fn a_key_that_is_not_in_the_list() {
    let desk = Desk::new();
    let (ann, bob) = (
        desk.pgp_key("ann", "ed25519"),
        desk.pgp_key("bob", "ed25519"),
    );
    let commit = desk.commit_by_pgp(NOW, &bob, "");
    let refused = judge(&desk, &desk.pgp_public(&ann), &commit);
    assert_eq!(refused, Err(Refusal::Foreign { key: bob.clone() }));
    let ssh = desk.ssh_key("ann", &["-t", "ed25519"]);
    let mixed = format!("ann {ssh}\n{}\n", desk.pgp_public(&bob));
    assert_eq!(judge(&desk, &mixed, &commit).unwrap().name, "bob");
    let commit = desk.commit_by_ssh(NOW, "ann");
    assert_eq!(judge(&desk, &mixed, &commit).unwrap().name, "ann");
    // All keys of the ring in one block.
    let both = desk.gpg(NOW, &["--armor", "--export"]);
    assert_eq!(support::list(&both).count(), 2);
}

/// A primary key that only certifies, and a subkey that signs: what most people have.
#[test]
fn subkeys() {
    let desk = Desk::new();
    desk.gpg(
        NOW - 1000,
        &["--quick-gen-key", "ann", "ed25519", "cert", "never"],
    );
    let primary = desk.fingerprints("ann").remove(0);
    let without = desk.pgp_public("ann");
    desk.gpg(
        NOW - 500,
        &["--quick-add-key", &primary, "ed25519", "sign", "never"],
    );
    desk.gpg(
        NOW - 500,
        &["--quick-add-key", &primary, "cv25519", "encr", "never"],
    );
    let subkey = desk.fingerprints("ann").remove(1);
    let commit = desk.commit_by_pgp(NOW, &subkey, "");
    assert_eq!(
        judge(&desk, &desk.pgp_public("ann"), &commit).unwrap().key,
        subkey
    );
    assert_eq!(
        judge(&desk, &without, &commit),
        Err(Refusal::Foreign {
            key: subkey.clone()
        })
    );
    // Before the subkey was made.
    let early = desk.commit_by_pgp(
        NOW - 600,
        &format!("{subkey}!"),
        "--ignore-time-conflict --ignore-valid-from",
    );
    let refused = judge(&desk, &desk.pgp_public("ann"), &early);
    assert_eq!(
        refused,
        Err(Refusal::NotYetValid {
            key: subkey.clone()
        })
    );
    // Revoked as such: its reason is not told, so that it may be anybody's.
    let revoke = format!("key {subkey}\nrevkey\ny\n0\n\ny\nsave\n");
    desk.edit(NOW + DAY, &primary, &revoke);
    let refused = judge(&desk, &desk.pgp_public("ann"), &commit);
    assert_eq!(refused, Err(Refusal::Revoked { key: subkey }));
    assert!(!desk.git_agrees(&commit));
}

#[test]
fn a_key_that_expires() {
    let desk = Desk::new();
    desk.gpg(NOW, &["--quick-gen-key", "ann", "ed25519", "sign", "2d"]);
    let key = desk.fingerprints("ann").remove(0);
    let in_time = desk.commit_by_pgp(NOW + 2 * DAY - 1, &key, "");
    let late = desk.commit_by_pgp(NOW, &key, "");
    // The program does not sign with a key that has expired; one whose end is moved forth and back does.
    desk.gpg(NOW + DAY, &["--quick-set-expire", &key, "1y"]);
    let after = desk.commit_by_pgp(NOW + 3 * DAY, &key, "");
    assert!(judge(&desk, &desk.pgp_public(&key), &after).is_ok());
    desk.gpg(NOW + DAY + 1, &["--quick-set-expire", &key, "1d"]);
    let public = desk.pgp_public(&key);
    assert!(judge(&desk, &public, &late).is_ok(), "it was good then");
    let refused = |commit: &str| judge(&desk, &public, commit);
    assert_eq!(refused(&after), Err(Refusal::Expired { key: key.clone() }));
    // The newest statement ends it after two days and a second.
    assert!(refused(&in_time).is_ok());
    // A signature that ends says so itself.
    desk.gpg(NOW + DAY + 2, &["--quick-set-expire", &key, "never"]);
    let ending = desk.commit_by_pgp(NOW + DAY, &key, "--default-sig-expire 1d");
    let why = judge(&desk, &desk.pgp_public(&key), &ending).unwrap_err();
    assert!(why.to_string().contains("it ends"), "{why}");
}

/// RFC 9580 §5.2.3.31: a key that was given up is good for what it signed before, one that others may have is not.
#[test]
fn revoked_keys() {
    for (reason, is_good_before) in [("0", false), ("1", false), ("2", true), ("3", true)] {
        let desk = Desk::new();
        let key = desk.pgp_key("ann", "ed25519");
        let before = desk.commit_by_pgp(NOW, &key, "");
        let after = desk.commit_by_pgp(NOW + 2 * DAY, &key, "");
        // gpg's menu: 1 is compromised, 2 superseded, 3 no longer used.
        desk.edit(
            NOW + DAY,
            &key,
            &format!("revkey\ny\n{reason}\n\ny\nsave\n"),
        );
        let public = desk.pgp_public(&key);
        let revoked = Err(Refusal::Revoked { key: key.clone() });
        assert_eq!(judge(&desk, &public, &after), revoked, "reason {reason}");
        match is_good_before {
            true => assert!(judge(&desk, &public, &before).is_ok(), "reason {reason}"),
            false => assert_eq!(judge(&desk, &public, &before), revoked, "reason {reason}"),
        }
    }
}

#[test]
fn keys_that_are_not_taken() {
    let desk = Desk::new();
    desk.gpg(
        NOW,
        &["--quick-gen-key", "encrypts", "rsa2048", "encr", "never"],
    );
    let encrypts = desk.pgp_public("encrypts");
    assert_eq!(support::list(&encrypts).count(), 1, "it may lie there");
    desk.pgp_key("small", "rsa1024");
    desk.pgp_key("curve", "nistp521");
    desk.pgp_key("ann", "ed25519");
    desk.gpg(
        NOW,
        &[
            "--cert-digest-algo",
            "SHA1",
            "--allow-weak-digest-algos",
            "--quick-gen-key",
            "weak",
            "rsa2048",
            "sign",
            "never",
        ],
    );
    let secret = desk.gpg(NOW, &["--armor", "--export-secret-keys", "ann"]);
    let bare = desk.gpg(
        NOW,
        &[
            "--armor",
            "--export-options",
            "export-minimal",
            "--export-filter",
            "drop-subkey=usage=~s",
            "--export",
            "ann",
        ],
    );
    assert!(AllowedSigners::read(bare.as_bytes()).is_ok());
    let ann = desk.pgp_public("ann");
    let public = secret.replace("PRIVATE", "PUBLIC");
    for (text, wanted) in [
        (desk.pgp_public("small"), "2048 to 8192 bits"),
        (desk.pgp_public("curve"), "not known here"),
        (desk.pgp_public("weak"), "weak hash"),
        (public, "secret key"),
        (secret, "of blocks only OpenPGP public keys"),
        (ann.replace("END", "KEY"), "no END line"),
        (ann.replace("\n\n", "\n"), "no header"),
        (flipped(&ann), "key"),
    ] {
        let mistakes = AllowedSigners::read(text.as_bytes()).expect_err(&text);
        let told = mistakes[0].to_string();
        assert!(told.starts_with("line 1: "), "{told}");
        assert!(told.contains(wanted), "{wanted}: {told}");
        assert_eq!(mistakes.len(), 1, "{mistakes:?}");
    }
}

/// With one letter of the last line of base64 changed: what the owner says is no longer signed well.
fn flipped(block: &str) -> String {
    let lines: Vec<&str> = block.lines().collect();
    let at = lines.len() - 3;
    let line = lines[at];
    let other = if line.starts_with('A') { "B" } else { "A" };
    let changed = format!("{other}{}", &line[1..]);
    let mut lines: Vec<&str> = lines.clone();
    lines[at] = &changed;
    lines.join("\n")
}

#[test]
fn signatures_that_are_none() {
    let desk = Desk::new();
    let key = desk.pgp_key("ann", "ed25519");
    let list = support::list(&desk.pgp_public(&key));
    let octets = desk.octets(&desk.commit_by_pgp(NOW, &key, ""));
    let text = String::from_utf8(octets).unwrap();
    assert!(list.judge(text.as_bytes()).is_ok());
    let changed = text.replace("A change", "Another change");
    assert_eq!(
        list.judge(changed.as_bytes()),
        Err(Refusal::Wrong { key: key.clone() })
    );
    let later = text
        .replace("+0100\n\n", "+0200\n\n")
        .replace("1700000000 +0100", "1700000001 +0100");
    assert_eq!(list.judge(later.as_bytes()), Err(Refusal::Wrong { key }));
    let (start, end) = (
        "-----BEGIN PGP SIGNATURE-----",
        "-----END PGP SIGNATURE-----",
    );
    let from = text.find(start).unwrap();
    let to = text.find(end).unwrap() + end.len();
    let with = |signature: &str| [&text[..from], signature, &text[to..]].concat();
    let body = &text[from + start.len()..to - end.len()];
    let doubled = {
        let body: String = body
            .lines()
            .map(str::trim)
            .filter(|line| !line.starts_with('='))
            .collect();
        use base64::Engine;
        let engine = base64::engine::general_purpose::STANDARD;
        let octets = engine.decode(body).unwrap();
        format!(
            "{start}\n \n {}\n {end}",
            engine.encode([octets.clone(), octets].concat())
        )
    };
    assert_eq!(
        list.judge(with(&doubled).as_bytes()),
        Err(Refusal::TwoSignatures)
    );
    for (garbage, wanted) in [
        (format!("{start}\n \n {end}"), "no signature in it"),
        (format!("{start}\n \n AAAA\n {end}"), "no packet"),
        (format!("{start}\n \n wgA=\n {end}"), "cut off"),
        (format!("{start}\n \n wgEF\n {end}"), "version 4"),
        (format!("{start}\n \n !\n {end}"), "base64"),
        (format!("{start}\n {end}\n {start}\n {end}"), "no header"),
        (format!("{start}\n"), "one block"),
    ] {
        let why = list
            .judge(with(&garbage).as_bytes())
            .unwrap_err()
            .to_string();
        assert!(why.contains(wanted), "{garbage}: {why}");
    }
}

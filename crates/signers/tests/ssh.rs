#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]
//! Signatures of `ssh-keygen` in commits of `git`.

mod support;

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use ring::signature::{Ed25519KeyPair, KeyPair};
use signers::{AllowedSigners, Refusal};
use support::{Desk, NOW, judge};

/// Types that `ssh-keygen` makes and we know.
const TYPES: &[(&str, &[&str])] = &[
    ("ed25519", &["-t", "ed25519"]),
    ("p256", &["-t", "ecdsa", "-b", "256"]),
    ("p384", &["-t", "ecdsa", "-b", "384"]),
    ("rsa2048", &["-t", "rsa", "-b", "2048"]),
    ("rsa3072", &["-t", "rsa", "-b", "3072"]),
];

fn allow(desk: &Desk, line: &str) -> String {
    desk.write("allowed", line);
    line.to_owned()
}

#[test]
fn all_types_of_keys() {
    for format in ["sha1", "sha256"] {
        let desk = Desk::with_format(format);
        for (name, arguments) in TYPES {
            let key = desk.ssh_key(name, arguments);
            let text = allow(&desk, &format!("# Ann\n\n  ann@example.org {key}\n"));
            let commit = desk.commit_by_ssh(NOW, name);
            let signer = judge(&desk, &text, &commit).unwrap();
            assert_eq!(signer.name, "ann@example.org");
            let told = desk.run(
                "ssh-keygen",
                &["-l", "-f", &desk.text_of(&format!("{name}.pub"))],
            );
            assert!(told.contains(&signer.key), "{told} {signer}");
            assert!(desk.git_agrees(&commit));
        }
    }
}

#[test]
fn who_may_not() {
    let desk = Desk::new();
    let ann = desk.ssh_key("ann", &["-t", "ed25519"]);
    let bob = desk.ssh_key("bob", &["-t", "ed25519"]);
    let commit = desk.commit_by_ssh(NOW, "bob");
    let refused = |text: &str| {
        allow(&desk, text);
        assert!(!desk.git_agrees(&commit), "{text}");
        judge(&desk, text, &commit).expect_err(text)
    };
    assert!(matches!(
        refused(&format!("a {ann}")),
        Refusal::Foreign { .. }
    ));
    for (options, wanted) in [
        ("namespaces=\"file\"", "other things than git"),
        ("valid-after=\"20231114221321Z\"", "not valid yet"),
        ("valid-before=\"20231114221319Z\"", "had expired"),
        ("valid-before=\"20231114Z\"", "had expired"),
    ] {
        let why = refused(&format!("b {options} {bob}\na {ann}\n")).to_string();
        assert!(why.contains(wanted), "{options}: {why}");
    }
    let unsigned = desk.commit_at(NOW, &[]);
    assert_eq!(
        judge(&desk, &format!("a {ann}"), &unsigned),
        Err(Refusal::Unsigned)
    );
}

#[test]
fn who_may_at_that_time() {
    let desk = Desk::new();
    let key = desk.ssh_key("ann", &["-t", "ed25519"]);
    let commit = desk.commit_by_ssh(NOW, "ann");
    for options in [
        "namespaces=\"git\"",
        "namespaces=\"file,g*\"",
        "valid-after=\"20231114221320Z\",valid-before=\"20231114221320Z\"",
        "Valid-Before=\"20231114221321Z\",NAMESPACES=\"git\"",
    ] {
        let text = allow(&desk, &format!("\"ann and bob\" {options} {key}"));
        let signer = judge(&desk, &text, &commit);
        assert_eq!(
            signer.map(|signer| signer.name).as_deref(),
            Ok("ann and bob"),
            "{options}"
        );
    }
    // One line is enough.
    let text = format!("a valid-before=\"20200101Z\" {key}\nb {key}\nc namespaces=\"x\" {key}");
    assert_eq!(judge(&desk, &text, &commit).unwrap().name, "b");
}

/// `ssh-keygen -Y sign` of anything in place of the signature.
fn with_signature(desk: &Desk, namespace: &str, change: impl Fn(Vec<u8>) -> Vec<u8>) -> Vec<u8> {
    let commit = desk.octets(&desk.commit_at(NOW, &[]));
    fs::write(desk.path("message"), change(commit.clone())).unwrap();
    let (key, message) = (desk.text_of("ann"), desk.text_of("message"));
    let _ = fs::remove_file(desk.path("message.sig"));
    desk.run(
        "ssh-keygen",
        &["-q", "-Y", "sign", "-n", namespace, "-f", &key, &message],
    );
    put(
        &commit,
        &fs::read_to_string(desk.path("message.sig")).unwrap(),
    )
}

/// The commit with this text as its signature.
fn put(commit: &[u8], signature: &str) -> Vec<u8> {
    let end = commit.windows(2).position(|two| two == b"\n\n").unwrap() + 1;
    let folded = signature.trim_end().replace('\n', "\n ");
    [
        &commit[..end],
        b"gpgsig ",
        folded.as_bytes(),
        b"\n",
        &commit[end..],
    ]
    .concat()
}

#[test]
fn signatures_that_are_not_over_this_commit() {
    let desk = Desk::new();
    let key = desk.ssh_key("ann", &["-t", "ed25519"]);
    let list = support::list(&format!("ann {key}"));
    assert!(
        list.judge(&with_signature(&desk, "git", |commit| commit))
            .is_ok()
    );
    let file = with_signature(&desk, "file", |commit| commit);
    assert_eq!(list.judge(&file), Err(Refusal::WrongNamespace));
    let other = with_signature(&desk, "git", |commit| [&commit[..], b"x"].concat());
    assert!(matches!(list.judge(&other), Err(Refusal::Wrong { .. })));
    let plain = desk.octets(&desk.commit_at(NOW, &[]));
    for (garbage, wanted) in [
        ("x", "neither of SSH nor of OpenPGP"),
        ("-----BEGIN SIGNED MESSAGE-----\nx", "X.509"),
        ("-----BEGIN SSH SIGNATURE-----", "one block"),
        (
            "-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----",
            "cut off",
        ),
        (
            "-----BEGIN SSH SIGNATURE-----\n=\n-----END SSH SIGNATURE-----",
            "base64",
        ),
        (
            "-----BEGIN SSH SIGNATURE-----\nAAAA\nAAAA\n-----END SSH SIGNATURE-----",
            "SSHSIG",
        ),
        (
            "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\nAAAA",
            "one block",
        ),
    ] {
        let why = list.judge(&put(&plain, garbage)).unwrap_err().to_string();
        assert!(why.contains(wanted), "{garbage}: {why}");
    }
}

/// The old way to sign with RSA is over SHA-1; no program makes it in an SSHSIG, so one is put together.
#[test]
fn rsa_over_sha_1() {
    let desk = Desk::new();
    let key = desk.ssh_key("rsa", &["-t", "rsa", "-b", "2048"]);
    let blob = STANDARD.decode(key.split(' ').nth(1).unwrap()).unwrap();
    let signature = [string(b"ssh-rsa"), string(&[1; 256])].concat();
    let octets = put(
        &desk.octets(&desk.commit_at(NOW, &[])),
        &sshsig(&blob, &signature),
    );
    let list = support::list(&format!("ann {key}"));
    assert_eq!(list.judge(&octets), Err(Refusal::WeakHash));
}

fn string(octets: &[u8]) -> Vec<u8> {
    [&(octets.len() as u32).to_be_bytes()[..], octets].concat()
}

fn sshsig(key: &[u8], signature: &[u8]) -> String {
    let strings = [key, b"git", b"", b"sha512", signature]
        .map(string)
        .concat();
    let octets = [b"SSHSIG\0\0\0\x01", &strings[..]].concat();
    format!(
        "-----BEGIN SSH SIGNATURE-----\n{}\n-----END SSH SIGNATURE-----",
        STANDARD.encode(octets)
    )
}

/// A key in a token, the token played by this test; `ssh-keygen` agrees that it is one.
#[test]
fn keys_in_tokens() {
    let desk = Desk::new();
    let token = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let kind = b"sk-ssh-ed25519@openssh.com";
    let public = token.public_key().as_ref();
    let blob = [&kind[..], public, b"ssh:"].map(string).concat();
    let line = format!("ann sk-ssh-ed25519@openssh.com {}", STANDARD.encode(&blob));
    let plain = desk.octets(&desk.commit_at(NOW, &[]));
    let signed_with = |flags: u8, told: u32| {
        let hash = digest(&ring::digest::SHA512, &plain);
        let strings = [b"git", &b""[..], b"sha512", hash.as_ref()]
            .map(string)
            .concat();
        let message = [b"SSHSIG", &strings[..]].concat();
        let counted = [&[flags][..], &9_u32.to_be_bytes()].concat();
        let hash = |octets| digest(&SHA256, octets);
        let over = [hash(b"ssh:").as_ref(), &counted, hash(&message).as_ref()].concat();
        let parts = [&kind[..], token.sign(&over).as_ref()].map(string).concat();
        let told = [&[flags][..], &told.to_be_bytes()].concat();
        put(&plain, &sshsig(&blob, &[parts, told].concat()))
    };
    let touched = signed_with(1, 9);
    allow(&desk, &line);
    assert!(desk.git_agrees(&desk.store(&touched)));
    assert_eq!(support::list(&line).judge(&touched).unwrap().name, "ann");
    let why = support::list(&line).judge(&signed_with(0, 9)).unwrap_err();
    assert!(why.to_string().contains("nobody touched"), "{why}");
    let why = support::list(&line).judge(&signed_with(1, 10)).unwrap_err();
    assert!(
        matches!(why, Refusal::Wrong { .. }),
        "the counter is signed: {why}"
    );
}

#[test]
fn lists_with_mistakes() {
    let desk = Desk::new();
    let ed25519 = desk.ssh_key("ed25519", &["-t", "ed25519"]);
    let p521 = desk.ssh_key("p521", &["-t", "ecdsa", "-b", "521"]);
    let rsa1024 = desk.ssh_key("rsa1024", &["-t", "rsa", "-b", "1024"]);
    let (kind, octets) = ed25519.split_once(' ').unwrap();
    for (text, wanted) in [
        (String::new(), "line 1: there is no key in it"),
        ("# nothing\n\n".to_owned(), "line 1: there is no key in it"),
        (
            format!("ann {ed25519}\nann"),
            "line 2: a line is PRINCIPALS",
        ),
        ("\n\nann ssh-ed25519".to_owned(), "line 3: it is cut off"),
        (ed25519.clone(), "line 1: it begins with a key"),
        (format!("ann cert-authority {ed25519}"), "cert-authority"),
        (
            format!("ann zone-transfers {ed25519}"),
            "`zone-transfers` is not known",
        ),
        (format!("ann valid-after=\"20200101\" {ed25519}"), "and Z"),
        (format!("ann {p521}"), "not known here"),
        (format!("ann {rsa1024}"), "2048 to 8192 bits"),
        (format!("ann ssh-rsa {octets}"), "not of the type ssh-rsa"),
        (format!("ann ssh-ed {octets}"), "not of the type ssh-ed"),
        (
            format!("ann {kind} {}", octets.replacen("5", "_", 1)),
            "base64",
        ),
        (format!("ann {kind} {}", &octets[..40]), "cut off"),
        ("ann ssh-dss AAAAB3NzaC1kc3M=".to_owned(), "not known here"),
        ("\"ann ssh-ed25519 x".to_owned(), "not closed"),
    ] {
        let mistakes = AllowedSigners::read(text.as_bytes()).expect_err(&text);
        let told = mistakes[0].to_string();
        assert!(told.contains(wanted), "{text}: {told}");
    }
    let mistakes = AllowedSigners::read(b"a\nb\n\xff\n").unwrap_err();
    assert_eq!(
        mistakes.iter().map(|it| it.line).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    let many = "a\n".repeat(1000);
    let mistakes = AllowedSigners::read(many.as_bytes()).unwrap_err();
    assert_eq!(mistakes.len(), signers::limits::MISTAKES);
    let huge = vec![b'\n'; signers::limits::LIST_OCTETS + 1];
    assert!(
        AllowedSigners::read(&huge).unwrap_err()[0]
            .why
            .contains("larger")
    );
}

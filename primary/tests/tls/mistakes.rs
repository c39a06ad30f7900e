//! Certificates and keys of no use, at the start.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::secure::{Authority, What};
use crate::support::{Repo, program, zone};

/// What the program says when it ends with this code.
fn refused(repo: &Repo, code: i32, arguments: &[&str]) -> String {
    let mut command = program();
    command.arg("--repo").arg(repo.path());
    command.arg("--control").arg(repo.beside("control"));
    command.args(["--listen", "127.0.0.1:0"]).args(arguments);
    let ended = command.output().expect("it runs");
    let told = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(code), "{told}");
    told
}

#[test]
fn each_mistake_is_told_with_its_file_and_what_to_do() {
    let repo = Repo::new();
    repo.commit(&[("example.org", &zone(1, "192.0.2.81"))]);
    let authority = Authority::new(&repo);
    let [certificate, key] = [What::Certificate, What::Key].map(|what| authority.path(what));
    let good = fs::read(certificate).expect("read");
    let with_tls = |code| {
        let listen = ["--listen-tls", "127.0.0.1:0"];
        refused(&repo, code, &[&listen, &authority.options()[..]].concat())
    };
    for (file, text, said) in [
        (certificate, Some("no PEM"), "there is no certificate in it"),
        (
            certificate,
            None,
            "name the certificate with --tls-certificate",
        ),
        (
            key,
            Some("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"),
            "does not go with",
        ),
        (
            key,
            Some("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"),
            "without a passphrase",
        ),
        (key, None, "name the key with --tls-key"),
    ] {
        let before = fs::read(file).expect("read");
        match text {
            Some(text) => fs::write(file, text).expect("written"),
            None => fs::remove_file(file).expect("removed"),
        }
        let told = with_tls(6);
        assert!(told.contains(said) && told.contains(file), "{told}");
        fs::write(file, before).expect("written");
    }
    let secret = repo.beside("tickets");
    fs::write(&secret, "abcd\n").expect("written");
    let options = ["--listen-tls", "127.0.0.1:0", "--tls-ticket-secret"];
    let secret = [secret.to_str().expect("UTF-8")];
    let told = refused(
        &repo,
        6,
        &[&options[..], &secret, &authority.options()].concat(),
    );
    for said in [
        secret[0],
        "line 1 is not 64 hexadecimal digits",
        "openssl rand -hex 32",
    ] {
        assert!(told.contains(said) && !told.contains("abcd"), "{told}");
    }
    authority.issue_without_key();
    let told = with_tls(6);
    assert!(
        told.contains("it is not the key of the first certificate in"),
        "{told}"
    );
    fs::write(certificate, good).expect("written");

    // A key that others can read is used, and said.
    fs::set_permissions(key, fs::Permissions::from_mode(0o644)).expect("opened");
    let server = authority.start(&repo, &[]);
    assert!(
        server
            .log()
            .contains("others can read the key of TLS: chmod 600 it")
    );
    // An address that is taken.
    let taken = crate::support::secure::tls_address(&server).to_string();
    let told = refused(
        &repo,
        4,
        &[&["--listen-tls", &taken], &authority.options()[..]].concat(),
    );
    assert!(
        told.contains(&format!("cannot listen on {taken} over TLS")),
        "{told}"
    );
    server.stop();
}

#[test]
fn options_that_belong_together() {
    let repo = Repo::new();
    let told = refused(&repo, 2, &["--listen-tls", "127.0.0.1:0"]);
    assert!(told.contains("--tls-certificate"), "{told}");
    let told = refused(&repo, 2, &["--tls-certificate", "c", "--tls-key", "k"]);
    assert!(told.contains("give --listen-tls ADDR:PORT"), "{told}");
}

//! `kdig` and `openssl s_client`.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use crate::support::secure::{Authority, NAME, What, tls_address};
use crate::support::{Repo, Server, poll, zone};

fn start() -> (Repo, Authority, Server, SocketAddr) {
    let repo = Repo::new();
    repo.commit(&[("example.org", &zone(1, "192.0.2.81"))]);
    let authority = Authority::new(&repo);
    let server = authority.start(&repo, &[]);
    let address = tls_address(&server);
    (repo, authority, server, address)
}

fn kdig(authority: &Authority, address: SocketAddr, words: &[&str]) -> String {
    let output = Command::new("kdig")
        .arg(format!("@{}", address.ip()))
        .args(["-p", &address.port().to_string(), "+retry=0"])
        .arg(format!("+tls-ca={}", authority.path(What::Ca)))
        .arg(format!("+tls-host={NAME}"))
        .args(words)
        .output()
        .expect("kdig runs; `tests/run programs` installs it");
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

#[test]
fn kdig_is_answered_with_padding_and_on_one_connection() {
    let (_repo, authority, server, address) = start();
    let told = kdig(&authority, address, &["www.example.org", "A"]);
    assert!(
        told.contains("192.0.2.81") && told.contains("TLS1.3"),
        "{told}"
    );

    // RFC 8467 §4.1; without the option in the question there is none.
    let padded = kdig(&authority, address, &["+padding", "www.example.org", "A"]);
    assert!(
        padded.contains("Received 468 B") && padded.contains("PADDING"),
        "{padded}"
    );
    let plain = kdig(
        &authority,
        address,
        &["+nopadding", "+edns", "www.example.org", "A"],
    );
    assert!(!plain.contains("PADDING"), "{plain}");

    let before = connections(&server);
    let several = ["+keepopen", "www.example.org", "A", "no.example.org", "A"];
    let told = kdig(&authority, address, &several);
    assert!(
        told.contains("192.0.2.81") && told.contains("NXDOMAIN"),
        "{told}"
    );
    assert_eq!(connections(&server), before + 1);
    server.stop();
}

fn connections(server: &Server) -> u64 {
    let status = server.status().expect("a status");
    status["counters"]["tls_connections"]
        .as_u64()
        .expect("a number")
}

#[test]
fn kdig_does_not_speak_with_somebody_else() {
    let (_repo, _, server, address) = start();
    let elsewhere = Repo::new();
    let other = Authority::new(&elsewhere);
    let told = kdig(&other, address, &["www.example.org", "A"]);
    assert!(!told.contains("192.0.2.81"), "{told}");
    server.stop();
}

fn s_client(authority: &Authority, address: SocketAddr, words: &[&str]) -> String {
    let output = Command::new("openssl")
        .args([
            "s_client",
            "-connect",
            &address.to_string(),
            "-verify_hostname",
            NAME,
        ])
        .args(["-CAfile", authority.path(What::Ca)])
        .args(words)
        .stdin(Stdio::null())
        .output()
        .expect("openssl runs");
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

/// RFC 7858 §3.1 and §3.2, RFC 8310 §9.1, RFC 8446 §8.
#[test]
fn openssl_sees_the_protocol_the_chain_and_no_early_data() {
    let (_repo, authority, server, address) = start();
    for (words, version) in [(&["-tls1_2"], "TLSv1.2"), (&["-tls1_3"], "TLSv1.3")] {
        let told = s_client(
            &authority,
            address,
            &[&words[..], &["-alpn", "dot"]].concat(),
        );
        for wanted in ["ALPN protocol: dot", "Verify return code: 0 (ok)", version] {
            assert!(told.contains(wanted), "{wanted}: {told}");
        }
        assert!(
            !told.contains("Early data was accepted") && told.contains("Secure Renegotiation IS")
        );
    }
    let without = s_client(&authority, address, &[]);
    assert!(
        without.contains("No ALPN negotiated") && without.contains("code: 0 (ok)"),
        "{without}"
    );
    let other = s_client(&authority, address, &["-alpn", "h2,http/1.1"]);
    assert!(other.contains("alert no application protocol"), "{other}");
    let old = s_client(
        &authority,
        address,
        &["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"],
    );
    let is_refused = old.contains("alert") && old.contains("no peer certificate available");
    assert!(is_refused, "{old}");
    server.stop();
}

/// The ticket of the first session allows a second without another signature, but no early data.
#[test]
fn openssl_resumes_a_session() {
    let (repo, authority, server, address) = start();
    let (ticket, question) = (repo.beside("ticket"), repo.beside("question"));
    let ticket = ticket.to_str().expect("UTF-8");
    // Stays until the ticket has come, which is after the handshake.
    let shell = format!(
        "sleep 30 | openssl s_client -connect {address} -CAfile {} -sess_out {ticket}",
        authority.path(What::Ca)
    );
    let mut first = Command::new("setsid")
        .args(["sh", "-c", &shell])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a shell");
    poll(|| match std::fs::read_to_string(ticket) {
        Ok(text) if text.ends_with("-----END SSL SESSION PARAMETERS-----\n") => Ok(()),
        other => Err(format!("{other:?}")),
    });
    let group = format!("-{}", first.id());
    let ended = Command::new("kill").args(["-TERM", "--", &group]).status();
    assert!(ended.expect("kill runs").success());
    let _ = first.wait();
    std::fs::write(&question, b"\0\x0cearly data").expect("written");
    let question = question.to_str().expect("UTF-8");
    let words = ["-sess_in", ticket, "-early_data", question];
    let told = s_client(&authority, address, &words);
    assert!(told.contains("Reused, TLSv1.3"), "{told}");
    assert!(!told.contains("Early data was accepted"), "{told}");
    server.stop();
}

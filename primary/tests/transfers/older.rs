//! Changes since versions that were served by a process before this one, or longer ago than is remembered.

use std::process::Command;

use testbed::peers;
use testbed::process::{Process, free_address};

use crate::support::{Repo, Server, poll};
use crate::{GOOD, SECRET, asked, keyed, soa_records, write_keys, zone};

/// A server that keeps what was served.
fn start(repo: &Repo, listen: &str) -> Server {
    let (keys, state) = (repo.beside("keys"), repo.beside("state"));
    write_keys(&keys);
    let (keys, state) = (keys.display().to_string(), state.display().to_string());
    let options = ["--listen", listen, "--keys", &keys, "--state-dir", &state];
    Server::start_with(repo, &options)
}

fn changes(server: &Server, since: &str) -> String {
    let (ixfr, key) = (format!("IXFR={since}"), keyed(GOOD));
    asked("dig", server, &["a.example", &ixfr, "-y", &key])
}

fn serve(repo: &Repo, server: &Server, text: &str) {
    server.wait_for_commit(&repo.commit(&[("a.example", text)]));
}

const ANYWHERE: &str = "127.0.0.1:0";

#[test]
fn a_hundred_commits_and_a_restart_are_one_difference() {
    let repo = crate::repo();
    let server = start(&repo, ANYWHERE);
    for serial in 2..=101 {
        serve(&repo, &server, &zone(serial, &format!("192.0.2.{serial}")));
    }
    server.stop();
    let server = start(&repo, ANYWHERE);
    for (since, address) in [
        ("1", "192.0.2.1"),
        ("50", "192.0.2.50"),
        ("100", "192.0.2.100"),
    ] {
        let told = changes(&server, since);
        let www = told.matches("www.a.example.").count();
        assert_eq!((soa_records(&told), www), (4, 2), "{since}: {told}");
        let gone = told
            .lines()
            .any(|line| line.starts_with("www") && line.ends_with(address));
        assert!(gone && told.contains("192.0.2.101"), "{since}: {told}");
    }
    assert_eq!(soa_records(&changes(&server, "101")), 1, "nothing newer");
    // Nobody was ever served this one.
    assert_eq!(soa_records(&changes(&server, "0")), 2);
    // What is remembered goes on from there.
    serve(&repo, &server, &zone(102, "192.0.2.102"));
    assert_eq!(soa_records(&changes(&server, "101")), 4);
    assert_eq!(soa_records(&changes(&server, "7")), 4);
    server.stop();
}

/// The journal says what was served, whatever the branch is now; of a commit that is gone nothing can be said.
#[test]
fn a_version_of_a_history_that_was_rewritten() {
    let repo = crate::repo();
    let server = start(&repo, ANYWHERE);
    serve(&repo, &server, &zone(2, "192.0.2.2"));
    let text = zone(2, "192.0.2.3");
    repo.git(&["update-ref", "-d", "refs/heads/main"]);
    let tip = repo.commit(&[("a.example", &text)]);
    server.wait_for(|status| status["refused"] == tip.as_str());
    let control = repo.beside("control");
    let mut stream = std::os::unix::net::UnixStream::connect(control).unwrap();
    std::io::Write::write_all(&mut stream, format!("accept {tip}\n").as_bytes()).unwrap();
    drop(stream);
    server.wait_for_commit(&tip);
    server.stop();
    let server = start(&repo, ANYWHERE);
    let told = changes(&server, "2");
    assert_eq!(
        (soa_records(&told), told.matches("www.a.example.").count()),
        (4, 2),
        "{told}"
    );
    assert!(
        told.contains("192.0.2.2") && told.contains("192.0.2.3"),
        "{told}"
    );
    repo.git(&["reflog", "expire", "--expire=now", "--all"]);
    repo.git(&["gc", "--prune=now", "--quiet"]);
    server.stop();
    let server = start(&repo, ANYWHERE);
    let told = changes(&server, "2");
    assert_eq!(soa_records(&told), 2, "the whole zone: {told}");
    assert!(told.contains("192.0.2.3"), "{told}");
    server.stop();
}

/// One version, and what becomes of it: an alias that becomes an address and the other way round, other TTLs, a delegation with
/// glue, names below one.
const BEFORE: &str = "$TTL 3600\n@ SOA ns1 hostmaster 7 7200 1 1209600 300\n NS ns1\nns1 A 192.0.2.1\n\
    alias CNAME www\nwww A 192.0.2.2\nwas A 192.0.2.3\nptr PTR one.example.\nttl 60 TXT same\nmany 60 A 192.0.2.4\nmany 60 A 192.0.2.5\n\
    sub NS ns.sub\nns.sub A 192.0.2.6\n*.wild TXT star\n";
const AFTER: &str = "$TTL 3600\n@ SOA ns1 hostmaster 8 7200 1 1209600 300\n NS ns1\nns1 A 192.0.2.1\n\
    alias A 192.0.2.9\nwww A 192.0.2.2\nwas CNAME www\nptr PTR two.example.\nttl 90 TXT same\nmany 90 A 192.0.2.4\n\
    sub NS ns.sub\nns.sub A 192.0.2.7\nns.sub AAAA 2001:db8::7\nnew NS ns.new\nns.new A 192.0.2.8\n*.wild TXT star\nb.wild TXT leaf\n";

/// Hosts that do not change, so that changes are less.
fn hosts() -> String {
    (0..60)
        .map(|host| format!("h{host} A 192.0.2.{host}\n"))
        .collect()
}

/// BIND has the version that a process before this one has served, and gets what changed from the commits.
#[test]
fn bind_goes_on_from_a_version_before_a_restart() {
    let repo = Repo::new();
    repo.commit(&[("a.example", &(BEFORE.to_owned() + &hosts()))]);
    let (ours, address, folder) = (free_address(), free_address(), repo.beside("bind"));
    std::fs::create_dir_all(&folder).unwrap();
    let options = "notify no; allow-transfer { any; };";
    let zone = peers::named_follows("a.example", ours, (GOOD, SECRET));
    let mut command = peers::named(&folder, address, options, zone);
    let server = start(&repo, &ours.to_string());
    let bind = Process::start(&mut command, repo.beside("bind-log"));
    let whole = |of: std::net::SocketAddr| {
        let (at, port, key) = (format!("@{}", of.ip()), of.port().to_string(), keyed(GOOD));
        let output = Command::new("dig")
            .args([
                &at,
                "-p",
                &port,
                "+noall",
                "+answer",
                "+onesoa",
                "a.example",
                "AXFR",
            ])
            .args(["-y", &key])
            .output()
            .unwrap();
        let mut lines: Vec<String> = String::from_utf8_lossy(&output.stdout)
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        lines.sort();
        lines
    };
    let follows = |records: usize| {
        poll(|| match (whole(ours), whole(address)) {
            (here, there) if here == there && here.len() == records => Ok(()),
            (here, there) => Err(format!("{here:#?}\n{there:#?}\n{}", bind.log())),
        });
    };
    follows(13 + 60);
    server.stop();
    repo.commit(&[("a.example", &(AFTER.to_owned() + &hosts()))]);
    let server = start(&repo, &ours.to_string());
    follows(16 + 60);
    let log = server.log();
    assert!(log.contains("transferred: changes"), "{log}");
    drop(bind);
    server.stop();
}

//! Looking up the name of the remote takes for ever.

use std::fs;
use std::net::UdpSocket;
use std::process::Command;

use crate::support::{PATIENCE, Server, poll, served};
use crate::{base, daemons, is_fresh, metric, origin, push, usual};

/// Where the server of names listens that never answers; its port cannot be chosen.
const RESOLVER: &str = "127.53.53.53";

/// The system's resolver waits for a server that says nothing: the look is given up, what is served is answered all the
/// time, and once names are found again the remote is followed, though the first look still hangs.
#[test]
fn a_lookup_that_hangs_holds_nothing_up() {
    let (repo, first) = origin("192.0.2.1");
    let daemon = daemons::Server::git_daemon(&base(&repo));
    let write = |name: &str, text: &str| {
        fs::write(repo.beside(name), text).expect("written");
        repo.beside(name).display().to_string()
    };
    let known = "127.0.0.1 zones.test\n";
    let hosts = write("hosts", known);
    let resolver = format!("nameserver {RESOLVER}\noptions timeout:30 attempts:5\n");
    let resolver = write("resolv.conf", &resolver);
    // In no other way than these two, such as through a service of the system.
    let ways = write("nsswitch.conf", "hosts: files dns\n");
    let script = format!(
        "mount --bind {hosts} /etc/hosts && mount --bind {resolver} /etc/resolv.conf && mount --bind {ways} /etc/nsswitch.conf \
         && exec \"$@\""
    );
    let under = [
        "unshare",
        "--mount",
        "--propagation=private",
        "sh",
        "-c",
        &script,
        "sh",
    ];
    let tried = Command::new(under[0])
        .args(&under[1..])
        .arg("true")
        .output();
    let silent = UdpSocket::bind((RESOLVER, 53));
    let (true, Ok(silent)) = (tried.expect("unshare runs").status.success(), silent) else {
        println!("NOT TESTED: this takes mounts of one's own and port 53 of {RESOLVER}");
        return;
    };
    let url = format!("git://zones.test:{}/zones.git#main", daemon.port);
    let state = repo.beside("state");
    let arguments = usual("86400", &state);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let server = Server::start_on(&under, &repo, &url, &arguments);
    server.wait_for_commit(&first);

    write("hosts", "");
    server.signal("-HUP");
    silent.set_read_timeout(Some(PATIENCE)).expect("a limit");
    let mut question = [0; 512];
    silent.recv(&mut question).expect("the name is looked up");
    let second = push(&repo, "192.0.2.2");
    let status = server.wait_for(|status| !is_fresh(status));
    assert!(!status["remote"]["trouble"].is_null(), "{status}");
    assert!(served("192.0.2.1")(&server.ask("www.example.org")));
    assert_eq!(metric(&server, "stemma_remote_stale"), Some(1.0));

    write("hosts", known);
    poll(|| match server.status() {
        Some(status) if status["commit"]["id"] == second.as_str() => Ok(()),
        other => {
            server.signal("-HUP");
            Err(format!("{other:?}\n{}", server.log()))
        }
    });
    assert!(served("192.0.2.2")(&server.ask("www.example.org")));
    server.stop();
}

//! BIND follows a zone whose ephemeral records come and go.

use std::net::SocketAddr;

use testbed::peers;
use testbed::process::{Process, free_address};

use crate::ephemeral::dig;
use crate::sent::{NAME, SECRET, play, start};
use crate::support::{Repo, ask_serial, poll, zone};

/// How many names prove who they are.
const CHALLENGES: u32 = 100;

/// BIND as a secondary that looks each second.
fn bind(repo: &Repo, primary: SocketAddr) -> (Process, SocketAddr) {
    let (folder, address) = (repo.beside("bind"), free_address());
    std::fs::create_dir_all(&folder).expect("a folder");
    let zone = peers::named_follows("a.example", primary, (NAME, SECRET));
    let mut command = peers::named(&folder, address, "notify no;", zone);
    let process = Process::start(&mut command, repo.beside("bind-log"));
    (process, address)
}

#[test]
fn a_hundred_challenges_make_no_commit_and_bind_follows_by_changes() {
    let repo = Repo::new();
    // Large enough for changes to be less.
    let hosts: String = (0..500)
        .map(|host| format!("h{host} A 192.0.2.1\n"))
        .collect();
    let tip = repo.commit(&[("a.example", &(zone(7, "192.0.2.1") + &hosts))]);
    let state = repo.beside("state").display().to_string();
    let server = start(&repo, &["--state-dir", &state]);
    let (follower, bind) = bind(&repo, server.addresses[0]);
    let follows = || {
        let wanted = ask_serial(server.addresses[0], "a.example");
        poll(|| {
            // While it has no zone it says so, and the records are none.
            let soa = dig(bind, &["a.example", "SOA"]);
            let serial = soa
                .first()
                .and_then(|soa| soa.split(' ').nth(2)?.parse().ok());
            (serial == wanted)
                .then_some(())
                .ok_or_else(|| follower.log())
        });
    };
    follows();
    let script = |number: u32| {
        let name = format!("_acme-challenge.h{number}.a.example.");
        format!(
            "update add {name} 60 TXT token-{number}\nsend\nupdate delete {name} TXT token-{number}\nsend\n"
        )
    };
    let last = "update add _acme-challenge.a.example. 60 TXT last";
    let script: String = (0..CHALLENGES).map(script).collect::<String>() + last;
    let output = play(&["nsupdate"], server.addresses[0], &script);
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{output:?}\n{}",
        server.log()
    );
    let serial = ask_serial(server.addresses[0], "a.example");
    assert_eq!(serial, Some(7 + 2 * CHALLENGES + 1));
    assert_eq!(repo.git(&["rev-parse", "main"]), tip);
    follows();
    assert_eq!(
        dig(bind, &["_acme-challenge.a.example", "TXT"]),
        ["\"last\""]
    );
    let log = server.log();
    assert_eq!(log.matches("transferred: whole zone").count(), 1, "{log}");
    assert!(log.contains("transferred: changes"), "{log}");
    drop(follower);
    server.stop();
}

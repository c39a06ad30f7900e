//! No room on the disk that the copy is on.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use super::*;
use crate::killed::{arguments, send};
use crate::support::Server;

/// Mounts an empty disk, on which the state directory is, in a namespace of its own.
const MOUNT: &str = "mount -t tmpfs -o size=1m none \"$0\" && exec \"$@\"";

fn may_mount() -> bool {
    let mut unshare = Command::new("unshare");
    let may = unshare.args(["-Urm", "true"]).status();
    may.is_ok_and(|status| status.success())
}

fn start(there: &There, durable: &str) -> (Server, PathBuf) {
    let state = there.state();
    fs::create_dir_all(&state).expect("made");
    let state = state.to_str().expect("UTF-8");
    let under = ["unshare", "-Urm", "sh", "-c", MOUNT, state];
    let arguments = arguments(there, durable);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let server = Server::start_on(&under, &there.repo, &there.url(), &arguments);
    server.wait_for_commit(&there.tip());
    let inside = PathBuf::from(format!("/proc/{}/root{state}/filler", server.id()));
    (server, inside)
}

fn fill(filler: &Path) {
    let mut file = File::create(filler).expect("made");
    while file.write_all(&[b'x'; 4096]).is_ok() {}
}

fn update(server: &Server, name: &str) -> bool {
    !send(server.addresses[0].port(), vec![name.into()]).is_empty()
}

fn wait_until_there(there: &There, server: &Server) {
    poll(|| {
        let status = server.status().expect("a status");
        let is_there = status["commit"]["id"] == there.tip().as_str();
        match is_there && status["remote"]["backlog"] == 0 {
            true => Ok(()),
            false => Err(format!("{status} {}", server.log())),
        }
    });
}

#[test]
fn nothing_is_acknowledged_that_found_no_room_and_it_goes_on_by_itself() {
    if !may_mount() {
        println!("NOT TESTED: no mount namespaces here, so no disk is filled");
        return;
    }
    for durable in ["local", "pushed"] {
        let there = There::new();
        let (server, filler) = start(&there, durable);
        assert!(update(&server, "h1"));
        wait_until_there(&there, &server);
        fill(&filler);
        let before = there.tip();
        assert!(!update(&server, "h2"), "{}", server.log());
        assert!(server.ask("h2.a.example").addresses.is_empty());
        assert!(!server.ask("h1.a.example").addresses.is_empty());
        assert_eq!(there.tip(), before);
        fs::remove_file(&filler).expect("removed");
        assert!(update(&server, "h3"), "{}", server.log());
        wait_until_there(&there, &server);
        there.has_once("a.example", &["h1 ", "h3 "]).expect("once");
        is_sound(&there.repo);
        server.stop();
    }
}

/// The other machine has taken it, and there is no room here to say so.
#[test]
fn what_the_other_machine_has_is_acknowledged_and_served_when_there_is_room() {
    if !may_mount() {
        println!("NOT TESTED: no mount namespaces here, so no disk is filled");
        return;
    }
    let there = There::new();
    let (server, filler) = start(&there, "pushed");
    let script = format!("cat /dev/zero > {} 2>/dev/null\nexit 0", filler.display());
    there.repo.hook("post-receive", &script);
    assert!(update(&server, "h1"), "{}", server.log());
    there.has_once("a.example", &["h1 "]).expect("it is there");
    there.repo.hook("post-receive", "exit 0");
    assert!(!update(&server, "h2"), "{}", server.log());
    fs::remove_file(&filler).expect("removed");
    wait_until_there(&there, &server);
    assert!(!server.ask("h1.a.example").addresses.is_empty());
    assert!(update(&server, "h3"), "{}", server.log());
    wait_until_there(&there, &server);
    there.has_once("a.example", &["h1 ", "h3 "]).expect("once");
    server.stop();
}

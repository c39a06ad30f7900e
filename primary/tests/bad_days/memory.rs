//! A push that does not fit into memory.

use std::fmt::Write;

use crate::support::{Server, ask_serial, served, zone};
use crate::{LISTEN, repo};

/// What a process may have of memory of its own, in octets, and records that take more.
const MEMORY: u32 = 64 << 20;
const RECORDS: u32 = 600_000;

/// Nothing can be promised then but this: the program ends at once, as when it is killed, and once the push is taken back
/// it serves within as little memory as before, with serials that have not gone back.
#[test]
fn a_push_that_does_not_fit_is_mended_by_taking_it_back() {
    let repo = repo();
    let state = repo.beside("state");
    // The stack of each thread counts.
    let state = [
        "--workers",
        "1",
        "--state-dir",
        state.to_str().expect("UTF-8"),
    ];
    let arguments = [&LISTEN[..], &state].concat();
    let limit = format!("--data={MEMORY}");
    let start = || Server::start_under(&["prlimit", &limit], &repo, &arguments);
    let mut server = start();
    let second = repo.commit(&[("a.example", &zone(1, "192.0.2.2"))]);
    server.wait_for_commit(&second);
    let mut large = zone(1, "192.0.2.3");
    for n in 0..RECORDS {
        let _ = writeln!(large, "h{n} A 10.{}.{}.{}", n >> 16, n >> 8 & 255, n & 255);
    }
    repo.commit(&[("a.example", &large)]);
    assert!(!server.wait().success());
    assert!(
        server.log().contains("memory allocation of"),
        "{}",
        server.log()
    );

    let back = repo.commit(&[("a.example", &zone(1, "192.0.2.2"))]);
    let server = start();
    server.wait_for_commit(&back);
    assert!(served("192.0.2.2")(&server.ask("www.a.example")));
    // The one that was not served counts.
    assert_eq!(ask_serial(server.addresses[0], "a.example"), Some(4));
    server.stop();
}

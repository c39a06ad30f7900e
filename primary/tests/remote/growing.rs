//! Looking again and again leaves nothing behind.

use crate::support::Server;
use crate::{base, daemons, follow_when_told, git_url, origin, poll};

/// Looks that find nothing.
const LOOKS: u64 = 1000;

/// Entries of a directory of the process: its threads, or its open files.
fn count(server: &Server, what: &str) -> usize {
    let path = format!("/proc/{}/{what}", server.id());
    std::fs::read_dir(path).expect("a directory").count()
}

fn looks(server: &Server) -> u64 {
    let status = server.status().expect("a status");
    status["remote"]["looks"].as_u64().expect("a number")
}

#[test]
fn a_thousand_looks_do_not_make_the_process_grow() {
    let (repo, first) = origin("192.0.2.1");
    let daemon = daemons::Server::git_daemon(&base(&repo));
    let server = follow_when_told(&repo, &git_url(daemon.port));
    server.wait_for_commit(&first);
    let (threads, files) = (count(&server, "task"), count(&server, "fd"));
    let mut seen = looks(&server);
    while seen < LOOKS {
        server.signal("-HUP");
        seen = poll(|| match looks(&server) {
            same if same == seen => Err(format!("{same} looks")),
            more => Ok(more),
        });
    }
    poll(|| match (count(&server, "task"), count(&server, "fd")) {
        // A look, and whoever asks for the status, come and go.
        (now, open) if now <= threads + 1 && open <= files + 1 => Ok(()),
        more => Err(format!("{more:?} after {threads} threads, {files} files")),
    });
    let packs = std::fs::read_dir(repo.beside("state/mirror.git/objects/pack")).expect("listed");
    assert_eq!(packs.count(), 2, "one pack and its index");
}

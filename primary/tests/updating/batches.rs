//! Many changes at a time, as external-dns has them, and EDNS in updates; with dnspython.

use std::process::Command;

use testbed::process::run;

use crate::sent::SECRET;
use crate::support::{Repo, Server, ask_serial, zone};

/// A key for all zones.
const KEY: &str = "all._update";

fn play(server: &Server) -> Vec<String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/updating/batches.py");
    let port = server.addresses[0].port().to_string();
    let mut python = Command::new("/usr/bin/python3");
    let (succeeded, said) = run(python.args([script, &port, KEY, SECRET]));
    assert!(succeeded, "{said}\n{}", server.log());
    said.lines().map(str::to_owned).collect()
}

fn show(repo: &Repo, commit: &str, file: &str) -> String {
    repo.git(&["show", &format!("{commit}:{file}")])
}

/// RFC 2136 §2, RFC 6891 §7, RFC 7873, RFC 7830: each message is a commit, by whichever way it comes; what is taken back leaves
/// the text as it was.
#[test]
fn batches_zones_in_a_row_and_padding_are_one_commit_for_each_message() {
    let repo = Repo::new();
    let text = zone(7, "192.0.2.1").replace("www A", "; the web\nwww A");
    let files = ["a.example", "b.example", "sub.a.example"];
    repo.commit(&files.map(|file| (file, text.as_str())));
    let key = format!("{KEY}:SHA256:{SECRET}");
    let server = Server::start_with(&repo, &["--listen", "127.0.0.1:0", "--key", &key]);
    insta::assert_snapshot!(play(&server).join("\n"), @r"
    create NOERROR
    replace NOERROR
    remove NOERROR
    create NOERROR
    replace NOERROR
    remove NOERROR
    one-key NOERROR
    one-key NOERROR
    one-key NOERROR
    mixed NOTZONE
    padded NOERROR 10
    padded NOERROR 10
    ");
    // Two times created, replaced and removed; one record in each of three zones; two more.
    let commits = repo.git(&["rev-list", "--count", "main"]);
    assert_eq!(commits, (1 + 6 + 3 + 2).to_string());
    assert_eq!(show(&repo, "main~5", "a.example"), text.trim_end());
    assert_eq!(
        show(&repo, "main~6", "a.example").lines().count(),
        text.lines().count() + 300
    );
    let serials = files.map(|zone| ask_serial(server.addresses[0], zone));
    assert_eq!(serials, [Some(7 + 6 + 1 + 2), Some(8), Some(8)]);
    for file in files {
        assert!(show(&repo, "main", file).contains("here"), "{file}");
    }
    assert!(!show(&repo, "main", "a.example").contains("beside"));
    server.stop();
}

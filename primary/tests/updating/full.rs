//! Updates on a disk that is full.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::sent::{connect, key, key_file, send, signed};
use crate::support::{NOERROR, Repo, SERVFAIL, Server, ask_serial, zone};

/// A file system of its own, with a repository in it; none without the right to mount it.
fn disk(repo: &Repo) -> Option<[String; 2]> {
    let [from, image, on] = [repo.beside("from"), repo.beside("image"), repo.beside("on")];
    fs::create_dir_all(&from).expect("made");
    fs::create_dir_all(&on).expect("made");
    let run = |command: &mut Command| command.status().expect("it runs").success();
    let copy = from.join("repo.git");
    assert!(run(Command::new("git")
        .args(["clone", "-q", "--bare"])
        .arg(repo.path())
        .arg(copy)));
    let empty = File::create(&image).and_then(|file| file.set_len(8 << 20));
    empty.expect("made");
    let mut make = Command::new("/usr/sbin/mkfs.ext4");
    assert!(run(make
        .args(["-q", "-F", "-m", "0", "-d"])
        .arg(from)
        .arg(&image)));
    let [image, on] = [image, on].map(|path| path.to_str().expect("UTF-8").to_owned());
    let script = format!("mount -o loop {image} \"$0\" && exec \"$@\"");
    let mut tried = Command::new("unshare");
    tried.args([
        "--mount",
        "--propagation=private",
        "sh",
        "-c",
        &script,
        &on,
        "true",
    ]);
    let is_possible = tried.output().expect("unshare runs").status.success();
    is_possible.then_some([script, on])
}

fn start(repo: &Repo, [script, on]: &[String; 2], keys: &Path) -> Server {
    let under = [
        "unshare",
        "--mount",
        "--propagation=private",
        "sh",
        "-c",
        script,
        on,
    ];
    let [place, state] = ["repo.git", "state"].map(|name| format!("{on}/{name}"));
    let keys = keys.to_str().expect("UTF-8");
    let arguments = [
        "--listen",
        "127.0.0.1:0",
        "--keys",
        keys,
        "--state-dir",
        &state,
    ];
    Server::start_on(&under, repo, &place, &arguments)
}

fn fill(path: &Path) {
    let mut file = File::create(path).expect("made");
    for block in [4096, 1] {
        while file.write_all(&vec![b'x'; block]).is_ok() {}
    }
    let _ = file.sync_all();
}

/// Disk full: SERVFAIL, nothing is half done, answers go on, also after SIGKILL and a start; and it goes on by itself.
#[test]
fn a_full_disk_loses_nothing_that_was_acknowledged_and_goes_on_when_there_is_room() {
    let repo = Repo::new();
    repo.commit(&[("a.example", &zone(7, "192.0.2.1"))]);
    let Some(disk) = disk(&repo) else {
        println!("NOT TESTED: this takes a loop device");
        return;
    };
    let (keys, key) = (key_file(&repo), key());
    let mut server = start(&repo, &disk, &keys);
    let socket = connect(server.addresses[0]);
    assert_eq!(send(&socket, &signed(&key, "before")), Some(NOERROR));
    let filler =
        |server: &Server| PathBuf::from(format!("/proc/{}/root{}/filler", server.id(), disk[1]));
    fill(&filler(&server));
    for number in 0..20 {
        let answer = send(&socket, &signed(&key, &format!("full{number}")));
        assert_eq!(answer, Some(SERVFAIL), "{number}");
        assert_eq!(ask_serial(server.addresses[0], "a.example"), Some(8));
    }
    server.signal("-KILL");
    server.wait();

    let server = start(&repo, &disk, &keys);
    assert_eq!(
        ask_serial(server.addresses[0], "a.example"),
        Some(8),
        "the disk is full still"
    );
    let socket = connect(server.addresses[0]);
    assert_eq!(send(&socket, &signed(&key, "again")), Some(SERVFAIL));
    fs::remove_file(filler(&server)).expect("removed");
    assert_eq!(send(&socket, &signed(&key, "after")), Some(NOERROR));
    assert_eq!(ask_serial(server.addresses[0], "a.example"), Some(9));
    server.stop();
}

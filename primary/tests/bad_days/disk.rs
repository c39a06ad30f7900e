//! A disk without room, or one that can only be read.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Repo, Server, served, zone};
use crate::{LISTEN, may_mount, repo, under_mount};

/// As many zones as that what is written down of a commit needs more than one block of a disk.
const ZONES: usize = 200;

fn many_zones(serial: u32, www: &str) -> Vec<(String, String)> {
    let zones = (0..ZONES).map(|n| format!("z{n}.example"));
    zones.map(|name| (name, zone(serial, www))).collect()
}

/// Disk full: what is served stays and is answered, nothing is forgotten, and it goes on by itself when there is room.
#[test]
fn a_full_disk_under_the_state_directory_stops_no_answers() {
    if !may_mount() {
        return;
    }
    let repo = Repo::new();
    let commit = |files: &[(String, String)]| {
        let files = files
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()));
        repo.commit(&files.collect::<Vec<_>>())
    };
    commit(&many_zones(1, "192.0.2.1"));
    let state = repo.beside("state");
    fs::create_dir(&state).expect("made");
    let state = state.to_str().expect("UTF-8");
    let script = "mount -t tmpfs -o size=128k none \"$0\" && exec \"$@\"";
    let arguments = [&LISTEN[..], &["--state-dir", state]].concat();
    let server = Server::start_under(&under_mount(script, state), &repo, &arguments);
    server.wait_for(|status| !status["commit"].is_null());
    let inside = PathBuf::from(format!("/proc/{}/root{state}", server.id()));
    let kept = fs::read(inside.join("high-water")).expect("kept");
    fill(&inside.join("filler"));

    let id = commit(&many_zones(2, "192.0.2.2"));
    let status = server.wait_for(|status| !status["trouble"].is_null());
    let trouble = status["trouble"].as_str().expect("text");
    assert!(
        trouble.contains("cannot write") && trouble.contains("No space"),
        "{trouble}"
    );
    assert!(served("192.0.2.1")(&server.ask("www.z7.example")));
    assert!(
        fs::read(inside.join("high-water"))
            .expect("kept")
            .starts_with(&kept)
    );

    fs::remove_file(inside.join("filler")).expect("removed");
    server.wait_for_commit(&id);
    assert!(served("192.0.2.2")(&server.ask("www.z7.example")));
    server.stop();
}

fn fill(path: &Path) {
    let mut file = File::create(path).expect("made");
    while file.write_all(&[b'x'; 4096]).is_ok() {}
}

/// A repository on a file system that the server may only read is followed all the same.
#[test]
fn a_repository_that_can_only_be_read_is_followed() {
    if !may_mount() {
        return;
    }
    let repo = repo();
    let path = repo.path();
    let script = "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\" && exec \"$@\"";
    let mount = under_mount(script, path.to_str().expect("UTF-8"));
    let server = Server::start_under(&mount, &repo, &LISTEN);
    let inside = format!("/proc/{}/root{}/new", server.id(), path.display());
    let why = File::create(inside).expect_err("it is read-only");
    assert_eq!(why.kind(), std::io::ErrorKind::ReadOnlyFilesystem);
    let id = repo.commit(&[("a.example", &zone(2, "192.0.2.2"))]);
    server.wait_for_commit(&id);
    assert!(served("192.0.2.2")(&server.ask("www.a.example")));
    server.stop();
}

/// A remount that leaves only reading: after an error of the disk nothing more is written to the file system, not to files either that
/// are open. Answers go on, and after a restart on the mended disk serials do not go back.
#[test]
fn a_disk_that_the_kernel_gives_up_stops_no_answers() {
    let repo = repo();
    let [disk, state] = [repo.beside("disk"), repo.beside("state")];
    File::create(&disk)
        .and_then(|file| file.set_len(2 << 20))
        .expect("made");
    fs::create_dir(&state).expect("made");
    let state = state.to_str().expect("UTF-8");
    let made = Command::new("/usr/sbin/mkfs.ext4")
        .args(["-q", "-F"])
        .arg(&disk)
        .status();
    assert!(
        made.expect("mkfs.ext4 (Debian package e2fsprogs)")
            .success()
    );
    let script = format!("mount -o loop {} \"$0\" && exec \"$@\"", disk.display());
    let under = under_mount(&script, state);
    let tried = Command::new(under[0])
        .args(&under[1..])
        .arg("true")
        .output();
    if !tried.expect("unshare runs").status.success() {
        println!("NOT TESTED: this takes a loop device");
        return;
    }
    let arguments = [&LISTEN[..], &["--state-dir", state]].concat();
    let server = Server::start_under(&under, &repo, &arguments);
    server.wait_for(|status| !status["commit"].is_null());
    let process = server.id().to_string();
    let mut remount = Command::new("nsenter");
    remount.args([
        "--target",
        &process,
        "--mount",
        "mount",
        "-o",
        "remount,abort",
        state,
    ]);
    assert!(remount.status().expect("nsenter runs").success());
    let id = repo.commit(&[("a.example", &zone(1, "192.0.2.2"))]);
    let status = server.wait_for(|status| !status["trouble"].is_null());
    let trouble = status["trouble"].as_str().expect("text");
    assert!(trouble.contains("cannot write"), "{trouble}");
    assert!(served("192.0.2.1")(&server.ask("www.a.example")));
    server.stop();

    let server = Server::start_under(&under, &repo, &arguments);
    let status = server.wait_for_commit(&id);
    assert!(served("192.0.2.2")(&server.ask("www.a.example")));
    assert_eq!(status["zones"][0]["serial"], 2);
    server.stop();
}

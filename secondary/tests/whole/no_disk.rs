//! Without a state directory no disk is used: nothing is written, wherever that might be.

use std::fs;

use crate::program::Place;
use crate::support::primaries::{Kind, PrimaryServer};
use crate::support::{KEY, await_seen, version, zone_text};
use testbed::PATIENCE;
use testbed::process::{Process, free_address};

const SLOW: &str = "3600 3600 86400";
/// Calls that change what is on a disk.
const CHANGING: &str = "open,openat,openat2,creat,mkdir,mkdirat,unlink,unlinkat,rename,renameat,renameat2,link,linkat,\
                        symlink,symlinkat,mknod,mknodat,truncate,ftruncate,chmod,fchmod,fchmodat,memfd_create,bind";

/// Whether a line of `strace` tells of a call that has, or would have, written something.
fn changes(line: &str) -> bool {
    let is_open = ["open(", "openat(", "openat2("]
        .iter()
        .any(|call| line.contains(call));
    match is_open {
        true => ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"]
            .iter()
            .any(|flag| line.contains(flag)),
        // Sockets have no file but those of Unix with a path.
        false if line.contains("bind(") => line.contains("AF_UNIX") && !line.contains("= -1"),
        false => !["= -1", "+++", "---", " resumed>", "execve("]
            .iter()
            .any(|it| line.contains(it)),
    }
}

/// In a name space of its own the whole tree can only be read, also by root.
const ALONE: &str = "for at in $(cut -d' ' -f2 /proc/self/mounts); do mount -o remount,bind,ro $at 2>/dev/null; done
                     touch /run/writable 2>/dev/null && exit 99
                     exec \"$@\"";

/// Nothing can be written to, there is no folder for temporary files, and no place for a control socket.
#[test]
fn it_fetches_serves_and_follows_and_writes_nothing() {
    let (place, tls) = (Place::new(), free_address());
    let mut primary = PrimaryServer::start(Kind::Knot, &zone_text(1, SLOW), place.address);
    let made = rcgen::generate_simple_self_signed(["ns.example".to_owned()]).unwrap();
    let [certificate, key, keys] = [
        place.write("certificate.pem", &made.cert.pem()),
        place.write("key.pem", &made.signing_key.serialize_pem()),
        place.keys(&[KEY]),
    ];
    let (port, tls) = (primary.address.port().to_string(), tls.to_string());
    let (trace, calls) = (place.word("trace"), format!("trace=execve,{CHANGING}"));
    let strace = [
        "strace", "-D", "-f", "-qq", "-s", "200", "-o", &trace, "-e", &calls,
    ];
    let environment = ["env", "-u", "XDG_RUNTIME_DIR", "TMPDIR=/nowhere"];
    let name_space = [
        "unshare",
        "--map-root-user",
        "--mount",
        "sh",
        "-c",
        ALONE,
        "sh",
    ];
    let words = [
        "--keys",
        &keys,
        "--primary-port",
        &port,
        "--listen-tls",
        &tls,
        "--tls-certificate",
        &certificate,
        "--tls-key",
        &key,
    ];
    let under = [&environment[..], &strace, &name_space].concat();
    let mut command = place.command(&under, &words);
    let mut process = Process::start(command.current_dir("/"), place.path("log"));
    await_seen(place.address, "example.org", &version(1));
    primary.write("example.org", &zone_text(2, SLOW));
    primary.reload();
    await_seen(place.address, "example.org", &version(2));
    process.signal("TERM");
    assert_eq!(process.wait(PATIENCE), Some(0), "{}", process.log());
    assert!(
        process.log().contains("no control socket"),
        "{}",
        process.log()
    );

    let trace = fs::read_to_string(trace).unwrap();
    let program = format!("execve(\"{}\"", env!("CARGO_BIN_EXE_secondary"));
    let (_, trace) = trace.split_once(&program).expect("it was run");
    assert!(trace.contains("certificate.pem"), "its calls were seen");
    let writing: Vec<_> = trace.lines().skip(1).filter(|line| changes(line)).collect();
    assert!(writing.is_empty(), "{writing:#?}");
}

//! A process confines itself and then tries what it may and what it may not.
//!
//! Where the kernel has no Landlock or no seccomp, that is said, and nothing is expected of it.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test: a panic and a print are its output"
)]

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::thread;

use confine::{Confinement, Needs, Work, await_refusal, confine, narrow, refused};
use kernel_calls::Batch;

const NAME: &str = "a_confined_process_does_what_it_needs_and_no_more";

/// The little of libtest's command line that `cargo test` and `cargo nextest` use: the harness has threads.
fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let filter = arguments.iter().find(|argument| !argument.starts_with('-'));
    match (has("--ignored"), has("--list")) {
        (true, _) => {}
        (false, true) => println!("{NAME}: test"),
        (false, false) if filter.is_some_and(|filter| !NAME.contains(filter.as_str())) => {}
        (false, false) => {
            threads_are_refused();
            confined();
            println!("test {NAME} ... ok");
        }
    }
}

fn threads_are_refused() {
    let (hold, held) = std::sync::mpsc::channel::<()>();
    let other = thread::spawn(move || held.recv());
    let why = confine(&Needs::default()).unwrap_err();
    assert!(why.to_string().contains("2 threads"), "{why}");
    drop(hold);
    assert!(other.join().unwrap().is_err());
}

/// A thread that goes on after its work was told to be done, until somebody waits for it: for as long as `confine` would
/// otherwise complain.
fn leave_a_thread_that_is_ending() {
    let main = std::process::id();
    let waits = move || {
        let status = fs::read_to_string(format!("/proc/{main}/task/{main}/syscall")).unwrap();
        let call = status.split(' ').next().unwrap().parse();
        matches!(call, Ok(libc::SYS_clock_nanosleep | libc::SYS_nanosleep))
    };
    thread::spawn(move || {
        while !waits() {
            thread::yield_now();
        }
    });
}

fn confined() {
    let folder = tempfile::tempdir().unwrap();
    let [readable, writable] = ["readable", "writable"].map(|name| folder.path().join(name));
    for path in [&readable, &writable] {
        fs::create_dir(path).unwrap();
        fs::write(path.join("file"), "text").unwrap();
    }
    let status = File::open("/proc/self/status").unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let inherited = UdpSocket::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(tcp.local_addr().unwrap()).unwrap();

    let mut needs = Needs::default();
    needs.read(&readable).write(&writable);
    needs.read("/not/there");
    leave_a_thread_that_is_ending();
    let confinement = confine(&needs).unwrap();
    println!("{confinement}");

    what_is_needed_works(&readable, &writable, &udp, &inherited);
    if confinement.files.is_ok() {
        files_are_refused(&readable, &confinement);
    }
    if confinement.calls.is_ok() {
        assert_eq!(refused(), []);
        calls_are_refused(&tcp);
        refusals_are_told();
        who_answers_datagrams_does_no_more(&udp, &inherited);
        who_answers_streams_does_no_more(tcp, client);
        status_says_so(status);
    }
    // A temporary folder that cannot be removed any more says nothing; its files can.
    let _ = fs::remove_file(writable.join("moved"));
}

fn what_is_needed_works(readable: &Path, writable: &Path, udp: &UdpSocket, other: &UdpSocket) {
    assert_eq!(fs::read_to_string(readable.join("file")).unwrap(), "text");
    assert_eq!(fs::read_dir(readable).unwrap().count(), 1);
    fs::create_dir(writable.join("new")).unwrap();
    fs::write(writable.join("new/file"), "more").unwrap();
    File::open(writable).unwrap().sync_all().unwrap();
    fs::rename(writable.join("new/file"), writable.join("moved")).unwrap();
    fs::hard_link(writable.join("moved"), writable.join("new/link")).unwrap();
    fs::remove_dir_all(writable.join("new")).unwrap();
    let echo = thread::Builder::new().name("echo".into());
    let (address, socket) = (other.local_addr().unwrap(), udp.try_clone().unwrap());
    let sent = echo.spawn(move || socket.send_to(b"x", address)).unwrap();
    assert_eq!(sent.join().unwrap().unwrap(), 1);
    assert_eq!(other.recv(&mut [0; 8]).unwrap(), 1);
    assert!(thread::spawn(|| panic!("on purpose")).join().is_err());
}

fn files_are_refused(readable: &Path, confinement: &Confinement) {
    println!("files: {confinement}");
    is_refused(fs::read("/etc/passwd"));
    is_refused(fs::read_dir("/"));
    is_refused(fs::write(readable.join("file"), "other"));
    is_refused(fs::write(readable.join("new"), "new"));
    is_refused(fs::remove_file(readable.join("file")));
    is_refused(fs::read("/proc/self/maps"));
}

fn calls_are_refused(tcp: &TcpListener) {
    is_refused(TcpStream::connect(tcp.local_addr().unwrap()));
    is_refused(UdpSocket::bind("127.0.0.1:0"));
    is_refused(Command::new("/bin/true").status());
    is_refused(std::os::unix::fs::chown("/", Some(0), Some(0)));
    let socket = UnixStream::connect("/not/there").unwrap_err();
    assert_eq!(socket.kind(), ErrorKind::NotFound, "those are allowed");
}

fn refusals_are_told() {
    let all = refused();
    let told = |name: &str| {
        all.iter()
            .any(|it| it.to_string() == name && !it.by_answering)
    };
    // The other is one of those that change owners.
    assert!(told("socket") && all.len() == 2, "{all:?}");
    let times: u32 = all.iter().map(|it| it.times).sum();
    assert_eq!(await_refusal(times - 1), times, "it does not wait");
    let waiting = thread::spawn(move || await_refusal(times));
    is_refused(UdpSocket::bind("127.0.0.1:0"));
    assert_eq!(waiting.join().unwrap(), times + 1);
}

fn who_answers_datagrams_does_no_more(server: &UdpSocket, client: &UdpSocket) {
    let (address, elsewhere) = (server.local_addr().unwrap(), client.local_addr().unwrap());
    client.send_to(b"asked", address).unwrap();
    let server = server.try_clone().unwrap();
    let answering = thread::spawn(move || {
        let mut batch = Batch::new(512);
        narrow(Work::Datagrams).unwrap();
        for _ in 0..4 {
            let pieces: Vec<_> = (1..40).map(|size| vec![1_u8; size << 10]).collect();
            drop(std::hint::black_box(pieces));
        }
        let all = refused();
        assert!(!all.iter().any(|it| it.by_answering), "{all:?}");
        nearly_all_is_refused();
        is_refused(server.send_to(b"by another call", elsewhere));
        assert_eq!(batch.receive(server.as_fd()).unwrap(), 1);
        batch.slot(0).1[..2].copy_from_slice(b"ok");
        batch.queue(0, 2);
        assert_eq!(batch.send(server.as_fd()).unwrap(), 1);
    });
    answering.join().unwrap();
    assert_eq!(client.recv(&mut [0; 8]).unwrap(), 2);
    by_answering_is_told();
}

fn who_answers_streams_does_no_more(listener: TcpListener, mut client: TcpStream) {
    client.write_all(b"asked").unwrap();
    let answering = thread::spawn(move || {
        narrow(Work::Streams).unwrap();
        nearly_all_is_refused();
        let (mut stream, _) = listener.accept().unwrap();
        stream.read_exact(&mut [0; 5]).unwrap();
        stream.write_all(b"ok").unwrap();
    });
    answering.join().unwrap();
    client.read_exact(&mut [0; 2]).unwrap();
    by_answering_is_told();
}

/// In a thread that goes on after that.
fn nearly_all_is_refused() {
    is_refused(fs::read("/sys/devices/system/cpu/online"));
    is_refused(fs::create_dir("new"));
    is_refused(TcpStream::connect("127.0.0.1:9"));
    is_refused(UnixStream::connect("/not/there"));
    is_refused(UnixStream::pair());
    is_refused(Command::new("/bin/true").status());
    // Which error that is differs between C libraries.
    assert!(thread::Builder::new().spawn(|| ()).is_err());
    is_refused(io::stdout().as_fd().try_clone_to_owned());
    let much = vec![1_u8; 1 << 24];
    assert!(std::panic::catch_unwind(|| assert!(much.is_empty(), "on purpose")).is_err());
}

fn by_answering_is_told() {
    let all = refused();
    let told = |name: &str| {
        all.iter()
            .any(|it| it.to_string() == name && it.by_answering)
    };
    assert!(told("socket") && told("socketpair"), "{all:?}");
}

fn status_says_so(mut status: File) {
    let mut text = String::new();
    status.read_to_string(&mut text).unwrap();
    for line in ["Seccomp:\t2", "NoNewPrivs:\t1", "CapInh:\t0000000000000000"] {
        assert!(text.lines().any(|said| said == line), "{line}: {text}");
    }
}

fn is_refused<T>(result: io::Result<T>) {
    let why = result.err().expect("it is refused");
    assert_eq!(why.kind(), ErrorKind::PermissionDenied, "{why}");
}

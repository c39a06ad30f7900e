//! Real servers for one test: each connection of a listener is handed to a program of Git's or OpenSSH's.

pub mod ssh;
pub mod web;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::git;

/// A listener on a port of 127.0.0.1, from now until it is dropped.
#[derive(Debug)]
pub struct Server {
    /// The port, which the kernel has chosen.
    pub port: u16,
    is_over: Arc<AtomicBool>,
}

impl Server {
    /// Hands each connection to `serve`, on a thread.
    pub fn start(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let is_over = Arc::new(AtomicBool::new(false));
        let (over, serve) = (is_over.clone(), Arc::new(serve));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let serve = serve.clone();
                thread::spawn(move || serve(stream));
            }
        });
        Server { port, is_over }
    }

    /// `git daemon` for all repositories below a directory.
    pub fn git_daemon(base: &Path) -> Server {
        let base = base.to_owned();
        Server::start(move |stream| {
            let mut daemon = git(&base);
            daemon.args(["daemon", "--inetd", "--export-all", "--enable=receive-pack"]);
            daemon.arg(format!("--base-path={}", base.display()));
            run_on(&mut daemon, stream);
        })
    }

    /// Takes connections, reads, and never says a word.
    pub fn silent() -> Server {
        Server::start(read_to_end)
    }

    /// Says this to whoever connects, whatever is asked, then stays until the client leaves.
    pub fn saying(words: &'static [u8]) -> Server {
        Server::start(|mut stream| {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(words);
            read_to_end(stream);
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // The thread waits for one more.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn read_to_end(mut stream: TcpStream) {
    while stream.read(&mut [0; 4096]).is_ok_and(|count| count > 0) {}
}

/// Runs a program with a connection for its input and output, as inetd does, until it ends.
///
/// # Panics
/// If it does not start.
pub fn run_on(program: &mut Command, stream: TcpStream) {
    let output: OwnedFd = stream.try_clone().expect("a descriptor is free").into();
    let input: OwnedFd = stream.into();
    let ended = program
        .stdin(Stdio::from(input))
        .stdout(Stdio::from(output))
        .stderr(Stdio::null())
        .status();
    assert!(ended.is_ok(), "{program:?} does not start");
}

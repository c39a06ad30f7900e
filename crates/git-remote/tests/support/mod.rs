//! Real servers for one test: each connection of a listener is handed to a program of Git's or OpenSSH's.
#![allow(dead_code, reason = "each test file uses its part of this module")]
#![allow(clippy::unwrap_used, reason = "a test: a panic is its output")]

pub(crate) mod repo;
pub(crate) mod scenarios;
pub(crate) mod ssh;
pub(crate) mod web;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use git_remote::{Limits, Remote, RemoteOptions};
use git_store::{Location, Place, RemoteUrl};

/// A listener on a port of its own, from now until it is dropped.
pub(crate) struct Server {
    pub(crate) port: u16,
    is_over: Arc<AtomicBool>,
}

impl Server {
    /// Hands each connection to `serve`, on a thread.
    pub(crate) fn start(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
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
    pub(crate) fn git_daemon(base: &Path) -> Server {
        let base = format!("--base-path={}", base.display());
        Server::start(move |stream| {
            let mut daemon = repo::git();
            daemon.args(["daemon", "--inetd", "--export-all", "--enable=receive-pack"]);
            run_on(daemon.arg(&base), stream);
        })
    }

    /// Takes connections, reads, and never says a word.
    pub(crate) fn silent() -> Server {
        Server::start(
            |mut stream| while stream.read(&mut [0; 4096]).is_ok_and(|count| count > 0) {},
        )
    }

    /// Says this to whoever connects, whatever is asked, then stays.
    pub(crate) fn saying(words: &'static [u8]) -> Server {
        Server::start(|mut stream| {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(words);
            thread::sleep(Duration::from_secs(20));
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

/// Runs a program with a connection for its input and output, as inetd does.
pub(crate) fn run_on(program: &mut Command, stream: TcpStream) {
    let output: OwnedFd = stream.try_clone().unwrap().into();
    let input: OwnedFd = stream.into();
    let ended = program
        .stdin(Stdio::from(input))
        .stdout(Stdio::from(output))
        .stderr(Stdio::null())
        .status();
    assert!(ended.is_ok(), "{program:?} does not start");
}

pub(crate) fn url(text: &str) -> RemoteUrl {
    match Location::parse(text).unwrap().repository {
        Place::Remote(url) => *url,
        Place::Local(path) => panic!("{}", path.display()),
    }
}

pub(crate) fn open(text: &str, options: &RemoteOptions) -> Remote {
    Remote::open(&url(text), options.clone()).unwrap()
}

/// Short ones: what hangs is given up within a second or two.
pub(crate) fn impatient() -> Limits {
    Limits {
        connect: Duration::from_millis(700),
        idle: Duration::from_millis(700),
        total: Duration::from_millis(1500),
        ..Limits::default()
    }
}

//! The Unix socket at which a running server tells its status and is told what to do.
//!
//! ```text
//! "status" LF              -> the status, one JSON object, and the end of the stream; so without any line
//! order " " about LF       -> what the program says, or {"error": why}
//! ```
//! The socket is for its owner alone (mode 0600) and goes away with the server.

use std::error::Error;
use std::fmt::Display;
use std::fs;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use clap::ValueEnum;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::config::ControlSocket;
use crate::failure::Failure;
use crate::program::Program;

/// How the status is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StatusFormat {
    /// For people.
    Human,
    /// For machines: all there is, as one JSON object.
    Json,
}

/// How long a peer may take to read its answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long it may take to say what it wants; one that says nothing wants the status.
const PATIENCE_FOR_A_WORD: Duration = Duration::from_secs(1);

/// Octets of a request.
const MOST_OCTETS: u64 = 256;

/// The socket of a program where it is usually: `/run/stemma-PROGRAM.sock` for root, else below `XDG_RUNTIME_DIR`.
#[must_use]
pub fn default_path(program: &str) -> Option<PathBuf> {
    let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    let folder = match is_root {
        true => Some("/run".into()),
        false => std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from),
    };
    folder
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(format!("stemma-{program}.sock")))
}

/// A status as it is read again.
pub trait Shown: DeserializeOwned + Display {
    /// Whether all is as it should be.
    fn is_good(&self) -> bool;
}

/// Prints the status of the program that answers at `path`: exit code 0 if all is good, 1 if not.
///
/// # Errors
/// [`Failure::NotRunning`] if nobody answers there.
pub fn print_status<S: Shown>(
    program: &'static str,
    path: &Path,
    format: StatusFormat,
) -> Result<ExitCode, Failure> {
    let text = ask(program, path, "status")?;
    let status: S = read_answer(program, path, &text)?;
    let mut out = io::stdout().lock();
    // Whoever has read enough may close the pipe.
    let _ = match format {
        StatusFormat::Human => write!(out, "{status}"),
        StatusFormat::Json => writeln!(out, "{text}"),
    };
    Ok(ExitCode::from(u8::from(!status.is_good())))
}

/// What the program at `path` answers to a request of one line.
///
/// # Errors
/// [`Failure::NotRunning`] if nobody answers there.
pub fn ask(program: &'static str, path: &Path, request: &str) -> Result<String, Failure> {
    let answer = UnixStream::connect(path).and_then(|mut stream| {
        writeln!(stream, "{request}")?;
        io::read_to_string(stream)
    });
    answer.map_err(|why| not_running(program, path, &why))
}

/// Reads such an answer.
///
/// # Errors
/// [`Failure::NotRunning`]: who answers there is somebody else.
pub fn read_answer<T: DeserializeOwned>(
    program: &'static str,
    path: &Path,
    text: &str,
) -> Result<T, Failure> {
    serde_json::from_str(text).map_err(|why| not_running(program, path, &why))
}

fn not_running(program: &'static str, path: &Path, why: &dyn Error) -> Failure {
    Failure::NotRunning {
        program,
        path: Some(path.to_owned()),
        why: why.to_string(),
    }
}

/// A bound socket that nobody answers at yet.
#[derive(Debug)]
pub(crate) struct Bound {
    listener: UnixListener,
    path: PathBuf,
}

/// The thread that answers. Dropping it ends the thread and removes the socket.
#[derive(Debug)]
pub(crate) struct Control {
    path: PathBuf,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Control {
    /// Binds the socket that was asked for; `None` if there is to be none, or the usual one cannot be had.
    pub(crate) fn bind(socket: Option<&ControlSocket>) -> Result<Option<Bound>, Failure> {
        let Some(ControlSocket { path, is_required }) = socket else {
            tracing::warn!(
                "no control socket, so --status will not work; name one with --control PATH"
            );
            return Ok(None);
        };
        match bind(path) {
            Ok(listener) => Ok(Some(Bound {
                listener,
                path: path.clone(),
            })),
            Err(why) if *is_required => Err(Failure::Control {
                path: path.clone(),
                why,
            }),
            Err(why) => {
                tracing::warn!(path = %path.display(), error = %why, "no control socket: --status will not work");
                Ok(None)
            }
        }
    }
}

fn bind(path: &Path) -> io::Result<UnixListener> {
    let listener = match UnixListener::bind(path) {
        Err(why) if why.kind() == ErrorKind::AddrInUse && is_stale(path) => {
            fs::remove_file(path)?;
            UnixListener::bind(path)
        }
        Err(why) if why.kind() == ErrorKind::AddrInUse && is_socket(path) => {
            Err(io::Error::new(why.kind(), "a running server answers there"))
        }
        other => other,
    }?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Left behind by a server that was killed: a socket at which nobody listens. (Connecting to a plain
/// file is refused as well, and that one is not ours to remove.)
fn is_stale(path: &Path) -> bool {
    is_socket(path)
        && UnixStream::connect(path).is_err_and(|why| why.kind() == ErrorKind::ConnectionRefused)
}

fn is_socket(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket())
}

impl Bound {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Starts the thread that answers.
    pub(crate) fn serve(self, program: Arc<dyn Program>) -> Control {
        let Bound { listener, path } = self;
        let stopping = Arc::new(AtomicBool::new(false));
        let is_stopping = Arc::clone(&stopping);
        let thread = thread::Builder::new()
            .name("control".into())
            .spawn(move || answer_all(&listener, &*program, &is_stopping))
            .expect("a program that cannot start one thread cannot serve");
        Control {
            path,
            stopping,
            thread: Some(thread),
        }
    }
}

fn answer_all(listener: &UnixListener, program: &dyn Program, stopping: &AtomicBool) {
    for stream in listener.incoming() {
        if stopping.load(Ordering::SeqCst) {
            return;
        }
        match stream {
            // Whoever goes away early has not asked.
            Ok(stream) => drop(answer(stream, program)),
            // No descriptors left: wait for some.
            Err(_) => thread::sleep(Duration::from_millis(100)),
        }
    }
}

fn answer(mut stream: UnixStream, program: &dyn Program) -> io::Result<()> {
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_read_timeout(Some(PATIENCE_FOR_A_WORD))?;
    let request = read_request(&stream);
    // Whoever it is, the socket has let them in; it is for the log.
    let by = kernel_calls::peer(stream.as_fd()).ok();
    let (order, about) = request.split_once(' ').unwrap_or((&request, ""));
    let answer = match order {
        "" | "status" => Some(program.status()),
        order => program.obey(order, about, by),
    };
    let answer =
        answer.unwrap_or_else(|| json!({ "error": format!("write {}", program.orders()) }));
    stream.write_all(answer.to_string().as_bytes())
}

fn read_request(stream: &UnixStream) -> String {
    let mut line = String::new();
    // What was said until then counts.
    let _ = BufReader::new(stream.take(MOST_OCTETS)).read_line(&mut line);
    line.trim_end().to_owned()
}

impl Drop for Control {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        // Wakes the thread out of `accept`; if it cannot, the thread ends with the process.
        if UnixStream::connect(&self.path).is_ok()
            && let Some(thread) = self.thread.take()
        {
            let _ = thread.join();
        }
        let _ = fs::remove_file(&self.path);
    }
}

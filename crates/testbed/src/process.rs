//! A program of another project, or ours, that ends when its owner does.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::wait_until;

/// How long a program may take to end by itself after SIGTERM.
const END: Duration = Duration::from_secs(3);

/// A running program; dropped, it is asked to end and then killed, by its process id only.
#[derive(Debug)]
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts the program with its standard output and error in `log`.
    pub fn start(command: &mut Command, log: PathBuf) -> Process {
        let file = File::create(&log).expect("the folder of the log is ours");
        let error = file.try_clone().expect("a file can be had twice");
        let child = command
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(error)
            .spawn();
        let program = command.get_program().display();
        let child = child.unwrap_or_else(|e| {
            panic!("{program}: {e}; `tests/run programs` installs what is missing")
        });
        Process { child, log }
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// True until the program has ended.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// What the program has said so far.
    pub fn log(&self) -> String {
        read_lossy(&self.log)
    }

    /// Sends a signal by its name, such as `TERM` or `HUP`; nothing happens if it has ended.
    pub fn signal(&self, name: &str) {
        signal(self.id(), name);
    }

    /// Waits for the program to end by itself; its exit code, `None` if it was killed or is still running after `limit`.
    pub fn wait(&mut self, limit: Duration) -> Option<i32> {
        wait_until(limit, || !self.is_running());
        self.child.try_wait().ok().flatten()?.code()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.is_running() {
            self.signal("TERM");
            wait_until(END, || !self.is_running());
        }
        // Already gone is as good.
        let _ = self.child.kill();
        crate::faults::end(self.id());
        let _ = self.child.wait();
    }
}

/// A port of 127.0.0.1 where nobody listens over UDP or TCP (`named` takes no other loopback address). Tests run side
/// by side: each process begins its search elsewhere, below the ports that the kernel hands out by itself.
pub fn free_address() -> SocketAddr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let candidate = || {
        let count = NEXT
            .fetch_add(1, Ordering::Relaxed)
            .wrapping_add(std::process::id().wrapping_mul(61));
        SocketAddr::from((Ipv4Addr::LOCALHOST, 10_000 + (count % 22_000) as u16))
    };
    let free = |address: &SocketAddr| {
        UdpSocket::bind(address).is_ok() && TcpListener::bind(address).is_ok()
    };
    std::iter::repeat_with(candidate)
        .take(22_000)
        .find(free)
        .expect("one of 22,000 ports is free")
}

/// Sends a signal by its name, such as `TERM` or `HUP`, to a process that the caller has started; false if there is none.
pub fn signal(id: u32, name: &str) -> bool {
    let mut kill = Command::new("kill");
    kill.arg(format!("-{name}")).arg(id.to_string());
    let sent = kill.stderr(Stdio::null()).status();
    sent.expect("kill is part of every system").success()
}

/// Runs a program to its end: whether it succeeded, and all it said.
pub fn run(command: &mut Command) -> (bool, String) {
    let program = command.get_program().display().to_string();
    let output = command.stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|e| {
        panic!("{program}: {e}; `tests/run programs` installs what is missing")
    });
    let said = [output.stdout.as_slice(), &output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

/// Runs a program that must succeed.
pub fn must_run(command: &mut Command) -> String {
    let (succeeded, said) = run(command);
    assert!(succeeded, "{command:?}\n{said}");
    said
}

/// A program of this workspace, as built beside this test: `target/debug/primary`.
pub fn our_program(name: &str) -> Command {
    let test = std::env::current_exe().expect("a running test has a file");
    let folder = test
        .ancestors()
        .find(|f| f.file_name().is_some_and(|n| n == "deps"))
        .and_then(Path::parent);
    let program = folder.expect("tests are built in target/*/deps").join(name);
    assert!(
        program.is_file(),
        "{} is not built: cargo build --workspace --bins",
        program.display()
    );
    Command::new(program)
}

fn read_lossy(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
}

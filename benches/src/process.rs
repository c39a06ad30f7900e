//! A server as a process of its own: on one CPU, watched through `/proc`, ended when dropped.

use kernel_calls::pin_thread;
use std::{
    fs, io,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// A running process and all its children.
#[derive(Debug)]
pub(crate) struct Process(Child);

impl Process {
    /// Starts `command` on CPU `cpu` only, or on all, its output in `log`.
    pub(crate) fn start(
        command: &mut Command,
        cpu: Option<usize>,
        log: &Path,
    ) -> io::Result<Process> {
        let log = fs::File::create(log)?;
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        match cpu {
            Some(cpu) => on_cpu(cpu, || command.spawn()).map(Process),
            None => command.spawn().map(Process),
        }
    }

    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }

    /// Sends it a signal, such as `HUP`.
    pub(crate) fn signal(&self, name: &str) -> io::Result<()> {
        let sent = Command::new("kill")
            .args(["-s", name, &self.0.id().to_string()])
            .status()?;
        match sent.success() {
            true => Ok(()),
            false => Err(io::Error::other(format!("no {name} was sent"))),
        }
    }

    /// CPU time used so far, in seconds.
    pub(crate) fn cpu_secs(&self) -> f64 {
        let ticks: u64 = self.tree().iter().filter_map(|&pid| cpu_ticks(pid)).sum();
        ticks as f64 / TICKS_PER_SECOND
    }

    /// Memory in MiB, shared pages counted in parts (PSS).
    pub(crate) fn memory_mib(&self) -> f64 {
        let kib: u64 = self.tree().iter().filter_map(|&pid| pss_kib(pid)).sum();
        kib as f64 / 1024.0
    }

    /// This process and all below it: some servers start others.
    fn tree(&self) -> Vec<u32> {
        let parents: Vec<(u32, u32)> = numbers_in("/proc")
            .filter_map(|pid| Some((pid, parent(pid)?)))
            .collect();
        let mut tree = vec![self.0.id()];
        let mut at = 0;
        while let Some(&above) = tree.get(at) {
            tree.extend(
                parents
                    .iter()
                    .filter(|(_, parent)| *parent == above)
                    .map(|(pid, _)| *pid),
            );
            at += 1;
        }
        tree
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // SIGTERM lets a server end its children; what has not ended after a while is killed.
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let asked = Instant::now();
        while self.is_running() && asked.elapsed() < Duration::from_secs(10) {
            thread::sleep(Duration::from_millis(10));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The unit of `/proc/PID/stat`, the same on all Linux machines of today.
const TICKS_PER_SECOND: f64 = 100.0;

/// Runs `work` in a thread of that CPU; processes that it starts stay there.
pub(crate) fn on_cpu<T: Send>(
    cpu: usize,
    work: impl FnOnce() -> io::Result<T> + Send,
) -> io::Result<T> {
    let pinned = || {
        pin_thread(cpu)?;
        work()
    };
    thread::scope(|scope| scope.spawn(pinned).join().expect("neither panics"))
}

fn numbers_in(folder: &str) -> impl Iterator<Item = u32> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// The fields of `/proc/PID/stat` after the name, which may contain anything: state is the first.
fn stat(pid: u32) -> Option<Vec<u64>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(')')?;
    Some(
        fields
            .split_whitespace()
            .map(|field| field.parse().unwrap_or(0))
            .collect(),
    )
}

fn parent(pid: u32) -> Option<u32> {
    stat(pid)?.get(1).and_then(|&pid| pid.try_into().ok())
}

fn cpu_ticks(pid: u32) -> Option<u64> {
    let fields = stat(pid)?;
    Some(fields.get(11)? + fields.get(12)?)
}

fn pss_kib(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    text.lines().find_map(|line| {
        line.strip_prefix("Pss:")?
            .split_whitespace()
            .next()?
            .parse()
            .ok()
    })
}

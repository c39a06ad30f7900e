//! Calls of the system that a program does not survive, or that fail, one at a time: by `strace`.
//!
//! Which calls a program makes is found out by trying: of a number that it never comes to nothing happens, and a test says how
//! many faults it wants to have seen. `STEMMA_FAULTS=all` tries all of a list where CI tries a sample.

use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::signal;
use crate::random::seed;
use crate::{Random, poll};

/// What becomes of one call of the system. Each thread of a program has a count of its own, and the first one that comes to the
/// number is the one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// Its name, such as `fsync`.
    pub call: &'static str,
    /// Which of them, from 1.
    pub number: u32,
    /// The error that it fails with, such as `EIO`; none if the program is killed before it.
    pub error: Option<&'static str>,
}

impl Fault {
    /// For each call, some 40 numbers of a range at most: that the program is killed before it, and that it fails with this error,
    /// if there is one.
    #[must_use]
    pub fn all(calls: &[(&'static str, RangeInclusive<u32>, Option<&'static str>)]) -> Vec<Fault> {
        let numbered = calls.iter().flat_map(|(call, numbers, error)| {
            let step = 1 + numbers.clone().count() / 40;
            let numbers = numbers.clone().step_by(step);
            numbers.flat_map(move |number| {
                let errors = error.map(Some).into_iter();
                [None].into_iter().chain(errors).map(move |error| Fault {
                    call,
                    number,
                    error,
                })
            })
        });
        numbered.collect()
    }

    /// So many of them, in their order; another sample with another `STEMMA_SEED`, and all with `STEMMA_FAULTS=all`.
    #[must_use]
    pub fn sample(mut faults: Vec<Fault>, most: usize) -> Vec<Fault> {
        let wants_all = std::env::var_os("STEMMA_FAULTS").is_some_and(|word| word == "all");
        let mut random = Random::seeded(seed(20));
        while faults.len() > most && !wants_all {
            faults.remove(random.below(faults.len()));
        }
        faults
    }

    /// Whether the program is killed.
    #[must_use]
    pub fn kills(&self) -> bool {
        self.error.is_none()
    }

    /// The program with its arguments, which this befalls; more arguments can be added. With `paths`, only calls about these
    /// files count. The process that is started is the program: `strace` stands beside it.
    #[must_use]
    pub fn befalling(&self, program: &Command, paths: &[PathBuf]) -> Command {
        let Fault {
            call,
            number,
            error,
        } = self;
        let what = match error {
            Some(error) => format!("error={error}"),
            None => "signal=KILL".to_owned(),
        };
        // Not with --seccomp-bpf, which is faster and sends no signals.
        let mut command = Command::new("strace");
        command.args(["-D", "-f", "-qq", "-o", "/dev/null"]);
        for path in paths {
            command.arg(Path::new("-P")).arg(path);
        }
        command.args(["-e", &format!("trace={call}")]);
        command.args(["-e", &format!("inject={call}:{what}:when={number}")]);
        command.arg(program.get_program()).args(program.get_args());
        command
    }
}

/// Has a program go on without its fault, as when a disk has room again: `strace` leaves it. Nothing happens if it is gone.
pub fn end(program: u32) {
    if let Some(strace) = field(program, "TracerPid:").filter(|id| id != "0") {
        let strace = strace.parse().expect("a process id");
        // It may wait for a thread that does not stop, and would not heed SIGTERM; the kernel lets go of what it has.
        signal(strace, "KILL");
        poll(|| match field(program, "TracerPid:") {
            Some(id) if id != "0" => Err(format!("{id} does not leave {program}")),
            _ => Ok(()),
        });
    }
}

/// Has a program that was killed end: `strace` has been seen to wait for what is left of it, so that nobody else could.
pub fn end_if_killed(program: u32) {
    if field(program, "State:").is_some_and(|state| state.starts_with('Z')) {
        end(program);
    }
}

/// What the kernel says of a process.
fn field(program: u32, name: &str) -> Option<String> {
    let status = fs::read_to_string(format!("/proc/{program}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_is_a_kill_and_a_failure_and_a_sample_keeps_the_order() {
        let all = Fault::all(&[("fsync", 1..=2, Some("EIO")), ("write", 1..=1, None)]);
        let told: Vec<_> = all
            .iter()
            .map(|it| (it.call, it.number, it.error))
            .collect();
        let wanted = [
            ("fsync", 1, None),
            ("fsync", 1, Some("EIO")),
            ("fsync", 2, None),
            ("fsync", 2, Some("EIO")),
            ("write", 1, None),
        ];
        assert_eq!(told, wanted);
        assert_eq!(Fault::sample(all.clone(), 5), all);
    }

    /// Each thread would have its fault, but for those that begin when it is over.
    #[test]
    fn a_program_is_left_alone_when_its_fault_is_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        fs::write(&file, "").expect("written");
        let mut shell = Command::new("sh");
        let script = "rm $0/file; echo failed > $0/said; while [ ! -e $0/go ]; do sleep 0.01; done; rm $0/file";
        shell.args(["-c", script]).arg(folder.path());
        let fault = Fault::all(&[("unlinkat", 1..=1, Some("EIO"))])[1];
        let mut befallen = fault.befalling(&shell, &[]);
        let mut child = befallen
            .spawn()
            .expect("strace is installed (Debian package strace)");
        poll(|| fs::read(folder.path().join("said")).map_err(|why| why.to_string()));
        assert!(file.exists());
        end(child.id());
        fs::write(folder.path().join("go"), "").expect("written");
        assert!(child.wait().expect("it ends").success() && !file.exists());
    }

    #[test]
    fn a_program_is_killed_before_a_call_or_has_it_fail() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        for (fault, succeeds, is_there) in [
            (
                Fault::all(&[("unlinkat", 1..=1, Some("EIO"))])[0],
                false,
                true,
            ),
            (
                Fault::all(&[("unlinkat", 1..=1, Some("EIO"))])[1],
                false,
                true,
            ),
            (
                Fault::all(&[("unlinkat", 1..=2, Some("EIO"))])[2],
                true,
                false,
            ),
        ] {
            fs::write(&file, "").expect("written");
            let mut remove = Command::new("rm");
            remove.arg(&file);
            let mut befallen = fault.befalling(&remove, &[]);
            let ended = befallen
                .status()
                .expect("strace is installed (Debian package strace)");
            assert_eq!(
                (ended.success(), file.exists()),
                (succeeds, is_there),
                "{fault:?}"
            );
            assert_eq!(
                ended.code().is_none(),
                fault.kills() && !succeeds,
                "{fault:?}"
            );
        }
    }
}

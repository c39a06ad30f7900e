//! Gives up what a process may do and no longer needs: its user, its capabilities, files, the network, system calls.
//!
//! What a server does after its start is little, and who breaks into it should be able to do no more. [`become_user`] takes
//! another user than root. [`confine`] has the kernel refuse all files but those that are named (Landlock), connections
//! but to ports that are named (Landlock), and all system calls but those of a server that is running (seccomp). Nothing
//! of it can be undone.
//!
//! Both work on the calling thread and on those it starts later, so they insist on being called before there is another
//! one: a thread that is free could do for an intruder what the others may not. One that is about to end is waited for.
//!
//! Best effort: a kernel without Landlock or seccomp is no error. [`Confinement`] says what is in force, for people.
//!
//! A thread that only answers needs less than the process: [`narrow`] takes the rest from it, which is nearly all.
//!
//! What is refused is answered with an error (`EACCES`, `EPERM`), the process is not killed: a system call that a later C
//! library makes must not take the service down, and an intruder has nothing of a call that is not made. Of system calls
//! [`refused`] tells which they were.
//!
//! Deliberately not here: change of the root directory and name spaces, which need privileges and a place to prepare
//! (systemd does that better); limits of memory and time.
//!
//! ```no_run
//! let mut needs = confine::Needs::default();
//! needs.read("/srv/zones.git").write("/var/lib/server");
//! let confinement = confine::confine(&needs)?;
//! println!("{confinement}"); // Landlock ABI 7, seccomp
//! assert!(std::fs::read("/etc/passwd").is_err());
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Limits: Linux; seccomp on x86-64, AArch64 and RISC-V; Landlock from Linux 5.19 (ABI 2), ports from 6.7 (ABI 4), signals and
//! abstract sockets from 6.12 (ABI 6). Files that are open already stay open. Over UDP and Unix sockets with a path Landlock
//! has no say; that new UDP sockets are not made is for seccomp. `landlock(7)`, `seccomp(2)`, `capabilities(7)`.
#![forbid(unsafe_code)]

mod calls;
mod files;
mod needs;
mod told;

use std::fmt;
use std::fs;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

pub use calls::Work;
pub use kernel_calls::Account;
pub use needs::Needs;
pub use told::{Refused, await_refusal, refused};

/// What root keeps that serves files of others: to read and to write them whatever their modes say
/// (`CAP_DAC_OVERRIDE`, `CAP_DAC_READ_SEARCH`).
const CAPABILITIES_FOR_FILES: [u32; 2] = [1, 2];

/// Makes the process this user's, for good: without capabilities, the prospect of any, and core files.
///
/// # Errors
/// If there is another thread already, or the kernel refuses; then the process is to end.
pub fn become_user(user: &Account) -> io::Result<()> {
    insist_on_one_thread()?;
    user.assume()?;
    kernel_calls::drop_capabilities(&[])?;
    kernel_calls::forbid_dumps()?;
    kernel_calls::renounce_new_privileges()
}

/// What the kernel holds the process to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confinement {
    /// Why capabilities could not be given up, if they could not.
    pub capabilities: Result<(), String>,
    /// The version of Landlock that is in force, or why none is.
    pub files: Result<i32, String>,
    /// Why there is no filter of system calls, if there is none.
    pub calls: Result<(), String>,
}

/// Holds the process to its needs, as far as the kernel can. Capabilities go as well; root keeps those to read and write
/// files of others.
///
/// # Errors
/// If there is another thread already, or the kernel refuses what every kernel allows. A path that is to be written below
/// and is not there, or cannot be opened, is told in [`Confinement::files`].
pub fn confine(needs: &Needs) -> io::Result<Confinement> {
    insist_on_one_thread()?;
    kernel_calls::forbid_dumps()?;
    kernel_calls::renounce_new_privileges()?;
    let capabilities = kernel_calls::drop_capabilities(&CAPABILITIES_FOR_FILES);
    Ok(Confinement {
        // A filter that is there already may not let it; the fewer there should be.
        capabilities: capabilities.map_err(|why| why.to_string()),
        files: files::restrict(needs),
        calls: calls::restrict(needs),
    })
}

/// Takes from the calling thread, for good, all system calls but those of its work; to be called in a process that is
/// confined, when the thread has all it works with. It opens nothing from then on, and starts no thread.
///
/// # Errors
/// Why there is no such filter; the thread goes on as it was.
pub fn narrow(work: Work) -> Result<(), String> {
    calls::narrow(work)
}

impl Confinement {
    /// Whether all is in force.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.files.is_ok() && self.calls.is_ok() && self.capabilities.is_ok()
    }
}

/// How long a thread that has done its work may take to be gone. It is told to be done (by a join, or the end of a scope)
/// before it has dropped what was its own, and before the kernel has forgotten it.
const LONGEST_END: Duration = Duration::from_secs(1);

fn insist_on_one_thread() -> io::Result<()> {
    let begun = Instant::now();
    // Without /proc nobody can tell; then the caller is believed.
    let count = || fs::read_dir("/proc/self/task").map_or(1, Iterator::count);
    let mut threads = count();
    while threads > 1 && begun.elapsed() < LONGEST_END {
        thread::sleep(Duration::from_millis(1));
        threads = count();
    }
    match threads {
        0 | 1 => Ok(()),
        _ => Err(io::Error::other(format!(
            "{threads} threads run already, and those that are there are not confined with the rest"
        ))),
    }
}

impl fmt::Display for Confinement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.files {
            Ok(version) => write!(out, "Landlock ABI {version}")?,
            Err(why) => write!(out, "no Landlock ({why})")?,
        }
        match &self.calls {
            Ok(()) => out.write_str(", seccomp")?,
            Err(why) => write!(out, ", no seccomp ({why})")?,
        }
        match &self.capabilities {
            Ok(()) => Ok(()),
            Err(why) => write!(out, ", with capabilities ({why})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_in_force_is_said() {
        let whole = Confinement {
            capabilities: Ok(()),
            files: Ok(7),
            calls: Ok(()),
        };
        assert!(whole.is_whole());
        assert_eq!(whole.to_string(), "Landlock ABI 7, seccomp");
        let none = Confinement {
            capabilities: Err("EPERM".into()),
            files: Err("an old kernel".into()),
            calls: Err("ENOSYS".into()),
        };
        assert!(!none.is_whole());
        assert_eq!(
            none.to_string(),
            "no Landlock (an old kernel), no seccomp (ENOSYS), with capabilities (EPERM)"
        );
    }
}

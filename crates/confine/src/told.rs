//! What was refused, for people: seccomp alone tells it.

use std::fmt;

use kernel_calls::Trapped;
use libc::c_long;

use crate::calls::ANSWERING;

/// A system call that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// Its number on this architecture.
    pub call: i64,
    /// Whether a thread that answers made it, which is less to be expected than in another one.
    pub by_answering: bool,
    /// How often it was.
    pub times: u32,
}

/// System calls that were refused so far, but for those that make processes.
#[must_use]
pub fn refused() -> Vec<Refused> {
    let refused = |it: Trapped| Refused {
        call: it.call,
        by_answering: it.mark == ANSWERING,
        times: it.times,
    };
    kernel_calls::trapped_calls()
        .into_iter()
        .map(refused)
        .collect()
}

/// Waits until another number of calls was refused than `seen`, and returns how many, modulo 2^32.
pub fn await_refusal(seen: u32) -> u32 {
    kernel_calls::await_trap(seen)
}

/// The name, if it is among those that an intruder would try first, and else the number.
impl fmt::Display for Refused {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMES.iter().find(|(number, _)| *number == self.call) {
            Some((_, name)) => out.write_str(name),
            None => write!(out, "number {}", self.call),
        }
    }
}

macro_rules! names {
    ($($number:ident $name:literal)*) => { &[$((libc::$number, $name),)*] };
}

const NAMES: &[(c_long, &str)] = names! {
    SYS_bind "bind" SYS_bpf "bpf" SYS_chroot "chroot" SYS_connect "connect" SYS_execve "execve"
    SYS_execveat "execveat" SYS_fchmodat "fchmodat" SYS_fchownat "fchownat" SYS_getdents64 "getdents64"
    SYS_io_uring_setup "io_uring_setup" SYS_ioctl "ioctl" SYS_keyctl "keyctl" SYS_kill "kill"
    SYS_linkat "linkat" SYS_listen "listen" SYS_memfd_create "memfd_create" SYS_mkdirat "mkdirat" SYS_mmap "mmap"
    SYS_mount "mount" SYS_mprotect "mprotect" SYS_newfstatat "newfstatat" SYS_openat "openat" SYS_openat2 "openat2"
    SYS_perf_event_open "perf_event_open" SYS_pidfd_open "pidfd_open" SYS_prctl "prctl" SYS_process_vm_readv "process_vm_readv"
    SYS_process_vm_writev "process_vm_writev" SYS_ptrace "ptrace" SYS_readlinkat "readlinkat" SYS_renameat2 "renameat2"
    SYS_seccomp "seccomp" SYS_sendmsg "sendmsg" SYS_setns "setns" SYS_setuid "setuid" SYS_socket "socket"
    SYS_socketpair "socketpair" SYS_statx "statx" SYS_symlinkat "symlinkat" SYS_unlinkat "unlinkat"
    SYS_unshare "unshare" SYS_userfaultfd "userfaultfd" SYS_write "write"
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_has_a_name_or_a_number() {
        let refused = |call| Refused {
            call,
            by_answering: false,
            times: 1,
        };
        assert_eq!(refused(libc::SYS_execve).to_string(), "execve");
        assert_eq!(refused(100_000).to_string(), "number 100000");
    }
}

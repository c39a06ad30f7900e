//! System calls: seccomp.
//!
//! The list is what a server of ours does after its start, as `strace` shows it, and what the C libraries of
//! Debian 12, 13 and musl do in place of it. It names no paths: those are Landlock's.

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch, apply_filter_all_threads,
};

use crate::needs::Needs;

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Memory, threads, time, signals to oneself.
const PROCESS: &[c_long] = &[
    libc::SYS_brk,
    libc::SYS_madvise,
    libc::SYS_munmap,
    libc::SYS_mremap,
    // Answered "no such call" by the other filter.
    libc::SYS_clone3,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_futex,
    libc::SYS_membarrier,
    libc::SYS_rseq,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_setaffinity,
    libc::SYS_sched_yield,
    libc::SYS_set_robust_list,
    libc::SYS_sigaltstack,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_restart_syscall,
    libc::SYS_tgkill,
    libc::SYS_tkill,
    libc::SYS_clock_getres,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_nanosleep,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_getrandom,
    libc::SYS_getrusage,
    libc::SYS_sysinfo,
    libc::SYS_uname,
];

/// Descriptors, files, and being told of changes to them.
const FILES: &[c_long] = &[
    libc::SYS_openat,
    libc::SYS_close,
    libc::SYS_dup,
    libc::SYS_fcntl,
    libc::SYS_flock,
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_pread64,
    libc::SYS_preadv,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_pwrite64,
    libc::SYS_pwritev,
    libc::SYS_lseek,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_sync_file_range,
    libc::SYS_ftruncate,
    libc::SYS_fallocate,
    libc::SYS_fadvise64,
    libc::SYS_copy_file_range,
    libc::SYS_sendfile,
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_statfs,
    libc::SYS_fstatfs,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_getdents64,
    libc::SYS_getcwd,
    libc::SYS_readlinkat,
    libc::SYS_linkat,
    libc::SYS_mkdirat,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    libc::SYS_unlinkat,
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    libc::SYS_umask,
    libc::SYS_utimensat,
    libc::SYS_inotify_init1,
    libc::SYS_inotify_add_watch,
    libc::SYS_inotify_rm_watch,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_epoll_pwait2,
    libc::SYS_eventfd2,
    libc::SYS_ppoll,
];

/// Sockets that are there, and connections that arrive at them.
const SOCKETS: &[c_long] = &[
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_connect,
    libc::SYS_getpeername,
    libc::SYS_getsockname,
    libc::SYS_getsockopt,
    libc::SYS_setsockopt,
    libc::SYS_recvfrom,
    libc::SYS_recvmmsg,
    libc::SYS_recvmsg,
    libc::SYS_sendmmsg,
    libc::SYS_sendmsg,
    libc::SYS_sendto,
    libc::SYS_shutdown,
];

/// For connections that are opened: sockets that look names up are bound, a runtime talks to itself.
const REMOTE: &[c_long] = &[libc::SYS_bind, libc::SYS_socketpair, libc::SYS_pipe2];

/// What the C libraries of this architecture still call by older names.
#[cfg(target_arch = "x86_64")]
const OLD: &[c_long] = &[
    libc::SYS_access,
    libc::SYS_chmod,
    libc::SYS_epoll_wait,
    libc::SYS_link,
    libc::SYS_lstat,
    libc::SYS_mkdir,
    libc::SYS_open,
    libc::SYS_poll,
    libc::SYS_readlink,
    libc::SYS_rename,
    libc::SYS_rmdir,
    libc::SYS_select,
    libc::SYS_stat,
    libc::SYS_time,
    libc::SYS_unlink,
];
#[cfg(not(target_arch = "x86_64"))]
const OLD: &[c_long] = &[];

/// Restricts all threads.
pub(crate) fn restrict(needs: &Needs) -> Result<(), String> {
    let programs = (|| Ok([without_clone3()?, listed(needs)?]))();
    let programs = programs.map_err(|why: BackendError| why.to_string())?;
    for program in programs {
        apply_filter_all_threads(&program).map_err(|why| why.to_string())?;
    }
    Ok(())
}

/// What `clone3` is to make stands in memory, where a filter cannot look. Told that there is no such call, the C
/// libraries use `clone`.
fn without_clone3() -> Result<BpfProgram, BackendError> {
    let rules = Rules::from([(libc::SYS_clone3, Vec::new())]);
    let no_such_call = SeccompAction::Errno(libc::ENOSYS as u32);
    program(rules, SeccompAction::Allow, no_such_call)
}

fn listed(needs: &Needs) -> Result<BpfProgram, BackendError> {
    let connects = !needs.connect.is_empty();
    let lists = [PROCESS, FILES, SOCKETS, OLD];
    let mut calls: Vec<c_long> = lists.into_iter().flatten().copied().collect();
    if connects {
        calls.extend(REMOTE);
    }
    let mut rules: Rules = calls.into_iter().map(|call| (call, Vec::new())).collect();
    rules.extend(conditional(connects)?);
    let refused = SeccompAction::Errno(libc::EPERM as u32);
    program(rules, refused, SeccompAction::Allow)
}

/// Calls that are allowed for something and not for everything.
fn conditional(connects: bool) -> Result<Rules, BackendError> {
    let mut families = vec![libc::AF_UNIX];
    // Memory that can be run is made by whoever loads libraries, which looking up names may do.
    let mut memory = vec![libc::SYS_mmap, libc::SYS_mprotect];
    let mut rules = Rules::new();
    if connects {
        families.extend([libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK]);
        rules.extend(memory.drain(..).map(|call| (call, Vec::new())));
    }
    for call in memory {
        rules.insert(call, vec![bits(2, libc::PROT_EXEC as u64, 0)?]);
    }
    let thread = libc::CLONE_THREAD as u64;
    rules.insert(libc::SYS_clone, vec![bits(0, thread, thread)?]);
    rules.insert(libc::SYS_socket, one_of(0, &families)?);
    rules.insert(
        libc::SYS_prctl,
        one_of(0, &[libc::PR_SET_NAME, PR_SET_VMA])?,
    );
    let requests = [libc::FIONBIO, libc::FIONREAD, libc::FIOCLEX, libc::TCGETS];
    rules.insert(libc::SYS_ioctl, one_of(1, &requests.map(|it| it as i32))?);
    // Of oneself only: to ask for a limit.
    rules.insert(libc::SYS_prlimit64, one_of(0, &[0])?);
    Ok(rules)
}

/// Names for memory, which the C library gives.
const PR_SET_VMA: i32 = 0x5356_4d41;

fn one_of(argument: u8, values: &[i32]) -> Result<Vec<SeccompRule>, BackendError> {
    let rule = |value: &i32| {
        let (width, value) = (SeccompCmpArgLen::Dword, u64::from(*value as u32));
        let is_it = SeccompCondition::new(argument, width, SeccompCmpOp::Eq, value)?;
        SeccompRule::new(vec![is_it])
    };
    values.iter().map(rule).collect()
}

/// Of the bits in `mask` those in `set` are set, the others not.
fn bits(argument: u8, mask: u64, set: u64) -> Result<SeccompRule, BackendError> {
    let (width, masked) = (SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(mask));
    SeccompRule::new(vec![SeccompCondition::new(argument, width, masked, set)?])
}

fn program(
    rules: Rules,
    others: SeccompAction,
    listed: SeccompAction,
) -> Result<BpfProgram, BackendError> {
    let architecture = TargetArch::try_from(std::env::consts::ARCH)?;
    SeccompFilter::new(rules, others, listed, architecture)?.try_into()
}

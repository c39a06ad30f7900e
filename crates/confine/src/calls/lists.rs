//! What a running server calls, as `strace` shows it, and what the C libraries of Debian 12, 13 and musl do in place of it.

use libc::c_long;

/// What a tracer puts in the place of a call that is not to be made, such as `strace` that injects an error: nothing is done,
/// and what it returns is the tracer's, so it is not ours to refuse. The number -1, as a filter sees it.
const NO_CALL: c_long = u32::MAX as c_long;

/// Memory, threads, time, signals to oneself.
pub(super) const PROCESS: &[c_long] = &[
    NO_CALL,
    libc::SYS_brk,
    libc::SYS_madvise,
    libc::SYS_munmap,
    libc::SYS_mremap,
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

/// What makes a process and nothing else that is needed, unless connections are opened. The C libraries block all signals
/// there, so another filter refuses it, and not by a trap. A pipe tells them how it went.
#[cfg(target_arch = "x86_64")]
pub(super) const PROCESSES: &[c_long] = &[libc::SYS_fork, libc::SYS_vfork, libc::SYS_pipe2];
#[cfg(not(target_arch = "x86_64"))]
pub(super) const PROCESSES: &[c_long] = &[libc::SYS_pipe2];

/// What makes threads, and processes, which another filter refuses.
pub(super) const THREADS: &[c_long] = &[libc::SYS_clone, libc::SYS_clone3];

/// Descriptors, files, and being told of changes to them.
pub(super) const FILES: &[c_long] = &[
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
pub(super) const SOCKETS: &[c_long] = &[
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

/// For connections that are opened: sockets that look names up are bound, a runtime talks to itself, and what ssh keeps
/// secret is kept out of the swap.
pub(super) const REMOTE: &[c_long] = &[
    libc::SYS_bind,
    libc::SYS_socketpair,
    libc::SYS_mlock,
    libc::SYS_munlock,
];

/// What the C libraries of this architecture still call by older names.
#[cfg(target_arch = "x86_64")]
pub(super) const OLD: &[c_long] = &[
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
    libc::SYS_renameat,
    libc::SYS_rmdir,
    libc::SYS_select,
    libc::SYS_stat,
    libc::SYS_time,
    libc::SYS_unlink,
];
#[cfg(target_arch = "aarch64")]
pub(super) const OLD: &[c_long] = &[libc::SYS_renameat];
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(super) const OLD: &[c_long] = &[];

/// Refused to threads that answer, by another filter and without a word: glibc looks at how the system deals out memory, in a
/// file, when such a thread first gives much of it back (`check_may_shrink_heap`), and does without.
pub(super) const OPEN: &[c_long] = &[libc::SYS_openat];

/// What every thread that answers needs beside its sockets: memory, locks, the time, its end, and to fail with a word.
pub(super) const ANSWER: &[c_long] = &[
    NO_CALL,
    libc::SYS_brk,
    libc::SYS_madvise,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_futex,
    libc::SYS_membarrier,
    libc::SYS_sched_yield,
    // The C library counts CPUs when it divides memory between threads.
    libc::SYS_sched_getaffinity,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_nanosleep,
    libc::SYS_getrandom,
    libc::SYS_close,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_tgkill,
    libc::SYS_tkill,
    libc::SYS_restart_syscall,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
];

/// Datagrams.
pub(super) const DATAGRAMS: &[c_long] = &[
    libc::SYS_recvmmsg,
    libc::SYS_sendmmsg,
    // musl sends them one by one.
    libc::SYS_sendmsg,
];

/// Connections that arrive, and octets that come and go through them.
pub(super) const STREAMS: &[c_long] = &[
    libc::SYS_accept4,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_getsockname,
    libc::SYS_read,
    libc::SYS_recvfrom,
    libc::SYS_sendto,
    libc::SYS_setsockopt,
    libc::SYS_shutdown,
    libc::SYS_writev,
];

/// Of these what some libraries still call by older names.
#[cfg(target_arch = "x86_64")]
pub(super) const OLD_STREAMS: &[c_long] = &[libc::SYS_epoll_wait];
#[cfg(not(target_arch = "x86_64"))]
pub(super) const OLD_STREAMS: &[c_long] = &[];

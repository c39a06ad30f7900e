//! Answering, and counting, the system calls that a filter traps (`SECCOMP_RET_TRAP`).
//!
//! In place of the call the kernel sends its thread SIGSYS. The handler has the call fail with `EPERM`, as the filter could
//! have done by itself, and adds one to a count: that is all the difference, and until the first call is trapped it
//! costs nothing. No other way is as cheap and as safe: `SECCOMP_RET_LOG` and the log of `SECCOMP_RET_ERRNO` tell the audit
//! log, which a server cannot read, and of user notification (`SECCOMP_FILTER_FLAG_NEW_LISTENER`) a process has
//! one listener, which makes all callers wait for a thread, and fail in another way once that is gone.
//!
//! A thread that blocks SIGSYS would be killed at a trapped call. The C libraries block all signals for a moment where
//! they start threads and programs, so the filter should not trap what they call there.

use crate::checked;
use libc::{c_int, c_long, c_void, siginfo_t};
use std::{
    io,
    mem::MaybeUninit,
    ptr,
    sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed, Ordering::SeqCst},
};

/// Numbers of calls that are counted each; larger ones count as the last.
const CALLS: usize = 512;
/// Marks that a filter can give what it traps, from 0.
const MARKS: usize = 2;

static COUNTS: [[AtomicU32; CALLS]; MARKS] =
    [const { [const { AtomicU32::new(0) }; CALLS] }; MARKS];
/// All of them, modulo 2^32. Who waits for the next one waits at this address.
static TOTAL: AtomicU32 = AtomicU32::new(0);
static IS_ANSWERED: AtomicBool = AtomicBool::new(false);

/// A system call that was trapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trapped {
    /// Its number on this architecture.
    pub call: c_long,
    /// The data of the filter's verdict (`SECCOMP_RET_DATA`), at most 1.
    pub mark: usize,
    /// How often it was.
    pub times: u32,
}

/// Has calls that a filter traps fail with `EPERM`, in all threads that do not block SIGSYS, and counts them. Once for a
/// process; the filter must allow `futex` and `rt_sigreturn`.
///
/// # Errors
/// What `sigaction(2)` reports, and `Unsupported` on an architecture whose registers are not known here.
pub fn answer_traps() -> io::Result<()> {
    if !cfg!(any(
        target_arch = "x86_64",
        target_arch = "aarch64",
        target_arch = "riscv64"
    )) {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let handler: extern "C" fn(c_int, *mut siginfo_t, *mut c_void) = on_trap;
    // SAFETY: zeros are a valid `sigaction`: no flags, an empty mask, the default action.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = handler as libc::sighandler_t;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESTART;
    // SAFETY: the action is live and only read; its handler has the signature that SA_SIGINFO asks for, never unwinds, and
    // does nothing but atomic operations and one plain system call.
    checked(unsafe { libc::sigaction(libc::SIGSYS, &raw const action, ptr::null_mut()) })?;
    unblock()?;
    IS_ANSWERED.store(true, SeqCst);
    Ok(())
}

/// Whether [`answer_traps`] is in force.
#[must_use]
pub fn traps_are_answered() -> bool {
    IS_ANSWERED.load(SeqCst)
}

/// What was trapped so far.
#[must_use]
pub fn trapped_calls() -> Vec<Trapped> {
    let marked = COUNTS.iter().enumerate();
    let counted = marked.flat_map(|(mark, counts)| (0..).zip(counts).map(move |it| (mark, it)));
    let trapped = counted.map(|(mark, (call, count))| Trapped {
        call,
        mark,
        times: count.load(Relaxed),
    });
    trapped.filter(|trapped| trapped.times > 0).collect()
}

/// Waits until another number of calls was trapped than `seen`, and returns how many, modulo 2^32.
pub fn await_trap(seen: u32) -> u32 {
    loop {
        match TOTAL.load(SeqCst) {
            now if now == seen => futex(libc::FUTEX_WAIT, seen),
            now => return now,
        }
    }
}

/// A service manager may have started the program with the signal blocked.
fn unblock() -> io::Result<()> {
    let mut set = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the call writes the whole set.
    checked(unsafe { libc::sigemptyset(set.as_mut_ptr()) })?;
    // SAFETY: the set was written above, and has room for all signals.
    checked(unsafe { libc::sigaddset(set.as_mut_ptr(), libc::SIGSYS) })?;
    // SAFETY: the set is live and only read.
    let error = unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, set.as_ptr(), ptr::null_mut()) };
    match error {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}

/// `siginfo_t` of a trapped call, as on every 64-bit Linux; `libc` does not spell it.
#[repr(C)]
struct TrapInfo {
    signal: c_int,
    /// The data of the filter's verdict.
    data: c_int,
    code: c_int,
    _gap: c_int,
    _address: *mut c_void,
    call: c_int,
    _architecture: u32,
}
const _: () = assert!(size_of::<TrapInfo>() <= size_of::<siginfo_t>());

/// `SYS_SECCOMP`: the signal comes from a filter.
const FROM_A_FILTER: c_int = 1;

extern "C" fn on_trap(_: c_int, info: *mut siginfo_t, context: *mut c_void) {
    // SAFETY: with SA_SIGINFO the kernel passes a pointer to a whole `siginfo_t`, which is live while the handler runs, and
    // which is not shorter than what is read of it; any octets are valid numbers.
    let info = unsafe { &*info.cast::<TrapInfo>() };
    // Somebody else may send this signal: then it means nothing.
    if info.code != FROM_A_FILTER {
        return;
    }
    // SAFETY: with SA_SIGINFO the third argument leads to the registers of the interrupted thread, live while the handler
    // runs, and nobody else has a reference to them.
    fail(unsafe { &mut *context.cast::<libc::ucontext_t>() });
    let call = usize::try_from(info.call).unwrap_or(CALLS).min(CALLS - 1);
    let mark = usize::try_from(info.data).unwrap_or(0).min(MARKS - 1);
    COUNTS[mark][call].fetch_add(1, Relaxed);
    TOTAL.fetch_add(1, SeqCst);
    futex(libc::FUTEX_WAKE, 1);
}

/// Puts the result where the caller looks for it.
fn fail(context: &mut libc::ucontext_t) {
    let registers = &mut context.uc_mcontext;
    let result = -i64::from(libc::EPERM);
    #[cfg(target_arch = "x86_64")]
    {
        registers.gregs[libc::REG_RAX as usize] = result;
    }
    #[cfg(target_arch = "aarch64")]
    {
        registers.regs[0] = result as u64;
    }
    #[cfg(target_arch = "riscv64")]
    {
        registers.__gregs[libc::REG_A0] = result as u64;
    }
    let _ = (registers, result);
}

/// A failure (another value, a signal) is for the caller to see by looking again.
fn futex(operation: c_int, value: u32) {
    let (word, operation) = (TOTAL.as_ptr(), operation | libc::FUTEX_PRIVATE_FLAG);
    let no_end: *const libc::timespec = ptr::null();
    // SAFETY: the word is a static, which lives for ever and is touched in no way but atomically, by the kernel too; without
    // a time nothing else is read or written.
    unsafe { libc::syscall(libc::SYS_futex, word, operation, value, no_end) };
}

//! System calls: seccomp.
//!
//! ```text
//! all threads     clone3: no such call; new processes: EPERM; what is not listed: trapped, which is EPERM and a count
//! who answers     the same, and: new threads, open: EPERM; what is not in a shorter list: trapped
//! ```
//! Lists name no paths: those are Landlock's. Filters of one thread add up, and the strictest verdict counts, so a later one
//! takes away and cannot give. A call that all of them allow whatever its arguments, as those on the way of an answer, is
//! remembered by the kernel (since 5.11) and costs no filter.

mod lists;

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule, TargetArch, apply_filter, apply_filter_all_threads,
};

use crate::needs::Needs;
use lists::{
    ANSWER, DATAGRAMS, FILES, OLD, OLD_STREAMS, OPEN, PROCESS, PROCESSES, REMOTE, SOCKETS, STREAMS,
    THREADS,
};

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// What a thread answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Datagrams that come to a socket.
    Datagrams,
    /// Connections that are accepted.
    Streams,
}

/// Restricts all threads.
pub(crate) fn restrict(needs: &Needs) -> Result<(), String> {
    let refused = refusal();
    let programs = (|| {
        Ok([
            without_clone3()?,
            without_processes(needs)?,
            listed(needs, refused)?,
        ])
    })();
    let programs = programs.map_err(|why: BackendError| why.to_string())?;
    for program in programs {
        apply_filter_all_threads(&program).map_err(|why| why.to_string())?;
    }
    Ok(())
}

/// Restricts the calling thread further, to this work.
pub(crate) fn narrow(work: Work) -> Result<(), String> {
    let programs = (|| Ok([quietly_refused()?, answering(work)?]))();
    let [quietly, mut answering] = programs.map_err(|why: BackendError| why.to_string())?;
    mark(&mut answering);
    // That which forbids to install filters comes last.
    for program in [quietly, answering] {
        apply_filter(&program).map_err(|why| why.to_string())?;
    }
    Ok(())
}

/// What becomes of a call that is not listed.
fn refusal() -> SeccompAction {
    match kernel_calls::traps_are_answered() || kernel_calls::answer_traps().is_ok() {
        true => SeccompAction::Trap,
        false => SeccompAction::Errno(libc::EPERM as u32),
    }
}

/// The data of a trap that says which list the call is not in: 0 is that of all threads.
pub(crate) const ANSWERING: usize = 1;

fn mark(program: &mut BpfProgram) {
    let verdicts = program.iter_mut();
    let trap = (libc::BPF_RET | libc::BPF_K) as u16;
    verdicts
        .filter(|it| it.code == trap && it.k == libc::SECCOMP_RET_TRAP)
        .for_each(|it| it.k |= ANSWERING as u32);
}

/// What `clone3` is to make stands in memory, where a filter cannot look. Told that there is no such call, the C
/// libraries use `clone`.
fn without_clone3() -> Result<BpfProgram, BackendError> {
    let rules = Rules::from([(libc::SYS_clone3, Vec::new())]);
    let no_such_call = SeccompAction::Errno(libc::ENOSYS as u32);
    program(rules, SeccompAction::Allow, no_such_call)
}

/// Threads, but no processes.
fn without_processes(needs: &Needs) -> Result<BpfProgram, BackendError> {
    let mut rules = all_of(&[PROCESSES]);
    if !needs.connect.is_empty() {
        rules.remove(&libc::SYS_pipe2);
    }
    let no_thread = bits(0, libc::CLONE_THREAD as u64, 0)?;
    rules.insert(libc::SYS_clone, vec![no_thread]);
    without(rules)
}

fn quietly_refused() -> Result<BpfProgram, BackendError> {
    without(all_of(&[PROCESSES, THREADS, OPEN]))
}

fn without(rules: Rules) -> Result<BpfProgram, BackendError> {
    let refused = SeccompAction::Errno(libc::EPERM as u32);
    program(rules, SeccompAction::Allow, refused)
}

fn listed(needs: &Needs, refused: SeccompAction) -> Result<BpfProgram, BackendError> {
    let connects = !needs.connect.is_empty();
    let mut rules = all_of(&[PROCESS, PROCESSES, THREADS, FILES, SOCKETS, OLD]);
    if connects {
        rules.extend(all_of(&[REMOTE]));
    }
    rules.extend(conditional(connects)?);
    if needs.sends_datagrams && !connects {
        rules.extend(datagrams()?);
    }
    program(rules, refused, SeccompAction::Allow)
}

fn answering(work: Work) -> Result<BpfProgram, BackendError> {
    let mut rules = all_of(match work {
        Work::Datagrams => &[PROCESSES, THREADS, OPEN, ANSWER, DATAGRAMS],
        Work::Streams => &[PROCESSES, THREADS, OPEN, ANSWER, STREAMS, OLD_STREAMS],
    });
    rules.extend(plain_memory()?);
    // Last words.
    for call in [libc::SYS_write, libc::SYS_writev] {
        let words = one_of(0, &[libc::STDERR_FILENO])?;
        rules.entry(call).or_insert(words);
    }
    // The standard library looks whether a descriptor is open before it closes it, in a build for tests.
    rules.insert(libc::SYS_fcntl, one_of(1, &[libc::F_GETFD])?);
    program(rules, refusal(), SeccompAction::Allow)
}

fn all_of(lists: &[&[c_long]]) -> Rules {
    let calls = lists.iter().copied().flatten();
    calls.map(|call| (*call, Vec::new())).collect()
}

/// Memory that cannot be run.
fn plain_memory() -> Result<Rules, BackendError> {
    let plain = || Ok(vec![bits(2, libc::PROT_EXEC as u64, 0)?]);
    Ok(Rules::from([
        (libc::SYS_mmap, plain()?),
        (libc::SYS_mprotect, plain()?),
    ]))
}

/// Sockets for datagrams to others, beside those between processes.
fn datagrams() -> Result<Rules, BackendError> {
    let internet = [libc::AF_INET, libc::AF_INET6].map(|family| -> Result<_, BackendError> {
        let mut rules = of_kind(family, libc::SOCK_DGRAM)?;
        rules.append(&mut one_of(0, &[libc::AF_UNIX])?);
        Ok(rules)
    });
    let [v4, v6] = internet;
    let sockets = [v4?, v6?].concat();
    Ok(Rules::from([
        (libc::SYS_socket, sockets),
        (libc::SYS_bind, Vec::new()),
    ]))
}

/// A socket of this family and kind, whatever flags are with the kind.
fn of_kind(family: i32, kind: i32) -> Result<Vec<SeccompRule>, BackendError> {
    let width = SeccompCmpArgLen::Dword;
    let (family, kind) = (u64::from(family as u32), u64::from(kind as u32));
    let family = SeccompCondition::new(0, width.clone(), SeccompCmpOp::Eq, family)?;
    let kind = SeccompCondition::new(1, width, SeccompCmpOp::MaskedEq(KIND), kind)?;
    Ok(vec![SeccompRule::new(vec![family, kind])?])
}

/// The bits of a kind of socket that say which it is; others are flags.
const KIND: u64 = 0xF;

/// Calls that are allowed for something and not for everything.
fn conditional(connects: bool) -> Result<Rules, BackendError> {
    let mut families = vec![libc::AF_UNIX];
    let mut rules = plain_memory()?;
    if connects {
        families.extend([libc::AF_INET, libc::AF_INET6, libc::AF_NETLINK]);
        // Memory that can be run is made by whoever loads libraries, which looking up names may do.
        rules.values_mut().for_each(Vec::clear);
    }
    rules.insert(libc::SYS_socket, one_of(0, &families)?);
    let settings = [libc::PR_SET_NAME, PR_SET_VMA, libc::PR_SET_NO_NEW_PRIVS];
    rules.insert(libc::SYS_prctl, one_of(0, &settings)?);
    // Another filter only takes away.
    rules.insert(
        libc::SYS_seccomp,
        one_of(0, &[libc::SECCOMP_SET_MODE_FILTER as i32])?,
    );
    let requests = [libc::FIONBIO, libc::FIONREAD, libc::FIOCLEX, libc::TCGETS];
    // The numbers are of another type in each C library.
    let requests = requests.map(|it| u32::try_from(it).unwrap_or_default() as i32);
    rules.insert(libc::SYS_ioctl, one_of(1, &requests)?);
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

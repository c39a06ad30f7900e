//! Giving up what a process may do: its user, its capabilities, new privileges, being looked into.
//!
//! Where the kernel keeps such a thing for each thread, that of the calling thread changes, and the threads it starts
//! later have it from there: call these before there is another thread.

use crate::checked;
use std::{
    ffi::{CStr, CString},
    io,
    mem::MaybeUninit,
    ptr,
};

/// Octets for the texts of an entry of the user database, at first; it is asked again with more.
const ENTRY_OCTETS: usize = 1024;
/// And at most.
const ENTRY_OCTETS_MAX: usize = 1 << 20;
/// Groups of a user.
const GROUPS_MAX: usize = 65_536;

/// A user of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its number.
    pub uid: u32,
    /// The number of its group.
    pub gid: u32,
    groups: Vec<u32>,
}

impl Account {
    /// The user of this name, with all its groups; `None` if there is none.
    ///
    /// # Errors
    /// What the user database answers, and a name with a NUL in it.
    pub fn of(name: &str) -> io::Result<Option<Account>> {
        let name = CString::new(name)?;
        let Some((uid, gid)) = entry(&name)? else {
            return Ok(None);
        };
        let groups = groups(&name, gid)?;
        Ok(Some(Account { uid, gid, groups }))
    }

    /// Makes the process this user's, with all its threads: the C libraries see to that for these three calls. A process
    /// that was root's loses its capabilities with it. It cannot be undone.
    ///
    /// # Errors
    /// `EPERM` for a process that is not root's, and what else the calls report; then the process is to end, as it is
    /// neither one user's nor the other's.
    pub fn assume(&self) -> io::Result<()> {
        // SAFETY: the pointer leads to as many group numbers as are told, which live in `self` and are only read.
        checked(unsafe { libc::setgroups(self.groups.len(), self.groups.as_ptr()) })?;
        // SAFETY: the call takes numbers only. The group goes first: later it could not be changed any more.
        checked(unsafe { libc::setresgid(self.gid, self.gid, self.gid) })?;
        // SAFETY: the call takes numbers only.
        checked(unsafe { libc::setresuid(self.uid, self.uid, self.uid) })?;
        match users() == [self.uid; 2] {
            true => Ok(()),
            false => Err(io::Error::other("the process is still another user's")),
        }
    }
}

/// Whether the process acts as root.
#[must_use]
pub fn is_root() -> bool {
    users()[1] == 0
}

/// The real and the effective user of the calling thread.
fn users() -> [u32; 2] {
    // SAFETY: neither call takes anything, touches memory or fails.
    unsafe { [libc::getuid(), libc::geteuid()] }
}

/// User and group number in the user database.
fn entry(name: &CStr) -> io::Result<Option<(u32, u32)>> {
    let mut octets = vec![0_u8; ENTRY_OCTETS];
    loop {
        let (mut found, mut at) = (MaybeUninit::<libc::passwd>::uninit(), ptr::null_mut());
        // SAFETY: `name` ends in NUL; `found` has room for one entry, `octets` for as many octets as are told, and `at`
        // for a pointer; all four outlive the call, which keeps none of them. Where it succeeds with an entry, `at`
        // points to `found`, which is then written whole, its texts in `octets`.
        let error = unsafe {
            libc::getpwnam_r(
                name.as_ptr(),
                found.as_mut_ptr(),
                octets.as_mut_ptr().cast(),
                octets.len(),
                &raw mut at,
            )
        };
        match error {
            0 if at.is_null() => return Ok(None),
            0 => {
                // SAFETY: as said above, it has been written.
                let found = unsafe { found.assume_init() };
                return Ok(Some((found.pw_uid, found.pw_gid)));
            }
            libc::ERANGE if octets.len() < ENTRY_OCTETS_MAX => octets.resize(octets.len() * 4, 0),
            // What a database says where there is no such name.
            libc::ENOENT | libc::ESRCH => return Ok(None),
            error => return Err(io::Error::from_raw_os_error(error)),
        }
    }
}

/// All groups of a user, the one given among them.
fn groups(name: &CStr, gid: u32) -> io::Result<Vec<u32>> {
    let mut groups = vec![0_u32; 64];
    loop {
        let mut count = libc::c_int::try_from(groups.len()).unwrap_or(libc::c_int::MAX);
        // SAFETY: `name` ends in NUL; `groups` has room for as many numbers as `count` says, and the call writes no more
        // of them, and to `count` how many there are. Nothing is kept.
        let result =
            unsafe { libc::getgrouplist(name.as_ptr(), gid, groups.as_mut_ptr(), &raw mut count) };
        if result >= 0 {
            groups.truncate(usize::try_from(count).unwrap_or_default());
            return Ok(groups);
        }
        if groups.len() >= GROUPS_MAX {
            return Err(io::Error::other("the user is in too many groups"));
        }
        groups.resize(groups.len() * 4, 0);
    }
}

/// No program that is started from here, and nothing else, gives the thread more rights than it has
/// (`PR_SET_NO_NEW_PRIVS`).
///
/// # Errors
/// What `prctl(2)` reports; kernels before 3.5 do not know it.
pub fn renounce_new_privileges() -> io::Result<()> {
    // SAFETY: this operation takes numbers only.
    checked(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) })?;
    Ok(())
}

/// The memory of the process, in which there are secrets, is neither written to a core file nor open to other processes
/// of the same user (`PR_SET_DUMPABLE`).
///
/// # Errors
/// What `prctl(2)` reports; there is none.
pub fn forbid_dumps() -> io::Result<()> {
    // SAFETY: this operation takes numbers only.
    checked(unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) })?;
    Ok(())
}

/// What `capset(2)` is told first: the form of what follows, and the thread, 0 for the calling one.
#[repr(C)]
struct CapabilityHeader {
    version: u32,
    pid: libc::c_int,
}

/// Bits of 32 capabilities.
#[repr(C)]
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct CapabilityBits {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// `_LINUX_CAPABILITY_VERSION_3`: 64 capabilities, in two words.
const CAPABILITY_VERSION: u32 = 0x2008_0522;

/// Gives up all capabilities of the calling thread but those that `kept` numbers and that it has (`capabilities(7)`), and
/// all that would be handed on to other programs.
///
/// # Errors
/// What `capset(2)` reports; to give up is always allowed.
pub fn drop_capabilities(kept: &[u32]) -> io::Result<()> {
    let mut header = CapabilityHeader {
        version: CAPABILITY_VERSION,
        pid: 0,
    };
    let mut bits = [CapabilityBits::default(); 2];
    let (head, words) = (&raw mut header, bits.as_mut_ptr());
    // SAFETY: `head` leads to a header, `words` to the two words of bits that its version stands for; both outlive the call,
    // which reads the first and writes plain numbers to the second.
    checked(unsafe { libc::syscall(libc::SYS_capget, head, words) } as libc::c_int)?;
    // Where nothing would change nothing is asked for: a filter of system calls may forbid it.
    let before = bits;
    for (word, bits) in (0..).zip(&mut bits) {
        let kept = kept.iter().filter(|number| **number / 32 == word);
        let mask = kept.fold(0, |mask, number| mask | 1 << (number % 32));
        bits.permitted &= mask;
        bits.effective = bits.permitted;
        bits.inheritable = 0;
    }
    if bits == before {
        return Ok(());
    }
    let (head, words) = (&raw mut header, bits.as_mut_ptr());
    // SAFETY: as above, and both are only read.
    checked(unsafe { libc::syscall(libc::SYS_capset, head, words) } as libc::c_int)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_name() {
        let root = Account::of("root").unwrap().expect("every system has it");
        assert_eq!((root.uid, root.gid), (0, 0));
        assert!(root.groups.contains(&0));
        assert_eq!(Account::of("no such user").unwrap(), None);
        assert!(Account::of("a\0b").is_err());
    }

    /// Capabilities are each thread's own, so the other tests keep theirs.
    #[test]
    fn capabilities_are_given_up() {
        drop_capabilities(&[]).unwrap();
        let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
        for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
            let line = status.lines().find(|line| line.starts_with(set)).unwrap();
            assert!(line.ends_with("\t0000000000000000"), "{line}");
        }
    }
}

//! Which CPUs a thread runs on.

use crate::checked;
use std::{io, mem::size_of, ptr};

/// CPUs that one mask of this crate can name; larger machines need a larger mask than the C library's fixed one.
const MASK_BITS: usize = libc::CPU_SETSIZE as usize;
const WORD_BITS: usize = u64::BITS as usize;

/// The kernel's CPU mask: bit `n` of the whole is CPU `n`. `unsigned long` on every 64-bit Linux.
type Mask = [u64; MASK_BITS / WORD_BITS];

/// The numbers of the CPUs on which the calling thread may run, ascending: the machine's, less what `taskset`, a
/// container or a service manager took away.
///
/// # Errors
/// What `sched_getaffinity(2)` reports: `EINVAL` on a machine with more than 1,024 CPUs.
pub fn allowed_cpus() -> io::Result<Vec<usize>> {
    let mut mask: Mask = [0; MASK_BITS / WORD_BITS];
    // SAFETY: the kernel writes at most `size_of::<Mask>()` octets at the pointer, which is a live, writable mask of that
    // size; any bit pattern is a valid array of integers. 0 means the calling thread.
    checked(unsafe {
        libc::sched_getaffinity(0, size_of::<Mask>(), ptr::from_mut(&mut mask).cast())
    })?;
    Ok((0..MASK_BITS)
        .filter(|cpu| mask[cpu / WORD_BITS] >> (cpu % WORD_BITS) & 1 == 1)
        .collect())
}

/// Lets the calling thread run on CPU number `cpu` only.
///
/// # Errors
/// `EINVAL` when there is no such CPU or the thread may not use it.
pub fn pin_thread(cpu: usize) -> io::Result<()> {
    let mut mask: Mask = [0; MASK_BITS / WORD_BITS];
    let word = mask
        .get_mut(cpu / WORD_BITS)
        .ok_or(io::ErrorKind::InvalidInput)?;
    *word = 1 << (cpu % WORD_BITS);
    // SAFETY: the kernel reads `size_of::<Mask>()` octets at the pointer, which is a live mask of that size. 0 means the
    // calling thread.
    checked(unsafe { libc::sched_setaffinity(0, size_of::<Mask>(), ptr::from_ref(&mask).cast()) })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pinned_thread_may_use_that_cpu_only() {
        let cpu = *allowed_cpus().unwrap().last().unwrap();
        let seen = std::thread::spawn(move || {
            pin_thread(cpu).unwrap();
            allowed_cpus().unwrap()
        });
        assert_eq!(seen.join().unwrap(), [cpu]);
    }

    #[test]
    fn a_cpu_that_does_not_exist_is_an_error() {
        assert!(pin_thread(MASK_BITS - 1).is_err());
        assert!(pin_thread(MASK_BITS).is_err());
        assert!(pin_thread(usize::MAX).is_err());
    }
}

//! Asking the memory for what will be read soon.

/// Has the processor bring the first octets of `what` near, the cache line in which it begins and the next one, and goes on
/// without waiting for them. Changes nothing but how long a later read takes; where the processor has no such instruction
/// that is known here, it does nothing.
#[inline(always)]
pub fn fetch_ahead<T>(what: &[T]) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let start = what.as_ptr().cast::<i8>();
        // SAFETY: the instruction is part of every x86-64; it reads nothing that a program could see, and never faults,
        // whatever the address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(start) };
        // SAFETY: as above; the address is not dereferenced, so it may lie behind the end.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(start.wrapping_add(64)) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = what;
}

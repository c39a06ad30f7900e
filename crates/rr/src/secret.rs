//! Octets that nobody may see.

use alloc::boxed::Box;
use zeroize::Zeroize;

/// Octets of a key: not printable, not comparable, overwritten when dropped.
///
/// It has neither `Debug` nor `Display`, so that no log line can hold one.
#[derive(Clone)]
#[expect(
    missing_debug_implementations,
    reason = "a secret that could be printed one day would be"
)]
pub struct Secret(Box<[u8]>);

impl Secret {
    /// Takes the octets over.
    #[must_use]
    pub fn new(octets: impl Into<Box<[u8]>>) -> Self {
        Self(octets.into())
    }

    /// The octets, for the one computation that needs them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

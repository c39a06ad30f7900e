//! Time as the caller's monotonic clock has it.

/// Milliseconds since an instant of the caller's choice, on a clock that never goes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(u64);

impl Moment {
    /// So many milliseconds after the caller's instant.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// So many seconds after the caller's instant.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1000))
    }

    /// Milliseconds since the caller's instant.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// This many milliseconds later.
    #[must_use]
    pub const fn after_millis(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// This many seconds later.
    #[must_use]
    pub const fn after_secs(self, secs: u32) -> Self {
        self.after_millis(secs as u64 * 1000)
    }

    /// Milliseconds from `earlier` to this; none if it is later.
    #[must_use]
    pub const fn millis_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// A pause made shorter by chance, by a quarter at most, so that what began together does not go on together.
pub(crate) fn shortened(millis: u64, chance: u32) -> u64 {
    let part = u128::from(millis) * u128::from(chance) / u128::from(u32::MAX) / 4;
    // Less than `millis`, which has 64 bits.
    millis - part as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_takes_a_quarter_at_most() {
        assert_eq!(shortened(4000, 0), 4000);
        assert_eq!(shortened(4000, u32::MAX), 3000);
        assert_eq!(shortened(u64::MAX, u32::MAX), u64::MAX - u64::MAX / 4);
        assert_eq!(shortened(0, u32::MAX), 0);
    }
}

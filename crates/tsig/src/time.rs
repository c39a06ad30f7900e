//! The time that messages are signed at.

/// Seconds since 1970-01-01T00:00Z in 48 bits (RFC 8945 §4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(u64);

impl Time {
    /// The last second that 48 bits can tell, some nine million years from now.
    pub const MAX: Time = Time((1 << 48) - 1);

    /// A time; what is later than [`Time::MAX`] becomes that.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        if secs > Self::MAX.0 {
            Self::MAX
        } else {
            Self(secs)
        }
    }

    /// Seconds since 1970-01-01T00:00Z.
    #[must_use]
    pub const fn secs(self) -> u64 {
        self.0
    }

    pub(crate) fn octets(self) -> [u8; 6] {
        let [_, _, octets @ ..] = self.0.to_be_bytes();
        octets
    }

    pub(crate) fn from_octets(octets: [u8; 6]) -> Self {
        Self(
            octets
                .iter()
                .fold(0, |secs, octet| secs << 8 | u64::from(*octet)),
        )
    }

    /// RFC 8945 §5.2.3: both ends of the interval belong to it.
    pub(crate) fn is_within(self, fudge_secs: u16, other: Time) -> bool {
        self.0.abs_diff(other.0) <= u64::from(fudge_secs)
    }

    pub(crate) fn plus_secs(self, secs: u16) -> Self {
        Self::from_secs(self.0 + u64::from(secs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_octets() {
        for secs in [0, 1, 0x0102_0304_0506, Time::MAX.secs()] {
            let time = Time::from_secs(secs);
            assert_eq!(
                (Time::from_octets(time.octets()), time.secs()),
                (time, secs)
            );
        }
        assert_eq!(Time::from_secs(u64::MAX), Time::MAX);
        assert_eq!(
            Time::from_secs(0x0102_0304_0506).octets(),
            [1, 2, 3, 4, 5, 6]
        );
    }

    #[test]
    fn the_window_is_closed_at_both_ends_and_never_wraps() {
        let at = Time::from_secs;
        for (one, other, fudge, within) in [
            (1000, 1300, 300, true),
            (1000, 1301, 300, false),
            (1000, 700, 300, true),
            (1000, 699, 300, false),
            (0, 300, 300, true),
            (0, Time::MAX.secs(), u16::MAX, false),
            (Time::MAX.secs(), Time::MAX.secs(), 0, true),
        ] {
            assert_eq!(at(one).is_within(fudge, at(other)), within, "{one} {other}");
            assert_eq!(at(other).is_within(fudge, at(one)), within, "{other} {one}");
        }
        assert_eq!(Time::MAX.plus_secs(300), Time::MAX);
    }
}

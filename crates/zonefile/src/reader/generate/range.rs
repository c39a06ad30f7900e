//! The numbers of a `$GENERATE`.

/// The numbers of the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    start: u32,
    stop: u32,
    step: u32,
}

impl Range {
    /// `start-stop` or `start-stop/step`.
    pub(super) fn read(word: &[u8]) -> Option<Range> {
        let word = core::str::from_utf8(word).ok()?;
        let (bounds, step) = word.split_once('/').unwrap_or((word, "1"));
        let (start, stop) = bounds.split_once('-')?;
        let number = |text: &str| {
            text.bytes()
                .all(|b| b.is_ascii_digit())
                .then(|| text.parse().ok())
                .flatten()
        };
        let range = Range {
            start: number(start)?,
            stop: number(stop)?,
            step: number(step)?,
        };
        let in_order = range.start <= range.stop && range.stop <= i32::MAX as u32 && range.step > 0;
        in_order.then_some(range)
    }

    pub(super) fn len(self) -> u64 {
        u64::from((self.stop - self.start) / self.step) + 1
    }

    pub(super) fn numbers(self) -> impl Iterator<Item = i64> {
        (i64::from(self.start)..=i64::from(self.stop)).step_by(self.step as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        assert_eq!(Range::read(b"1-5/2").map(Range::len), Some(3));
        assert_eq!(Range::read(b"0-0").map(Range::len), Some(1));
        assert_eq!(Range::read(b"0-2147483647").map(Range::len), Some(1 << 31));
        for none in [
            "",
            "1",
            "2-1",
            "1-2/0",
            "a-b",
            "1-2/x",
            "-1-2",
            "+1-2",
            "0-2147483648",
            "-",
        ] {
            assert_eq!(Range::read(none.as_bytes()), None, "{none}");
        }
    }
}

//! How long something has lasted, for people.

use std::fmt;

/// Seconds, in the two largest units that say something: `40 s`, `5 min 2 s`, `3 d 4 h`.
#[derive(Debug, Clone, Copy)]
pub struct Span(pub u64);

impl fmt::Display for Span {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (minutes, hours, days) = (self.0 / 60, self.0 / 3600, self.0 / 86_400);
        match self.0 {
            0..60 => write!(out, "{} s", self.0),
            60..3600 => write!(out, "{minutes} min {} s", self.0 % 60),
            3600..86_400 => write!(out, "{hours} h {} min", minutes % 60),
            _ => write!(out, "{days} d {} h", hours % 24),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Span;

    #[test]
    fn spans_have_two_units() {
        for (secs, wanted) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min 0 s"),
            (3599, "59 min 59 s"),
            (3600, "1 h 0 min"),
            (86_399, "23 h 59 min"),
            (86_400, "1 d 0 h"),
            (1_000_000, "11 d 13 h"),
        ] {
            assert_eq!(Span(secs).to_string(), wanted);
        }
    }
}

//! Days of the calendar.

use core::fmt;
use core::str::FromStr;

use tsig::Time;

/// A day, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

/// The word is no day written `YYYY-MM-DD`, from 1970 on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotADate;

impl Date {
    /// Whether the day is over.
    #[must_use]
    pub fn is_past(self, now: Time) -> bool {
        now.secs() >= (self.days() + 1) * 86_400
    }

    /// Days from 1970-01-01.
    fn days(self) -> u64 {
        let (year, month) = (u64::from(self.year), self.month);
        let before_year = (year - 1970) * 365 + leap_days(year - 1) - leap_days(1969);
        let before_month: u64 = (1..month)
            .map(|month| u64::from(length(self.year, month)))
            .sum();
        before_year + before_month + u64::from(self.day) - 1
    }
}

/// How many leap days there were up to the end of a year.
fn leap_days(year: u64) -> u64 {
    year / 4 - year / 100 + year / 400
}

fn length(year: u16, month: u8) -> u8 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl FromStr for Date {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Self, NotADate> {
        let (&[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2], true) = (
            text.as_bytes().first_chunk::<10>().ok_or(NotADate)?,
            text.len() == 10,
        ) else {
            return Err(NotADate);
        };
        let number = |digits: &[u8]| {
            let mut digits = digits.iter();
            digits.try_fold(0_u16, |sum, digit| {
                let digit = char::from(*digit).to_digit(10).ok_or(NotADate)?;
                Ok(sum * 10 + digit as u16)
            })
        };
        let year = number(&[y1, y2, y3, y4])?;
        let (month, day) = (number(&[m1, m2])? as u8, number(&[d1, d2])? as u8);
        let is_there =
            year >= 1970 && (1..=12).contains(&month) && (1..=length(year, month)).contains(&day);
        is_there
            .then_some(Self { year, month, day })
            .ok_or(NotADate)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl fmt::Display for NotADate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a day is written YYYY-MM-DD, such as 2027-06-30")
    }
}

impl core::error::Error for NotADate {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_counts_to_its_end() {
        for (text, first_second_after) in [
            ("1970-01-01", 86_400),
            ("2000-02-29", 951_868_800),
            ("2027-01-15", 1_800_057_600),
            ("2100-03-01", 4_107_628_800),
        ] {
            let date: Date = text.parse().unwrap();
            assert!(
                !date.is_past(Time::from_secs(first_second_after - 1)),
                "{text}"
            );
            assert!(date.is_past(Time::from_secs(first_second_after)), "{text}");
            assert_eq!(alloc::format!("{date}"), text);
        }
    }

    #[test]
    fn what_is_no_day() {
        for text in [
            "2027-02-29",
            "2100-02-29",
            "2027-00-10",
            "2027-13-01",
            "2027-04-31",
            "2027-4-1",
            "27-04-01",
            "1969-12-31",
            "2027-04-011",
            "2027/04/01",
            "tomorrow",
            "+027-04-01",
            "",
        ] {
            assert_eq!(text.parse::<Date>(), Err(NotADate), "{text}");
        }
    }
}

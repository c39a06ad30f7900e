//! Times of RRSIG (RFC 4034 §3.2) and periods with units.

use super::{Field, Part, checked, decimal, word};
use crate::name::NameRef;
use crate::octets::{Octets, WireError};
use crate::text::{TextError, TextErrorKind, Tokens};
use alloc::vec::Vec;
use core::fmt;

/// Seconds since 1970 on a circle of 2^32 (RFC 4034 §3.1.5), written `YYYYMMDDHHmmSS`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Time(pub u32);

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_time(self.0, f)
    }
}

const DAY_SECS: u32 = 86_400;

/// Days since 1970-01-01 of a date in the proleptic Gregorian calendar; years from 1970 on.
fn days_from_date(year: u32, month: u32, day: u32) -> u32 {
    // Years begin in March, so that the leap day is the last of its year.
    let (y, m) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468
}

fn date_from_days(days: u32) -> (u32, u32, u32) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let m = (5 * of_year + 2) / 153;
    let day = of_year - (153 * m + 2) / 5 + 1;
    let month = if m < 10 { m + 3 } else { m - 9 };
    (era * 400 + year_of_era + u32::from(month <= 2), month, day)
}

fn write_time(secs: u32, out: &mut dyn fmt::Write) -> fmt::Result {
    let (year, month, day) = date_from_days(secs / DAY_SECS);
    let of_day = secs % DAY_SECS;
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    write!(
        out,
        "{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}"
    )
}

fn days_in_month(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// RFC 4034 §3.2: fourteen digits are a date, fewer are seconds.
fn read_time(text: &[u8]) -> Option<u32> {
    if text.len() != 14 {
        return decimal(text, u32::MAX);
    }
    let part = |from: usize, to: usize| decimal(&text[from..to], 9_999);
    let (year, month, day) = (part(0, 4)?, part(4, 6)?, part(6, 8)?);
    let (hour, minute, second) = (part(8, 10)?, part(10, 12)?, part(12, 14)?);
    let valid = (1970..=2106).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_in_month(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    let days = valid.then(|| days_from_date(year, month, day))?;
    let secs =
        u64::from(days) * u64::from(DAY_SECS) + u64::from(hour * 3_600 + minute * 60 + second);
    // The circle closes on 2106-02-07; later dates would need the reader's clock to be told apart.
    u32::try_from(secs).ok()
}

impl Field for Time {
    const PART: Part = Part::Octets(4);

    fn parse(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        u32::parse(octets).map(Self)
    }

    fn emit(&self, out: &mut Vec<u8>) {
        self.0.emit(out);
    }

    fn read<T: Tokens + ?Sized>(
        tokens: &mut T,
        field: &'static str,
        _: NameRef<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), TextError> {
        word(tokens, field, TextErrorKind::Time { field }, read_time)?.emit(out);
        Ok(())
    }

    fn write(octets: &mut Octets<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        write_time(checked(u32::parse(octets))?, out)
    }
}

/// Seconds that text may give with units: `1w2d3h4m5s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Period(pub u32);

impl Period {
    /// Reads seconds, or numbers with the units w d h m s in any case.
    #[must_use]
    pub fn read_secs(text: &[u8]) -> Option<u32> {
        if let Some(secs) = decimal(text, u32::MAX) {
            return Some(secs);
        }
        let (mut total, mut rest) = (0_u32, text);
        while !rest.is_empty() {
            let digits = rest
                .iter()
                .take_while(|octet| octet.is_ascii_digit())
                .count();
            let (number, after) = rest.split_at(digits);
            let (unit, after) = after.split_first()?;
            let secs = decimal(number, u32::MAX)?.checked_mul(unit_secs(*unit)?)?;
            (total, rest) = (total.checked_add(secs)?, after);
        }
        (!text.is_empty()).then_some(total)
    }
}

fn unit_secs(unit: u8) -> Option<u32> {
    match unit.to_ascii_lowercase() {
        b's' => Some(1),
        b'm' => Some(60),
        b'h' => Some(3_600),
        b'd' => Some(DAY_SECS),
        b'w' => Some(7 * DAY_SECS),
        _ => None,
    }
}

impl Field for Period {
    const PART: Part = Part::Octets(4);

    fn parse(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        u32::parse(octets).map(Self)
    }

    fn emit(&self, out: &mut Vec<u8>) {
        self.0.emit(out);
    }

    fn read<T: Tokens + ?Sized>(
        tokens: &mut T,
        field: &'static str,
        _: NameRef<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), TextError> {
        let kind = TextErrorKind::Period { field };
        word(tokens, field, kind, Self::read_secs)?.emit(out);
        Ok(())
    }

    fn write(octets: &mut Octets<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        u32::write(octets, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    #[test]
    fn times() {
        for (text, secs) in [
            ("19700101000000", 0),
            ("20000229235959", 951_868_799),
            ("20040509183619", 1_084_127_779),
            ("21060207062815", u32::MAX),
            ("1084127779", 1_084_127_779),
        ] {
            assert_eq!(read_time(text.as_bytes()), Some(secs), "{text}");
        }
        for wrong in [
            "20010229000000",
            "20001301000000",
            "20000101240000",
            "19690101000000",
            "2000010100000x",
            "",
        ] {
            assert_eq!(read_time(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn every_day_round_trips() {
        for day in 0..=u32::MAX / DAY_SECS {
            let mut text = String::new();
            write_time(day * DAY_SECS, &mut text).unwrap();
            assert_eq!(read_time(text.as_bytes()), Some(day * DAY_SECS), "{text}");
        }
    }

    #[test]
    fn periods() {
        for (text, secs) in [
            ("3600", 3_600),
            ("1h30m", 5_400),
            ("1W2d3H4m5s", 788_645),
            ("0", 0),
        ] {
            assert_eq!(Period::read_secs(text.as_bytes()), Some(secs), "{text}");
        }
        for wrong in ["", "1h30", "h", "3600x", "9999999w", "-1", "1.5h"] {
            assert_eq!(Period::read_secs(wrong.as_bytes()), None, "{wrong}");
        }
    }
}

//! Points in time as people write them, and as they are printed; all in UTC, none from a configuration.
//!
//! ```text
//! time  = date                                   the end of that day, UTC
//!       | date "T" hh ":" mm [":" ss] zone       that second
//!       | count " " unit ["s"] " ago"            so long before now
//!       | "yesterday"                            the end of yesterday, UTC
//! date  = yyyy "-" mm "-" dd
//! zone  = "Z" | ("+" | "-") hh ":" mm
//! unit  = "second" | "minute" | "hour" | "day" | "week"
//! ```
//! Months and years are no units: they have no length.

use std::time::{SystemTime, UNIX_EPOCH};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Seconds since 1970, now.
pub(crate) fn now_secs() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH);
    since_1970.map_or(0, |since| since.as_secs())
}

/// Seconds since 1970 that `text` means, `now_secs` being the time; `None` if it is no time.
pub(crate) fn read(text: &str, now_secs: i64) -> Option<i64> {
    match text {
        "yesterday" => Some(now_secs - now_secs.rem_euclid(DAY) - 1),
        _ if text.ends_with(" ago") => read_ago(text, now_secs),
        _ => match text.split_once('T') {
            Some((date, clock)) => Some(read_date(date)? + read_clock(clock)?),
            None => Some(read_date(text)? + DAY - 1),
        },
    }
}

/// Seconds since 1970 as `2026-11-20T14:00:00Z`, which [`read`] takes.
pub(crate) fn write(secs: i64) -> String {
    let (year, month, day) = civil(secs.div_euclid(DAY));
    let clock = secs.rem_euclid(DAY);
    let (hour, minute, second) = (clock / HOUR, clock % HOUR / MINUTE, clock % MINUTE);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

fn read_ago(text: &str, now_secs: i64) -> Option<i64> {
    let mut words = text.split(' ');
    let (count, unit, "ago", None) = (words.next()?, words.next()?, words.next()?, words.next())
    else {
        return None;
    };
    let unit_secs = match unit.strip_suffix('s').unwrap_or(unit) {
        "second" => 1,
        "minute" => MINUTE,
        "hour" => HOUR,
        "day" => DAY,
        "week" => 7 * DAY,
        _ => return None,
    };
    // Nine digits of weeks are a time that a commit can be compared with.
    now_secs.checked_sub(number(count, 1..=9)? * unit_secs)
}

/// The first second of a day.
fn read_date(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let year = number(parts.next()?, 4..=4)?;
    let month = number(parts.next()?, 2..=2)?;
    let day = number(parts.next()?, 2..=2)?;
    let days = days_since_1970(year, month, day);
    // Only a date that there is comes out as it went in.
    (parts.next().is_none() && civil(days) == (year, month, day)).then_some(days * DAY)
}

/// Seconds since midnight UTC, which is on another day for some.
fn read_clock(text: &str) -> Option<i64> {
    let zone_at = text.find(['Z', '+', '-'])?;
    let (clock, zone) = text.split_at(zone_at);
    let mut parts = clock.split(':');
    let hour = below(24, parts.next()?)?;
    let minute = below(60, parts.next()?)?;
    let second = parts.next().map_or(Some(0), |text| below(60, text))?;
    let offset = match zone.split_at(1) {
        ("Z", "") => 0,
        ("+", zone) => read_offset(zone)?,
        ("-", zone) => -read_offset(zone)?,
        _ => return None,
    };
    let clock = hour * HOUR + minute * MINUTE + second;
    parts.next().is_none().then_some(clock - offset)
}

fn read_offset(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    Some(below(24, hour)? * HOUR + below(60, minute)? * MINUTE)
}

fn below(end: i64, text: &str) -> Option<i64> {
    number(text, 2..=2).filter(|number| *number < end)
}

fn number(text: &str, digits: std::ops::RangeInclusive<usize>) -> Option<i64> {
    let is_number = text.bytes().all(|octet| octet.is_ascii_digit());
    (is_number && digits.contains(&text.len())).then(|| text.parse().ok())?
}

/// Days of 400 years, after which the Gregorian calendar repeats itself.
const ERA_DAYS: i64 = 146_097;
/// From the first of March of the year 0 to the first of January 1970.
const DAYS_TO_1970: i64 = 719_468;

/// Years begin in March here, so that the day of a leap year is the last one.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year.div_euclid(400) * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 + of_year
        - DAYS_TO_1970
}

/// Year, month and day.
fn civil(days_since_1970: i64) -> (i64, i64, i64) {
    let days = days_since_1970 + DAYS_TO_1970;
    let (era, of_era) = (days.div_euclid(ERA_DAYS), days.rem_euclid(ERA_DAYS));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / (ERA_DAYS - 1)) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-20T14:00:00Z
    const NOW: i64 = 1_795_183_200;

    #[test]
    fn table() {
        for (text, wanted) in [
            ("2026-11-20T14:00:00Z", Some(NOW)),
            ("2026-11-20T14:00Z", Some(NOW)),
            ("2026-11-20T15:30:00+01:30", Some(NOW)),
            ("2026-11-19T23:59:59-14:01", Some(NOW + 59)),
            ("2026-11-20", Some(NOW + 10 * HOUR - 1)),
            ("yesterday", Some(NOW - 14 * HOUR - 1)),
            ("2026-11-19", read("yesterday", NOW)),
            ("1 day ago", Some(NOW - DAY)),
            ("3 days ago", Some(NOW - 3 * DAY)),
            ("2 weeks ago", Some(NOW - 14 * DAY)),
            ("90 seconds ago", Some(NOW - 90)),
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2024-02-29T00:00:00Z", Some(1_709_164_800)),
            ("2026-02-29", None),
            ("2026-13-01", None),
            ("2026-11-31", None),
            ("2026-11-20T24:00:00Z", None),
            ("2026-11-20T14:00:00", None),
            ("2026-11-20 14:00:00Z", None),
            ("2026-11-20-01", None),
            ("26-11-20", None),
            ("days ago", None),
            ("1 month ago", None),
            ("9999999999 days ago", None),
            ("3  days ago", None),
            ("ago", None),
            ("", None),
            ("HEAD", None),
            ("HEAD~3", None),
        ] {
            assert_eq!(read(text, NOW), wanted, "{text}");
        }
    }

    #[test]
    fn days_of_four_centuries_are_read_as_they_are_written() {
        for day in (-ERA_DAYS / 2..ERA_DAYS / 2).step_by(11) {
            let text = write(day * DAY + 3_723);
            assert_eq!(read(&text, NOW), Some(day * DAY + 3_723), "{text}");
        }
    }
}

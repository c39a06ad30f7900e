//! Times of `valid-after` and `valid-before` (ssh-keygen(1), ALLOWED SIGNERS).

/// Seconds since 1970 of `YYYYMMDDZ`, `YYYYMMDDHHMMZ` or `YYYYMMDDHHMMSSZ`; `None` for anything else, such as local
/// time, which is another one elsewhere.
pub(crate) fn read(text: &str) -> Option<i64> {
    let digits = text.strip_suffix(['Z', 'z'])?;
    let is_whole = matches!(digits.len(), 8 | 12 | 14);
    if !is_whole || !digits.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    let number = |from: usize, to: usize| digits.get(from..to).map_or(Some(0), |d| d.parse().ok());
    let (year, month, day): (i64, i64, i64) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    let (hour, minute, second): (i64, i64, i64) =
        (number(8, 10)?, number(10, 12)?, number(12, 14)?);
    let is_date = (1970..).contains(&year) && (1..=12).contains(&month);
    let is_time = hour < 24 && minute < 60 && second < 60;
    let fits = is_date && is_time && (1..=days_of(year, month)).contains(&day);
    fits.then(|| days_since_1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second)
}

fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let years = |year: i64| year * 365 + leap_years_before(year);
    let months: i64 = (1..month).map(|month| days_of(year, month)).sum();
    years(year) - years(1970) + months + day - 1
}

fn leap_years_before(year: i64) -> i64 {
    let last = year - 1;
    last / 4 - last / 100 + last / 400
}

fn days_of(year: i64, month: i64) -> i64 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn times() {
        for (text, wanted) in [
            ("19700101Z", 0),
            ("20000229z", 951_782_400),
            ("20260101Z", 1_767_225_600),
            ("202611211547Z", 1_795_276_020),
            ("20261121154709Z", 1_795_276_029),
            ("99991231235959Z", 253_402_300_799),
        ] {
            assert_eq!(read(text), Some(wanted), "{text}");
        }
        for wrong in [
            "",
            "Z",
            "20260101",
            "2026010Z",
            "20260229Z",
            "20261301Z",
            "20260100Z",
            "19691231Z",
            "2026010124Z",
            "202601012400Z",
            "202601010060Z",
            "2026-01-01Z",
            "+2026101Z",
            "２０２６Z",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}

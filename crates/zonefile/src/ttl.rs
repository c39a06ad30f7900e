//! Times to live as text: seconds, or numbers with units such as `1h30m`.

use rr::Ttl;

/// Why a word is not a TTL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TtlError {
    /// Neither digits nor digits with units.
    NotATtl,
    /// RFC 2181 §8: more than 2^31 - 1 seconds. Servers read such a TTL as zero; nobody means that.
    TooLarge,
}

/// Reads a TTL. Units are w, d, h, m and s, in any case and order; a number without a unit stands alone.
#[inline]
pub(crate) fn read_ttl(word: &[u8]) -> Result<Ttl, TtlError> {
    let mut secs = 0_u64;
    if word.len() <= 9 && !word.is_empty() && word.iter().all(u8::is_ascii_digit) {
        secs = word
            .iter()
            .fold(0, |secs, digit| secs * 10 + u64::from(digit - b'0'));
    } else {
        let mut rest = word;
        while !rest.is_empty() {
            let (part, after) = read_part(rest, rest.len() == word.len())?;
            secs = secs.saturating_add(part);
            rest = after;
        }
    }
    match u32::try_from(secs) {
        _ if word.is_empty() => Err(TtlError::NotATtl),
        Ok(secs) if secs <= Ttl::MAX.as_secs() => Ok(Ttl::from_secs(secs)),
        _ => Err(TtlError::TooLarge),
    }
}

/// One number with its unit, and what follows; the first may do without a unit if nothing follows.
fn read_part(text: &[u8], first: bool) -> Result<(u64, &[u8]), TtlError> {
    let digits = text
        .iter()
        .take_while(|octet| octet.is_ascii_digit())
        .count();
    if digits == 0 {
        return Err(TtlError::NotATtl);
    }
    let digit = |number: u64, digit: &u8| {
        number
            .saturating_mul(10)
            .saturating_add(u64::from(digit - b'0'))
    };
    let number = text[..digits].iter().fold(0, digit);
    let unit = match text.get(digits) {
        None if first => return Ok((number, b"")),
        None => return Err(TtlError::NotATtl),
        Some(unit) => secs_of(*unit).ok_or(TtlError::NotATtl)?,
    };
    Ok((number.saturating_mul(unit), &text[digits + 1..]))
}

fn secs_of(unit: u8) -> Option<u64> {
    Some(match unit.to_ascii_lowercase() {
        b'w' => 604_800,
        b'd' => 86_400,
        b'h' => 3_600,
        b'm' => 60,
        b's' => 1,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_units() {
        for (text, secs) in [
            ("0", 0),
            ("3600", 3600),
            ("1h30m", 5400),
            ("1W2d3H4m5S", 788_645),
            ("1m1w", 604_860),
            ("0000000000000005", 5),
            ("2147483647", 2_147_483_647),
            ("10s", 10),
        ] {
            assert_eq!(
                read_ttl(text.as_bytes()),
                Ok(Ttl::from_secs(secs)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_none() {
        for text in ["", "1h30", "h", "3600x", "-1", "1.5h", "1 h"] {
            assert_eq!(read_ttl(text.as_bytes()), Err(TtlError::NotATtl), "{text}");
        }
        for text in [
            "2147483648",
            "4294967296",
            "99999999999999999999999999",
            "99999999w",
            "1w99999999999999999999w",
        ] {
            assert_eq!(read_ttl(text.as_bytes()), Err(TtlError::TooLarge), "{text}");
        }
    }
}

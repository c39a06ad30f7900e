//! From when to when a certificate is good: the one thing in it that an operator has to be told.
//!
//! Everything else in a certificate is for clients to judge. So this is not a reader of X.509, only a way to the two
//! dates: `Certificate { tbsCertificate { [0] version, serial, algorithm, issuer, validity { from, to }, ...` (RFC 5280
//! §4.1), each part as DER has it: tag, length, contents.

/// Seconds since 1970, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    pub from_secs: i64,
    pub to_secs: i64,
}

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xA0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

impl Validity {
    /// Of a certificate in DER; `None` if it is none.
    pub(super) fn of(certificate: &[u8]) -> Option<Validity> {
        let mut certificate = Parts(Parts(certificate).expect(SEQUENCE)?);
        let mut signed = Parts(certificate.expect(SEQUENCE)?);
        if signed.0.first() == Some(&VERSION) {
            signed.next()?;
        }
        // Serial number, algorithm, issuer.
        (0..3).try_for_each(|_| signed.next().map(drop))?;
        let mut validity = Parts(signed.expect(SEQUENCE)?);
        Some(Validity {
            from_secs: seconds(validity.next()?)?,
            to_secs: seconds(validity.next()?)?,
        })
    }

    /// Whole days until the end, rounded down: below 0 when it has passed.
    pub fn days_left(self, now_secs: i64) -> i64 {
        (self.to_secs - now_secs).div_euclid(24 * 3600)
    }

    pub fn contains(self, now_secs: i64) -> bool {
        (self.from_secs..=self.to_secs).contains(&now_secs)
    }
}

/// What is left of a sequence of parts.
struct Parts<'d>(&'d [u8]);

impl<'d> Parts<'d> {
    fn next(&mut self) -> Option<(u8, &'d [u8])> {
        let (&[tag, short], rest) = self.0.split_first_chunk()?;
        let (length, rest) = match short {
            0..=0x7F => (usize::from(short), rest),
            0x81 => (usize::from(*rest.first()?), &rest[1..]),
            0x82 => {
                let (long, rest) = rest.split_first_chunk()?;
                (usize::from(u16::from_be_bytes(*long)), rest)
            }
            // A certificate of 64 KiB or more is not sent in a handshake.
            _ => return None,
        };
        let (contents, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, contents))
    }

    fn expect(&mut self, wanted: u8) -> Option<&'d [u8]> {
        self.next()
            .and_then(|(tag, contents)| (tag == wanted).then_some(contents))
    }
}

/// RFC 5280 §4.1.2.5: `YYMMDDHHMMSSZ` up to 2049, `YYYYMMDDHHMMSSZ` from 2050.
fn seconds((tag, text): (u8, &[u8])) -> Option<i64> {
    let digits = text.strip_suffix(b"Z")?;
    let (year, rest) = match tag {
        UTC_TIME => {
            let (year, rest) = digits.split_at_checked(2)?;
            let year = number(year)?;
            (year + if year < 50 { 2000 } else { 1900 }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = digits.split_at_checked(4)?;
            (number(year)?, rest)
        }
        _ => return None,
    };
    let fields: Option<Vec<i64>> = rest.chunks(2).map(number).collect();
    let [month @ 1..=12, day @ 1..=31, hour, minute, second] = fields?[..] else {
        return None;
    };
    Some(days_since_1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second)
}

/// Two digits or four.
fn number(digits: &[u8]) -> Option<i64> {
    let all = digits.len().is_multiple_of(2) && digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits)
        .ok()
        .filter(|_| all)?
        .parse()
        .ok()
}

/// Years begin in March here, so that a leap day is the last of its year.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month > 2 { year } else { year - 1 };
    let days_of_years =
        365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let days_of_months = (153 * ((month + 9) % 12) + 2) / 5;
    days_of_years + days_of_months + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_both_kinds() {
        for (tag, text, wanted) in [
            (UTC_TIME, "700101000000Z", Some(0)),
            (UTC_TIME, "000229235959Z", Some(951_868_799)),
            (UTC_TIME, "491231235959Z", Some(2_524_607_999)),
            (GENERALIZED_TIME, "20500101000000Z", Some(2_524_608_000)),
            (GENERALIZED_TIME, "99991231235959Z", Some(253_402_300_799)),
            (UTC_TIME, "701301000000Z", None),
            (UTC_TIME, "7001010000Z", None),
            (UTC_TIME, "70010100000Z", None),
            (UTC_TIME, "7001010000+1Z", None),
            (UTC_TIME, "700101000000", None),
            (2, "700101000000Z", None),
        ] {
            assert_eq!(seconds((tag, text.as_bytes())), wanted, "{text}");
        }
    }

    #[test]
    fn a_certificate_and_what_is_none() {
        let mut params =
            rcgen::CertificateParams::new(["ns1.example.org".to_owned()]).expect("names");
        params.not_before = rcgen::date_time_ymd(2026, 3, 1);
        params.not_after = rcgen::date_time_ymd(2051, 12, 31);
        let key = rcgen::KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        let der = certificate.der();
        let validity = Validity::of(der).expect("dates");
        let wanted = Validity {
            from_secs: 1_772_323_200,
            to_secs: 2_587_593_600,
        };
        assert_eq!(validity, wanted);
        assert!(validity.contains(1_772_323_200) && !validity.contains(1_772_323_199));
        assert_eq!(validity.days_left(wanted.to_secs), 0);
        assert_eq!(validity.days_left(wanted.to_secs + 1), -1);
        assert_eq!(validity.days_left(wanted.to_secs - 86_400), 1);
        // Cut anywhere before the dates end there are none, and nothing panics.
        for length in 0..der.len() {
            let dates = Validity::of(&der[..length]);
            assert!(dates.is_none(), "{length}");
        }
        let changed = |at: usize| {
            let mut octets = der.to_vec();
            octets[at] ^= 0x81;
            Validity::of(&octets)
        };
        assert!((0..der.len()).filter(|at| changed(*at).is_none()).count() > 8);
    }
}

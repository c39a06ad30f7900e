//! A place on Earth. RFC 1876.

use super::{Field, Part, checked, decimal, missing};
use crate::name::NameRef;
use crate::octets::{Octets, WireError, WireErrorKind};
use crate::text::{TextError, TextErrorKind, Tokens};
use alloc::vec::Vec;
use core::fmt;

/// A place: version 0 of RFC 1876 §2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Loc {
    /// Diameter of the place: mantissa and power of ten, four bits each, in centimetres.
    pub size: u8,
    /// Horizontal precision, as `size`.
    pub horizontal: u8,
    /// Vertical precision, as `size`.
    pub vertical: u8,
    /// Thousandths of a second of arc, 2^31 on the equator, more to the north.
    pub latitude: u32,
    /// Thousandths of a second of arc, 2^31 on the prime meridian, more to the east.
    pub longitude: u32,
    /// Centimetres above 100,000 m below the WGS 84 ellipsoid.
    pub altitude: u32,
}

/// The equator, and the prime meridian.
const MIDDLE: u32 = 1 << 31;
const DEGREE: u32 = 3_600_000;
/// Centimetres from the base of altitudes to the ellipsoid.
const SEA_LEVEL: i64 = 10_000_000;

/// RFC 1876 §3: the sizes that hold when they are left out, 1 m, 10,000 m and 10 m.
const DEFAULT_SIZES: [u8; 3] = [0x12, 0x16, 0x13];

impl Loc {
    fn is_valid(&self) -> bool {
        // Zero has one form, as for BIND: text could not tell 0 m from 0 tens of metres.
        let size_is_valid = |size: u8| size == 0 || matches!(size >> 4, 1..=9) && size & 15 <= 9;
        [self.size, self.horizontal, self.vertical]
            .into_iter()
            .all(size_is_valid)
            && self.latitude.abs_diff(MIDDLE) <= 90 * DEGREE
            && self.longitude.abs_diff(MIDDLE) <= 180 * DEGREE
    }
}

impl Field for Loc {
    const PART: Part = Part::Octets(16);

    fn parse(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        let refuse = octets.fail(WireErrorKind::Value(
            "a LOC of version 0 with places on Earth",
        ));
        let [version, size, horizontal, vertical] = octets.array()?;
        let loc = Self {
            size,
            horizontal,
            vertical,
            latitude: u32::parse(octets)?,
            longitude: u32::parse(octets)?,
            altitude: u32::parse(octets)?,
        };
        if version == 0 && loc.is_valid() {
            Ok(loc)
        } else {
            Err(refuse)
        }
    }

    fn emit(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[0, self.size, self.horizontal, self.vertical]);
        self.latitude.emit(out);
        self.longitude.emit(out);
        self.altitude.emit(out);
    }

    fn read<T: Tokens + ?Sized>(
        tokens: &mut T,
        _: &'static str,
        _: NameRef<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), TextError> {
        let latitude = read_angle(tokens, &LATITUDE)?;
        let longitude = read_angle(tokens, &LONGITUDE)?;
        let altitude = read_altitude(tokens)?;
        let [size, horizontal, vertical] = read_sizes(tokens)?;
        Self {
            size,
            horizontal,
            vertical,
            latitude,
            longitude,
            altitude,
        }
        .emit(out);
        Ok(())
    }

    fn write(octets: &mut Octets<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        let loc = checked(Self::parse(octets))?;
        write_angle(loc.latitude, ["N", "S"], out)?;
        write_angle(loc.longitude, ["E", "W"], out)?;
        let altitude = i64::from(loc.altitude) - SEA_LEVEL;
        let sign = if altitude < 0 { "-" } else { "" };
        write!(
            out,
            "{sign}{}.{:02}m",
            altitude.abs() / 100,
            altitude.abs() % 100
        )?;
        [loc.size, loc.horizontal, loc.vertical]
            .into_iter()
            .try_for_each(|size| write_size(size, out))
    }
}

/// One of the two angles.
struct Angle {
    field: &'static str,
    degrees: u32,
    positive: &'static [u8],
    negative: &'static [u8],
}

const LATITUDE: Angle = Angle {
    field: "latitude",
    degrees: 90,
    positive: b"N",
    negative: b"S",
};
const LONGITUDE: Angle = Angle {
    field: "longitude",
    degrees: 180,
    positive: b"E",
    negative: b"W",
};

/// RFC 1876 §3: `d [m [s[.sss]]] {N|S|E|W}`.
fn read_angle<T: Tokens + ?Sized>(tokens: &mut T, angle: &Angle) -> Result<u32, TextError> {
    let expected =
        "degrees, minutes and seconds, then N or S for a latitude, E or W for a longitude";
    let kind = TextErrorKind::Value {
        field: angle.field,
        expected,
    };
    let largest = [u64::from(angle.degrees), 59, 59_999];
    let in_milliseconds = [u64::from(DEGREE), 60_000, 1];
    let mut total = 0;
    for place in 0..4 {
        let Some(token) = tokens.next_token()? else {
            return Err(missing(tokens, angle.field));
        };
        let signed = |sum: u64| {
            u32::try_from(sum)
                .ok()
                .filter(|sum| *sum <= angle.degrees * DEGREE)
        };
        if place > 0 && token.text.eq_ignore_ascii_case(angle.positive) {
            return signed(total)
                .map(|sum| MIDDLE + sum)
                .ok_or_else(|| token.fail(kind));
        }
        if place > 0 && token.text.eq_ignore_ascii_case(angle.negative) {
            return signed(total)
                .map(|sum| MIDDLE - sum)
                .ok_or_else(|| token.fail(kind));
        }
        let decimals = if place == 2 { 3 } else { 0 };
        let value =
            fixed(token.text, decimals).filter(|value| place < 3 && *value <= largest[place]);
        total += value.ok_or_else(|| token.fail(kind))? * in_milliseconds[place];
    }
    Err(missing(tokens, angle.field))
}

/// A decimal with at most `decimals` places, times ten to that power.
fn fixed(text: &[u8], decimals: usize) -> Option<u64> {
    let mut parts = text.splitn(2, |octet| *octet == b'.');
    let whole = u64::from(decimal(parts.next()?, u32::MAX)?);
    let scale = 10_u64.pow(u32::try_from(decimals).ok()?);
    let Some(digits) = parts.next() else {
        return Some(whole * scale);
    };
    if digits.len() > decimals {
        return None;
    }
    let places = u32::try_from(decimals - digits.len()).ok()?;
    Some(whole * scale + u64::from(decimal(digits, u32::MAX)?) * 10_u64.pow(places))
}

/// Metres with at most two decimals and an optional `m`, in centimetres.
fn centimetres(text: &[u8]) -> Option<u64> {
    fixed(
        text.strip_suffix(b"m")
            .or(text.strip_suffix(b"M"))
            .unwrap_or(text),
        2,
    )
}

fn read_altitude<T: Tokens + ?Sized>(tokens: &mut T) -> Result<u32, TextError> {
    let field = "altitude";
    let Some(token) = tokens.next_token()? else {
        return Err(missing(tokens, field));
    };
    let (sign, digits) = match token.text.strip_prefix(b"-") {
        Some(digits) => (-1, digits),
        None => (1, token.text),
    };
    centimetres(digits)
        .and_then(|cm| i64::try_from(cm).ok())
        .and_then(|cm| u32::try_from(SEA_LEVEL + sign * cm).ok())
        .ok_or_else(|| {
            token.fail(TextErrorKind::Value {
                field,
                expected: "metres from -100000.00 to 42849672.95",
            })
        })
}

fn read_sizes<T: Tokens + ?Sized>(tokens: &mut T) -> Result<[u8; 3], TextError> {
    let mut sizes = DEFAULT_SIZES;
    for (size, field) in
        sizes
            .iter_mut()
            .zip(["size", "horizontal precision", "vertical precision"])
    {
        let Some(token) = tokens.next_token()? else {
            break;
        };
        let expected = "metres from 0 to 90000000.00";
        *size = centimetres(token.text)
            .and_then(size_octet)
            .ok_or_else(|| token.fail(TextErrorKind::Value { field, expected }))?;
    }
    Ok(sizes)
}

/// The leading digit and the power of ten, the rest cut off as BIND does.
fn size_octet(centimetres: u64) -> Option<u8> {
    let (mut mantissa, mut power) = (centimetres, 0_u8);
    while mantissa > 9 {
        (mantissa, power) = (mantissa / 10, power + 1);
    }
    (power <= 9).then(|| u8::try_from(mantissa).expect("at most 9") << 4 | power)
}

fn write_angle(
    angle: u32,
    [positive, negative]: [&str; 2],
    out: &mut dyn fmt::Write,
) -> fmt::Result {
    let hemisphere = if angle >= MIDDLE { positive } else { negative };
    let rest = angle.abs_diff(MIDDLE);
    let (degrees, minutes) = (rest / DEGREE, rest % DEGREE / 60_000);
    let (seconds, thousandths) = (rest % 60_000 / 1_000, rest % 1_000);
    write!(
        out,
        "{degrees} {minutes} {seconds}.{thousandths:03} {hemisphere} "
    )
}

fn write_size(size: u8, out: &mut dyn fmt::Write) -> fmt::Result {
    let (mantissa, power) = (u64::from(size >> 4), u32::from(size & 15));
    let centimetres = mantissa * 10_u64.pow(power);
    if power >= 2 {
        write!(out, " {}m", centimetres / 100)
    } else {
        write!(out, " {}.{:02}m", centimetres / 100, centimetres % 100)
    }
}

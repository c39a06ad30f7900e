//! Hexadecimal, base64 (RFC 4648 §4) and base32hex (§7) text, which zone files may cut into words anywhere.

use alloc::vec::Vec;
use core::fmt::{self, Write};

/// Octets from text that comes in words.
pub(crate) trait Decoder: Default {
    /// Takes a word and appends the octets that are complete.
    fn push(&mut self, text: &[u8], out: &mut Vec<u8>) -> Result<(), ()>;

    /// Appends what is left at the end of the words.
    fn finish(&self, out: &mut Vec<u8>) -> Result<(), ()>;
}

/// Octets from hexadecimal digits that come in words.
#[derive(Default)]
pub(crate) struct HexDecoder {
    high: Option<u8>,
}

impl Decoder for HexDecoder {
    fn push(&mut self, digits: &[u8], out: &mut Vec<u8>) -> Result<(), ()> {
        for &digit in digits {
            let value = hex_value(digit).ok_or(())?;
            match self.high.take() {
                None => self.high = Some(value),
                Some(high) => out.push(high << 4 | value),
            }
        }
        Ok(())
    }

    fn finish(&self, _: &mut Vec<u8>) -> Result<(), ()> {
        if self.high.is_none() { Ok(()) } else { Err(()) }
    }
}

fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

pub(crate) fn write_hex(octets: &[u8], out: &mut dyn Write) -> fmt::Result {
    octets
        .iter()
        .try_for_each(|octet| write!(out, "{octet:02X}"))
}

/// Octets from base64 that comes in words.
#[derive(Default)]
pub(crate) struct Base64Decoder {
    bits: u32,
    digits: u8,
    padding: u8,
}

impl Base64Decoder {
    fn digit(&mut self, digit: u8, out: &mut Vec<u8>) -> Result<(), ()> {
        if digit == b'=' {
            self.padding += 1;
            // Padding fills a group of four, and stands only after two or three digits.
            return if self.digits >= 2 && self.digits + self.padding <= 4 {
                Ok(())
            } else {
                Err(())
            };
        }
        let value = base64_value(digit)
            .filter(|_| self.padding == 0)
            .ok_or(())?;
        self.bits = self.bits << 6 | u32::from(value);
        self.digits += 1;
        if self.digits == 4 {
            out.extend_from_slice(&self.bits.to_be_bytes()[1..]);
            (self.bits, self.digits) = (0, 0);
        }
        Ok(())
    }
}

impl Decoder for Base64Decoder {
    fn push(&mut self, text: &[u8], out: &mut Vec<u8>) -> Result<(), ()> {
        text.iter().try_for_each(|&digit| self.digit(digit, out))
    }

    fn finish(&self, out: &mut Vec<u8>) -> Result<(), ()> {
        match (self.digits, self.padding) {
            (0, 0) => {}
            (2, 2) if self.bits & 0xf == 0 => out.push((self.bits >> 4).to_be_bytes()[3]),
            (3, 1) if self.bits & 0x3 == 0 => {
                out.extend_from_slice(&(self.bits >> 2).to_be_bytes()[2..]);
            }
            _ => return Err(()),
        }
        Ok(())
    }
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64_value(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

pub(crate) fn write_base64(octets: &[u8], out: &mut dyn Write) -> fmt::Result {
    for group in octets.chunks(3) {
        let bits = group
            .iter()
            .fold(0_u32, |bits, &octet| bits << 8 | u32::from(octet))
            << (8 * (3 - group.len()));
        for place in 0..4 {
            let index = (bits >> (18 - 6 * place)) as usize & 63;
            out.write_char(if place <= group.len() {
                char::from(BASE64[index])
            } else {
                '='
            })?;
        }
    }
    Ok(())
}

const BASE32HEX: &[u8; 32] = b"0123456789ABCDEFGHIJKLMNOPQRSTUV";

fn base32_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'V' => Some(digit - b'A' + 10),
        b'a'..=b'v' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// Appends the octets of unpadded base32hex.
pub(crate) fn decode_base32hex(text: &[u8], out: &mut Vec<u8>) -> Result<(), ()> {
    let (mut bits, mut count) = (0_u32, 0_u32);
    for &digit in text {
        bits = bits << 5 | u32::from(base32_value(digit).ok_or(())?);
        count += 5;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count).to_be_bytes()[3]);
            bits &= (1 << count) - 1;
        }
    }
    // What is left must be the unused bits of the last digit, all zero.
    if count < 5 && bits == 0 {
        Ok(())
    } else {
        Err(())
    }
}

/// Writes unpadded base32hex, in upper case.
pub fn write_base32hex(octets: &[u8], out: &mut dyn Write) -> fmt::Result {
    let (mut bits, mut count) = (0_u32, 0_u32);
    for &octet in octets {
        bits = bits << 8 | u32::from(octet);
        count += 8;
        while count >= 5 {
            count -= 5;
            out.write_char(char::from(BASE32HEX[(bits >> count) as usize & 31]))?;
        }
        bits &= (1 << count) - 1;
    }
    if count == 0 {
        Ok(())
    } else {
        out.write_char(char::from(BASE32HEX[(bits << (5 - count)) as usize & 31]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;
    use proptest::prelude::*;

    fn base64(text: &str) -> Option<Vec<u8>> {
        let (mut decoder, mut out) = (Base64Decoder::default(), Vec::new());
        decoder.push(text.as_bytes(), &mut out).ok()?;
        decoder.finish(&mut out).ok().map(|()| out)
    }

    #[test]
    fn base64_of_rfc_4648() {
        for (plain, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(text).as_deref(), Some(plain.as_bytes()), "{text}");
        }
        for wrong in [
            "Z", "Zg", "Zg=", "Zg===", "Zh==", "Zg==Zg==", "Z=g=", "====", "Zm9-",
        ] {
            assert_eq!(base64(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn base64_round_trip(octets in proptest::collection::vec(any::<u8>(), 0..40)) {
            let mut text = String::new();
            write_base64(&octets, &mut text).unwrap();
            prop_assert_eq!(base64(&text), Some(octets));
        }

        #[test]
        fn base32_round_trip(octets in proptest::collection::vec(any::<u8>(), 0..40)) {
            let (mut text, mut back) = (String::new(), Vec::new());
            write_base32hex(&octets, &mut text).unwrap();
            prop_assert_eq!(decode_base32hex(text.as_bytes(), &mut back), Ok(()));
            prop_assert_eq!(back, octets);
        }
    }
}

//! Numbers that text may give as a word. Which are written as words is as `named-compilezone` does it.

use super::{Field, Part, checked, decimal, missing, word};
use crate::name::NameRef;
use crate::number::Rtype;
use crate::octets::{Octets, WireError};
use crate::text::{TextError, TextErrorKind, Tokens};
use alloc::vec::Vec;
use core::fmt;

/// A DNSSEC algorithm number. RFC 4034 appendix A.1, IANA "DNS Security Algorithm Numbers".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Algorithm(pub u8);

const ALGORITHMS: [(&str, u16); 18] = [
    ("RSAMD5", 1),
    ("DH", 2),
    ("DSA", 3),
    ("ECC", 4),
    ("RSASHA1", 5),
    ("NSEC3DSA", 6),
    ("DSA-NSEC3-SHA1", 6),
    ("NSEC3RSASHA1", 7),
    ("RSASHA1-NSEC3-SHA1", 7),
    ("RSASHA256", 8),
    ("RSASHA512", 10),
    ("ECCGOST", 12),
    ("ECDSAP256SHA256", 13),
    ("ECDSAP384SHA384", 14),
    ("ED25519", 15),
    ("ED448", 16),
    ("PRIVATEDNS", 253),
    ("PRIVATEOID", 254),
];

/// The algorithm of the key in a certificate, written as a word. RFC 4398 §2.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CertAlgorithm(pub u8);

/// The type of a CERT record. RFC 4398 §2.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CertType(pub u16);

const CERT_TYPES: [(&str, u16); 10] = [
    ("PKIX", 1),
    ("SPKI", 2),
    ("PGP", 3),
    ("IPKIX", 4),
    ("ISPKI", 5),
    ("IPGP", 6),
    ("ACPKIX", 7),
    ("IACPKIX", 8),
    ("URI", 253),
    ("OID", 254),
];

/// Reads a number up to `max` or one of `words`.
fn read_word<T: Tokens + ?Sized>(
    tokens: &mut T,
    field: &'static str,
    words: &[(&str, u16)],
    max: u16,
) -> Result<u16, TextError> {
    let Some(token) = tokens.next_token()? else {
        return Err(missing(tokens, field));
    };
    let number = decimal(token.text, u32::from(max)).and_then(|number| u16::try_from(number).ok());
    let word = || {
        words
            .iter()
            .find(|(word, _)| token.text.eq_ignore_ascii_case(word.as_bytes()))
            .map(|(_, n)| *n)
    };
    number
        .or_else(word)
        .ok_or_else(|| token.fail(TextErrorKind::Mnemonic { field }))
}

macro_rules! mnemonic_field {
    ($($mnemonic:ident: $number:ty, $octets:literal, $words:expr, $writes_words:literal;)*) => { $(
        impl Field for $mnemonic {
            const PART: Part = Part::Octets($octets);

            fn parse(octets: &mut Octets<'_>) -> Result<Self, WireError> {
                <$number>::parse(octets).map(Self)
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
                let number = read_word(tokens, field, &$words, u16::from(<$number>::MAX))?;
                out.extend_from_slice(&number.to_be_bytes()[2 - $octets..]);
                Ok(())
            }

            fn write(octets: &mut Octets<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
                let number = checked(<$number>::parse(octets))?;
                let word = $words.iter().find(|(_, n)| $writes_words && *n == u16::from(number));
                match word {
                    Some((word, _)) => out.write_str(word),
                    None => write!(out, "{number}"),
                }
            }
        }
    )* };
}

mnemonic_field! {
    Algorithm: u8, 1, ALGORITHMS, false;
    CertAlgorithm: u8, 1, ALGORITHMS, true;
    CertType: u16, 2, CERT_TYPES, true;
}

/// The type that a signature covers. RFC 4034 §3.1.1.
impl Field for Rtype {
    const PART: Part = Part::Octets(2);

    fn parse(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        u16::parse(octets).map(Self)
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
        let kind = TextErrorKind::Mnemonic { field };
        word(tokens, field, kind, Self::from_mnemonic)?.0.emit(out);
        Ok(())
    }

    fn write(octets: &mut Octets<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        write!(out, "{}", checked(Self::parse(octets))?)
    }
}

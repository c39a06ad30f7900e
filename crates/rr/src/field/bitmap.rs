//! The set of types of NSEC, NSEC3 and CSYNC. RFC 4034 §4.1.2.

use super::{Field, Part, checked};
use crate::name::NameRef;
use crate::number::Rtype;
use crate::octets::{Octets, WireError, WireErrorKind};
use crate::text::{TextError, TextErrorKind, Tokens};
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::fmt;

/// A set of record types.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TypeBitmap(BTreeSet<Rtype>);

impl TypeBitmap {
    /// Whether the set has `rtype`.
    #[must_use]
    pub fn contains(&self, rtype: Rtype) -> bool {
        self.0.contains(&rtype)
    }

    /// The types in rising order.
    pub fn iter(&self) -> impl Iterator<Item = Rtype> {
        self.0.iter().copied()
    }
}

impl FromIterator<Rtype> for TypeBitmap {
    fn from_iter<I: IntoIterator<Item = Rtype>>(types: I) -> Self {
        Self(types.into_iter().collect())
    }
}

/// The bits of one window of 256 types.
fn window_types(window: u8, bits: &[u8]) -> impl Iterator<Item = Rtype> {
    (0_u16..).zip(bits).flat_map(move |(octet, &bits)| {
        let base = u16::from(window) << 8 | octet << 3;
        (0..8)
            .filter(move |bit| bits & (0x80 >> bit) != 0)
            .map(move |bit| Rtype(base | bit))
    })
}

/// Takes one window; `last` is the window before it.
fn parse_window<'a>(
    octets: &mut Octets<'a>,
    last: Option<u8>,
) -> Result<(u8, &'a [u8]), WireError> {
    let start = octets.clone();
    let [window] = octets.array()?;
    let bits = octets.counted()?;
    // RFC 4034 §4.1.2: rising windows, 1 to 32 octets, no zero octets at the end.
    let rising = last.is_none_or(|last| window > last);
    let trimmed = bits.len() <= 32 && bits.last().is_some_and(|octet| *octet != 0);
    if rising && trimmed {
        Ok((window, bits))
    } else {
        Err(start.fail(WireErrorKind::Value(
            "type bitmap windows rise and end in an octet that is not zero",
        )))
    }
}

impl Field for TypeBitmap {
    const PART: Part = Part::Rest;
    const MAY_BE_NOTHING: bool = true;

    fn parse(octets: &mut Octets<'_>) -> Result<Self, WireError> {
        let (mut types, mut last) = (BTreeSet::new(), None);
        while !octets.is_empty() {
            let (window, bits) = parse_window(octets, last)?;
            types.extend(window_types(window, bits));
            last = Some(window);
        }
        Ok(Self(types))
    }

    fn emit(&self, out: &mut Vec<u8>) {
        let mut types = self.0.iter().peekable();
        while let Some(first) = types.peek() {
            let [window, _] = first.0.to_be_bytes();
            let mut bits = [0_u8; 32];
            let mut octets = 0_u8;
            while let Some(rtype) = types.next_if(|rtype| rtype.0.to_be_bytes()[0] == window) {
                let [_, low] = rtype.0.to_be_bytes();
                bits[usize::from(low >> 3)] |= 0x80 >> (low & 7);
                octets = (low >> 3) + 1;
            }
            out.extend_from_slice(&[window, octets]);
            out.extend_from_slice(&bits[..usize::from(octets)]);
        }
    }

    fn read<T: Tokens + ?Sized>(
        tokens: &mut T,
        field: &'static str,
        _: NameRef<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), TextError> {
        let mut types = BTreeSet::new();
        while let Some(token) = tokens.next_token()? {
            let rtype = Rtype::from_mnemonic(token.text);
            types.insert(rtype.ok_or_else(|| token.fail(TextErrorKind::Mnemonic { field }))?);
        }
        Self(types).emit(out);
        Ok(())
    }

    fn write(octets: &mut Octets<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        let types = checked(Self::parse(octets))?;
        for (i, rtype) in types.iter().enumerate() {
            let blank = if i == 0 { "" } else { " " };
            write!(out, "{blank}{rtype}")?;
        }
        Ok(())
    }
}

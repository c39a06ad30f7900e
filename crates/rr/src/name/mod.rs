//! Domain names: uncompressed wire octets, case kept, compared without case.
//!
//! RFC 1035 §3.1 gives the octets, RFC 4343 the comparison, RFC 4034 §6.1 the order.

mod order;
mod read;
mod write;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::hash::{Hash, Hasher};

pub use order::LabelStarts;
pub(crate) use read::read_into;

/// The most octets a name has on the wire, length octets and root label included (RFC 1035 §2.3.4).
pub const MAX_NAME_OCTETS: usize = 255;

/// The most octets of one label (RFC 1035 §2.3.4).
pub const MAX_LABEL_OCTETS: usize = 63;

/// The most labels a name can have: 127 of one octet each, and the root.
pub const MAX_LABELS: usize = 128;

/// An owned domain name. Always absolute, at most [`MAX_NAME_OCTETS`] long.
#[derive(Clone)]
pub struct Name(Box<[u8]>);

/// A borrowed domain name: the octets of a whole, uncompressed name.
#[derive(Clone, Copy)]
pub struct NameRef<'a>(&'a [u8]);

/// Why octets or text are not a domain name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// A label has more than [`MAX_LABEL_OCTETS`] octets.
    LabelTooLong,
    /// The name has more than [`MAX_NAME_OCTETS`] octets.
    NameTooLong,
    /// Two dots meet, or a dot leads.
    EmptyLabel,
    /// The octets end inside the name, or go on after it.
    Truncated,
    /// A length octet above 63 where no compression pointer is allowed.
    NotALabel,
    /// A backslash is followed by neither a character nor three digits up to 255.
    BadEscape,
    /// The name does not end in a dot and there is no origin to complete it.
    Relative,
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LabelTooLong => "a label has more than 63 octets",
            Self::NameTooLong => "the name has more than 255 octets",
            Self::EmptyLabel => "the name has an empty label",
            Self::Truncated => "the octets end inside the name or go on after it",
            Self::NotALabel => "a length octet is above 63",
            Self::BadEscape => "a backslash wants a character or three digits up to 255",
            Self::Relative => "the name has no final dot and there is no origin to complete it",
        })
    }
}

impl core::error::Error for NameError {}

impl Name {
    /// The root, written `.`.
    #[must_use]
    pub fn root() -> Self {
        Self(Box::new([0]))
    }

    /// Reads an absolute name; the final dot may be left out.
    ///
    /// # Errors
    /// When `text` is not a name (RFC 1035 §5.1).
    pub fn from_text(text: &str) -> Result<Self, NameError> {
        Self::read(text.as_bytes(), Some(NameRef::ROOT))
    }

    /// Reads zone-file text: `@` and names without a final dot are completed with `origin`.
    ///
    /// # Errors
    /// When `text` is not a name, or is relative without an origin.
    pub fn read(text: &[u8], origin: Option<NameRef<'_>>) -> Result<Self, NameError> {
        let mut wire = Vec::with_capacity(text.len() + 2);
        read_into(text, origin, &mut wire)?;
        Ok(Self(wire.into_boxed_slice()))
    }

    /// Takes the octets of one whole, uncompressed name.
    ///
    /// # Errors
    /// When the octets are not exactly one name.
    pub fn from_wire(octets: &[u8]) -> Result<Self, NameError> {
        NameRef::from_wire(octets).map(NameRef::to_owned)
    }

    /// The name `label` directly below `parent`.
    ///
    /// # Errors
    /// When the label is empty or too long, or the name grows too long.
    pub fn below(label: &[u8], parent: NameRef<'_>) -> Result<Self, NameError> {
        let length = match label.len() {
            0 => return Err(NameError::EmptyLabel),
            1..=MAX_LABEL_OCTETS => u8::try_from(label.len()).expect("at most 63"),
            _ => return Err(NameError::LabelTooLong),
        };
        if 1 + label.len() + parent.0.len() > MAX_NAME_OCTETS {
            return Err(NameError::NameTooLong);
        }
        Ok(Self(
            [&[length], label, parent.0].concat().into_boxed_slice(),
        ))
    }

    /// This name, borrowed.
    #[must_use]
    pub fn as_ref(&self) -> NameRef<'_> {
        NameRef(&self.0)
    }

    /// The octets on the wire, uncompressed, the root label included.
    #[must_use]
    pub fn as_wire(&self) -> &[u8] {
        &self.0
    }
}

impl<'a> NameRef<'a> {
    /// The root, written `.`.
    pub const ROOT: NameRef<'static> = NameRef(&[0]);

    /// Takes the octets of one whole, uncompressed name.
    ///
    /// # Errors
    /// When the octets are not exactly one name.
    pub fn from_wire(octets: &'a [u8]) -> Result<Self, NameError> {
        match Self::split_from(octets)? {
            (name, []) => Ok(name),
            _ => Err(NameError::Truncated),
        }
    }

    /// Takes the octets of a name that was one when they were stored, and reads no label again.
    ///
    /// Octets that are no name make later calls give wrong answers or panic; builds with debug assertions panic here.
    #[must_use]
    #[inline]
    pub fn from_checked(octets: &'a [u8]) -> Self {
        debug_assert!(Self::from_wire(octets).is_ok());
        Self(octets)
    }

    /// Takes the name that `octets` begin with; also gives what follows it.
    ///
    /// # Errors
    /// When the octets do not begin with a whole, uncompressed name.
    #[inline]
    pub fn split_from(octets: &'a [u8]) -> Result<(Self, &'a [u8]), NameError> {
        let mut at = 0;
        loop {
            match octets.get(at) {
                None => return Err(NameError::Truncated),
                Some(0) => break,
                Some(&length) if usize::from(length) <= MAX_LABEL_OCTETS => {
                    at += 1 + usize::from(length);
                }
                Some(_) => return Err(NameError::NotALabel),
            }
            if at >= MAX_NAME_OCTETS {
                return Err(NameError::NameTooLong);
            }
        }
        let (name, rest) = octets.split_at(at + 1);
        Ok((Self(name), rest))
    }

    /// The octets on the wire, uncompressed, the root label included.
    #[must_use]
    #[inline]
    pub fn as_wire(self) -> &'a [u8] {
        self.0
    }

    /// The labels from left to right, without the root's empty one.
    pub fn labels(self) -> impl Iterator<Item = &'a [u8]> {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            let (&length, after) = rest.split_first()?;
            let (label, after) = after.split_at_checked(usize::from(length))?;
            rest = after;
            (length > 0).then_some(label)
        })
    }

    /// How many labels, the root not counted.
    #[must_use]
    pub fn label_count(self) -> usize {
        self.labels().count()
    }

    /// Whether this is the root.
    #[must_use]
    pub fn is_root(self) -> bool {
        self.0.len() == 1
    }

    /// Whether the leftmost label is `*` (RFC 4592 §2.1.1).
    #[must_use]
    pub fn is_wildcard(self) -> bool {
        self.0.starts_with(b"\x01*")
    }

    /// The leftmost label; none for the root.
    #[must_use]
    pub fn first_label(self) -> Option<&'a [u8]> {
        self.labels().next()
    }

    /// The name without its leftmost label; none for the root.
    #[must_use]
    #[inline]
    pub fn parent(self) -> Option<Self> {
        let length = usize::from(*self.0.first()?);
        (length > 0).then(|| Self(&self.0[1 + length..]))
    }

    /// This name and everything above it, the root last.
    pub fn ancestors(self) -> impl Iterator<Item = Self> {
        core::iter::successors(Some(self), |name| name.parent())
    }

    /// Whether this name is `other` or below it.
    #[must_use]
    pub fn is_at_or_below(self, other: NameRef<'_>) -> bool {
        self.prefix_of(other).is_some()
    }

    /// Whether this name is below `other` and not the same.
    #[must_use]
    pub fn is_below(self, other: NameRef<'_>) -> bool {
        self.prefix_of(other)
            .is_some_and(|prefix| !prefix.is_empty())
    }

    /// The labels in front of `suffix`, as octets without a root label; none when this name is not at or below it.
    #[must_use]
    pub fn prefix_of(self, suffix: NameRef<'_>) -> Option<&'a [u8]> {
        let cut = self.0.len().checked_sub(suffix.0.len())?;
        let (prefix, rest) = self.0.split_at(cut);
        // Most often they are spelt alike.
        let is_suffix = rest == suffix.0 || rest.eq_ignore_ascii_case(suffix.0);
        (is_suffix && ends_on_label(prefix)).then_some(prefix)
    }

    /// An owned copy.
    #[must_use]
    pub fn to_owned(self) -> Name {
        Name(self.0.into())
    }

    /// An owned copy in lower case (RFC 4034 §6.2).
    #[must_use]
    pub fn to_lowercase(self) -> Name {
        Name(self.0.to_ascii_lowercase().into_boxed_slice())
    }
}

/// Whether `prefix` is a row of whole labels, so that a comparison of tails did not begin inside one.
fn ends_on_label(prefix: &[u8]) -> bool {
    let mut at = 0;
    while let Some(&length) = prefix.get(at) {
        at += 1 + usize::from(length);
    }
    at == prefix.len()
}

impl PartialEq for NameRef<'_> {
    // RFC 4343 §3. Length octets are below `A`, so folding the whole row of octets never touches them.
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(other.0)
    }
}

impl Eq for NameRef<'_> {}

impl Hash for NameRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for octet in self.0 {
            state.write_u8(octet.to_ascii_lowercase());
        }
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.as_ref() == other.as_ref()
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_ref().hash(state);
    }
}

impl<'a> From<&'a Name> for NameRef<'a> {
    fn from(name: &'a Name) -> Self {
        name.as_ref()
    }
}

impl From<NameRef<'_>> for Name {
    fn from(name: NameRef<'_>) -> Self {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::from_text(text).unwrap()
    }

    #[test]
    fn case_is_kept_and_ignored() {
        assert_eq!(name("WwW.Example.org"), name("www.eXample.ORG."));
        assert_eq!(
            alloc::format!("{}", name("WwW.Example.org")),
            "WwW.Example.org."
        );
    }

    #[test]
    fn below_wants_whole_labels() {
        let apex = name("example.org");
        assert!(name("a.example.org").as_ref().is_below(apex.as_ref()));
        assert!(apex.as_ref().is_at_or_below(apex.as_ref()));
        assert!(!apex.as_ref().is_below(apex.as_ref()));
        assert!(!name("anexample.org").as_ref().is_at_or_below(apex.as_ref()));
        // The octets `\x01a` inside a label are no label.
        let inside = Name::from_wire(b"\x03x\x01a\0").unwrap();
        assert!(!inside.as_ref().is_at_or_below(name("a").as_ref()));
    }

    #[test]
    fn limits() {
        assert_eq!(Name::from_wire(&[64; 66]), Err(NameError::NotALabel));
        let label = [b"\x3f".as_slice(), &[b'a'; 63]].concat();
        let wire = [label.repeat(4), Vec::from([0])].concat();
        assert_eq!(Name::from_wire(&wire), Err(NameError::NameTooLong));
        assert_eq!(Name::from_wire(b"\x01a"), Err(NameError::Truncated));
        assert_eq!(Name::from_wire(b"\x01a\0x"), Err(NameError::Truncated));
        assert_eq!(
            Name::below(&[b'a'; 64], NameRef::ROOT),
            Err(NameError::LabelTooLong)
        );
    }

    #[test]
    fn parents() {
        let www = name("www.example.org");
        let up: Vec<_> = www
            .as_ref()
            .ancestors()
            .map(|n| alloc::format!("{n}"))
            .collect();
        assert_eq!(up, ["www.example.org.", "example.org.", "org.", "."]);
        assert!(name("*.example.org").as_ref().is_wildcard());
    }
}

//! Names of the harness: wire octets and no rules, so that the tests do not depend on what they test.

use std::fmt;

/// Uncompressed wire octets with the final zero. Equality is exact; see [`Name::lowercase`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Vec<u8>);

impl Name {
    /// The root.
    pub fn root() -> Name {
        Name(vec![0])
    }

    /// From plain text without escapes; always absolute.
    pub fn plain(text: &str) -> Name {
        let labels = text.split('.').filter(|label| !label.is_empty()).rev();
        labels.fold(Name::root(), |name, label| {
            name.child(label.as_bytes())
                .expect("names in tests are short")
        })
    }

    /// From wire octets that are known to be a name.
    pub fn from_wire(octets: Vec<u8>) -> Name {
        Name(octets)
    }

    /// The name one label below; `None` where a label or the name would be too long.
    pub fn child(&self, label: &[u8]) -> Option<Name> {
        let fits = (1..=63).contains(&label.len()) && self.0.len() + label.len() < 255;
        fits.then(|| Name([&[label.len() as u8], label, &self.0].concat()))
    }

    /// The name one label above; `None` for the root.
    pub fn parent(&self) -> Option<Name> {
        let first = usize::from(self.0[0]);
        (first > 0).then(|| Name(self.0[first + 1..].to_vec()))
    }

    /// The first label; empty for the root.
    pub fn first_label(&self) -> &[u8] {
        &self.0[1..=usize::from(self.0[0])][..]
    }

    /// True for `other` itself and all names below, whatever their case.
    pub fn is_at_or_below(&self, other: &Name) -> bool {
        let (mine, other) = (self.lowercase(), other.lowercase());
        let mut above = std::iter::successors(Some(mine), Name::parent);
        above.any(|name| name == other)
    }

    /// Uncompressed wire octets.
    pub fn as_wire(&self) -> &[u8] {
        &self.0
    }

    /// The same with ASCII letters in lower case (length octets are below 64, so they are no letters).
    pub fn lowercase(&self) -> Name {
        Name(self.0.to_ascii_lowercase())
    }

    /// The same with the case of its letters chosen by `upper` (0x20).
    pub fn recased(&self, mut upper: impl FnMut() -> bool) -> Name {
        let recase = |octet: &u8| {
            if octet.is_ascii_alphabetic() && upper() {
                octet ^ 0x20
            } else {
                *octet
            }
        };
        Name(self.0.iter().map(recase).collect())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.len() == 1 {
            return f.write_str(".");
        }
        let labels =
            std::iter::successors(Some(self.clone()), Name::parent).filter(|name| name.0.len() > 1);
        for name in labels {
            name.first_label()
                .iter()
                .try_for_each(|octet| write_octet(f, *octet))?;
            f.write_str(".")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn write_octet(f: &mut fmt::Formatter<'_>, octet: u8) -> fmt::Result {
    match octet {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'*' => {
            write!(f, "{}", char::from(octet))
        }
        b'!'..=b'~' => write!(f, "\\{}", char::from(octet)),
        _ => write!(f, "\\{octet:03}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_grow_and_shrink() {
        let name = Name::plain("www.Example.org");
        assert_eq!(name.to_string(), "www.Example.org.");
        assert_eq!(
            name.parent().unwrap().child(b"a.b\0").unwrap().to_string(),
            "a\\.b\\000.Example.org."
        );
        assert!(
            name.is_at_or_below(&Name::plain("eXample.ORG"))
                && !name.is_at_or_below(&Name::plain("ample.org"))
        );
    }
}

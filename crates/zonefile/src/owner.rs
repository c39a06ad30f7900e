//! The owner of the record being read: one name in a buffer that is used again for each.

use rr::{MAX_LABEL_OCTETS, MAX_NAME_OCTETS, Name, NameError, NameRef};

/// A name that can be overwritten without allocating.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    wire: [u8; MAX_NAME_OCTETS],
    octets: usize,
}

impl Owner {
    pub(crate) fn root() -> Owner {
        Owner {
            wire: [0; MAX_NAME_OCTETS],
            octets: 1,
        }
    }

    pub(crate) fn name(&self) -> NameRef<'_> {
        NameRef::from_wire(&self.wire[..self.octets]).expect("only whole names are put in")
    }

    pub(crate) fn set(&mut self, name: NameRef<'_>) {
        let wire = name.as_wire();
        self.wire[..wire.len()].copy_from_slice(wire);
        self.octets = wire.len();
    }

    /// Reads zone text; on an error the name is unchanged or the root.
    #[inline]
    pub(crate) fn read(&mut self, text: &[u8], origin: NameRef<'_>) -> Result<(), NameError> {
        if text == b"@" {
            self.set(origin);
            return Ok(());
        }
        match self.read_plain(text, origin) {
            Some(octets) => self.octets = octets,
            None => self.read_any(text, origin)?,
        }
        Ok(())
    }

    /// The usual shape: no escapes, nothing too long. `None` when it is not of that shape.
    #[inline]
    fn read_plain(&mut self, text: &[u8], origin: NameRef<'_>) -> Option<usize> {
        let origin = origin.as_wire();
        if text.len() + 2 + origin.len() > MAX_NAME_OCTETS {
            return None;
        }
        let mut length_at = 0;
        for (at, &octet) in text.iter().enumerate() {
            match octet {
                b'\\' => return None,
                b'.' => {
                    self.close_label(length_at, at)?;
                    length_at = at + 1;
                }
                _ => self.wire[at + 1] = octet,
            }
        }
        if length_at == text.len() {
            self.wire[length_at] = 0;
            return (length_at > 0).then_some(length_at + 1);
        }
        self.close_label(length_at, text.len())?;
        let end = text.len() + 1;
        self.wire[end..end + origin.len()].copy_from_slice(origin);
        Some(end + origin.len())
    }

    /// Writes the length of the label that stands behind `length_at` and ends with octet `end`.
    #[inline]
    fn close_label(&mut self, length_at: usize, end: usize) -> Option<()> {
        let length = end - length_at;
        self.wire[length_at] = length as u8;
        (1..=MAX_LABEL_OCTETS).contains(&length).then_some(())
    }

    #[cold]
    fn read_any(&mut self, text: &[u8], origin: NameRef<'_>) -> Result<(), NameError> {
        self.octets = 1;
        self.wire[0] = 0;
        self.set(Name::read(text, Some(origin))?.as_ref());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn read(text: &str) -> Result<alloc::string::String, NameError> {
        let origin = Name::from_text("example.org").unwrap();
        let mut owner = Owner::root();
        owner.read(text.as_bytes(), origin.as_ref())?;
        Ok(owner.name().to_string())
    }

    #[test]
    fn agrees_with_the_reader_of_names() {
        let origin = Name::from_text("example.org").unwrap();
        let long = "a".repeat(64);
        for text in [
            "www", "www.", "a.b.c", "a.b.c.", ".", "@", "..", ".a", "a..b", "a\\.b", "A\\065.", "",
            &long,
        ] {
            let expected =
                Name::read(text.as_bytes(), Some(origin.as_ref())).map(|name| name.to_string());
            assert_eq!(read(text), expected, "{text}");
        }
        for labels in 110..130 {
            for text in ["a.".repeat(labels), "a.".repeat(labels) + "b"] {
                let expected =
                    Name::read(text.as_bytes(), Some(origin.as_ref())).map(|name| name.to_string());
                assert_eq!(read(&text), expected, "{text}");
            }
        }
    }
}

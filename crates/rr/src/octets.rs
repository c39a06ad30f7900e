//! A cursor over record data, and what can be wrong with octets.

use crate::name::{NameError, NameRef};
use core::fmt;

/// Why octets are not the record data their type asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WireError {
    /// Offset of the octet that does not fit, from the start of the record data or message.
    pub at: usize,
    /// What does not fit.
    pub kind: WireErrorKind,
}

/// What does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireErrorKind {
    /// The octets end inside a field.
    Truncated,
    /// Octets follow the last field.
    Trailing,
    /// An embedded name is none.
    Name(NameError),
    /// A compression pointer that does not lead backwards, or one more than a name can have use for.
    Pointer,
    /// A value the field does not allow.
    Value(&'static str),
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at octet {}: ", self.at)?;
        match self.kind {
            WireErrorKind::Truncated => f.write_str("the octets end inside a field"),
            WireErrorKind::Trailing => f.write_str("octets follow the last field"),
            WireErrorKind::Name(error) => error.fmt(f),
            WireErrorKind::Pointer => f.write_str("a compression pointer does not lead backwards"),
            WireErrorKind::Value(what) => f.write_str(what),
        }
    }
}

impl core::error::Error for WireError {}

/// A cursor over record data in uncompressed wire form.
#[derive(Clone, Debug)]
pub struct Octets<'a> {
    all: &'a [u8],
    at: usize,
}

impl<'a> Octets<'a> {
    pub(crate) fn new(all: &'a [u8]) -> Self {
        Self { all, at: 0 }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.at == self.all.len()
    }

    /// How many octets are before the cursor.
    pub(crate) fn offset(&self) -> usize {
        self.at
    }

    pub(crate) fn fail(&self, kind: WireErrorKind) -> WireError {
        WireError { at: self.at, kind }
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], WireError> {
        let taken = self.all[self.at..]
            .get(..count)
            .ok_or_else(|| self.fail(WireErrorKind::Truncated))?;
        self.at += count;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        Ok(self
            .take(N)?
            .try_into()
            .expect("take gives as many as asked"))
    }

    pub(crate) fn rest(&mut self) -> &'a [u8] {
        let rest = &self.all[self.at..];
        self.at = self.all.len();
        rest
    }

    /// A length octet and as many octets.
    pub(crate) fn counted(&mut self) -> Result<&'a [u8], WireError> {
        let [length] = self.array()?;
        self.take(usize::from(length))
    }

    pub(crate) fn name(&mut self) -> Result<NameRef<'a>, WireError> {
        let (name, _) = NameRef::split_from(&self.all[self.at..])
            .map_err(|error| self.fail(WireErrorKind::Name(error)))?;
        self.at += name.as_wire().len();
        Ok(name)
    }

    pub(crate) fn finish(&self) -> Result<(), WireError> {
        if self.is_empty() {
            Ok(())
        } else {
            Err(self.fail(WireErrorKind::Trailing))
        }
    }
}

//! Who opens further files.

use alloc::string::String;

use crate::source_map::Text;

/// Opens the files that `$INCLUDE` names. What may be opened is for the implementation to decide.
pub trait Sources {
    /// The file that `named` means in the file `including`: its path, for messages and to notice loops, and its text.
    ///
    /// # Errors
    /// When there is no such file, or it must not or cannot be read.
    fn open(&mut self, including: &str, named: &str) -> Result<(String, Text), SourceError>;
}

/// Why a file is not opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceError {
    /// There is no such file.
    Missing,
    /// It may not be included; the text says why.
    Refused(String),
    /// It is there and cannot be read; the text says why.
    Unreadable(String),
}

/// No file may be included.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSources;

impl Sources for NoSources {
    fn open(&mut self, _: &str, _: &str) -> Result<(String, Text), SourceError> {
        Err(SourceError::Refused("no file may be included here".into()))
    }
}

//! How much a finding matters.

use core::fmt;
use core::str::FromStr;

use super::nearest;

/// How much a finding matters; later is worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Not looked for, or not shown.
    Off,
    /// Worth knowing.
    Note,
    /// Very likely not what was meant; the zone can be published.
    Warning,
    /// The zone must not be published.
    Error,
}

impl Severity {
    const ALL: [Severity; 4] = [
        Severity::Off,
        Severity::Note,
        Severity::Warning,
        Severity::Error,
    ];

    /// The word in lower case, as in `.zonecheck` and in messages.
    pub const fn word(self) -> &'static str {
        match self {
            Severity::Off => "off",
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(self.word())
    }
}

/// The text is none of the four words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownSeverity {
    /// The one that was perhaps meant.
    pub nearest: Option<Severity>,
}

impl FromStr for Severity {
    type Err = UnknownSeverity;

    fn from_str(text: &str) -> Result<Severity, UnknownSeverity> {
        let known = |severity: &Severity| severity.word().eq_ignore_ascii_case(text);
        let words = || {
            Severity::ALL
                .iter()
                .map(|severity| (severity.word(), *severity))
        };
        Severity::ALL
            .into_iter()
            .find(known)
            .ok_or_else(|| UnknownSeverity {
                nearest: nearest(text, words()),
            })
    }
}

impl fmt::Display for UnknownSeverity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a severity is error, warning, note or off")?;
        self.nearest
            .map_or(Ok(()), |severity| write!(out, "; did you mean {severity}?"))
    }
}

impl core::error::Error for UnknownSeverity {}

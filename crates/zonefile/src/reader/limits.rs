//! Where reading ends.

/// How much a zone may ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Files open at a time, the zone's own not counted.
    pub include_depth: usize,
    /// `$INCLUDE`s of a zone, all files together.
    pub includes: usize,
    /// Octets of text, all files together; never more than 4 GiB.
    pub text_octets: usize,
    /// Octets of one entry that parentheses hold together.
    pub entry_octets: usize,
    /// Records of a `$GENERATE`.
    pub generate_steps: u32,
    /// Records of the zone.
    pub records: usize,
    /// Mistakes reported; reading stops there.
    pub errors: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            include_depth: 8,
            includes: 10_000,
            text_octets: 1 << 30,
            entry_octets: 1 << 19,
            generate_steps: 65_536,
            records: 100_000_000,
            errors: 1_000,
        }
    }
}

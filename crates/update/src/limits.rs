//! All limits. Each has a test that names it.

/// Octets of a policy. A larger one is a mistake, so that nobody may update anything until it is smaller.
pub const POLICY_OCTETS: usize = 1 << 20;

/// Names and patterns in all `allow` lines of one key, in all lines about layers, and in all about winners: each record of an
/// update is laid beside all of them.
pub const NAMES_OF_A_KIND: usize = 1_000;

/// Mistakes of a policy that are told.
pub const MISTAKES: usize = 20;

/// Octets of a message, and so some 5,400 records: what the length in front of it over TCP can say (RFC 1035 §4.2.2).
pub const MESSAGE_OCTETS: usize = 65_535;

//! How large signatures and lists of keys may be.

/// Octets of the text of a signature: one of RSA with 8,192 bits takes 1,600.
pub const SIGNATURE_OCTETS: usize = 64 << 10;

/// Octets of a list of allowed signers: what reads the file stops there.
pub const LIST_OCTETS: usize = 4 << 20;

/// Mistakes of a list that are told.
pub const MISTAKES: usize = 100;

//! What is bounded, and by how much.

/// Seconds by which the clocks of signer and verifier may differ (RFC 8945 §10 recommends 300). A message that asks for
/// more gets this much.
pub const FUDGE_SECS: u16 = 300;

/// Octets of the longest message, its TSIG record included.
pub const MESSAGE_OCTETS: usize = 65_535;

/// Messages of a stream that may come without a signature between two that have one (RFC 8945 §5.3.1).
pub const UNSIGNED_MESSAGES: u8 = 99;

/// Octets of the shortest MAC that RFC 8945 §5.2.2.1 knows, whatever the algorithm; half of the whole MAC is the other bound.
pub const LEAST_MAC_OCTETS: usize = 10;

/// Octets of the longest secret.
pub const SECRET_OCTETS: usize = 512;

/// Octets of a secret below which it is called weak: a secret of 128 bits is the least that RFC 8945 §8 can be read to want.
pub const WEAK_SECRET_OCTETS: usize = 16;

/// Octets of the longest key file.
pub const KEY_FILE_OCTETS: usize = 1 << 20;

/// Mistakes of a key file that are told; reading ends after so many.
pub const MISTAKES: usize = 100;

/// Messages that a replay guard remembers: 100 a second over the ten minutes that twice the fudge lasts.
pub const REMEMBERED_MESSAGES: usize = 60_000;

//! What is bounded, and by how much.

/// Octets after which a message of a transfer is sent. What comes behind them could not be pointed to, so that larger
/// messages compress worse; a message that holds more is one record or set that is larger.
pub const MESSAGE_OCTETS: usize = 16_384;

/// Octets of the longest message, its signature included.
pub const LARGEST_MESSAGE: usize = 65_535;

/// Octets of changes that are kept of one zone, so that they need not be computed (see [`crate::History`]).
pub const HISTORY_OCTETS: usize = 4 << 20;

/// Versions that are kept of one zone, whatever their octets.
pub const HISTORY_VERSIONS: usize = 1_000;

/// How much is taken in from a peer in one transfer. How long it may take is for who has a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Records in all messages, those that are removed again included.
    pub records: usize,
    /// Octets of all messages.
    pub octets: u64,
}

impl Default for Limits {
    /// Twenty million records, as many as a zone may have; two GiB.
    fn default() -> Self {
        Limits {
            records: zone::Limits::default().records,
            octets: 2 << 30,
        }
    }
}

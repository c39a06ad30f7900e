//! What all programs show of themselves.

mod counters;
mod keys;
mod span;
mod tls;

pub use counters::Counters;
pub use keys::KeysStatus;
pub use span::Span;
pub use tls::TlsStatus;

//! What all programs show of themselves.

mod counters;
mod span;
mod tls;

pub use counters::Counters;
pub use span::Span;
pub use tls::TlsStatus;

//! What is shown of DNS over TLS.

use std::fmt;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::tls::Keeper;

/// DNS over TLS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsStatus {
    /// Addresses and ports.
    pub listen: Vec<String>,
    /// When the certificate ends, in seconds since 1970.
    pub certificate_ends_secs: i64,
    /// Whole days until then; below 0 when it has ended.
    pub days_left: i64,
    /// Why certificate and key are not those that the files say now, if they are not.
    pub trouble: Option<String>,
}

impl TlsStatus {
    /// Of what is answered over TLS with this certificate.
    #[must_use]
    pub fn new(keeper: &Keeper, addresses: &[SocketAddr]) -> TlsStatus {
        TlsStatus {
            listen: addresses.iter().map(ToString::to_string).collect(),
            certificate_ends_secs: keeper.validity().to_secs,
            days_left: keeper.days_left(),
            trouble: keeper.trouble(),
        }
    }
}

impl fmt::Display for TlsStatus {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}, certificate ", self.listen.join(" "))?;
        match self.days_left {
            days @ 0.. => write!(out, "good for {days} days")?,
            _ => write!(out, "HAS ENDED")?,
        }
        match &self.trouble {
            None => Ok(()),
            Some(trouble) => write!(out, "\n            not the newest: {trouble}"),
        }
    }
}

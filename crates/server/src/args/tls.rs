//! DNS over TLS on the command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::config::TlsConfig;

/// Port of DNS over TLS (RFC 7858 §3.1).
const PORT: u16 = 853;

#[derive(Debug, clap::Args)]
pub(super) struct TlsArgs {
    /// Address to answer on over TLS (DoT); may be given several times [default port: 853]
    #[arg(long, value_name = "ADDR:PORT", value_parser = read_address, requires = "tls_certificate")]
    listen_tls: Vec<SocketAddr>,

    /// File with the certificate for TLS and those that lead to its root, in PEM; read again when it changes
    #[arg(long, value_name = "FILE", requires = "serving", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,

    /// File with its private key, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,

    /// File with the secret that servers at one address share, so that sessions are resumed at any of them
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_ticket_secret: Option<PathBuf>,

    /// TLS handshakes that begin in a second; who comes faster waits [default: 250 for each thread, of which there are 4 at most]
    #[arg(long, value_name = "N", requires = "tls_certificate", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    tls_handshakes: Option<u32>,
}

impl TlsArgs {
    /// What is missing, if anything is.
    pub(super) fn check(&self, has_sockets: bool) -> Result<(), &'static str> {
        match has_sockets || self.tls_certificate.is_none() || !self.listen_tls.is_empty() {
            true => Ok(()),
            false => Err("no address to answer on over TLS: give --listen-tls ADDR:PORT"),
        }
    }

    pub(super) fn config(&self) -> Option<TlsConfig> {
        Some(TlsConfig {
            listen: self.listen_tls.clone(),
            certificate: self.tls_certificate.clone()?,
            key: self.tls_key.clone()?,
            ticket_secret: self.tls_ticket_secret.clone(),
            handshakes_per_sec: self.tls_handshakes,
        })
    }
}

fn read_address(text: &str) -> Result<SocketAddr, String> {
    super::read_address_with(text, PORT)
}

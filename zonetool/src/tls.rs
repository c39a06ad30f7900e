//! `--tls`: transfers over TLS (RFC 9103), and whom to believe.

use crate::failure::Failure;
use clap::Args;
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use stack_os::outgoing::{Peer, Trust, transfer_config};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Where Debian and most others keep the roots of the web.
const SYSTEM_ROOTS: &str = "/etc/ssl/certs/ca-certificates.crt";

/// RFC 9103 §8.2: the port of transfers over TLS is that of DNS over TLS.
const TLS_PORT: u16 = 853;

/// How a server proves who it is.
#[derive(Debug, Args)]
pub(crate) struct Secure {
    /// Speak TLS, at port 853 unless told, and want a certificate for NAME
    #[arg(long, value_name = "NAME")]
    tls: Option<String>,

    /// Believe certificates that one in FILE has signed, in place of the system's
    #[arg(long, value_name = "FILE", requires = "tls")]
    roots: Option<PathBuf>,
}

impl Secure {
    /// The port that a server is asked at where none is written.
    pub(crate) fn port(&self) -> u16 {
        if self.tls.is_some() { TLS_PORT } else { 53 }
    }

    /// Whom to connect to, and how.
    pub(crate) fn peer(&self, server: SocketAddr) -> Result<Peer, Failure> {
        let plain = Peer::plain(server);
        let Some(name) = &self.tls else {
            return Ok(plain);
        };
        let name = ServerName::try_from(name.clone()).map_err(|why| {
            Failure::usage(format!("`{name}` is no name or address of a server"))
                .because(&why)
                .next("write the name that is in its certificate")
        })?;
        let file = self.roots.as_deref().unwrap_or(Path::new(SYSTEM_ROOTS));
        let config = transfer_config(Trust::Roots(roots(file)?), None);
        let config = config.map_err(|why| no_roots(file).because(&why))?;
        Ok(Peer {
            tls: Some((config, name)),
            ..plain
        })
    }
}

fn roots(file: &Path) -> Result<RootCertStore, Failure> {
    let certificates = CertificateDer::pem_file_iter(file);
    let certificates = certificates.map_err(|why| no_roots(file).because(&why))?;
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        let certificate = certificate.map_err(|why| no_roots(file).because(&why))?;
        roots
            .add(certificate)
            .map_err(|why| no_roots(file).because(&why))?;
    }
    Ok(roots)
}

fn no_roots(file: &Path) -> Failure {
    Failure::unreadable(format!("cannot use the roots in {}", file.display()))
        .next("name a file of certificates in PEM: --roots FILE")
}

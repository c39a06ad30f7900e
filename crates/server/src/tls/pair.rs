//! The certificate and its key, as two files have them.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys};

use super::validity::Validity;
use crate::config::TlsConfig;
use crate::failure::Failure;
use crate::secret_file::warn_if_open;

/// Octets that a file may have; a chain of RSA certificates takes some thousand.
const MOST: u64 = 1 << 20;

/// A certificate with its chain, and the key that is its.
pub(super) struct Pair {
    pub(super) certified: Arc<CertifiedKey>,
    pub(super) validity: Validity,
}

/// What tells that a file is another, or has changed: device, inode, octets, and when it did.
pub(super) type Stamp = [Option<(u64, u64, u64, i64, i64)>; 2];

/// As the files are now.
pub(super) fn stamp(config: &TlsConfig) -> Stamp {
    let of = |file: Metadata| {
        let (seconds, nanos) = (file.mtime(), file.mtime_nsec());
        (file.dev(), file.ino(), file.size(), seconds, nanos)
    };
    [&config.certificate, &config.key].map(|path| fs::metadata(path).ok().map(of))
}

impl Pair {
    /// Reads both files; warns if others can read the key.
    ///
    /// # Errors
    /// [`Failure::Tls`] with the file that is of no use, why, and what to do.
    pub(super) fn read(config: &TlsConfig) -> Result<Pair, Failure> {
        let chain = read_chain(&config.certificate)?;
        let validity = chain.first().and_then(|first| Validity::of(first));
        let validity = validity.ok_or_else(|| {
            let why = "its first certificate has no dates; make it again, as X.509 version 3";
            useless(&config.certificate, why)
        })?;
        let key = read_key(&config.key)?;
        let certified = CertifiedKey::from_der(chain, key, &default_provider())
            .map_err(|why| mismatch(config, &why))?;
        Ok(Pair {
            certified: Arc::new(certified),
            validity,
        })
    }
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let text = read(path, "name the certificate with --tls-certificate FILE")?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.expose()).collect();
    match chain {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        Ok(_) => Err(useless(
            path,
            "there is no certificate in it; write the chain in PEM, the server's own first",
        )),
        Err(why) => Err(useless(
            path,
            &format!("it is not PEM ({why}); write the chain again"),
        )),
    }
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, Failure> {
    warn_if_open(path, "the key of TLS");
    let text = read(path, "name the key with --tls-key FILE")?;
    // No message repeats what the file says.
    PrivateKeyDer::from_pem_slice(text.expose()).map_err(|_| {
        useless(
            path,
            "there is no private key in it; write it in PEM, without a passphrase (`openssl pkey` makes it so)",
        )
    })
}

/// Overwritten when dropped, as it may be a key.
fn read(path: &Path, otherwise: &str) -> Result<rr::Secret, Failure> {
    let mut octets = Vec::with_capacity(16 << 10);
    File::open(path)
        .and_then(|file| file.take(MOST).read_to_end(&mut octets))
        .map_err(|why: io::Error| useless(path, &format!("{why}; {otherwise}")))?;
    Ok(rr::Secret::new(octets))
}

fn mismatch(config: &TlsConfig, why: &Error) -> Failure {
    let chain = config.certificate.display();
    match why {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => useless(
            &config.key,
            &format!(
                "it is not the key of the first certificate in {chain}; replace both together"
            ),
        ),
        why => useless(
            &config.key,
            &format!(
                "it does not go with {chain} ({why}); use an ECDSA (P-256, P-384), Ed25519 or RSA (2048 bits or more) key"
            ),
        ),
    }
}

fn useless(path: &Path, why: &str) -> Failure {
    Failure::Tls {
        path: PathBuf::from(path),
        why: why.to_owned(),
    }
}

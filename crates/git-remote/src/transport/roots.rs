//! The certificate authorities that are believed.

use std::fs;
use std::path::{Path, PathBuf};

use ureq::tls::{Certificate, PemItem, parse_pem};

use crate::error::RemoteError;
use crate::options::Roots;

/// Where systems keep theirs: Debian and Alpine, Fedora and its relatives, the BSDs.
const SYSTEM: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
];

pub(crate) fn load(roots: &Roots) -> Result<Vec<Certificate<'static>>, RemoteError> {
    match roots {
        Roots::File(path) => load_file(path),
        Roots::System => {
            let mut places = SYSTEM.iter().map(PathBuf::from);
            match places.find(|path| path.exists()) {
                Some(path) => load_file(&path),
                None => Err(unusable(
                    Path::new(SYSTEM[0]),
                    "there is no list of authorities; install ca-certificates, or name a file"
                        .into(),
                )),
            }
        }
    }
}

fn load_file(path: &Path) -> Result<Vec<Certificate<'static>>, RemoteError> {
    let pem = fs::read(path).map_err(|why| unusable(path, why.to_string()))?;
    let found: Vec<_> = parse_pem(&pem)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    match found.is_empty() {
        true => Err(unusable(path, "it holds no certificate in PEM".into())),
        false => Ok(found),
    }
}

fn unusable(path: &Path, why: String) -> RemoteError {
    RemoteError::Credential {
        named: path.display().to_string(),
        why,
    }
}

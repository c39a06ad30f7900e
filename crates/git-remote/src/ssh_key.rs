//! Who we are to ssh servers. Read from files, never printed.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use rr::Secret;
use russh::keys::{PrivateKey, PublicKey, decode_secret_key};

use crate::credentials::unusable;
use crate::error::RemoteError;

/// A private key in OpenSSH's format, Ed25519 or ECDSA.
#[derive(Clone)]
pub struct SshKey {
    pub(crate) key: Arc<PrivateKey>,
}

impl SshKey {
    /// Reads a key file, and the passphrase from the first line of another where it has one.
    ///
    /// # Errors
    /// [`RemoteError::Credential`] if either cannot be read or does not fit.
    pub fn from_file(path: &Path, passphrase: Option<&Path>) -> Result<SshKey, RemoteError> {
        let read = |path: &Path| {
            let text = fs::read_to_string(path);
            text.map_err(|why| unusable(&path.display().to_string(), why.to_string()))
        };
        let text = Secret::new(read(path)?.into_bytes());
        let passphrase = passphrase.map(read).transpose()?;
        let passphrase = passphrase.as_ref().and_then(|text| text.lines().next());
        let text = std::str::from_utf8(text.expose()).unwrap_or_default();
        let key = decode_secret_key(text, passphrase)
            .map_err(|why| unusable(&path.display().to_string(), reason(&why, text, passphrase)))?;
        if key.algorithm().is_rsa() {
            let why = "RSA keys cannot be used; make another with: ssh-keygen -t ed25519";
            return Err(unusable(&path.display().to_string(), why.into()));
        }
        Ok(SshKey { key: Arc::new(key) })
    }
}

fn reason(why: &russh::keys::Error, text: &str, passphrase: Option<&str>) -> String {
    match (why, passphrase) {
        (russh::keys::Error::KeyIsEncrypted, None) => {
            "it is encrypted; name a file with its passphrase: --ssh-passphrase FILE".into()
        }
        _ if PublicKey::from_openssh(text).is_ok() => {
            "it is the public half of a key; name the private one, the file without .pub".into()
        }
        (_, Some(_)) => format!("no key in OpenSSH's format, or another passphrase ({why})"),
        (_, None) => format!("no key in OpenSSH's format ({why})"),
    }
}

impl fmt::Debug for SshKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SshKey(..)")
    }
}

//! In place of ssh, where this crate is built without it.

use std::path::Path;

use git_store::RemoteUrl;

use crate::credentials::unusable;
use crate::deadline::Deadline;
use crate::error::RemoteError;
use crate::options::RemoteOptions;
use crate::transport::{Peer, Service};

/// A private key for ssh; there is none in a program that was built without the feature `ssh`.
#[derive(Debug, Clone)]
pub enum SshKey {}

impl SshKey {
    /// Reads no key.
    ///
    /// # Errors
    /// [`RemoteError::Credential`] always.
    pub fn from_file(_: &Path, _: Option<&Path>) -> Result<SshKey, RemoteError> {
        Err(not_here())
    }
}

pub(crate) fn check() -> Result<(), RemoteError> {
    Err(not_here())
}

pub(crate) fn connect(
    _: &RemoteUrl,
    _: &RemoteOptions,
    _: Deadline,
    _: Service,
) -> Result<Box<dyn Peer>, RemoteError> {
    Err(not_here())
}

fn not_here() -> RemoteError {
    let why =
        "this program was built without it; build it with: cargo build --release --features ssh";
    unusable("ssh", why.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_how_to_come_by_ssh() {
        for error in [
            check().err(),
            SshKey::from_file(Path::new("/nonexistent"), None).err(),
        ] {
            let words = error.expect("an error").to_string();
            assert!(
                words.contains("cargo build --release --features ssh"),
                "{words}"
            );
        }
    }
}

//! The file with those who may sign commits.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use signers::{AllowedSigners, Refusal, Signer, limits};

use crate::failure::Failure;

/// What the file said when it last made sense.
#[derive(Debug)]
pub(crate) struct SignersFile {
    path: PathBuf,
    list: ArcSwap<AllowedSigners>,
    /// Why it makes none now, if it does not.
    trouble: Mutex<Option<String>>,
}

/// Reads a file of allowed signers, as [`Config::allowed_signers`](crate::Config::allowed_signers) names it.
///
/// # Errors
/// [`Failure::Signers`] if it cannot be read, or makes no sense.
pub fn read_signers(path: &Path) -> Result<AllowedSigners, Failure> {
    read(path).map_err(|why| Failure::Signers {
        path: path.to_owned(),
        why,
    })
}

/// What is told of it.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) path: String,
    pub(crate) keys: usize,
    pub(crate) trouble: Option<String>,
}

impl SignersFile {
    /// Reads the file that the operator named, if one is named.
    ///
    /// # Errors
    /// [`Failure::Signers`] if it cannot be read, or makes no sense.
    pub(crate) fn open(path: Option<&Path>) -> Result<Option<Arc<SignersFile>>, Failure> {
        let Some(path) = path else {
            return Ok(None);
        };
        let list = read_signers(path)?;
        Ok(Some(Arc::new(SignersFile {
            path: path.to_owned(),
            list: ArcSwap::from_pointee(list),
            trouble: Mutex::default(),
        })))
    }

    /// Takes on what the file says now. If it makes no sense, what it said before stays.
    pub(crate) fn read_again(&self) {
        let (path, read) = (self.path.display(), read(&self.path));
        match &read {
            Ok(list) => {
                let keys = list.count();
                tracing::info!(%path, keys, "the allowed signers were read again");
            }
            Err(error) => tracing::error!(%path, error, "the allowed signers stay as they were"),
        }
        *self.trouble() = read.map(|list| self.list.store(Arc::new(list))).err();
    }

    /// Who has signed a commit.
    ///
    /// # Errors
    /// Why it is nobody who may.
    pub(crate) fn judge(&self, commit: &[u8]) -> Result<Signer, Refusal> {
        self.list.load().judge(commit)
    }

    pub(crate) fn told(&self) -> Told {
        Told {
            path: self.path.display().to_string(),
            keys: self.list.load().count(),
            trouble: self.trouble().clone(),
        }
    }

    fn trouble(&self) -> MutexGuard<'_, Option<String>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Mistakes that are told at once.
const MISTAKES_TOLD: usize = 5;

fn read(path: &Path) -> Result<AllowedSigners, String> {
    let mut text = Vec::new();
    // One octet more than is taken, so that what is too large is noticed.
    let most = limits::LIST_OCTETS as u64 + 1;
    File::open(path)
        .and_then(|file| file.take(most).read_to_end(&mut text))
        .map_err(|why| why.to_string())?;
    AllowedSigners::read(&text).map_err(|mistakes| {
        let told = mistakes.iter().take(MISTAKES_TOLD).map(ToString::to_string);
        let told: Vec<String> = told.collect();
        match mistakes.len().saturating_sub(MISTAKES_TOLD) {
            0 => told.join("; "),
            more => format!("{}; and {more} more", told.join("; ")),
        }
    })
}

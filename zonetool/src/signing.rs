//! `--key` and `--keys`: with which key a message is signed.

use crate::console::Plain;
use crate::failure::Failure;
use crate::key_file;
use clap::Args;
use rr::{Name, NameRef};
use std::convert::Infallible;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use tsig::{Key, Keyring, Operation, text};
use zeroize::Zeroizing;

/// Who signs.
#[derive(Debug, Args)]
pub(crate) struct Signing {
    /// Sign with KEY, NAME:ALGORITHM:SECRET, or the NAME of one in --keys
    #[arg(long, value_name = "KEY")]
    key: Option<Word>,

    /// Take the key from FILE: keys on lines, or the key statements of BIND
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
}

/// For the help of commands with [`Signing`].
pub(crate) const KEYS: &str = "\
Of the keys in a file the one is taken that may do this and whose name says the closest zone; one that is alone is taken \
whatever its name. What stands on a command line can be seen by other users of the machine: put secrets into a file.";

/// A word that may have a secret in it, so it is neither printed nor repeated in a complaint.
#[derive(Clone)]
struct Word(Zeroizing<String>);

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Word(..)")
    }
}

impl FromStr for Word {
    type Err = Infallible;
    fn from_str(word: &str) -> Result<Word, Infallible> {
        Ok(Word(Zeroizing::new(word.to_owned())))
    }
}

impl Signing {
    /// The key to do `operation` with at `zone`; none where none was named.
    pub(crate) fn key(
        &self,
        operation: Operation,
        zone: NameRef<'_>,
    ) -> Result<Option<Arc<Key>>, Failure> {
        let word = self.key.as_ref().map(|word| word.0.as_str());
        match (word, &self.keys) {
            (None, None) => Ok(None),
            (Some(word), None) => whole(word).map(Some),
            (Some(name), Some(file)) => named(name, file).map(Some),
            (None, Some(file)) => closest(operation, zone, file).map(Some),
        }
    }
}

fn whole(word: &str) -> Result<Arc<Key>, Failure> {
    // The cause never has the secret in it.
    text::read_key(word).map(Arc::new).map_err(|why| {
        Failure::usage("what --key says is no key")
            .because(&why)
            .next("write NAME:ALGORITHM:SECRET, or name a key and its file: --key NAME --keys FILE")
    })
}

fn named(name: &str, file: &Path) -> Result<Arc<Key>, Failure> {
    if name.contains(':') {
        return Err(Failure::usage("--key has a secret, and --keys has others")
            .next("with --keys FILE, name one of its keys: --key NAME"));
    }
    let keys = key_file::read_right(file)?;
    let found = Name::from_text(name).ok();
    let found = found.and_then(|name| keys.by_name(name.as_ref()).cloned());
    found.ok_or_else(|| {
        let what = format!("{} has no key {}", file.display(), Plain(name));
        Failure::usage(what).next(list(file))
    })
}

fn closest(operation: Operation, zone: NameRef<'_>, file: &Path) -> Result<Arc<Key>, Failure> {
    let keys = key_file::read_right(file)?;
    let able = keys.iter().filter(|key| key.may(operation, zone));
    let closest = able.max_by_key(|key| scope_labels(key));
    let found = closest.or_else(|| only(&keys));
    found.cloned().ok_or_else(|| {
        let what = format!(
            "{} has no key with `{}` for {zone}",
            file.display(),
            operation.label()
        );
        Failure::usage(what).next(format!("{}; then name one: --key NAME", list(file)))
    })
}

fn scope_labels(key: &Key) -> usize {
    let scope = key.rights().map(|rights| rights.scope.as_ref());
    scope.map_or(0, NameRef::label_count)
}

/// Elsewhere names of keys say nothing.
fn only(keys: &Keyring) -> Option<&Arc<Key>> {
    let mut all = keys.iter();
    let first = all.next();
    first.filter(|_| all.next().is_none())
}

fn list(file: &Path) -> String {
    let file = crate::repository::quoted(file);
    format!("see which keys there are: zonetool key list {file}")
}

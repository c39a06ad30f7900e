//! The keys of signed messages (TSIG, RFC 8945): from files, and from the command line.
//!
//! All of them are one ring, which takes the place of the one before as a whole, and only if every file makes sense. So a
//! key is replaced by adding the new one, giving it to whoever has the old one, and then taking that out.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use tsig::{Key, Keyring, limits, text};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::secret_file::warn_if_open;
use crate::telling::status::KeysStatus;

/// Where keys come from. Without any, signed messages are answered as if they were not.
#[derive(Debug, Clone, Default)]
pub struct KeysConfig {
    /// Files of keys, as `zonetool key new` writes them.
    pub files: Vec<PathBuf>,
    /// Keys that were said.
    pub said: Vec<Arc<Key>>,
    /// Whether more are handed in while the server runs ([`Keys::take_on`]).
    pub are_more: bool,
}

/// The keys that are good now.
#[derive(Debug)]
pub struct Keys {
    config: KeysConfig,
    parts: Mutex<Parts>,
    ring: ArcSwap<Keyring>,
    /// Why the files could not be read again, if they could not.
    trouble: Mutex<Option<String>>,
}

/// What the ring is made of.
#[derive(Debug, Default)]
struct Parts {
    /// From files and from the command line.
    own: Keyring,
    /// Handed in.
    others: Vec<Arc<Key>>,
}

impl KeysConfig {
    /// Whether there are any keys, or may be.
    pub(crate) fn is_any(&self) -> bool {
        !self.files.is_empty() || !self.said.is_empty() || self.are_more
    }
}

impl Keys {
    /// Reads the files, if there are any keys at all.
    ///
    /// # Errors
    /// [`Failure::Keys`] for the first file that is of no use, or a name that two keys have.
    pub fn open(config: &KeysConfig) -> Result<Option<Arc<Keys>>, Failure> {
        if !config.is_any() {
            return Ok(None);
        }
        if !config.said.is_empty() {
            tracing::warn!(
                "whoever can list processes sees keys given with --key: write them to a file for --keys"
            );
        }
        let own = read(config)?;
        own.iter().for_each(|key| warn_of(key));
        let others = Vec::new();
        let parts = Parts { own, others };
        Ok(Some(Arc::new(Keys {
            config: config.clone(),
            ring: ArcSwap::from_pointee(parts.ring()),
            parts: Mutex::new(parts),
            trouble: Mutex::default(),
        })))
    }

    /// No keys, where some requests need none.
    pub fn none() -> Arc<Keys> {
        Arc::new(Keys {
            config: KeysConfig::default(),
            parts: Mutex::default(),
            ring: ArcSwap::default(),
            trouble: Mutex::default(),
        })
    }

    /// Takes on what the files say now. If one makes no sense, all keys stay as they were.
    pub fn read_again(&self) {
        let trouble = match read(&self.config) {
            Ok(ring) => {
                tracing::info!(keys = ring.iter().count(), "the keys were read again");
                ring.iter().for_each(|key| warn_of(key));
                self.set(|parts| parts.own = ring);
                None
            }
            Err(error) => {
                tracing::error!(%error, "the keys stay as they were");
                Some(error.to_string())
            }
        };
        *lock(&self.trouble) = trouble;
    }

    /// How many keys there are, and whether their files make sense.
    #[must_use]
    pub fn status(&self) -> KeysStatus {
        KeysStatus {
            keys: self.ring().iter().count(),
            trouble: lock(&self.trouble).clone(),
        }
    }

    /// Takes these on, in place of those that were handed in before. Of two of one name that of a file, or of the command
    /// line, is good.
    pub fn take_on(&self, others: Vec<Arc<Key>>) {
        others.iter().for_each(|key| warn_of(key));
        self.set(|parts| parts.others = others);
    }

    fn set(&self, change: impl FnOnce(&mut Parts)) {
        let mut parts = lock(&self.parts);
        change(&mut parts);
        self.ring.store(Arc::new(parts.ring()));
    }

    /// The keys that are good now.
    pub fn ring(&self) -> arc_swap::Guard<Arc<Keyring>> {
        self.ring.load()
    }
}

impl Parts {
    fn ring(&self) -> Keyring {
        let mut ring = Keyring::default();
        for key in self.own.iter().chain(&self.others) {
            if let Err(key) = ring.share(Arc::clone(key)) {
                let key = key.name();
                tracing::warn!(%key, "this key is there twice, and the first one is good");
            }
        }
        ring
    }
}

/// Nothing panics while it is locked, so what is behind a poisoned lock would still be good.
fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read(config: &KeysConfig) -> Result<Keyring, Failure> {
    let mut ring = Keyring::default();
    let doubled = |key: &Key| format!("the key {} is there twice", key.name());
    for path in &config.files {
        let failure = |why| Failure::Keys {
            path: path.clone(),
            why,
        };
        for key in read_file(path).map_err(failure)?.iter() {
            let added = ring.share(Arc::clone(key));
            added.map_err(|key| failure(doubled(&key)))?;
        }
    }
    for key in &config.said {
        let added = ring.share(Arc::clone(key));
        added.map_err(|key| Failure::Keys {
            path: "--key".into(),
            why: doubled(&key),
        })?;
    }
    Ok(ring)
}

fn read_file(path: &Path) -> Result<Keyring, String> {
    warn_if_open(path, "the keys");
    // One octet more than is taken, so that what is too large is noticed. All of it is there from the start: what grows
    // leaves copies behind.
    let most = limits::KEY_FILE_OCTETS + 1;
    let mut text = Zeroizing::new(Vec::with_capacity(most + 32));
    File::open(path)
        .and_then(|file| file.take(most as u64).read_to_end(&mut text))
        .map_err(|why| why.to_string())?;
    text::read_keys(&text).map_err(|mistakes| match &mistakes[..] {
        [first, _, ..] => format!("{first}; and {} mistakes more", mistakes.len() - 1),
        [first] => first.to_string(),
        [] => "it makes no sense".into(),
    })
}

fn warn_of(key: &Key) {
    let name = key.name();
    if key.is_weak() {
        tracing::warn!(key = %name, "this key is weak: make another one with `zonetool key new`");
    }
    if key.rights().is_none() {
        tracing::warn!(key = %name, "this key may nothing: there is no _update, _transfer or _notify in its name");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(files: &[&str]) -> (KeysConfig, Vec<tempfile::NamedTempFile>) {
        let files: Vec<_> = files
            .iter()
            .map(|text| {
                let file = tempfile::NamedTempFile::new().expect("a file");
                std::fs::write(file.path(), text).expect("written");
                file
            })
            .collect();
        let paths = files.iter().map(|file| file.path().to_owned()).collect();
        let said = Vec::new();
        let config = KeysConfig {
            files: paths,
            said,
            are_more: false,
        };
        (config, files)
    }

    const ONE: &str = "one._notify.example.org:SHA256:AAECAwQFBgcICQoLDA0ODw==\n";
    const TWO: &str = "two._notify.example.org:SHA256:EBESExQVFhcYGRobHB0eHw==\n";

    #[test]
    fn files_and_what_was_said_are_one_ring() {
        let (mut config, _files) = config(&[ONE, TWO]);
        let three = ONE.replace("one", "three");
        config.said = vec![Arc::new(text::read_key(&three).expect("a key"))];
        let keys = Keys::open(&config).expect("good").expect("some");
        assert_eq!(keys.ring().iter().count(), 3);
        assert!(Keys::open(&KeysConfig::default()).expect("good").is_none());
    }

    #[test]
    fn those_that_are_handed_in_follow_those_of_files() {
        let (mut config, files) = config(&[ONE]);
        config.are_more = true;
        let keys = Keys::open(&config).expect("good").expect("some");
        let key = |text: &str| Arc::new(text::read_key(text).expect("a key"));
        let first = |keys: &Keys| {
            let name = rr::Name::from_text("one._notify.example.org").expect("a name");
            keys.ring()
                .by_name(name.as_ref())
                .expect("there")
                .secret()
                .expose()[0]
        };
        keys.take_on(vec![key(TWO), key(&ONE.replace("AAEC", "BBEC"))]);
        assert_eq!((keys.ring().iter().count(), first(&keys)), (2, 0));
        std::fs::write(files[0].path(), "").expect("written");
        keys.read_again();
        assert_eq!((keys.ring().iter().count(), first(&keys)), (2, 4));
        keys.take_on(Vec::new());
        assert_eq!(keys.ring().iter().count(), 0);
    }

    #[test]
    fn a_name_has_one_secret_and_none_is_told() {
        for (files, wanted) in [
            (&[ONE, ONE][..], "one._notify.example.org. is there twice"),
            (
                &["one:SHA256:AAEC=\ntwo:SHA256:AAEC="],
                "line 1: the secret is not base64",
            ),
            (
                &["one:SHA256:AAEC=\ntwo:SHA256:AAEC="],
                "and 1 mistakes more",
            ),
        ] {
            let (config, _files) = config(files);
            let why = Keys::open(&config).expect_err("of no use").to_string();
            assert!(why.contains(wanted) && !why.contains("AAEC"), "{why}");
        }
    }

    #[test]
    fn keys_stay_if_one_file_makes_no_sense() {
        let (config, files) = config(&[ONE, TWO]);
        let keys = Keys::open(&config).expect("good").expect("some");
        std::fs::write(files[0].path(), ONE.replace("one", "new")).expect("written");
        std::fs::write(files[1].path(), "nonsense").expect("written");
        keys.read_again();
        let has = |name: &str| {
            let name = rr::Name::from_text(name).expect("a name");
            keys.ring().by_name(name.as_ref()).is_some()
        };
        assert!(has("one._notify.example.org") && !has("new._notify.example.org"));
        std::fs::write(files[1].path(), TWO).expect("written");
        keys.read_again();
        assert!(!has("one._notify.example.org") && has("new._notify.example.org"));
    }
}

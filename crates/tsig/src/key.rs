//! A secret with its name and everything that was agreed on with whoever has it too.

use alloc::sync::Arc;
use core::fmt;

use rr::{Name, NameRef, Secret};

use crate::algorithm::Algorithm;
use crate::key_name::{KeyName, KeyNameError, Operation};
use crate::limits::{FUDGE_SECS, SECRET_OCTETS, WEAK_SECRET_OCTETS};
use crate::mac::Context;

/// A key: name, algorithm, secret, and how messages are signed with it.
///
/// It has no text and no `==`; its secret is overwritten when the last owner drops it.
pub struct Key {
    name: Name,
    rights: Option<KeyName>,
    algorithm: Algorithm,
    secret: Secret,
    mac_octets: usize,
    fudge_secs: u16,
    dialect: Dialect,
}

/// How the messages of a transfer are signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// RFC 8945 §5.3.1: each signature covers the one before it, so that messages cannot be left out or change places.
    #[default]
    Chained,
    /// Each message is signed as if it were the only answer to the request, as MirageOS' ocaml-dns signs and wants them
    /// signed. Nothing in the signatures tells that messages were left out, repeated or have changed places: that is left to
    /// TCP, and to the SOA records at both ends.
    EachAlone,
}

/// What makes a key impossible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// No secret, or one of more than [`SECRET_OCTETS`].
    SecretLength(usize),
    /// MACs longer than the algorithm makes them, or shorter than RFC 8945 §5.2.2.1 allows.
    MacLength(usize),
    /// A fudge of 0, or one above [`FUDGE_SECS`].
    Fudge(u16),
    /// The operation or an address in the name makes no sense.
    Name(KeyNameError),
}

impl Key {
    /// A key whose MACs are whole.
    ///
    /// # Errors
    /// When the secret has no octet or more than [`SECRET_OCTETS`], or the name has addresses that are none.
    pub fn new(name: NameRef<'_>, algorithm: Algorithm, secret: Secret) -> Result<Self, KeyError> {
        match secret.expose().len() {
            1..=SECRET_OCTETS => {}
            octets => return Err(KeyError::SecretLength(octets)),
        }
        Ok(Self {
            name: name.to_lowercase(),
            rights: KeyName::parse(name).map_err(KeyError::Name)?,
            algorithm,
            secret,
            mac_octets: algorithm.output_octets(),
            fudge_secs: FUDGE_SECS,
            dialect: Dialect::Chained,
        })
    }

    /// Sends MACs of this many octets, and takes none that are shorter (RFC 8945 §5.2.4).
    ///
    /// # Errors
    /// When there are no such MACs.
    pub fn with_mac_octets(self, octets: usize) -> Result<Self, KeyError> {
        if (self.algorithm.least_octets()..=self.algorithm.output_octets()).contains(&octets) {
            Ok(Self {
                mac_octets: octets,
                ..self
            })
        } else {
            Err(KeyError::MacLength(octets))
        }
    }

    /// Takes messages whose time differs by at most so many seconds, and asks no more of others.
    ///
    /// # Errors
    /// When it is 0 or more than [`FUDGE_SECS`].
    pub fn with_fudge_secs(self, secs: u16) -> Result<Self, KeyError> {
        if (1..=FUDGE_SECS).contains(&secs) {
            Ok(Self {
                fudge_secs: secs,
                ..self
            })
        } else {
            Err(KeyError::Fudge(secs))
        }
    }

    /// Signs and verifies streams in this dialect.
    #[must_use]
    pub fn with_dialect(self, dialect: Dialect) -> Self {
        Self { dialect, ..self }
    }

    /// Its name, in lower case.
    #[must_use]
    pub fn name(&self) -> NameRef<'_> {
        self.name.as_ref()
    }

    /// What its name says that it may; none if its name has no operation.
    #[must_use]
    pub fn rights(&self) -> Option<&KeyName> {
        self.rights.as_ref()
    }

    /// Whether its holder may do this to that zone. Who has a key without an operation in its name may nothing.
    #[must_use]
    pub fn may(&self, operation: Operation, zone: NameRef<'_>) -> bool {
        self.rights
            .as_ref()
            .is_some_and(|rights| rights.may(operation, zone))
    }

    /// Its algorithm.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its secret, for the one who writes it where others keep theirs.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Octets of the MACs that it makes, and of the shortest that is taken.
    #[must_use]
    pub fn mac_octets(&self) -> usize {
        self.mac_octets
    }

    /// Seconds by which clocks may differ.
    #[must_use]
    pub fn fudge_secs(&self) -> u16 {
        self.fudge_secs
    }

    /// How streams are signed with it.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Whether an operator should be told to make a new one: a secret of fewer than [`WEAK_SECRET_OCTETS`], or SHA-1.
    #[must_use]
    pub fn is_weak(&self) -> bool {
        self.secret.expose().len() < WEAK_SECRET_OCTETS || self.algorithm == Algorithm::Sha1
    }

    pub(crate) fn context(&self) -> Context {
        Context::new(self.algorithm, &self.secret)
    }

    /// The stricter of what the sender asks for and what was agreed.
    pub(crate) fn effective_fudge_secs(&self, asked_secs: u16) -> u16 {
        asked_secs.min(self.fudge_secs)
    }
}

/// Name and algorithm.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({} {})", self.name, self.algorithm)
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SecretLength(octets) => {
                write!(
                    f,
                    "a secret of {octets} octets; it may have 1 to {SECRET_OCTETS}"
                )
            }
            Self::MacLength(octets) => write!(
                f,
                "MACs of {octets} octets; they have at least 10 and half, at most all that the algorithm makes"
            ),
            Self::Fudge(secs) => write!(f, "a fudge of {secs} s; it is 1 to {FUDGE_SECS}"),
            Self::Name(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for KeyError {}

/// Keys by their names, each name once.
///
/// The one place that messages are verified with: [`Keyring::verify`].
#[derive(Clone, Debug, Default)]
pub struct Keyring {
    /// Sorted by name.
    keys: alloc::vec::Vec<Arc<Key>>,
}

impl Keyring {
    /// Puts a key in.
    ///
    /// # Errors
    /// The key, when there is one of its name, in whatever case and of whatever algorithm.
    pub fn insert(&mut self, key: Key) -> Result<(), Key> {
        match self.position(key.name()) {
            Ok(_) => Err(key),
            Err(at) => {
                self.keys.insert(at, Arc::new(key));
                Ok(())
            }
        }
    }

    /// Puts a key in that is in another ring, too.
    ///
    /// # Errors
    /// The key, when there is one of its name, in whatever case and of whatever algorithm.
    pub fn share(&mut self, key: Arc<Key>) -> Result<(), Arc<Key>> {
        match self.position(key.name()) {
            Ok(_) => Err(key),
            Err(at) => {
                self.keys.insert(at, key);
                Ok(())
            }
        }
    }

    /// The key of a name, whatever its case.
    #[must_use]
    pub fn by_name(&self, name: NameRef<'_>) -> Option<&Arc<Key>> {
        self.position(name).ok().map(|at| &self.keys[at])
    }

    /// The key that messages of this name and algorithm are signed with.
    #[must_use]
    pub fn find(&self, name: NameRef<'_>, algorithm: Algorithm) -> Option<&Arc<Key>> {
        self.by_name(name).filter(|key| key.algorithm == algorithm)
    }

    /// All keys, by their names.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Key>> {
        self.keys.iter()
    }

    fn position(&self, name: NameRef<'_>) -> Result<usize, usize> {
        let name = name.to_lowercase();
        self.keys
            .binary_search_by(|key| key.name.as_wire().cmp(name.as_wire()))
    }
}

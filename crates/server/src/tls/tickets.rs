//! Tickets that several servers give and take: what a client begins with one of them it can go on with at another
//! (RFC 5077 §4, RFC 8446 §4.6.1).
//!
//! ```text
//! key of a period = HKDF-SHA256 (RFC 5869) of the shared secret and the number of the period
//! ticket          = name of the key, nonce, session sealed with ChaCha20-Poly1305, tag
//! ```
//! Periods follow from the clock, so servers agree without a word. A ticket is good in the period it was made in and in the
//! next; and in the one before, as the clock of another server may be ahead.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use arc_swap::ArcSwap;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use ring::rand::{SecureRandom, SystemRandom};
use rustls::server::ProducesTickets;

use crate::failure::Failure;
use crate::secret_file;

/// How long a key makes tickets: as long as one of rustls's own.
const PERIOD_SECS: u64 = 6 * 3600;
/// Octets of a secret.
const SECRET: usize = 32;
/// Octets of the name of a key.
const NAME: usize = 16;
/// Octets that a ticket may have; ours have some hundred.
const MOST: usize = 4096;

/// Gives and takes tickets.
pub(crate) struct Tickets {
    path: PathBuf,
    secrets: ArcSwap<Secrets>,
    /// Of the period in which a ticket was given or taken last, and of the secrets as they were then.
    keys: ArcSwap<Keys>,
    /// Times that the secrets were read; keys of other times are not used.
    reads: AtomicU64,
}

/// What keys are made of: with the first, tickets are given; those of both are taken.
struct Secrets {
    own: Prk,
    other: Option<Prk>,
}

/// All keys that are good in a period; the first one seals.
struct Keys {
    period: u64,
    read: u64,
    all: Vec<Key>,
}

struct Key {
    name: [u8; NAME],
    key: LessSafeKey,
}

impl Tickets {
    /// Reads the file with the secrets.
    ///
    /// # Errors
    /// [`Failure::Tls`] with the file, why it is of no use, and what to do.
    pub(super) fn read(path: &Path) -> Result<Tickets, Failure> {
        let secrets = read(path)?;
        Ok(Tickets {
            path: path.to_owned(),
            keys: ArcSwap::from_pointee(secrets.keys(0, 0)),
            secrets: ArcSwap::from_pointee(secrets),
            reads: AtomicU64::new(0),
        })
    }

    /// Reads it again. If it is of no use, the secrets stay.
    pub(super) fn read_again(&self) {
        match read(&self.path) {
            Ok(secrets) => {
                self.secrets.store(Arc::new(secrets));
                self.reads.fetch_add(1, Relaxed);
                tracing::info!("the secret of TLS tickets was read again");
            }
            Err(why) => {
                tracing::error!(error = %why, "the secret of TLS tickets stays as it was");
            }
        }
    }

    fn keys_at(&self, now_secs: u64) -> Arc<Keys> {
        let (period, read) = (now_secs / PERIOD_SECS, self.reads.load(Relaxed));
        let keys = self.keys.load_full();
        if (keys.period, keys.read) == (period, read) {
            return keys;
        }
        let keys = Arc::new(self.secrets.load().keys(period, read));
        self.keys.store(Arc::clone(&keys));
        keys
    }

    fn seal_at(&self, now_secs: u64, session: &[u8]) -> Option<Vec<u8>> {
        let keys = self.keys_at(now_secs);
        let Key { name, key } = keys.all.first()?;
        let mut nonce = [0; NONCE_LEN];
        // By chance: servers that share a key cannot share a count. A key seals for one period only.
        SystemRandom::new().fill(&mut nonce).ok()?;
        let mut ticket = [&name[..], &nonce, session].concat();
        let sealed = &mut ticket[NAME + NONCE_LEN..];
        let nonce = Nonce::assume_unique_for_key(nonce);
        let tag = key.seal_in_place_separate_tag(nonce, Aad::from(name), sealed);
        ticket.extend_from_slice(tag.ok()?.as_ref());
        Some(ticket)
    }

    fn open_at(&self, now_secs: u64, ticket: &[u8]) -> Option<Vec<u8>> {
        let (name, rest) = ticket.split_first_chunk::<NAME>()?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>()?;
        let keys = self.keys_at(now_secs);
        let key = keys.all.iter().find(|key| key.name == *name)?;
        let mut session = (ticket.len() <= MOST).then(|| sealed.to_vec())?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = key.key.open_in_place(nonce, Aad::from(name), &mut session);
        let length = opened.ok()?.len();
        session.truncate(length);
        Some(session)
    }
}

impl ProducesTickets for Tickets {
    fn enabled(&self) -> bool {
        true
    }

    /// So long each ticket is good, and some longer.
    fn lifetime(&self) -> u32 {
        PERIOD_SECS as u32
    }

    fn encrypt(&self, session: &[u8]) -> Option<Vec<u8>> {
        self.seal_at(crate::now_secs(), session)
    }

    fn decrypt(&self, ticket: &[u8]) -> Option<Vec<u8>> {
        self.open_at(crate::now_secs(), ticket)
    }
}

impl fmt::Debug for Tickets {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Tickets({})", self.path.display())
    }
}

impl Secrets {
    fn keys(&self, period: u64, read: u64) -> Keys {
        let periods = [period, period.saturating_sub(1), period + 1];
        let secrets = [Some(&self.own), self.other.as_ref()];
        let secrets = secrets.into_iter().flatten();
        let keys = secrets.flat_map(|secret| periods.map(|period| Key::of(secret, period)));
        let all = keys.collect();
        Keys { period, read, all }
    }
}

impl Key {
    fn of(secret: &Prk, period: u64) -> Key {
        let period = period.to_be_bytes();
        let short = "what is asked for is shorter than what HKDF can give";
        let mut name = [0; NAME];
        let info: [&[u8]; 2] = [&period, b"name"];
        let named = secret.expand(&info, NameLength).expect(short);
        named.fill(&mut name).expect(short);
        let info: [&[u8]; 2] = [&period, b"key"];
        let key = secret.expand(&info, &CHACHA20_POLY1305).expect(short);
        Key {
            name,
            key: LessSafeKey::new(UnboundKey::from(key)),
        }
    }
}

struct NameLength;

impl KeyType for NameLength {
    fn len(&self) -> usize {
        NAME
    }
}

fn read(path: &Path) -> Result<Secrets, Failure> {
    let read = secret_file::read::<SECRET>(path, "the secret of TLS tickets");
    let (own, other) = read.map_err(|why| Failure::Tls {
        path: path.to_owned(),
        why: format!("{why}; `openssl rand -hex {SECRET}` writes a line"),
    })?;
    let salt = Salt::new(HKDF_SHA256, b"stemma TLS tickets 1");
    Ok(Secrets {
        own: salt.extract(&own),
        other: other.map(|other| salt.extract(&other)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that shares these secrets, told by letters.
    fn server(letters: &str) -> Tickets {
        let file = tempfile::NamedTempFile::new().expect("a file");
        write(file.path(), letters);
        Tickets::read(file.path()).expect("secrets")
    }

    fn write(path: &Path, letters: &str) {
        let lines: Vec<String> = letters
            .chars()
            .map(|it| it.to_string().repeat(64))
            .collect();
        std::fs::write(path, lines.join("\n")).expect("written");
    }

    const NOON: u64 = 1_800_000_000 / PERIOD_SECS * PERIOD_SECS;
    const LAST: u64 = NOON + PERIOD_SECS - 1;

    #[test]
    fn servers_with_one_secret_take_each_other_s_tickets() {
        let [one, other, stranger] = ["a", "a", "b"].map(server);
        let ticket = one.seal_at(NOON, b"session").expect("a ticket");
        assert_eq!(
            other.open_at(LAST, &ticket).as_deref(),
            Some(&b"session"[..])
        );
        assert_eq!(stranger.open_at(NOON, &ticket), None);
        assert_ne!(
            one.seal_at(NOON, b"session"),
            Some(ticket.clone()),
            "by chance"
        );
        for at in 0..ticket.len() {
            let mut changed = ticket.clone();
            changed[at] ^= 1;
            assert_eq!(other.open_at(NOON, &changed), None, "{at}");
            assert_eq!(other.open_at(NOON, &ticket[..at]), None, "{at}");
        }
        let long = one.seal_at(NOON, &[0; MOST]).expect("a ticket");
        assert_eq!(other.open_at(NOON, &long), None);
    }

    #[test]
    fn a_ticket_is_good_for_the_next_period_and_no_longer() {
        let [one, other] = ["a", "a"].map(server);
        for made in [NOON, LAST] {
            let ticket = one.seal_at(made, b"session").expect("a ticket");
            let is_good = |now| other.open_at(now, &ticket).is_some();
            assert!(is_good(LAST) && is_good(LAST + PERIOD_SECS));
            assert!(!is_good(LAST + PERIOD_SECS + 1));
            // The clock of the other one is behind.
            assert!(is_good(NOON - PERIOD_SECS) && !is_good(NOON - PERIOD_SECS - 1));
            assert!(u64::from(other.lifetime()) <= LAST + PERIOD_SECS - made);
        }
    }

    #[test]
    fn a_secret_is_replaced_step_by_step() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        write(file.path(), "a");
        let (here, old) = (Tickets::read(file.path()).expect("secrets"), server("a"));
        let ticket = old.seal_at(NOON, b"session").expect("a ticket");
        assert!(here.open_at(NOON, &ticket).is_some());
        for (letters, takes_old, gives_old) in
            [("ab", true, true), ("ba", true, false), ("b", false, false)]
        {
            write(file.path(), letters);
            here.read_again();
            assert_eq!(
                here.open_at(NOON, &ticket).is_some(),
                takes_old,
                "{letters}"
            );
            let given = here.seal_at(NOON, b"session").expect("a ticket");
            assert_eq!(old.open_at(NOON, &given).is_some(), gives_old, "{letters}");
        }
        std::fs::write(file.path(), "nonsense").expect("written");
        here.read_again();
        let given = here.seal_at(NOON, b"session").expect("a ticket");
        assert!(
            server("b").open_at(NOON, &given).is_some(),
            "what is of no use changes nothing"
        );
    }
}

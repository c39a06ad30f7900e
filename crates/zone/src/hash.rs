//! The keyed hash of names, computed label by label from the root.
//!
//! One pass over a name gives the hash of the name and of every ancestor, so a lookup that has to
//! climb never reads the name again. The key comes from the caller's source of entropy: whoever
//! writes a zone or asks a question cannot choose names that collide.

use core::fmt;
use rr::NameRef;

/// The secret two words that make the hash of names unpredictable; one per process is enough.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct HashKey([u64; 2]);

impl HashKey {
    /// A key from sixteen octets of entropy.
    pub const fn new(secret: [u64; 2]) -> Self {
        // An even multiplier would lose the highest bit of every label.
        HashKey([secret[0], secret[1] | 1])
    }

    /// The hash of the root.
    pub(crate) const fn root(self) -> u64 {
        self.0[0]
    }

    /// The hash of a name.
    pub(crate) fn of(self, name: NameRef<'_>) -> u64 {
        let path = Path::new(name, self);
        path.hash_at(path.labels())
    }

    /// The hash of `label` (lower case, with its length octet) below a name that hashes to `parent`.
    pub(crate) fn below(self, parent: u64, label: &[u8]) -> u64 {
        label.chunks(8).fold(parent, |hash, chunk| {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.mix(hash, u64::from_le_bytes(word))
        })
    }

    #[inline(always)]
    fn mix(self, hash: u64, word: u64) -> u64 {
        let wide = u128::from(hash ^ word) * u128::from(self.0[1]);
        (wide as u64) ^ (wide >> 64) as u64 ^ self.0[0]
    }
}

impl fmt::Debug for HashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashKey(..)")
    }
}

/// Octets of the longest name, and room to read eight octets from any place in it.
const PADDED: usize = 264;
/// Labels of the longest name, with the root.
const LABELS: usize = 128;

/// A name ready to be looked up: lower case, the start of each label, the hash of each ancestor.
pub(crate) struct Path {
    octets: [u8; PADDED],
    len: usize,
    labels: usize,
    starts: [u8; LABELS],
    hashes: [u64; LABELS],
}

impl Path {
    pub(crate) fn new(name: NameRef<'_>, key: HashKey) -> Self {
        let wire = name.as_wire();
        let mut path = Path {
            octets: [0; PADDED],
            len: wire.len(),
            labels: 0,
            starts: [0; LABELS],
            hashes: [0; LABELS],
        };
        path.octets[..wire.len()].copy_from_slice(wire);
        path.lower();
        path.split();
        path.hash(key);
        path
    }

    /// How many labels the name has, the root not counted.
    pub(crate) fn labels(&self) -> usize {
        self.labels
    }

    /// The hash of the ancestor that has `labels` labels.
    pub(crate) fn hash_at(&self, labels: usize) -> u64 {
        self.hashes[labels]
    }

    /// The lower-case octets of the ancestor that has `labels` labels.
    pub(crate) fn suffix(&self, labels: usize) -> &[u8] {
        &self.octets[usize::from(self.starts[self.labels - labels])..self.len]
    }

    fn lower(&mut self) {
        for word in self.octets[..self.len.next_multiple_of(8)]
            .as_chunks_mut()
            .0
        {
            *word = lower_word(u64::from_le_bytes(*word)).to_le_bytes();
        }
    }

    /// Notes where each label starts; the last entry is the root.
    fn split(&mut self) {
        let mut at = 0;
        while at < self.len && self.octets[at] != 0 {
            self.starts[self.labels] = at as u8;
            at += usize::from(self.octets[at]) + 1;
            self.labels += 1;
        }
        self.starts[self.labels] = at as u8;
    }

    fn hash(&mut self, key: HashKey) {
        let mut hash = key.root();
        self.hashes[0] = hash;
        for depth in 1..=self.labels {
            hash = self.hash_label(key, hash, usize::from(self.starts[self.labels - depth]));
            self.hashes[depth] = hash;
        }
    }

    #[inline(always)]
    fn hash_label(&self, key: HashKey, parent: u64, start: usize) -> u64 {
        let mut left = usize::from(self.octets[start]) + 1;
        let mut at = start;
        let mut hash = parent;
        while left > 8 {
            hash = key.mix(hash, self.word(at));
            at += 8;
            left -= 8;
        }
        key.mix(hash, self.word(at) & (u64::MAX >> (64 - 8 * left)))
    }

    #[inline(always)]
    fn word(&self, at: usize) -> u64 {
        let word = self.octets[at..]
            .first_chunk()
            .expect("padded by eight octets");
        u64::from_le_bytes(*word)
    }
}

/// Makes the ASCII capitals among eight octets small.
///
/// Length octets are at most 63 and so are never mistaken for letters.
#[inline(always)]
pub(crate) fn lower_word(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let low_bits = word & (ONES * 0x7f);
    let at_least_a = low_bits + ONES * (0x80 - 0x41);
    let above_z = low_bits + ONES * (0x80 - 0x5b);
    let capitals = at_least_a & !above_z & !word & (ONES * 0x80);
    word | (capitals >> 2)
}

/// Whether `stored`, of any case, is `lower`, which is in lower case.
#[inline]
pub(crate) fn equals_lower(stored: &[u8], lower: &[u8]) -> bool {
    if stored.len() != lower.len() {
        return false;
    }
    let ((stored_words, stored_rest), (words, rest)) = (stored.as_chunks(), lower.as_chunks());
    stored_words
        .iter()
        .zip(words)
        .all(|(a, b)| lower_word(u64::from_le_bytes(*a)) == u64::from_le_bytes(*b))
        && stored_rest
            .iter()
            .zip(rest)
            .all(|(a, b)| a.to_ascii_lowercase() == *b)
}

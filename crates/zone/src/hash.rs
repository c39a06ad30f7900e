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
        // A small multiplier would not move the bits of a label, an even one would lose the highest.
        let [start, multiplier] = secret;
        HashKey([spread(start), spread(!multiplier) | 1])
    }

    /// The hash of nothing: that of the root, or where the hash of other things begins.
    #[must_use]
    pub const fn root(self) -> u64 {
        self.0[0]
    }

    /// The hash of a name.
    pub(crate) fn of(self, name: NameRef<'_>) -> u64 {
        let path = Path::new(name, self);
        path.hash_at(path.labels())
    }

    /// The hash of `label` (lower case, with its length octet) below a name that hashes to `parent`.
    pub(crate) fn below(self, parent: u64, label: &[u8]) -> u64 {
        let (words, rest) = label.as_chunks();
        let hash = words.iter().fold(parent, |hash, word| {
            self.mix(hash, u64::from_le_bytes(*word))
        });
        if rest.is_empty() {
            hash
        } else {
            self.mix(hash, short_word(rest))
        }
    }

    /// The same for the label that `octets` begin with, in any case; more octets may follow it.
    #[inline(always)]
    pub(crate) fn below_any_case(self, parent: u64, octets: &[u8]) -> u64 {
        let mut left = octets.first().map_or(0, |length| usize::from(*length) + 1);
        let (mut hash, mut rest) = (parent, octets);
        while let Some((word, after)) = rest.split_first_chunk()
            && left > 8
        {
            hash = self.mix(hash, lower_word(u64::from_le_bytes(*word)));
            (rest, left) = (after, left - 8);
        }
        let word = lower_word(short_word(&rest[..rest.len().min(8)]));
        self.mix(hash, word & (u64::MAX >> (64 - 8 * left.clamp(1, 8))))
    }

    /// The hash with another word in it.
    #[inline(always)]
    #[must_use]
    pub fn mix(self, hash: u64, word: u64) -> u64 {
        let wide = u128::from(hash ^ word) * u128::from(self.0[1]);
        (wide as u64) ^ (wide >> 64) as u64 ^ self.0[0]
    }
}

/// The output step of SplitMix64: every bit of a word changes half the bits, so that a poor secret hashes well too.
const fn spread(word: u64) -> u64 {
    let word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

impl fmt::Debug for HashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashKey(..)")
    }
}

/// Octets of the longest name, and room to read eight octets from any place in it.
const PADDED: usize = 256 + LOWERED;
/// Octets made lower case together.
const LOWERED: usize = 32;
/// Labels of the longest name, with the root.
const LABELS: usize = 128;
/// Hashes kept; those of longer names, which nobody has, are made again when they are wanted.
const KEPT: usize = 40;

/// A name ready to be looked up: lower case, the start of each label, the hash of each ancestor.
pub(crate) struct Path {
    key: HashKey,
    len: u8,
    labels: u8,
    octets: [u8; PADDED],
    starts: [u8; LABELS],
    hashes: [u64; KEPT],
}

impl Path {
    /// A path to `name`.
    pub(crate) fn new(name: NameRef<'_>, key: HashKey) -> Self {
        let mut path = Path::nowhere(key);
        path.lead_to(name);
        path
    }

    /// A path that wants [`Path::lead_to`]. Where questions are answered it is filled in place: what is returned is moved,
    /// and a path is larger than all that is read of it.
    #[inline(always)]
    pub(crate) fn nowhere(key: HashKey) -> Self {
        Path {
            key,
            len: 0,
            labels: 0,
            octets: [0; PADDED],
            starts: [0; LABELS],
            hashes: [0; KEPT],
        }
    }

    /// Leads from nowhere to `name`.
    pub(crate) fn lead_to(&mut self, name: NameRef<'_>) {
        let wire = name.as_wire();
        self.len = wire.len() as u8;
        self.octets[..wire.len()].copy_from_slice(wire);
        lower(&mut self.octets, wire.len());
        self.split();
        self.hash();
    }

    /// How many labels the name has, the root not counted.
    #[inline]
    pub(crate) fn labels(&self) -> usize {
        usize::from(self.labels)
    }

    /// The hash of the ancestor that has `labels` labels.
    #[inline]
    pub(crate) fn hash_at(&self, labels: usize) -> u64 {
        match self.hashes.get(labels) {
            Some(hash) => *hash,
            None => (KEPT..=labels).fold(self.hashes[KEPT - 1], |hash, depth| {
                self.hash_label(hash, self.start(depth))
            }),
        }
    }

    /// The lower-case octets of the ancestor that has `labels` labels.
    #[inline]
    pub(crate) fn suffix(&self, labels: usize) -> &[u8] {
        &self.octets[usize::from(self.start(labels))..usize::from(self.len)]
    }

    /// Where the ancestor with `labels` labels starts.
    #[inline(always)]
    fn start(&self, labels: usize) -> u8 {
        self.starts[(self.labels() - labels) % LABELS]
    }

    /// Notes where each label starts; the last entry is the root.
    #[inline(always)]
    fn split(&mut self) {
        let (mut at, mut labels) = (0_u8, 0);
        loop {
            self.starts[labels % LABELS] = at;
            let length = self.octets[usize::from(at)];
            if length == 0 {
                break;
            }
            at = at.wrapping_add(length + 1);
            labels += 1;
        }
        self.labels = labels as u8;
    }

    #[inline(always)]
    fn hash(&mut self) {
        let mut hash = self.key.root();
        self.hashes[0] = hash;
        for depth in 1..=self.labels().min(KEPT - 1) {
            hash = self.hash_label(hash, self.start(depth));
            self.hashes[depth] = hash;
        }
    }

    #[inline(always)]
    fn hash_label(&self, parent: u64, start: u8) -> u64 {
        let mut left = usize::from(self.octets[usize::from(start)]) + 1;
        let mut at = usize::from(start);
        let mut hash = parent;
        while left > 8 {
            hash = self.key.mix(hash, self.word(at));
            at += 8;
            left -= 8;
        }
        self.key
            .mix(hash, self.word(at) & (u64::MAX >> (64 - 8 * left)))
    }

    #[inline(always)]
    fn word(&self, at: usize) -> u64 {
        let word = self.octets[at % 256..]
            .first_chunk()
            .expect("padded by eight octets");
        u64::from_le_bytes(*word)
    }
}

/// Makes the first `len` octets lower case, as many at a time as the compiler likes.
#[inline(always)]
fn lower(octets: &mut [u8; PADDED], len: usize) {
    let (blocks, _) = octets.as_chunks_mut::<LOWERED>();
    blocks[..len.div_ceil(LOWERED)]
        .iter_mut()
        .for_each(|block| block.make_ascii_lowercase());
}

/// At most eight octets as one number, the first in the lowest place; zeros above the last.
#[inline(always)]
pub(crate) fn short_word(octets: &[u8]) -> u64 {
    if let Some(word) = octets.first_chunk() {
        return u64::from_le_bytes(*word);
    }
    match (octets.first_chunk(), octets.last_chunk()) {
        (Some(first), Some(last)) => {
            let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
            u64::from(first) | u64::from(last) << (8 * (octets.len() - 4))
        }
        _ => octets
            .iter()
            .rev()
            .fold(0, |word, octet| word << 8 | u64::from(*octet)),
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
    // Mostly written in lower case.
    let same = |a: &[u8; 8], b: &[u8; 8]| {
        let (a, b) = (u64::from_le_bytes(*a), u64::from_le_bytes(*b));
        a == b || lower_word(a) == b
    };
    match (stored.last_chunk(), lower.last_chunk()) {
        (Some(stored_end), Some(lower_end)) => {
            let mut words = stored.as_chunks().0.iter().zip(lower.as_chunks().0);
            stored.len() == lower.len()
                && same(stored_end, lower_end)
                && words.all(|(a, b)| same(a, b))
        }
        _ => stored.eq_ignore_ascii_case(lower),
    }
}

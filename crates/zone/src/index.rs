//! From the hash of a name to the place of its node: open addressing, cut into shards.
//!
//! A slot is eight octets: the low half of the hash and a [`Location`]. One cache line of slots
//! decides most lookups, the missing ones without touching a node. Shards are shared between
//! versions of a zone; a change copies only the shard it falls in.

use crate::pages::Location;
use alloc::{sync::Arc, vec, vec::Vec};
use core::ops::Range;

/// Entries of a shard when it is built: 28 KiB to copy for a change.
const SHARD: usize = 2800;
/// At most four of five slots are taken, which keeps probes short.
const FULL: (usize, usize) = (4, 5);
const EMPTY: u64 = u64::MAX;
/// Slots looked at for a guess: the cache line of the first and the next one. Some two of a hundred names are farther.
const NEAR: usize = 16;

#[derive(Clone, Debug)]
pub(crate) struct Index {
    shards: Arc<[Shard]>,
    len: usize,
}

#[derive(Clone, Debug)]
struct Shard {
    slots: Arc<[u64]>,
    used: usize,
}

impl Index {
    /// Builds the index of `entries`: hash and place of each node.
    pub(crate) fn build(entries: impl ExactSizeIterator<Item = (u64, Location)> + Clone) -> Self {
        let len = entries.len();
        let (slots, ends) = by_shard(entries, len.div_ceil(SHARD).max(1));
        let mut start = 0;
        let shards = ends.into_iter().map(|end| {
            let taken = &slots[core::mem::replace(&mut start, end)..end];
            Shard::of(taken.iter().copied(), 0)
        });
        Index {
            shards: shards.collect(),
            len,
        }
    }

    /// What `read` makes of the place of a node whose hash is `hash`; it gives nothing for a node that is another one.
    #[inline]
    pub(crate) fn find<T>(&self, hash: u64, read: impl Fn(Location) -> Option<T>) -> Option<T> {
        let slots = &*self.shards[shard_of(hash, self.shards.len())].slots;
        let tag = hash as u32;
        let mut at = home(tag, slots.len());
        loop {
            let slot = slots[at];
            if slot == EMPTY {
                return None;
            }
            if (slot >> 32) as u32 == tag
                && let Some(found) = read(Location::from_bits(slot as u32))
            {
                return Some(found);
            }
            at = if at + 1 == slots.len() { 0 } else { at + 1 };
        }
    }

    /// The slots that [`Index::find`] reads, but for those at the start of a shard that it may come to in the end.
    #[inline]
    pub(crate) fn slots_from_home(&self, hash: u64) -> &[u64] {
        let slots = &*self.shards[shard_of(hash, self.shards.len())].slots;
        &slots[home(hash as u32, slots.len())..]
    }

    /// The place that [`Index::find`] would read first, as far as it can be told without another look.
    #[inline]
    pub(crate) fn first_with_tag(&self, hash: u64) -> Option<Location> {
        let is_end = |slot: u64| slot == EMPTY || (slot >> 32) as u32 == hash as u32;
        let slots = self.slots_from_home(hash).iter().copied();
        let slot = slots.take(NEAR).find(|slot| is_end(*slot))?;
        (slot != EMPTY).then(|| Location::from_bits(slot as u32))
    }

    /// Adds a node that is not there yet.
    pub(crate) fn insert(&mut self, hash: u64, place: Location) {
        self.len += 1;
        self.shard(hash).insert(slot(hash, place));
    }

    /// Says that the node at `old` is now at `new`.
    pub(crate) fn moved(&mut self, hash: u64, old: Location, new: Location) {
        let shard = self.shard(hash);
        if let Some(at) = shard.position(slot(hash, old)) {
            Arc::make_mut(&mut shard.slots)[at] = slot(hash, new);
        }
    }

    /// Takes away the node at `place`.
    pub(crate) fn remove(&mut self, hash: u64, place: Location) {
        let shard = self.shard(hash);
        if shard.remove(slot(hash, place)) {
            self.len -= 1;
        }
    }

    /// Whether the shards have grown so far that building anew pays.
    pub(crate) fn is_crowded(&self) -> bool {
        self.len > self.shards.len() * SHARD * 4
    }

    /// Octets held, those shared with other versions included.
    pub(crate) fn octets(&self) -> usize {
        self.shards
            .iter()
            .map(|shard| size_of::<Shard>() + size_of_val(&*shard.slots))
            .sum()
    }

    /// Where the slots are in memory.
    pub(crate) fn memory(&self) -> impl Iterator<Item = Range<*const u8>> {
        self.shards.iter().map(|shard| {
            let Range { start, end } = shard.slots.as_ptr_range();
            start.cast()..end.cast()
        })
    }

    fn shard(&mut self, hash: u64) -> &mut Shard {
        let at = shard_of(hash, self.shards.len());
        &mut Arc::make_mut(&mut self.shards)[at]
    }
}

impl Shard {
    /// A shard of these slots, with `more` empty ones than it needs.
    fn of(taken: impl Iterator<Item = u64> + Clone, more: usize) -> Self {
        let used = taken.clone().count();
        let mut slots = vec![EMPTY; room_for(used + more)];
        taken.for_each(|taken| put(&mut slots, taken));
        Shard {
            slots: slots.into(),
            used,
        }
    }

    fn insert(&mut self, slot: u64) {
        if room_for(self.used + 1) > self.slots.len() {
            *self = Shard::of(self.taken(), self.used + 1);
        }
        put(Arc::make_mut(&mut self.slots), slot);
        self.used += 1;
    }

    fn position(&self, slot: u64) -> Option<usize> {
        let slots = &*self.slots;
        let mut at = home((slot >> 32) as u32, slots.len());
        while slots[at] != EMPTY {
            if slots[at] == slot {
                return Some(at);
            }
            at = if at + 1 == slots.len() { 0 } else { at + 1 };
        }
        None
    }

    /// Takes a slot out. What was pushed on past it is put in anew.
    fn remove(&mut self, slot: u64) -> bool {
        let there = self.position(slot).is_some();
        if there {
            *self = Shard::of(self.taken().filter(|taken| *taken != slot), 1);
        }
        there
    }

    fn taken(&self) -> impl Iterator<Item = u64> + Clone {
        self.slots.iter().copied().filter(|slot| *slot != EMPTY)
    }
}

/// Writes a slot into the first empty place from its home on.
fn put(slots: &mut [u64], slot: u64) {
    let mut at = home((slot >> 32) as u32, slots.len());
    while slots[at] != EMPTY {
        at = if at + 1 == slots.len() { 0 } else { at + 1 };
    }
    slots[at] = slot;
}

/// Slots that hold `entries` and leave at least one empty, which is what ends a probe.
fn room_for(entries: usize) -> usize {
    (entries * FULL.1).div_ceil(FULL.0) + 1
}

fn slot(hash: u64, place: Location) -> u64 {
    hash << 32 | u64::from(place.to_bits())
}

/// The high half of the hash chooses the shard, the low half the slot: a shard can be made
/// anew from its own slots.
fn shard_of(hash: u64, shards: usize) -> usize {
    (((hash >> 32) * shards as u64) >> 32) as usize
}

fn home(tag: u32, slots: usize) -> usize {
    ((u64::from(tag) * slots as u64) >> 32) as usize
}

/// All slots, those of the first shard first, and where those of each shard end: a shard is then
/// filled while it is at hand, not one slot here and one there.
fn by_shard(
    entries: impl Iterator<Item = (u64, Location)> + Clone,
    shards: usize,
) -> (Vec<u64>, Vec<usize>) {
    let mut ends = vec![0; shards];
    entries
        .clone()
        .for_each(|(hash, _)| ends[shard_of(hash, shards)] += 1);
    let mut total = 0;
    for end in &mut ends {
        total += core::mem::replace(end, total);
    }
    let mut slots = vec![EMPTY; total];
    for (hash, place) in entries {
        let end = &mut ends[shard_of(hash, shards)];
        slots[*end] = slot(hash, place);
        *end += 1;
    }
    (slots, ends)
}

//! Objects that were unpacked lately, for others that are told as a difference from them.

use std::sync::{Arc, Mutex};

use gix::objs::Kind;
use gix::odb::pack::cache::DecodeEntry;
use gix::odb::pack::cache::lru::MemoryCappedHashmap;

/// Of objects that others in the same pack are told as a difference from: zones are alike, so that
/// chains of fifty are usual, and without it each is gone through from its start.
const DELTA_CACHE_OCTETS: usize = 16 << 20;

/// Clones share what is in it, so that the snapshots of a walk go on with what others of the walk have unpacked.
#[derive(Clone)]
pub(crate) struct Unpacked(Arc<Mutex<MemoryCappedHashmap>>);

impl Default for Unpacked {
    fn default() -> Unpacked {
        let objects = MemoryCappedHashmap::new(DELTA_CACHE_OCTETS);
        Unpacked(Arc::new(Mutex::new(objects)))
    }
}

impl DecodeEntry for Unpacked {
    fn put(&mut self, pack: u32, offset: u64, octets: &[u8], kind: Kind, packed_octets: usize) {
        // A panic of another thread in here costs only the cache.
        if let Ok(mut objects) = self.0.lock() {
            objects.put(pack, offset, octets, kind, packed_octets);
        }
    }

    fn get(&mut self, pack: u32, offset: u64, octets: &mut Vec<u8>) -> Option<(Kind, usize)> {
        self.0.lock().ok()?.get(pack, offset, octets)
    }
}

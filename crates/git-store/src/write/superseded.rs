//! What a new pack has made superfluous, removed when nobody can be at it any more.

use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use gix::ObjectId;

use super::disk;
use super::error::{Result, failed};
use super::reachable::{Reachable, roots};
use super::sources::{Pack, Sources, by_id, files_in, is_young, left_behind};
use crate::store::Store;

/// How long a reader may go on with what it has opened: longer than any commit takes to be loaded.
pub const GRACE: Duration = Duration::from_secs(600);

/// Held for reading by those who come to rely on objects that are there, for writing while some are removed.
static REMOVAL: RwLock<()> = RwLock::new(());

/// Nothing is removed as long as this lives.
pub(crate) fn nothing_is_removed() -> RwLockReadGuard<'static, ()> {
    REMOVAL.read().unwrap_or_else(PoisonError::into_inner)
}

/// Packs and loose objects of which a new pack has all that is needed.
#[must_use = "what it tells of is only removed by `remove`"]
pub struct Superseded {
    store: Store,
    pack: PathBuf,
    sources: Sources,
    reachable: Reachable,
    since: Instant,
}

impl Superseded {
    pub(crate) fn new(
        store: Store,
        pack: PathBuf,
        sources: Sources,
        reachable: Reachable,
    ) -> Superseded {
        Superseded {
            store,
            pack,
            sources,
            reachable,
            since: Instant::now(),
        }
    }

    /// How many packs and how many loose objects this is about.
    #[must_use]
    pub fn count(&self) -> (usize, usize) {
        (self.sources.packs.len(), self.sources.loose.len())
    }

    /// Removes them once `grace` (as a rule [`GRACE`]) has passed; gives itself back before that.
    ///
    /// If something has come to be needed that is not in the new pack, or that pack is gone (`git gc` may
    /// have put another in its place), everything stays.
    ///
    /// # Errors
    /// [`crate::WriteError::Io`] if a file cannot be removed; the others stay.
    pub fn remove(mut self, grace: Duration) -> Result<Option<Superseded>> {
        if self.since.elapsed() < grace {
            return Ok(Some(self));
        }
        let _alone = REMOVAL.write().unwrap_or_else(PoisonError::into_inner);
        let store = self.store.reopened()?;
        let hash = store.objects().hash_kind();
        let Ok(pack) = Pack::open(&self.pack, hash) else {
            return Ok(None);
        };
        let held: HashSet<ObjectId> = pack.ids().collect();
        if self.is_needed_again(&store, &held)? {
            return Ok(None);
        }
        self.remove_packs()?;
        self.remove_loose(&held, hash)?;
        let left_behind = left_behind(&super::database(&store.objects()))?;
        left_behind.iter().try_for_each(|path| remove(path))?;
        Ok(None)
    }

    /// Whether references lead to what was left out, since all that they lead to was looked at.
    fn is_needed_again(&mut self, store: &Store, held: &HashSet<ObjectId>) -> Result<bool> {
        let before = self.reachable.ids.clone();
        self.reachable.add(&roots(store)?)?;
        let mut left_out = HashSet::new();
        for path in &self.sources.packs {
            // One that is gone has been removed by somebody who had all of it.
            if let Ok(pack) = Pack::open(path, store.objects().hash_kind()) {
                left_out.extend(pack.ids().filter(|id| !held.contains(id)));
            }
        }
        let mut new = self.reachable.ids.difference(&before);
        Ok(new.any(|id| left_out.contains(id)))
    }

    fn remove_packs(&self) -> Result<()> {
        let dir = self.pack.parent().unwrap_or(&self.pack);
        let old: Vec<&PathBuf> = self
            .sources
            .packs
            .iter()
            .filter(|path| **path != self.pack)
            .collect();
        if !old.is_empty() {
            // It says what is in packs that are about to go.
            disk::discard(&dir.join("multi-pack-index"));
        }
        let names = files_in(dir)?;
        for path in old {
            // Without an index nobody begins to use the pack.
            remove(&path.with_extension("idx"))?;
            let stem = path.with_extension("");
            let stem = stem.file_name().unwrap_or_default().as_encoded_bytes();
            let is_its = |name: &[u8]| {
                name.strip_prefix(stem)
                    .is_some_and(|rest| rest.starts_with(b"."))
            };
            for name in names.iter().filter(|name| is_its(name.as_encoded_bytes())) {
                remove(&dir.join(name))?;
            }
        }
        Ok(())
    }

    /// Those in the new pack, and those old ones that nothing leads to.
    fn remove_loose(&self, held: &HashSet<ObjectId>, hash: gix::hash::Kind) -> Result<()> {
        for (id, path) in by_id(&self.sources.loose, hash) {
            let is_needed = self.reachable.ids.contains(&id) || is_young(path);
            if held.contains(&id) || !is_needed {
                remove(path)?;
            }
        }
        Ok(())
    }
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(why) if why.kind() != std::io::ErrorKind::NotFound => Err(failed("remove", path)(why)),
        _ => Ok(()),
    }
}

impl fmt::Debug for Superseded {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (packs, loose) = self.count();
        write!(out, "Superseded({packs} packs, {loose} loose objects)")
    }
}

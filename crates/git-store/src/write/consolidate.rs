//! One pack in place of many, and of loose objects, while everybody goes on reading and writing.
//!
//! ```text
//! walk all that references lead to; then list packs and loose objects
//! write one pack: of what was listed, all that is reached, and all that is young
//! sync it, read it back (every object hashed), name it, sync the name        <- the switch
//! after a grace time, if the new pack is still there: remove what it replaces
//! ```
//! Entries of packs are copied as they are, with what they are told as a difference from; nothing is
//! inflated to be deflated again. The first pack that has an object gives it; so no two are ever told as
//! differences from each other. A crash in between leaves objects twice, and the next time takes care of them.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use gix::ObjectId;
use gix::objs::Kind;
use gix::odb::pack::data::entry::Header;

use super::error::Result;
use super::pack::{NewPack, count};
use super::reachable::{Reachable, roots};
use super::sources::{Pack, Sources, by_id, is_young, kept};
use super::superseded::Superseded;
use crate::error::Error;
use crate::limits;
use crate::objects::{Objects, Withheld, damaged};
use crate::store::Store;

/// How much may lie about before it is worth gathering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Untidy {
    /// Packs: each is looked through for each object.
    pub packs: usize,
    /// Loose objects.
    pub loose: usize,
}

impl Default for Untidy {
    /// As many packs as Git (`gc.autoPackLimit`), and about as many loose objects (`gc.auto`: 6,700).
    fn default() -> Untidy {
        Untidy {
            packs: 50,
            loose: 5000,
        }
    }
}

impl Store {
    /// Gathers packs and loose objects into one pack if there are more than `limits` says; `None` if not.
    /// Only in a [mirror](Self::create_mirror): an operator's repository is for the operator to tidy up.
    ///
    /// What the pack replaces is still there afterwards, for those who have it open, until
    /// [`Superseded::remove`]: only then is it time to look again.
    ///
    /// # Errors
    /// [`crate::WriteError`]; then nothing has changed. An object that is missing or damaged is one.
    pub fn consolidate(&self, limits: &Untidy) -> Result<Option<Superseded>> {
        self.check_is_mirror()?;
        let store = self.reopened()?;
        let database = super::database(&store.objects());
        let sources = Sources::list(&database)?;
        if sources.packs.len() <= limits.packs && sources.loose.len() <= limits.loose {
            return Ok(None);
        }
        let mut reachable = Reachable::new(&store)?;
        reachable.add(&roots(&store)?)?;
        // Listed after the walk: what it has reached is there, though it may have come only meanwhile.
        let sources = Sources::list(&database)?;
        let plan = Plan::make(&store, &database, &sources, &reachable.ids)?;
        let pack = plan.write(&database.join("pack"))?;
        Ok(Some(Superseded::new(store, pack, sources, reachable)))
    }
}

/// Which objects go into the new pack, and where from.
struct Plan {
    objects: Objects,
    packs: Vec<Pack>,
    /// Of each object in packs, the first one: which pack, which entry.
    places: HashMap<ObjectId, (usize, usize)>,
    wanted: HashSet<ObjectId>,
    /// Those wanted that are in no pack.
    loose: Vec<ObjectId>,
}

impl Plan {
    fn make(
        store: &Store,
        database: &Path,
        sources: &Sources,
        reachable: &HashSet<ObjectId>,
    ) -> Result<Plan> {
        let objects = store.objects();
        let hash = objects.hash_kind();
        let packs = sources.packs.iter().map(|path| Pack::open(path, hash));
        let mut plan = Plan {
            objects,
            packs: packs.collect::<Result<_>>()?,
            places: HashMap::new(),
            wanted: HashSet::new(),
            loose: Vec::new(),
        };
        plan.place();
        let elsewhere = kept(database, hash)?;
        plan.want_packed(reachable)?;
        let loose = by_id(&sources.loose, hash);
        plan.want_loose(&loose, reachable, &elsewhere);
        let missing = |id: &&ObjectId| !plan.wanted.contains(*id) && !elsewhere.contains(*id);
        match reachable.iter().find(missing) {
            Some(id) => Err(Error::Missing { id: id.to_string() }.into()),
            None => Ok(plan),
        }
    }

    fn place(&mut self) {
        for (pack, from) in self.packs.iter().enumerate() {
            for (number, id) in from.ids().enumerate() {
                self.places.entry(id).or_insert((pack, number));
            }
        }
    }

    /// What is reached or young, and what that is told as a difference from.
    fn want_packed(&mut self, reachable: &HashSet<ObjectId>) -> Result<()> {
        let is_kept = |(id, (pack, _)): &(&ObjectId, &(usize, usize))| {
            reachable.contains(*id) || self.packs[*pack].is_young
        };
        let mut open: Vec<ObjectId> = self
            .places
            .iter()
            .filter(is_kept)
            .map(|(&id, _)| id)
            .collect();
        while let Some(id) = open.pop() {
            if self.wanted.insert(id) {
                let place = self.places.get(&id);
                let (pack, number) =
                    place.ok_or_else(|| damaged(id, "not in the pack that needs it"))?;
                open.extend(self.packs[*pack].base(*number)?);
            }
        }
        Ok(())
    }

    fn want_loose(
        &mut self,
        files: &HashMap<ObjectId, &PathBuf>,
        reachable: &HashSet<ObjectId>,
        elsewhere: &HashSet<ObjectId>,
    ) {
        for (&id, path) in files {
            let is_kept = reachable.contains(&id) || is_young(path);
            if is_kept && !elsewhere.contains(&id) && self.wanted.insert(id) {
                self.loose.push(id);
            }
        }
        self.loose.sort();
    }

    fn write(&self, dir: &Path) -> Result<PathBuf> {
        let hash = self.objects.hash_kind();
        let mut new = NewPack::new(dir, hash, count(self.wanted.len()))?;
        let mut offsets = HashMap::new();
        for (pack, from) in self.packs.iter().enumerate() {
            for (number, id) in from.ids().enumerate() {
                if self.places[&id] == (pack, number) && self.wanted.contains(&id) {
                    offsets.insert(id, new.offset());
                    self.copy(&mut new, id, &offsets)?;
                }
            }
        }
        for &id in &self.loose {
            let (kind, octets) = read(&self.objects, id)?;
            new.add_whole(id, kind, &octets)?;
        }
        new.finish()
    }

    fn copy(
        &self,
        new: &mut NewPack,
        id: ObjectId,
        offsets: &HashMap<ObjectId, u64>,
    ) -> Result<()> {
        let (pack, number) = self.places[&id];
        let raw = self.packs[pack].raw(number)?;
        let base = self.packs[pack].base(number)?;
        let header = match (raw.entry.header, base) {
            // What is further behind can only be named, not pointed at.
            (Header::OfsDelta { .. } | Header::RefDelta { .. }, Some(base)) => {
                match offsets.get(&base) {
                    Some(at) => Header::OfsDelta {
                        base_distance: new.offset() - at,
                    },
                    None => Header::RefDelta { base_id: base },
                }
            }
            (whole, _) => whole,
        };
        new.add(id, header, raw.entry.decompressed_size, raw.deflated)
    }
}

fn read(objects: &Objects, id: ObjectId) -> Result<(Kind, Vec<u8>)> {
    let kind = objects.kind(id)?;
    match objects.read(id, kind, limits::FILE_OCTETS) {
        Ok(octets) => Ok((kind, octets)),
        Err(Withheld::Failed(error)) => Err(error.into()),
        Err(Withheld::TooLarge { octets }) => Err(damaged(id, format!("{octets} octets")).into()),
    }
}

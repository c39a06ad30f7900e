//! The packs and loose objects that there are.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use gix::ObjectId;
use gix::odb::pack::{Bundle, data, index};

use super::crc::Crc;
use super::error::{Result, WriteError, failed};
use super::loose;
use crate::objects::damaged;

/// What nothing points to is kept for so long, as Git does (`gc.pruneExpire`): somebody may be about to.
pub(crate) const UNREACHABLE_KEPT: Duration = Duration::from_secs(14 * 24 * 3600);

/// What a killed process has left under a name that nobody looks for goes after so long.
const ASIDE_KEPT: Duration = Duration::from_secs(24 * 3600);

/// What is in an object database, as far as it may be gathered.
pub(crate) struct Sources {
    pub(crate) packs: Vec<PathBuf>,
    pub(crate) loose: Vec<PathBuf>,
}

/// A pack that is read from.
pub(crate) struct Pack {
    bundle: Bundle,
    pub(crate) is_young: bool,
    by_offset: Vec<index::Entry>,
}

/// An entry of a pack as it stands there.
pub(crate) struct Raw<'a> {
    pub(crate) entry: data::Entry,
    pub(crate) deflated: &'a [u8],
}

impl Sources {
    /// Packs without a `.keep` file, oldest first, and all loose objects.
    pub(crate) fn list(database: &Path) -> Result<Sources> {
        let dir = database.join("pack");
        let names: HashSet<OsString> = files_in(&dir)?.into_iter().collect();
        let mut packs: Vec<PathBuf> = names
            .iter()
            .map(|name| dir.join(name))
            .filter(|path| path.extension().is_some_and(|extension| extension == "idx"))
            .map(|path| path.with_extension("pack"))
            .filter(|path| path.exists() && !path.with_extension("keep").exists())
            .collect();
        packs.sort_by_cached_key(|path| (modified(path), path.clone()));
        Ok(Sources {
            packs,
            loose: loose_files(database)?,
        })
    }
}

impl Pack {
    pub(crate) fn open(path: &Path, hash: gix::hash::Kind) -> Result<Pack> {
        let bundle = Bundle::at(path, hash).map_err(|why| WriteError::Io {
            what: "open",
            path: path.to_owned(),
            why: why.to_string(),
        })?;
        let mut by_offset: Vec<index::Entry> = bundle.index.iter().collect();
        by_offset.sort_by_key(|entry| entry.pack_offset);
        Ok(Pack {
            is_young: is_young(path),
            bundle,
            by_offset,
        })
    }

    /// In the order in which they stand.
    pub(crate) fn ids(&self) -> impl Iterator<Item = ObjectId> {
        self.by_offset.iter().map(|entry| entry.oid)
    }

    /// The entry at a place in [`Self::ids`], its checksum compared.
    pub(crate) fn raw(&self, number: usize) -> Result<Raw<'_>> {
        let at = &self.by_offset[number];
        let next = self.by_offset.get(number + 1).map(|next| next.pack_offset);
        let end = next.unwrap_or(self.bundle.pack.pack_end() as u64);
        let whole = self.bundle.pack.entry_slice(at.pack_offset..end);
        let is_right = |whole: &&[u8]| {
            at.crc32
                .is_none_or(|crc| crc == Crc::new().add(whole).value())
        };
        let whole = whole
            .filter(is_right)
            .ok_or_else(|| damaged(at.oid, "its pack has another checksum"))?;
        let entry = self.bundle.pack.entry(at.pack_offset);
        let entry = entry.map_err(|why| damaged(at.oid, why.to_string()))?;
        let deflated = whole.get(entry.header_size()..).unwrap_or_default();
        Ok(Raw { entry, deflated })
    }

    /// What an entry is told as a difference from, if it is.
    pub(crate) fn base(&self, number: usize) -> Result<Option<ObjectId>> {
        use data::entry::Header::{OfsDelta, RefDelta};
        let at = &self.by_offset[number];
        let entry = self.bundle.pack.entry(at.pack_offset);
        match entry
            .map_err(|why| damaged(at.oid, why.to_string()))?
            .header
        {
            RefDelta { base_id } => Ok(Some(base_id)),
            OfsDelta { base_distance } => {
                let offset = at.pack_offset.wrapping_sub(base_distance);
                let found = self
                    .by_offset
                    .binary_search_by_key(&offset, |entry| entry.pack_offset);
                let base =
                    found.map_err(|_| damaged(at.oid, "told as a difference from nothing"))?;
                Ok(Some(self.by_offset[base].oid))
            }
            _ => Ok(None),
        }
    }
}

/// Ids of the objects in packs with a `.keep` file: they stay where they are.
pub(crate) fn kept(database: &Path, hash: gix::hash::Kind) -> Result<HashSet<ObjectId>> {
    let dir = database.join("pack");
    let mut kept = HashSet::new();
    for name in files_in(&dir)? {
        let path = dir.join(name);
        if path
            .extension()
            .is_some_and(|extension| extension == "keep")
        {
            kept.extend(Pack::open(&path.with_extension("pack"), hash)?.ids());
        }
    }
    Ok(kept)
}

/// Loose objects by id.
pub(crate) fn by_id(files: &[PathBuf], hash: gix::hash::Kind) -> HashMap<ObjectId, &PathBuf> {
    let id = |path: &PathBuf| {
        let folder = path.parent()?.file_name()?.to_str()?;
        let digits = format!("{folder}{}", path.file_name()?.to_str()?);
        ObjectId::from_hex(digits.as_bytes())
            .ok()
            .filter(|id| id.kind() == hash)
    };
    files
        .iter()
        .filter_map(|path| Some((id(path)?, path)))
        .collect()
}

/// The names in a directory; none where it is not there.
pub(crate) fn files_in(dir: &Path) -> Result<Vec<OsString>> {
    let names = match fs::read_dir(dir) {
        Ok(names) => names,
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(why) => return Err(failed("list", dir)(why)),
    };
    names
        .map(|entry| {
            entry
                .map(|entry| entry.file_name())
                .map_err(failed("list", dir))
        })
        .collect()
}

/// Whether a file is from less than [`UNREACHABLE_KEPT`] ago; one that is gone is not old.
pub(crate) fn is_young(path: &Path) -> bool {
    !is_older(path, UNREACHABLE_KEPT)
}

fn is_older(path: &Path, time: Duration) -> bool {
    let age = SystemTime::now().duration_since(modified(path));
    // An error is a time to come.
    age.is_ok_and(|age| age >= time)
}

/// Files that were never given their names, from more than a day ago: nobody is writing them any more.
pub(crate) fn left_behind(database: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for dir in folders(database)?
        .into_iter()
        .chain([database.join("pack"), database.to_owned()])
    {
        let is_aside = |name: &OsString| {
            let name = name.as_encoded_bytes();
            // Ours and Git's, and those of gix.
            name.starts_with(b"tmp_") || name.starts_with(b".tmp")
        };
        let names = files_in(&dir)?.into_iter().filter(is_aside);
        files.extend(names.map(|name| dir.join(name)));
    }
    files.retain(|path| is_older(path, ASIDE_KEPT));
    Ok(files)
}

fn modified(path: &Path) -> SystemTime {
    let modified = fs::metadata(path).and_then(|seen| seen.modified());
    modified.unwrap_or_else(|_| SystemTime::now())
}

fn loose_files(database: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for dir in folders(database)? {
        let names = files_in(&dir)?;
        let is_object =
            |name: &OsString| !name.as_encoded_bytes().starts_with(loose::ASIDE.as_bytes());
        files.extend(
            names
                .into_iter()
                .filter(is_object)
                .map(|name| dir.join(name)),
        );
    }
    Ok(files)
}

/// The folders of loose objects that there are, sorted: two digits each.
fn folders(database: &Path) -> Result<Vec<PathBuf>> {
    let is_folder = |name: &OsString| match name.as_encoded_bytes() {
        [one, other] => [one, other]
            .iter()
            .all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f')),
        _ => false,
    };
    let mut names = files_in(database)?;
    names.retain(is_folder);
    names.sort();
    Ok(names.into_iter().map(|name| database.join(name)).collect())
}

//! A new pack and its index (`gitformat-pack`, versions 2 of both), made durable before either has its name.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use gix::ObjectId;
use gix::hash::Hasher;
use gix::objs::Kind;
use gix::odb::pack::data::{Version, entry::Header, header};
use gix::odb::pack::{cache, index};
use gix::utils::progress::Discard;
use gix::zlib::{Compression, stream::deflate};

use super::crc::Crc;
use super::disk;
use super::error::{Result, WriteError, failed};
use super::loose::NewObject;

/// As Git names them, so that it knows what was left behind.
pub(crate) const ASIDE: &str = "tmp_pack_";
/// Offsets from here on stand in a table of their own.
const LARGE_OFFSET: u64 = 1 << 31;

/// Stores the objects as one pack, so that they are there after a power loss.
pub(crate) fn store(database: &Path, objects: &[NewObject]) -> Result<()> {
    let Some(first) = objects.first() else {
        return Ok(());
    };
    let mut pack = NewPack::new(
        &database.join("pack"),
        first.id.kind(),
        count(objects.len()),
    )?;
    for object in objects {
        pack.add_whole(object.id, object.kind, &object.octets)?;
    }
    pack.finish().map(drop)
}

/// A pack that is being written.
pub(crate) struct NewPack {
    dir: PathBuf,
    aside: PathBuf,
    file: BufWriter<File>,
    hash: gix::hash::Kind,
    hasher: Hasher,
    at: u64,
    entries: Vec<Entry>,
    is_named: bool,
}

struct Entry {
    id: ObjectId,
    crc: u32,
    offset: u64,
}

impl NewPack {
    /// A pack that will have so many entries.
    pub(crate) fn new(dir: &Path, hash: gix::hash::Kind, count: u32) -> Result<NewPack> {
        let (file, aside) = disk::create_aside(dir, ASIDE)?;
        let mut pack = NewPack {
            dir: dir.to_owned(),
            aside,
            file: BufWriter::with_capacity(1 << 18, file),
            hash,
            hasher: gix::hash::hasher(hash),
            at: 0,
            entries: Vec::new(),
            is_named: false,
        };
        pack.append(&header::encode(Version::V2, count))?;
        Ok(pack)
    }

    /// Where the next entry will begin.
    pub(crate) fn offset(&self) -> u64 {
        self.at
    }

    /// An entry: its header, with the size that `deflated` has when it is inflated.
    pub(crate) fn add(
        &mut self,
        id: ObjectId,
        header: Header,
        size: u64,
        deflated: &[u8],
    ) -> Result<()> {
        let offset = self.at;
        let mut head = Vec::new();
        let written = header.write_to(size, &mut head);
        written.expect("writing to memory does not fail");
        self.append(&head)?;
        self.append(deflated)?;
        self.entries.push(Entry {
            id,
            crc: Crc::new().add(&head).add(deflated).value(),
            offset,
        });
        Ok(())
    }

    /// An object that is told by itself.
    pub(crate) fn add_whole(&mut self, id: ObjectId, kind: Kind, octets: &[u8]) -> Result<()> {
        let mut out = deflate::Write::new(Vec::new(), Compression::DEFAULT);
        let written = out.write_all(octets).and_then(|()| out.flush());
        written.expect("writing to memory does not fail");
        let header = match kind {
            Kind::Blob => Header::Blob,
            Kind::Tree => Header::Tree,
            Kind::Commit => Header::Commit,
            Kind::Tag => Header::Tag,
        };
        self.add(id, header, octets.len() as u64, &out.into_inner())
    }

    /// Syncs and reads back pack and index, gives them their names, and syncs those; gives the path of the pack.
    pub(crate) fn finish(mut self) -> Result<PathBuf> {
        let trailer = self.end()?;
        let index = self.index(trailer)?;
        let index = disk::write_aside(&self.dir, "tmp_idx_", &index)?;
        let named = self.check_and_name(&index, trailer);
        if named.is_err() {
            disk::discard(&index);
        }
        named
    }

    fn append(&mut self, octets: &[u8]) -> Result<()> {
        self.hasher.update(octets);
        self.at += octets.len() as u64;
        self.file
            .write_all(octets)
            .map_err(failed("write", &self.aside))
    }

    fn end(&mut self) -> Result<ObjectId> {
        let trailer = self.digest(self.hasher.clone())?;
        let file = &mut self.file;
        file.write_all(trailer.as_slice())
            .map_err(failed("write", &self.aside))?;
        file.flush().map_err(failed("write", &self.aside))?;
        file.get_ref()
            .sync_all()
            .map_err(failed("sync", &self.aside))?;
        Ok(trailer)
    }

    fn check_and_name(&mut self, index: &Path, trailer: ObjectId) -> Result<PathBuf> {
        self.read_back(index)?;
        let pack = self.dir.join(format!("pack-{trailer}.pack"));
        // Whoever sees the index takes the pack to be there.
        fs::rename(&self.aside, &pack).map_err(failed("rename", &self.aside))?;
        self.is_named = true;
        fs::rename(index, pack.with_extension("idx")).map_err(failed("rename", index))?;
        disk::sync(&self.dir)?;
        Ok(pack)
    }

    /// Every object inflated and hashed: after this others are removed.
    fn read_back(&self, index: &Path) -> Result<()> {
        let data = |path: &Path| fs::read(path).map_err(failed("read back", path));
        let wrong = |why: gix::Error| WriteError::Io {
            what: "read back",
            path: self.aside.clone(),
            why: why.to_string(),
        };
        let index =
            index::File::from_data(data(index)?, index.to_owned(), self.hash).map_err(wrong)?;
        let pack = gix::odb::pack::data::File::at(&self.aside, self.hash).map_err(wrong)?;
        let options = index::verify::integrity::Options {
            verify_mode: index::verify::Mode::HashCrc32,
            traversal: index::traverse::Algorithm::DeltaTreeLookup,
            thread_limit: Some(1),
            make_pack_lookup_cache: || cache::Never,
        };
        let context = index::verify::PackContext {
            data: &pack,
            options,
        };
        let checked = index.verify_integrity(Some(context), &mut Discard, &AtomicBool::new(false));
        checked.map(drop).map_err(wrong)
    }

    /// The index: ids in order with a table of where each first octet ends, checksums, offsets, trailers.
    fn index(&mut self, trailer: ObjectId) -> Result<Vec<u8>> {
        self.entries.sort_by_key(|entry| entry.id);
        let entries = &self.entries;
        let mut out = b"\xfftOc\0\0\0\x02".to_vec();
        for octet in 0..=255 {
            let end = entries.partition_point(|entry| entry.id.first_byte() <= octet);
            out.extend(count(end).to_be_bytes());
        }
        entries
            .iter()
            .for_each(|entry| out.extend(entry.id.as_slice()));
        entries
            .iter()
            .for_each(|entry| out.extend(entry.crc.to_be_bytes()));
        let large: Vec<u64> = entries
            .iter()
            .map(|entry| entry.offset)
            .filter(|&at| at >= LARGE_OFFSET)
            .collect();
        let mut next_large = 0;
        for entry in entries {
            let offset = u32::try_from(entry.offset)
                .ok()
                .filter(|&at| u64::from(at) < LARGE_OFFSET);
            out.extend(
                offset
                    .unwrap_or_else(|| {
                        next_large += 1;
                        (1 << 31) | (next_large - 1)
                    })
                    .to_be_bytes(),
            );
        }
        large
            .iter()
            .for_each(|offset| out.extend(offset.to_be_bytes()));
        out.extend(trailer.as_slice());
        let mut hasher = gix::hash::hasher(self.hash);
        hasher.update(&out);
        out.extend(self.digest(hasher)?.as_slice());
        Ok(out)
    }

    fn digest(&self, hasher: Hasher) -> Result<ObjectId> {
        hasher.try_finalize().map_err(|why| WriteError::Io {
            what: "hash",
            path: self.aside.clone(),
            why: why.to_string(),
        })
    }
}

/// A pack cannot have more entries than this type can count.
pub(crate) fn count(entries: usize) -> u32 {
    u32::try_from(entries).unwrap_or(u32::MAX)
}

impl Drop for NewPack {
    fn drop(&mut self) {
        if !self.is_named {
            disk::discard(&self.aside);
        }
    }
}

//! Objects by id, their size looked at before they are inflated.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use gix::ObjectId;
use gix::objs::{Find, Kind};
use gix::odb::{Handle, Header};

use crate::error::{Error, Result};
use crate::limits;
use crate::recent::Recent;
use crate::small;

/// The object database, and the objects of a push that is not accepted yet.
#[derive(Clone)]
pub(crate) struct Objects {
    pub(crate) main: Handle,
    /// Objects that a pre-receive hook may look at before they move into the repository.
    pub(crate) incoming: Option<Handle>,
    pub(crate) recent: Option<Recent>,
    /// The last one that was looked up was a file of its own: most likely the next one is.
    pub(crate) is_loose: Arc<AtomicBool>,
}

/// Why an object was not handed out.
pub(crate) enum Withheld {
    /// Larger than asked for, by its header.
    TooLarge { octets: u64 },
    /// Anything else.
    Failed(Error),
}

impl Objects {
    /// The object's contents, if it is of this kind and no larger than `limit`.
    pub(crate) fn read(
        &self,
        id: ObjectId,
        kind: Kind,
        limit: u64,
    ) -> std::result::Result<Vec<u8>, Withheld> {
        if let Some(octets) = self.at_hand(id, kind, limit) {
            return Ok(octets);
        }
        let octets = self.header(id, kind).map_err(Withheld::Failed)?;
        if octets > limit {
            return Err(Withheld::TooLarge { octets });
        }
        self.inflate(id).map_err(Withheld::Failed)
    }

    /// The same, shared with who has read or written it before where that is known.
    pub(crate) fn read_shared(
        &self,
        id: ObjectId,
        kind: Kind,
        limit: u64,
    ) -> std::result::Result<Arc<Vec<u8>>, Withheld> {
        match self.recent(id) {
            Some((found, octets)) if found == kind && octets.len() as u64 <= limit => Ok(octets),
            _ => self.read(id, kind, limit).map(Arc::new),
        }
    }

    /// A commit, tag or tree: where being too large is damage.
    pub(crate) fn read_whole(&self, id: ObjectId, kind: Kind) -> Result<Vec<u8>> {
        self.read(id, kind, limits::COMMIT_OCTETS)
            .map_err(|withheld| match withheld {
                Withheld::Failed(error) => error,
                Withheld::TooLarge { octets } => {
                    damaged(id, format!("a {kind} of {octets} octets"))
                }
            })
    }

    /// What kind of object this is, without reading it.
    pub(crate) fn kind(&self, id: ObjectId) -> Result<Kind> {
        self.any_header(id).map(|(kind, _)| kind)
    }

    pub(crate) fn hash_kind(&self) -> gix::hash::Kind {
        self.main.store_ref().object_hash()
    }

    /// The one object whose id begins so; `None` if there is none.
    pub(crate) fn by_prefix(&self, digits: &str) -> Result<Option<ObjectId>> {
        let Some(prefix) = self.prefix(digits) else {
            return Ok(None);
        };
        let mut found = None;
        for database in self.databases() {
            match database.lookup_prefix(prefix, None) {
                Ok(Some(Ok(id))) if found.is_none_or(|earlier| earlier == id) => found = Some(id),
                Ok(None) => {}
                Ok(Some(_)) => {
                    return Err(Error::Ambiguous {
                        revision: digits.to_owned(),
                    });
                }
                Err(why) => {
                    return Err(Error::Refused {
                        why: why.to_string(),
                    });
                }
            }
        }
        Ok(found)
    }

    /// `Prefix::from_hex` takes whatever is short for SHA-1, so the zeros behind it are ours.
    fn prefix(&self, digits: &str) -> Option<gix::hash::Prefix> {
        let padded = format!("{digits:0<width$}", width = self.hash_kind().len_in_hex());
        let id = ObjectId::from_hex(padded.as_bytes()).ok()?;
        gix::hash::Prefix::new(&id, digits.len()).ok()
    }

    /// The octets of an object of this kind, without reading it.
    pub(crate) fn header(&self, id: ObjectId, wanted: Kind) -> Result<u64> {
        let (kind, octets) = self.any_header(id)?;
        match kind == wanted {
            true => Ok(octets),
            false => Err(damaged(id, format!("a {kind} where a {wanted} should be"))),
        }
    }

    fn any_header(&self, id: ObjectId) -> Result<(Kind, u64)> {
        if let Some((kind, octets)) = self.recent(id) {
            return Ok((kind, octets.len() as u64));
        }
        if let Some(found) = self.objects_dir().and_then(|dir| small::header(dir, id)) {
            return Ok(found);
        }
        for database in self.databases() {
            match Header::try_header(database, &id) {
                Ok(Some(header)) => {
                    self.is_loose.store(
                        matches!(header, gix::odb::find::Header::Loose { .. }),
                        Relaxed,
                    );
                    return Ok((header.kind(), header.size()));
                }
                Ok(None) => {}
                Err(why) => return Err(damaged(id, why.to_string())),
            }
        }
        Err(Error::Missing { id: id.to_string() })
    }

    /// What is in memory, or a small file: one look where there are two as a rule.
    fn at_hand(&self, id: ObjectId, kind: Kind, limit: u64) -> Option<Vec<u8>> {
        let (found, octets) = match self.recent(id) {
            Some((found, octets)) => (found, octets.to_vec()),
            None => small::read(self.objects_dir()?, id)?,
        };
        (found == kind && octets.len() as u64 <= limit).then_some(octets)
    }

    /// Where small files are looked for, if they are.
    fn objects_dir(&self) -> Option<&Path> {
        let is_alone = self.incoming.is_none() && self.is_loose.load(Relaxed);
        is_alone.then(|| self.main.store_ref().path())
    }

    fn inflate(&self, id: ObjectId) -> Result<Vec<u8>> {
        if let Some((_, octets)) = self.recent(id) {
            return Ok(octets.to_vec());
        }
        let mut octets = Vec::new();
        for database in self.databases() {
            match database.try_find(&id, &mut octets) {
                Ok(Some(_)) => return Ok(octets),
                Ok(None) => {}
                Err(why) => return Err(damaged(id, why.to_string())),
            }
        }
        Err(Error::Missing { id: id.to_string() })
    }

    fn recent(&self, id: ObjectId) -> Option<(Kind, Arc<Vec<u8>>)> {
        self.recent.as_ref()?.find(id)
    }

    fn databases(&self) -> impl Iterator<Item = &Handle> {
        self.incoming.iter().chain([&self.main])
    }
}

pub(crate) fn damaged(id: ObjectId, why: impl Into<String>) -> Error {
    Error::Damaged {
        id: id.to_string(),
        why: why.into(),
    }
}

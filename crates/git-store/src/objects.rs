//! Objects by id, their size looked at before they are inflated.

use std::sync::Arc;

use gix::ObjectId;
use gix::objs::{Find, FindHeader, Kind};
use gix::odb::Handle;

use crate::error::{Error, Result};
use crate::limits;
use crate::recent::Recent;

/// The object database, and the objects of a push that is not accepted yet.
#[derive(Clone)]
pub(crate) struct Objects {
    pub(crate) main: Handle,
    /// Objects that a pre-receive hook may look at before they move into the repository.
    pub(crate) incoming: Option<Handle>,
    pub(crate) recent: Option<Recent>,
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
        for database in self.databases() {
            match FindHeader::try_header(database, &id) {
                Ok(Some(header)) => return Ok((header.kind, header.size)),
                Ok(None) => {}
                Err(why) => return Err(damaged(id, why.to_string())),
            }
        }
        Err(Error::Missing { id: id.to_string() })
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

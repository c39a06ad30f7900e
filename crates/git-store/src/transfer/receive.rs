//! A pack from somebody else becomes part of the repository, or leaves no trace.
//!
//! It is written beside the object database, in a directory of its own, and completed there with
//! the objects that it is told as a difference from. Every object is hashed, SHA-1 with detection
//! of collisions. Only when the commit that it was fetched for can be read from it, with all that
//! it holds, and everything has reached the disk, is it moved to where readers look. What ends in
//! between leaves a directory that the next pack clears away.

use std::io::BufRead;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use gix::odb::pack::Bundle;
use gix::odb::pack::bundle::write::Options;

use super::quarantine::Quarantine;
use crate::commit::CommitId;
use crate::error::{Error, Result};
use crate::limits;
use crate::store::Store;
use crate::write::WriteError;
use crate::write::whole::check_whole;

impl Store {
    /// Takes in the pack that `tip` was sent in, which may leave out whatever `known` has.
    ///
    /// No reference is changed. Afterwards `tip`, the commits between and all that they have are in
    /// the repository and on the disk. Until a reference leads there, tidying up may remove it again:
    /// [`crate::Settler::settle`] looks once more.
    ///
    /// # Errors
    /// [`Error::Refused`] if it is no pack, an object in it is larger than
    /// [`limits::PACKED_OCTETS`] or the disk is full; [`Error::Missing`] if it does not hold what it should.
    pub fn take_pack(
        &self,
        pack: &mut dyn BufRead,
        tip: CommitId,
        known: Option<CommitId>,
    ) -> Result<()> {
        let [_, shared] = self.directories();
        let quarantine = Quarantine::new(&shared.join("objects"))?;
        self.write_pack(pack, &quarantine.packs())?;
        let incoming = self.clone().with_incoming(quarantine.path());
        check(&incoming, tip, known)?;
        quarantine.release()
    }

    fn write_pack(&self, pack: &mut dyn BufRead, into: &Path) -> Result<()> {
        let objects = self.objects();
        let options = Options {
            alloc_limit_bytes: usize::try_from(limits::PACKED_OCTETS).ok(),
            ..Options::default()
        };
        let written = Bundle::write_to_directory(
            pack,
            Some(into),
            &mut gix::progress::Discard,
            &AtomicBool::new(false),
            Some(&objects.main),
            objects.hash_kind(),
            options,
        );
        match written {
            Ok(_) => Ok(()),
            Err(why) => Err(Error::Refused {
                why: format!("the pack cannot be taken: {}", causes(&why)),
            }),
        }
    }
}

/// Everything that the commits have which `known` has not.
fn check(incoming: &Store, tip: CommitId, known: Option<CommitId>) -> Result<()> {
    check_whole(incoming, tip, known).map_err(|why| match why {
        WriteError::Repository(error) => error,
        other => Error::Refused {
            why: other.to_string(),
        },
    })
}

fn causes(error: &gix::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

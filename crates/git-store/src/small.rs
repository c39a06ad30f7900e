//! Small objects that are files of their own, each read at once.
//!
//! What was committed or pushed lately is such a file, and nearly all of them are small. gix maps each into memory, once to see
//! how large the object is and once for what it says: fourteen system calls where three do. All else is left to gix: packs, what
//! is borrowed from another repository, what is large, and whatever is wrong, so that one place says what.

use std::cell::RefCell;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use gix::ObjectId;
use gix::objs::{Kind, decode};
use gix::zlib::Inflate;

use crate::write::path_of;

/// A file with fewer octets is small.
const FILE_OCTETS: usize = 16 << 10;

/// What a small file says at most: one that claims more is nothing usual.
const OCTETS: u64 = 1 << 20;

/// More than the kind of an object and its size take.
const HEADER_OCTETS: usize = 64;

thread_local! {
    static READER: RefCell<Reader> = RefCell::default();
}

/// The object, if it is a small file in this directory of objects.
pub(crate) fn read(objects: &Path, id: ObjectId) -> Option<(Kind, Vec<u8>)> {
    READER.with_borrow_mut(|reader| {
        let beginning = reader.begin(objects, id)?;
        match beginning.size <= OCTETS && !reader.is_full() {
            true => Some((beginning.kind, reader.rest(&beginning)?)),
            false => None,
        }
    })
}

/// The kind of the object and its octets, if it is a file in this directory of objects.
pub(crate) fn header(objects: &Path, id: ObjectId) -> Option<(Kind, u64)> {
    READER.with_borrow_mut(|reader| {
        let beginning = reader.begin(objects, id)?;
        Some((beginning.kind, beginning.size))
    })
}

/// Room for the beginning of one file, and what inflates it: made once for a thread.
#[derive(Default)]
struct Reader {
    inflate: Inflate,
    room: Vec<u8>,
    /// How much of it is of the file.
    filled: usize,
}

/// What an object begins with.
struct Beginning {
    kind: Kind,
    /// Octets of the object, without its header.
    size: u64,
    said: [u8; HEADER_OCTETS],
    /// Of what is said, octets in all and of the header; and octets of the file that say it.
    written: usize,
    header: usize,
    read: usize,
}

impl Reader {
    fn begin(&mut self, objects: &Path, id: ObjectId) -> Option<Beginning> {
        self.room.resize(FILE_OCTETS, 0);
        let mut file = File::open(path_of(objects, id)).ok()?;
        // Of a file, one call gives all that there is room for.
        self.filled = file.read(&mut self.room).ok()?;
        self.inflate.reset();
        let mut said = [0; HEADER_OCTETS];
        let begun = self.inflate.prefix(&self.room[..self.filled], &mut said);
        let (_, read, written) = begun.ok()?;
        let (kind, size, header) = decode::loose_header(&said[..written]).ok()?;
        Some(Beginning {
            kind,
            size,
            said,
            written,
            header,
            read,
        })
    }

    /// Perhaps not all of the file.
    fn is_full(&self) -> bool {
        self.filled == self.room.len()
    }

    fn rest(&mut self, beginning: &Beginning) -> Option<Vec<u8>> {
        let size = usize::try_from(beginning.size).ok()?;
        let said = &beginning.said[..beginning.written];
        if said.len() - beginning.header > size {
            return None;
        }
        let behind = &self.room[beginning.read..self.filled];
        let mut octets = Vec::new();
        let inflated = self
            .inflate
            .rest(behind, said, beginning.header, &mut octets, size);
        (inflated.ok()? == size).then_some(octets)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::write::{NewObject, deflated};

    /// A directory of objects, and one in it with these octets.
    fn stored(octets: &[u8]) -> (tempfile::TempDir, ObjectId) {
        let dir = tempfile::tempdir().expect("a directory");
        let object = NewObject::new(gix::hash::Kind::Sha1, Kind::Blob, octets.to_vec());
        let object = object.expect("no collision");
        let path = path_of(dir.path(), object.id);
        fs::create_dir(path.parent().expect("a folder")).expect("made");
        fs::write(path, deflated(&object)).expect("written");
        (dir, object.id)
    }

    #[test]
    fn what_is_small_is_read_and_what_is_large_is_left_to_others() {
        let mut random = testbed::Random::seeded(1);
        let random: Vec<u8> = (0..40_000).map(|_| random.bits() as u8).collect();
        let alike = vec![b'a'; OCTETS as usize + 1];
        for (octets, is_small) in [
            (&b""[..], true),
            (b"@ SOA a b 1 2 3 4 5\n", true),
            (&random[..10_000], true),
            (&alike[..OCTETS as usize], true),
            (&alike, false),
            (&random, false),
        ] {
            let (dir, id) = stored(octets);
            let size = octets.len() as u64;
            assert_eq!(header(dir.path(), id), Some((Kind::Blob, size)), "{size}");
            let read = is_small.then(|| (Kind::Blob, octets.to_vec()));
            assert!(self::read(dir.path(), id) == read, "{size}");
        }
    }

    #[test]
    fn what_is_wrong_is_left_to_others() {
        let (dir, id) =
            stored(b"@ SOA a b 1 2 3 4 5\n; a comment that is longer than what a header takes\n");
        let path = path_of(dir.path(), id);
        let right = fs::read(&path).expect("read");
        let (longer, _) = right.split_at(right.len() - 20);
        for wrong in [&b""[..], b"not deflated", &right[..4], longer] {
            fs::write(&path, wrong).expect("written");
            assert_eq!(read(dir.path(), id), None, "{wrong:?}");
        }
        fs::remove_file(&path).expect("removed");
        assert_eq!((read(dir.path(), id), header(dir.path(), id)), (None, None));
    }
}

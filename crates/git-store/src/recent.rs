//! Objects that were written here lately, for who reads them next.
//!
//! Only what was read back from the disk and found the same comes in, so that an object is what its id says; what others have
//! written is always read where it is. An object never changes, so nothing in here is ever out of date.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use gix::ObjectId;
use gix::objs::Kind;

use crate::limits;

/// Objects that are looked through for one.
const OBJECTS: usize = 128;

/// Clones share what is in it.
#[derive(Clone, Default)]
pub(crate) struct Recent(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    /// The oldest first.
    objects: VecDeque<Object>,
    octets: u64,
}

struct Object {
    id: ObjectId,
    kind: Kind,
    octets: Arc<Vec<u8>>,
}

impl Recent {
    /// Kind and octets of an object, if it was written here lately.
    pub(crate) fn find(&self, id: ObjectId) -> Option<(Kind, Arc<Vec<u8>>)> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.objects.iter().rev().find(|object| object.id == id);
        found.map(|object| (object.kind, Arc::clone(&object.octets)))
    }

    /// Notes an object that is on the disk with just these octets.
    pub(crate) fn note(&self, id: ObjectId, kind: Kind, octets: Vec<u8>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.objects.iter().any(|object| object.id == id) {
            return;
        }
        kept.octets += octets.len() as u64;
        let octets = Arc::new(octets);
        kept.objects.push_back(Object { id, kind, octets });
        while kept.octets > limits::RECENT_OCTETS || kept.objects.len() > OBJECTS {
            let oldest = kept.objects.pop_front();
            kept.octets -= oldest.map_or(0, |oldest| oldest.octets.len() as u64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u8) -> ObjectId {
        ObjectId::from_bytes_or_panic(&[number; 20])
    }

    #[test]
    fn the_oldest_go_when_there_are_many_or_they_are_large() {
        let recent = Recent::default();
        for number in 0..=OBJECTS as u8 {
            recent.note(id(number), Kind::Blob, vec![number]);
        }
        assert!(recent.find(id(0)).is_none());
        let (kind, octets) = recent.find(id(1)).expect("it is young enough");
        assert_eq!((kind, &octets[..]), (Kind::Blob, &[1][..]));
        let half = limits::RECENT_OCTETS as usize / 2;
        recent.note(id(200), Kind::Blob, vec![0; half]);
        recent.note(id(201), Kind::Blob, vec![0; half]);
        assert!(recent.find(id(128)).is_none());
        assert!(recent.find(id(200)).is_some() && recent.find(id(201)).is_some());
        recent.note(id(202), Kind::Blob, vec![0; 2 * half + 1]);
        assert!(recent.find(id(201)).is_none() && recent.find(id(202)).is_none());
    }
}

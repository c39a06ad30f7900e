//! Objects that were written here lately, for who reads them next.
//!
//! Only what was read back from the disk and found the same comes in, so that an object is what its id says; what others have
//! written is always read where it is. An object never changes, so nothing in here is ever out of date.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use gix::ObjectId;
use gix::objs::Kind;

use crate::limits;
use crate::write::{Deflated, NewObject};

/// Objects that are looked through for one.
const OBJECTS: usize = 128;

/// Clones share what is in it.
#[derive(Clone, Default)]
pub(crate) struct Recent {
    kept: Arc<Mutex<Kept>>,
}

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
    deflated: Option<Arc<Deflated>>,
}

impl Object {
    /// That it takes.
    fn room(&self) -> u64 {
        let deflated = self.deflated.as_ref().map_or(0, |it| it.octets.len());
        (self.octets.len() + deflated) as u64
    }
}

impl Recent {
    /// Kind and octets of an object, if it was written here lately.
    pub(crate) fn find(&self, id: ObjectId) -> Option<(Kind, Arc<Vec<u8>>)> {
        self.look_up(id, |object| Some((object.kind, Arc::clone(&object.octets))))
    }

    /// Its octets, and what they were deflated to.
    pub(crate) fn deflated(&self, id: ObjectId) -> Option<(Arc<Vec<u8>>, Arc<Deflated>)> {
        self.look_up(id, |object| {
            let deflated = object.deflated.as_ref()?;
            Some((Arc::clone(&object.octets), Arc::clone(deflated)))
        })
    }

    fn look_up<T>(&self, id: ObjectId, tell: impl Fn(&Object) -> Option<T>) -> Option<T> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.objects.iter().rev().find(|object| object.id == id);
        found.and_then(tell)
    }

    /// Notes an object that is on the disk with just these octets, deflated so where that is known.
    pub(crate) fn note(&self, object: NewObject, deflated: Option<Deflated>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.objects.iter().any(|known| known.id == object.id) {
            return;
        }
        let object = Object {
            id: object.id,
            kind: object.kind,
            octets: Arc::new(object.octets),
            deflated: deflated.map(Arc::new),
        };
        kept.octets += object.room();
        kept.objects.push_back(object);
        while kept.octets > limits::RECENT_OCTETS || kept.objects.len() > OBJECTS {
            let oldest = kept.objects.pop_front();
            kept.octets -= oldest.map_or(0, |oldest| oldest.room());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u8) -> ObjectId {
        ObjectId::from_bytes_or_panic(&[number; 20])
    }

    fn note(recent: &Recent, number: u8, octets: Vec<u8>) {
        let object = NewObject {
            id: id(number),
            kind: Kind::Blob,
            octets,
            replaces: None,
        };
        recent.note(object, None);
    }

    #[test]
    fn the_oldest_go_when_there_are_many_or_they_are_large() {
        let recent = Recent::default();
        for number in 0..=OBJECTS as u8 {
            note(&recent, number, vec![number]);
        }
        assert!(recent.find(id(0)).is_none());
        let (kind, octets) = recent.find(id(1)).expect("it is young enough");
        assert_eq!((kind, &octets[..]), (Kind::Blob, &[1][..]));
        let half = limits::RECENT_OCTETS as usize / 2;
        note(&recent, 200, vec![0; half]);
        note(&recent, 201, vec![0; half]);
        assert!(recent.find(id(128)).is_none());
        assert!(recent.find(id(200)).is_some() && recent.find(id(201)).is_some());
        note(&recent, 202, vec![0; 2 * half + 1]);
        assert!(recent.find(id(201)).is_none() && recent.find(id(202)).is_none());
    }
}

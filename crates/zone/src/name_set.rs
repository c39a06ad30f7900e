//! A set of names that is cheap to clone, and to change a little.

use alloc::{sync::Arc, vec::Vec};
use rr::{Name, NameRef};

/// Names in one chunk at most: so many are copied for a change, beside a pointer for each chunk.
const CHUNK: usize = 128;

/// Names in canonical order (RFC 4034 §6.1). Clones share all chunks that neither has changed.
#[derive(Clone, Default)]
pub(crate) struct NameSet {
    /// None is empty.
    chunks: Arc<Vec<Arc<Vec<Name>>>>,
}

impl NameSet {
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Name> {
        self.chunks.iter().flat_map(|chunk| chunk.iter())
    }

    pub(crate) fn contains(&self, name: NameRef<'_>) -> bool {
        self.place(name).is_ok()
    }

    pub(crate) fn insert(&mut self, name: NameRef<'_>) {
        let Err((chunk, at)) = self.place(name) else {
            return;
        };
        let chunks = Arc::make_mut(&mut self.chunks);
        if chunks.is_empty() {
            chunks.push(Arc::default());
        }
        let names = Arc::make_mut(&mut chunks[chunk]);
        names.insert(at, name.to_owned());
        if names.len() > CHUNK {
            let upper = names.split_off(CHUNK / 2);
            chunks.insert(chunk + 1, Arc::new(upper));
        }
    }

    pub(crate) fn remove(&mut self, name: NameRef<'_>) {
        let Ok((chunk, at)) = self.place(name) else {
            return;
        };
        let chunks = Arc::make_mut(&mut self.chunks);
        if chunks[chunk].len() == 1 {
            chunks.remove(chunk);
        } else {
            Arc::make_mut(&mut chunks[chunk]).remove(at);
        }
    }

    /// The chunk and the place in it where the name is, or where it belongs: in the last chunk if it is beyond all names.
    fn place(&self, name: NameRef<'_>) -> Result<(usize, usize), (usize, usize)> {
        let before = |chunk: &Arc<Vec<Name>>| chunk.last().is_some_and(|last| last.as_ref() < name);
        let chunk = self.chunks.partition_point(before);
        let chunk = chunk.min(self.chunks.len().saturating_sub(1));
        let names = self.chunks.get(chunk).map_or(&[][..], |names| &names[..]);
        match names.binary_search_by(|known| known.as_ref().cmp(&name)) {
            Ok(at) => Ok((chunk, at)),
            Err(at) => Err((chunk, at)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeSet;
    use alloc::format;

    fn name(number: u32) -> Name {
        Name::from_text(&format!("z{number}.example.")).expect("a name")
    }

    #[test]
    fn it_holds_what_a_tree_of_names_holds_in_the_same_order() {
        let (mut set, mut tree) = (NameSet::default(), BTreeSet::new());
        let mut state = 7_u32;
        for step in 0..6_000 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let name = name((state >> 16) % 700);
            // More come than go at first, and the other way round at last.
            if (state >> 8) % 6_000 > step {
                set.insert(name.as_ref());
                tree.insert(name);
            } else {
                set.remove(name.as_ref());
                tree.remove(&name);
            }
            if step % 100 == 0 {
                assert!(set.iter().eq(tree.iter()), "after {step}");
            }
        }
        assert!((0..700).all(|n| set.contains(name(n).as_ref()) == tree.contains(&name(n))));
        tree.iter().for_each(|name| set.remove(name.as_ref()));
        assert!(set.is_empty() && set.iter().next().is_none());
    }

    #[test]
    fn a_change_copies_one_chunk() {
        let mut set = NameSet::default();
        (0..1_000).for_each(|number| set.insert(name(number).as_ref()));
        let mut changed = set.clone();
        changed.insert(name(5_000).as_ref());
        changed.remove(name(5_000).as_ref());
        let shared = |chunk: &Arc<Vec<Name>>| set.chunks.iter().any(|one| Arc::ptr_eq(one, chunk));
        let copied = changed.chunks.iter().filter(|chunk| !shared(chunk)).count();
        assert!(set.chunks.len() > 7 && copied == 1, "{copied}");
        assert!(set.chunks.iter().all(|chunk| chunk.len() <= CHUNK));
    }
}

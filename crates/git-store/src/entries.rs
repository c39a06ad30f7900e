//! The entries of a tree as they lie there, not taken apart: for who looks for few among many.

use std::ops::Range;

use gix::objs::bstr::ByteSlice;

use crate::alike;

/// Mode, space, name, NUL, id.
pub(crate) struct RawEntry<'t> {
    pub(crate) mode: &'t [u8],
    pub(crate) name: &'t [u8],
    /// Where it begins, and where its id does.
    pub(crate) at: usize,
    pub(crate) id_at: usize,
}

/// All entries of a tree; ends at the first that is none.
pub(crate) struct RawEntries<'t> {
    tree: &'t [u8],
    at: usize,
    id_octets: usize,
}

impl<'t> RawEntries<'t> {
    pub(crate) fn of(tree: &'t [u8], id_octets: usize) -> RawEntries<'t> {
        RawEntries {
            tree,
            at: 0,
            id_octets,
        }
    }

    /// Where the next entry begins, or what is none.
    pub(crate) fn next_at(&self) -> usize {
        self.at
    }
}

impl<'t> Iterator for RawEntries<'t> {
    type Item = RawEntry<'t>;

    fn next(&mut self) -> Option<RawEntry<'t>> {
        let rest = &self.tree[self.at..];
        let space = rest.find_byte(b' ')?;
        let (mode, name) = (&rest[..space], &rest[space + 1..]);
        let name = &name[..name.find_byte(0)?];
        let id_at = self.at + space + 1 + name.len() + 1;
        self.tree.get(id_at..id_at + self.id_octets)?;
        let at = std::mem::replace(&mut self.at, id_at + self.id_octets);
        Some(RawEntry {
            mode,
            name,
            at,
            id_at,
        })
    }
}

/// Where two trees may have other entries than each other: around it both have the same octets, and entries begin there.
pub(crate) fn differing(old: &[u8], new: &[u8], id_octets: usize) -> (Range<usize>, Range<usize>) {
    let same = alike::at_start(old, new);
    let begins = RawEntries::of(old, id_octets).map(|entry| entry.at);
    let start = begins.take_while(|at| *at <= same).last().unwrap_or(0);
    let (rest, other) = (&old[start..], &new[start..]);
    let same = alike::at_end(rest, other);
    let end = |tree: &[u8]| {
        let mut entries = RawEntries::of(tree, id_octets);
        while tree.len() - entries.next_at() > same {
            entries.next()?;
        }
        Some(tree.len() - entries.next_at())
    };
    let behind = match (end(rest), end(other)) {
        (Some(old), Some(new)) if old == new => old,
        _ => 0,
    };
    (start..old.len() - behind, start..new.len() - behind)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA1: usize = 20;

    fn tree(entries: &[(&str, u8)]) -> Vec<u8> {
        let entry =
            |(name, id): &(&str, u8)| [b"100644 ", name.as_bytes(), b"\0", &[*id; 20][..]].concat();
        entries.iter().flat_map(entry).collect()
    }

    fn names(tree: &[u8]) -> Vec<&str> {
        let entries = RawEntries::of(tree, SHA1);
        entries
            .map(|it| str::from_utf8(it.name).expect("text"))
            .collect()
    }

    #[test]
    fn only_what_differs_is_between() {
        let all = [("a", 1), ("b", 2), ("c", 3), ("d", 4)];
        for (old, new, left, right) in [
            (&all[..], &all[..], &[][..], &[][..]),
            (
                &all,
                &[("a", 1), ("b", 9), ("c", 3), ("d", 4)],
                &["b"],
                &["b"],
            ),
            (&all, &[("a", 1), ("c", 3), ("d", 4)], &["b"], &[]),
            (&all[1..], &all, &[], &["a"]),
            (&all[..3], &all, &[], &["d"]),
            (&all, &[], &["a", "b", "c", "d"], &[]),
            (
                &all,
                &[("a", 1), ("bb", 2), ("c", 3), ("d", 5)],
                &["b", "c", "d"],
                &["bb", "c", "d"],
            ),
        ] {
            let (old, new) = (tree(old), tree(new));
            let (from, to) = differing(&old, &new, SHA1);
            // The last that both have may be among them.
            let between = |names: Vec<&str>, all: &[&str]| {
                names.iter().filter(|name| all.contains(name)).count()
            };
            let (from, to) = (names(&old[from]), names(&new[to]));
            assert_eq!(
                (between(from.clone(), left), between(to.clone(), right)),
                (left.len(), right.len())
            );
            assert!(
                from.len() <= left.len() + 1 && to.len() <= right.len() + 1,
                "{from:?} {to:?}"
            );
        }
    }

    #[test]
    fn what_is_no_entry_ends_it() {
        let mut octets = tree(&[("a", 1), ("b", 2)]);
        octets.pop();
        assert_eq!(names(&octets), ["a"]);
        let mut other = octets.clone();
        other[9] = 9;
        // All of it is left to who can say what is wrong.
        let (from, to) = differing(&octets, &[&other[..], b"x"].concat(), SHA1);
        assert_eq!((from, to.end), (0..octets.len(), octets.len() + 1));
    }
}

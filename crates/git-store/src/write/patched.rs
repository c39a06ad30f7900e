//! A tree in which files have other contents and nothing else differs: ids are put in place, entries are not taken apart.

use std::collections::BTreeMap;

use crate::entries::{RawEntries, RawEntry};

/// A plain file; what has another mode gets this one, which is no matter of an id.
const FILE: &[u8] = b"100644";

/// Where the ids stand of the files of these names: mode, space, name, NUL, id is an entry. None where one of them is not
/// there as a plain file, or the tree is not as Git writes it.
pub(super) fn places<'n, T>(
    tree: &[u8],
    names: &BTreeMap<&'n [u8], T>,
    id_octets: usize,
) -> Option<BTreeMap<&'n [u8], usize>> {
    let mut found = BTreeMap::new();
    let mut before: &[u8] = b"";
    let mut entries = RawEntries::of(tree, id_octets);
    for RawEntry {
        mode, name, id_at, ..
    } in &mut entries
    {
        if name == before {
            return None;
        }
        before = name;
        if let Some((&name, _)) = names.get_key_value(name)
            && (mode != FILE || found.insert(name, id_at).is_some())
        {
            return None;
        }
    }
    let is_whole = entries.next_at() == tree.len();
    (is_whole && found.len() == names.len()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(tree: &[u8], names: &[&[u8]]) -> Option<Vec<usize>> {
        let names: BTreeMap<&[u8], ()> = names.iter().map(|name| (*name, ())).collect();
        Some(places(tree, &names, 4)?.into_values().collect())
    }

    #[test]
    fn plain_files_are_found_and_all_else_is_left_to_others() {
        let tree = b"100644 a\0aaaa100755 b\0bbbb40000 c\0cccc100644 d\0dd\0 ";
        assert_eq!(find(tree, &[b"a"]), Some(vec![9]));
        assert_eq!(find(tree, &[b"a", b"d"]), Some(vec![9, 47]));
        for names in [&[&b"b"[..]][..], &[b"c"], &[b"e"], &[b"a", b"e"]] {
            assert_eq!(find(tree, names), None);
        }
        assert_eq!(find(b"100644 a\0aaaa100644 a\0aaab", &[b"a"]), None);
        assert_eq!(
            find(b"100644 a\0aaaa100644 b\0bb", &[b"a"]),
            None,
            "cut short"
        );
    }
}

//! What a commit is called that nobody has given a message.

use crate::worktree::What;
use std::collections::BTreeMap;

/// Files that a subject names.
const NAMED: usize = 3;

/// `Change example.org`, or `Change 7 files` with their names below.
pub(super) fn of(taken: &BTreeMap<String, What>) -> String {
    let mut kinds = taken.values();
    let first = kinds.next().copied().unwrap_or(What::Changed);
    let verb = match kinds.all(|what| *what == first) {
        true => imperative(first),
        false => imperative(What::Changed),
    };
    if taken.len() <= NAMED {
        let names: Vec<&str> = taken.keys().map(|path| name(path)).collect();
        return format!("{verb} {}\n", names.join(", "));
    }
    let mut message = format!("{verb} {} files\n\n", taken.len());
    for (path, what) in taken {
        message += &format!("{} {path}\n", imperative(*what));
    }
    message
}

fn imperative(what: What) -> &'static str {
    match what {
        What::Added => "Add",
        What::Changed => "Change",
        What::Removed => "Remove",
    }
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_files_are_named_and_many_counted() {
        let taken = |files: &[(&str, What)]| {
            files
                .iter()
                .map(|(path, what)| ((*path).to_owned(), *what))
                .collect()
        };
        let (a, b) = (
            ("zones/a.example", What::Added),
            ("zones/b.example", What::Removed),
        );
        assert_eq!(of(&taken(&[a])), "Add a.example\n");
        assert_eq!(of(&taken(&[a, b])), "Change a.example, b.example\n");
        let many = taken(&[a, b, ("c", What::Added), ("d", What::Added)]);
        assert_eq!(
            of(&many),
            "Change 4 files\n\nAdd c\nAdd d\nAdd zones/a.example\nRemove zones/b.example\n"
        );
    }
}

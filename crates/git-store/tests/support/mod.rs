//! Real repositories, made by Git itself in a directory that goes away.
#![allow(dead_code, reason = "each test file uses its part of this module")]

use std::ops::Deref;

use git_store::{CommitId, Draft, Edit, Layout, Person, Snapshot, Store, TreePath};

/// A bare repository and the means to put any octets into it.
pub(crate) struct Repo(testbed::Repo);

/// An entry of a tree: mode, name, id of the object.
pub(crate) type Entry<'a> = (&'a str, &'a [u8], String);

impl Deref for Repo {
    type Target = testbed::Repo;

    fn deref(&self) -> &testbed::Repo {
        &self.0
    }
}

impl Repo {
    pub(crate) fn new() -> Repo {
        Repo(testbed::Repo::new())
    }

    pub(crate) fn with_format(format: &str) -> Repo {
        Repo(testbed::Repo::with_format(format))
    }

    pub(crate) fn store(&self) -> Store {
        Store::open_path(&self.path()).expect("the repository opens")
    }

    pub(crate) fn blob(&self, octets: &[u8]) -> String {
        self.git_with(&["hash-object", "-w", "--stdin"], octets)
    }

    /// A tree of exactly these entries, whatever Git thinks of them.
    pub(crate) fn tree(&self, entries: &[Entry<'_>]) -> String {
        self.raw_tree(&tree_octets(entries))
    }

    /// A tree object of exactly these octets.
    pub(crate) fn raw_tree(&self, octets: &[u8]) -> String {
        self.git_with(
            &["hash-object", "-t", "tree", "-w", "--literally", "--stdin"],
            octets,
        )
    }

    /// A commit of this tree on `main`.
    pub(crate) fn commit_tree(&self, tree: &str) -> CommitId {
        let mut arguments = vec!["commit-tree", tree, "-m", "A change"];
        let parent = self.tip("main");
        if let Some(parent) = &parent {
            arguments.extend(["-p", parent]);
        }
        let id = self.git(&arguments);
        self.set("main", &id);
        self.store().resolve(&id).expect("the commit is there")
    }

    /// A commit of plain files by path, replacing all that was there.
    pub(crate) fn commit(&self, files: &[(&str, &str)]) -> CommitId {
        self.0.commit(files);
        self.store().tip(None).expect("HEAD").expect("a commit")
    }

    pub(crate) fn snapshot(&self, id: CommitId) -> Snapshot {
        self.store().snapshot(id).expect("the commit reads")
    }

    pub(crate) fn layout(&self, id: CommitId) -> Layout {
        self.snapshot(id).layout().expect("the layout reads")
    }
}

/// What a tree of these entries is made of.
pub(crate) fn tree_octets(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut octets = Vec::new();
    for (mode, name, id) in entries {
        octets.extend_from_slice(mode.as_bytes());
        octets.push(b' ');
        octets.extend_from_slice(name);
        octets.push(0);
        octets.extend(
            (0..id.len())
                .step_by(2)
                .map(|at| u8::from_str_radix(&id[at..at + 2], 16).expect("hex")),
        );
    }
    octets
}

/// The zones of a layout, as `name path` or `name ! rule`, then other findings as `path ! rule`.
pub(crate) fn listed(layout: &Layout) -> Vec<String> {
    let mut lines: Vec<String> = layout
        .zones()
        .map(|(zone, file)| match file {
            Ok(file) => format!("{zone} {}", file.path),
            Err(finding) => format!("{zone} ! {} {}", finding.path, finding.problem.rule()),
        })
        .collect();
    let of_zones = layout.zones().filter(|(_, file)| file.is_err()).count();
    let others = layout.findings();
    lines.extend(
        others[of_zones..]
            .iter()
            .map(|finding| format!("{} ! {}", finding.path, finding.problem.rule())),
    );
    lines
}

/// A commit on `parent` with these files put (`Some`) or removed.
pub(crate) fn draft(parent: Option<CommitId>, files: &[(&str, Option<&str>)]) -> Draft {
    let person = |name: &str, time_secs| Person {
        name: name.to_owned(),
        email: format!("{}@example.org", name.to_lowercase()),
        time_secs,
        offset_secs: 3600,
    };
    let edit = |text: Option<&str>| text.map_or(Edit::Remove, |text| Edit::Put(text.into()));
    Draft {
        parent,
        merged: None,
        changes: files
            .iter()
            .map(|(path, text)| (TreePath::new(*path), edit(*text)))
            .collect(),
        author: person("Ann", 1_700_000_000),
        committer: person("Bob", 1_700_000_001),
        message: "A change".to_owned(),
        trailers: Vec::new(),
    }
}

//! What differs between the files of a working tree and its newest commit, and what of that goes into the next one.
//!
//! Of files that Git knows, every change of a plain one. Of new files those that the layout has a use for: zones, parts,
//! `.zonecheck`, `.zonepolicy`, `.gitignore`. Anything else new has to be named, so that nothing gets in that merely lies around; it is told.

use super::disk::{self, OnDisk};
use super::ignored::Ignored;
use super::index::{Index, Seen};
use super::wanted::Wanted;
use super::{Boxed, Listed, WorkTree};
use git_store::{Edit, Role, TreePath, ZONE_ROOT, limits};
use gix::bstr::{BStr, BString, ByteSlice};
use gix::index::entry::{Mode, Stat};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use zone::check::Policy;

/// What the next commit is made of.
#[derive(Default)]
pub(crate) struct Scan {
    pub(crate) edits: BTreeMap<TreePath, Edit>,
    /// In the order of their paths.
    pub(crate) taken: BTreeMap<String, What>,
    /// Why a file or folder that is new or changed does not go in.
    pub(crate) left_out: BTreeMap<String, &'static str>,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Added,
    Changed,
    Removed,
}

impl What {
    pub(crate) fn word(self) -> &'static str {
        match self {
            What::Added => "added",
            What::Changed => "changed",
            What::Removed => "removed",
        }
    }
}

const NEITHER: &str = "neither zone nor part: name it to take it";
const LINK: &str = "a symbolic link, which is for Git to commit";
const EXECUTABLE: &str = "executable, which no zone is: chmod a-x";

impl Scan {
    /// Looks at the files that are wanted, and tells the index what they are.
    pub(crate) fn of(
        tree: &WorkTree,
        head: &Listed,
        index: &mut Index,
        wanted: &Wanted,
    ) -> Result<Scan, Boxed> {
        let tracked: BTreeSet<BString> = index.paths().map(BStr::to_owned).collect();
        let known = tracked.iter().chain(head.keys()).cloned().collect();
        let snapshot = tree.config.config_snapshot();
        let mut scanning = Scanning {
            tree,
            head,
            index,
            wanted,
            known,
            zone_root: if tree.top.join(ZONE_ROOT).is_dir() {
                ZONE_ROOT
            } else {
                ""
            },
            ignored: Ignored::new(&tree.config, &tree.top)?,
            modes_count: snapshot.boolean("core.fileMode").unwrap_or(true),
            found: Scan::default(),
        };
        for path in scanning.known.clone() {
            if wanted.has(path.as_bstr()) && !scanning.index.is_hidden(path.as_bstr()) {
                scanning.known_file(path.as_bstr())?;
            }
        }
        scanning.new_files(BStr::new(""), 0)?;
        Ok(scanning.found)
    }
}

struct Scanning<'a> {
    tree: &'a WorkTree,
    head: &'a Listed,
    index: &'a mut Index,
    wanted: &'a Wanted,
    /// Files in the commit or the index.
    known: BTreeSet<BString>,
    zone_root: &'static str,
    ignored: Ignored,
    /// Whether the file system tells what is executable.
    modes_count: bool,
    found: Scan,
}

impl Scanning<'_> {
    fn known_file(&mut self, path: &BStr) -> Result<(), Boxed> {
        let before = self.head.get(path).copied();
        if before.is_some_and(|(mode, _)| mode == Mode::COMMIT) {
            return Ok(());
        }
        match (disk::look(&self.tree.top, path)?, before) {
            (OnDisk::File(mode, stat), _) => self.compare(path, before, (mode, stat)),
            (_, Some(_)) => {
                self.index.set(path, None);
                self.take(path, What::Removed, Edit::Remove);
                Ok(())
            }
            // A submodule that is about to be added is for Git to commit.
            (OnDisk::Other, None) => Ok(()),
            (OnDisk::Nothing, None) => {
                self.index.set(path, None);
                Ok(())
            }
        }
    }

    fn compare(
        &mut self,
        path: &BStr,
        before: Option<(Mode, gix::ObjectId)>,
        (mode, stat): (Mode, Stat),
    ) -> Result<(), Boxed> {
        let octets = disk::read(&self.tree.top, path, mode)?;
        let hash = self.tree.config.object_hash();
        let id = gix::objs::compute_hash(hash, gix::objs::Kind::Blob, &octets)?;
        let mode = match before {
            Some((before, _)) if !self.modes_count && mode != Mode::SYMLINK => before,
            _ => mode,
        };
        if before != Some((mode, id)) {
            if let Some(why) = refused(mode) {
                self.leave(path, why);
                return Ok(());
            }
            let what = before.map_or(What::Added, |_| What::Changed);
            self.take(path, what, Edit::Put(octets));
        }
        self.index.set(path, Some(Seen { mode, id, stat }));
        Ok(())
    }

    /// Goes through a folder of the working tree; the top is the one without a name.
    fn new_files(&mut self, folder: &BStr, depth: usize) -> Result<(), Boxed> {
        let on_disk = disk::below(&self.tree.top, folder);
        self.ignored.enter(&on_disk)?;
        let mut entries = fs::read_dir(&on_disk)?.collect::<Result<Vec<_>, _>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name();
            let mut path = BString::from(folder.as_bytes());
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(name.as_bytes());
            let path = path.as_bstr();
            match entry.file_type()?.is_dir() {
                true if name == ".git" => {}
                true => self.new_folder(path, depth + 1)?,
                false => self.new_file(path)?,
            }
        }
        self.ignored.leave();
        Ok(())
    }

    fn new_folder(&mut self, path: &BStr, depth: usize) -> Result<(), Boxed> {
        if !self.wanted.touches(path) || self.ignored.has(path, true) {
            return Ok(());
        }
        let why = if disk::below(&self.tree.top, path).join(".git").exists() {
            Some("a repository of its own")
        } else if depth > limits::LEVELS {
            Some("too deep")
        } else if !self.is_looked_into(path) {
            Some(NEITHER)
        } else {
            None
        };
        match why {
            None => self.new_files(path, depth),
            Some(_) if self.has_known(path) => Ok(()),
            Some(why) => {
                self.leave([path.as_bytes(), b"/"].concat().as_bstr(), why);
                Ok(())
            }
        }
    }

    /// Folders of zones, and those with files that are tracked or named.
    fn is_looked_into(&self, path: &BStr) -> bool {
        let name = path.rsplit(|&octet| octet == b'/').next();
        let is_hidden = name.is_some_and(|name| name.starts_with(b"."));
        let is_of_zones = self.below_root(path).is_some() && !is_hidden;
        is_of_zones || self.has_known(path) || self.wanted.names_below(path)
    }

    fn has_known(&self, folder: &BStr) -> bool {
        let below = BString::from([folder.as_bytes(), b"/"].concat());
        let mut after = self.known.range(below.clone()..);
        after.next().is_some_and(|path| path.starts_with(&below))
    }

    fn new_file(&mut self, path: &BStr) -> Result<(), Boxed> {
        if self.known.contains(path) || !self.wanted.has(path) {
            return Ok(());
        }
        let is_named = self.wanted.names(path);
        match (self.ignored.has(path, false), is_named) {
            (true, true) => self.leave(path, "Git is told to ignore it (.gitignore)"),
            (true, false) => {}
            (false, _) => match disk::look(&self.tree.top, path)? {
                OnDisk::File(mode, stat) => match refused(mode).or_else(|| self.useless(path)) {
                    Some(why) => self.leave(path, why),
                    None => self.compare(path, None, (mode, stat))?,
                },
                OnDisk::Other => self.leave(path, "no plain file"),
                OnDisk::Nothing => {}
            },
        }
        Ok(())
    }

    /// Why a new plain file is not taken.
    fn useless(&self, path: &BStr) -> Option<&'static str> {
        let Ok(text) = path.to_str() else {
            return Some("its name is not UTF-8");
        };
        let name = text.rsplit('/').next().unwrap_or(text);
        let is_policy = [Policy::FILE_NAME, update::Policy::FILE_NAME].contains(&text);
        if self.wanted.names(path) || is_policy || name == ".gitignore" {
            return None;
        }
        match self.below_root(path).map(Role::of) {
            Some(Role::Zone(_) | Role::Part) => None,
            Some(Role::Keys) => Some("holds keys, by its name, and those are not published"),
            Some(Role::NotAZone(_)) => Some("its name is not that of a zone"),
            Some(Role::Ignored) | None => Some(NEITHER),
        }
    }

    /// The path from the folder where zones begin; empty for that folder itself.
    fn below_root<'p>(&self, path: &'p BStr) -> Option<&'p str> {
        let below = path.to_str().ok()?.strip_prefix(self.zone_root)?;
        match (self.zone_root, below) {
            ("", below) => Some(below),
            (_, "") => Some(""),
            (_, below) => below.strip_prefix('/'),
        }
    }

    fn take(&mut self, path: &BStr, what: What, edit: Edit) {
        let tree_path = TreePath::new(path.as_bytes());
        self.found.taken.insert(tree_path.to_string(), what);
        self.found.edits.insert(tree_path, edit);
    }

    fn leave(&mut self, path: &BStr, why: &'static str) {
        let path = TreePath::new(path.as_bytes()).to_string();
        self.found.left_out.insert(path, why);
    }
}

/// Why no file of this mode is taken that is new or has changed.
fn refused(mode: Mode) -> Option<&'static str> {
    match mode {
        Mode::FILE => None,
        Mode::SYMLINK => Some(LINK),
        _ => Some(EXECUTABLE),
    }
}

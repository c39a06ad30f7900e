//! From the files of one commit to those of another that was made on it, without losing what a person has edited.
//!
//! A file may be replaced or removed where it is as the older commit has it, and is left alone where it is as the newer one
//! has it: so whoever was killed in the middle can begin again. Each file is replaced as a whole.

use super::disk::{self, OnDisk};
use super::index::{Index, Seen};
use super::scan::What;
use super::{Boxed, Listed, WorkTree};
use git_store::Printable;
use gix::ObjectId;
use gix::bstr::{BStr, BString, ByteSlice};
use gix::index::entry::{Mode, Stat};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::Path;

/// What is to be done to the files.
#[derive(Default)]
pub(crate) struct Forward {
    removed: BTreeSet<BString>,
    written: BTreeMap<BString, (Mode, ObjectId)>,
    /// As they should be already: only the index has to learn of it.
    kept: BTreeSet<BString>,
    /// Submodules, of which only the index knows.
    modules: BTreeMap<BString, Option<ObjectId>>,
    /// What is told, in the order of paths.
    pub(crate) taken: BTreeMap<String, What>,
    /// Files that hold something that would be lost.
    pub(crate) in_the_way: Vec<String>,
    /// Files of which something else is staged.
    pub(crate) staged: Vec<String>,
}

type Entry = Option<(Mode, ObjectId)>;

impl Forward {
    /// Looks at the files that differ between two commits; touches none.
    pub(crate) fn plan(
        tree: &WorkTree,
        index: &Index,
        old: &Listed,
        new: &Listed,
    ) -> Result<Forward, Boxed> {
        let mut plan = Forward::default();
        let paths: BTreeSet<&BString> = old.keys().chain(new.keys()).collect();
        let differing = |path: &&BString| old.get(*path) != new.get(*path);
        for path in paths.into_iter().filter(differing) {
            let sides = (old.get(path).copied(), new.get(path).copied());
            plan.file(tree, index, path.as_bstr(), sides)?;
        }
        plan.look_for_obstacles(tree)?;
        Ok(plan)
    }

    fn file(
        &mut self,
        tree: &WorkTree,
        index: &Index,
        path: &BStr,
        (old, new): (Entry, Entry),
    ) -> Result<(), Boxed> {
        let what = match (old, new) {
            (None, _) => What::Added,
            (_, None) => What::Removed,
            _ => What::Changed,
        };
        let shown = Printable(path).to_string();
        self.taken.insert(shown.clone(), what);
        let staged = index.entry(path);
        if index.is_hidden(path) || (staged != old && staged != new) {
            self.staged.push(shown);
            return Ok(());
        }
        let is_module = |side: Entry| side.is_some_and(|(mode, _)| mode == Mode::COMMIT);
        if is_module(old) || is_module(new) {
            let is_all = [old, new]
                .into_iter()
                .all(|side| side.is_none() || is_module(side));
            match is_all {
                true => drop(self.modules.insert(path.to_owned(), new.map(|(_, id)| id))),
                false => self.in_the_way.push(shown),
            }
            return Ok(());
        }
        let now = tree.entry_on_disk(path)?;
        match (now, new) {
            (Now::Is(mode, id), _) if new == Some((mode, id)) => {
                self.kept.insert(path.to_owned());
            }
            (Now::Is(mode, id), _) if old != Some((mode, id)) => self.in_the_way.push(shown),
            (Now::Nothing, None) => {
                self.kept.insert(path.to_owned());
            }
            (Now::Other, None) => self.in_the_way.push(shown),
            (_, None) => {
                self.removed.insert(path.to_owned());
            }
            (_, Some(entry)) => {
                self.written.insert(path.to_owned(), entry);
            }
        }
        Ok(())
    }

    /// What stands in the place of a file or of one of its folders, and does not go.
    fn look_for_obstacles(&mut self, tree: &WorkTree) -> Result<(), Boxed> {
        for path in self.written.keys() {
            let above = path.find_iter("/").map(|at| path[..at].as_bstr());
            let is_file = |folder: &&BStr| {
                let seen = disk::below(&tree.top, folder).symlink_metadata();
                seen.is_ok_and(|seen| !seen.is_dir()) && !self.removed.contains(*folder)
            };
            let obstacle = above.into_iter().find(is_file).map(BStr::to_owned);
            let obstacle = match obstacle {
                None => stays(tree, path.as_bstr(), &self.removed)?,
                found => found,
            };
            let obstacle = obstacle.map(|path| Printable(&path).to_string());
            self.in_the_way.extend(obstacle);
        }
        Ok(())
    }

    /// Does it, and tells the index.
    pub(crate) fn go(&self, tree: &WorkTree, index: &mut Index) -> Result<(), Boxed> {
        let objects = tree.objects()?;
        for path in &self.removed {
            fs::remove_file(disk::below(&tree.top, path.as_bstr()))?;
            remove_empty_folders(&tree.top, path.as_bstr());
            index.set(path.as_bstr(), None);
        }
        for (path, (mode, id)) in &self.written {
            let octets = objects.find_object(*id)?.detach().data;
            replace(&tree.top, path.as_bstr(), *mode, &octets)?;
        }
        for path in self.written.keys().chain(&self.kept) {
            let seen = match tree.entry_on_disk(path.as_bstr())? {
                Now::Is(mode, id) => Some((mode, id)),
                _ => None,
            };
            let stat = tree.stat(path.as_bstr())?;
            index.set(
                path.as_bstr(),
                seen.map(|(mode, id)| Seen { mode, id, stat }),
            );
        }
        for (path, id) in &self.modules {
            let (mode, stat) = (Mode::COMMIT, Stat::default());
            index.set(path.as_bstr(), id.map(|id| Seen { mode, id, stat }));
        }
        Ok(())
    }
}

/// What is at a path, as a commit would have it.
enum Now {
    Nothing,
    Is(Mode, ObjectId),
    Other,
}

impl WorkTree {
    fn entry_on_disk(&self, path: &BStr) -> Result<Now, Boxed> {
        let (mode, _) = match disk::look(&self.top, path)? {
            OnDisk::Nothing => return Ok(Now::Nothing),
            OnDisk::Other => return Ok(Now::Other),
            OnDisk::File(mode, stat) => (mode, stat),
        };
        let octets = disk::read(&self.top, path, mode)?;
        let hash = self.config.object_hash();
        let id = gix::objs::compute_hash(hash, gix::objs::Kind::Blob, &octets)?;
        Ok(Now::Is(mode, id))
    }

    fn stat(&self, path: &BStr) -> Result<Stat, Boxed> {
        match disk::look(&self.top, path)? {
            OnDisk::File(_, stat) => Ok(stat),
            _ => Ok(Stat::default()),
        }
    }
}

/// A file in the folder that is where a file is to be, unless it goes with all the others.
fn stays(
    tree: &WorkTree,
    path: &BStr,
    removed: &BTreeSet<BString>,
) -> Result<Option<BString>, Boxed> {
    let on_disk = disk::below(&tree.top, path);
    if !on_disk.symlink_metadata().is_ok_and(|seen| seen.is_dir()) {
        return Ok(None);
    }
    let mut is_empty = true;
    for entry in fs::read_dir(&on_disk)? {
        let entry = entry?;
        let name = gix::path::os_string_into_bstring(entry.file_name())?;
        let below = BString::from([path.as_bytes(), b"/", name.as_bytes()].concat());
        is_empty = false;
        if entry.file_type()?.is_dir() {
            if let Some(found) = stays(tree, below.as_bstr(), removed)? {
                return Ok(Some(found));
            }
        } else if !removed.contains(&below) {
            return Ok(Some(below));
        }
    }
    // One that was empty before is nobody's loss, but is not ours to remove either.
    Ok(is_empty.then(|| path.to_owned()))
}

/// Folders of which the last file has gone, as Git does not know empty ones.
fn remove_empty_folders(top: &Path, path: &BStr) {
    let file = disk::below(top, path);
    let above = file.ancestors().skip(1).take_while(|folder| *folder != top);
    for folder in above {
        // Fails where there is anything left in it.
        if fs::remove_dir(folder).is_err() {
            return;
        }
    }
}

/// Under another name first, so that there is always a whole file.
fn replace(top: &Path, path: &BStr, mode: Mode, octets: &[u8]) -> Result<(), Boxed> {
    disk::make_folders(top, path)?;
    let place = disk::below(top, path);
    let name = place.file_name().ok_or("a file without a name")?;
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}", std::process::id()));
    let aside = place.with_file_name(hidden);
    let written =
        disk::write_entry(&aside, mode, octets).and_then(|()| Ok(fs::rename(&aside, &place)?));
    if written.is_err() {
        let _ = fs::remove_file(&aside);
    }
    written
}

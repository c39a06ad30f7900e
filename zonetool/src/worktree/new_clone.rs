//! A new repository with a working tree, as `git clone` would make it, written in-process.
//!
//! It is made under another name beside its place and renamed there, so that it is whole or not there.

use super::Boxed;
use super::disk::write_entry;
use git_store::{CommitId, ObjectFormat, Settler, Store};
use gix::bstr::ByteSlice;
use gix::index::entry::{Mode, Stat};
use gix::index::fs::Metadata;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// A clone on its way.
pub(crate) struct NewClone {
    aside: PathBuf,
    place: PathBuf,
    pub(crate) store: Store,
}

/// What the new repository is a copy of.
pub(crate) struct Of<'a> {
    pub(crate) url: &'a str,
    pub(crate) branch: &'a str,
    pub(crate) format: ObjectFormat,
}

impl NewClone {
    /// An empty repository beside `place`, where nothing may be but an empty folder.
    pub(crate) fn begin(place: &Path, of: &Of<'_>) -> Result<NewClone, Boxed> {
        let name = place.file_name().ok_or("it has no name of its own")?;
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}", std::process::id()));
        let aside = place.with_file_name(hidden);
        if fs::read_dir(place).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err("there is something in it already".into());
        }
        let made = make(&aside, of).and_then(|()| Ok(Store::open_path(&aside)?));
        match made {
            Ok(store) => Ok(NewClone {
                aside,
                place: place.to_owned(),
                store,
            }),
            Err(why) => {
                let _ = fs::remove_dir_all(&aside);
                Err(why)
            }
        }
    }

    /// Points the branch to a commit that was fetched, writes its files, and puts all in its place.
    pub(crate) fn finish(self, branch: &str, commit: CommitId) -> Result<usize, Boxed> {
        let durable = Settler::new().settle(&self.store, commit, None)?;
        for name in [format!("refs/remotes/origin/{branch}"), branch.to_owned()] {
            let _receipt = self.store.advance(&name, None, &durable)?;
        }
        self.point_to(branch)?;
        let files = check_out(&self.aside)?;
        self.put_in_place()?;
        Ok(files)
    }

    /// The same where there is no commit yet.
    pub(crate) fn finish_empty(self, branch: &str) -> Result<(), Boxed> {
        self.point_to(branch)?;
        self.put_in_place()
    }

    /// Only now, because no branch is moved that is checked out.
    fn point_to(&self, branch: &str) -> io::Result<()> {
        let head = format!("ref: refs/heads/{branch}\n");
        fs::write(self.aside.join(".git/HEAD"), head)
    }

    fn put_in_place(&self) -> Result<(), Boxed> {
        Ok(fs::rename(&self.aside, &self.place)?)
    }
}

/// What was not put in its place leaves no trace.
impl Drop for NewClone {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.aside);
    }
}

fn make(dir: &Path, of: &Of<'_>) -> Result<(), Boxed> {
    for folder in [
        "objects/info",
        "objects/pack",
        "refs/heads",
        "refs/tags",
        "info",
        "hooks",
    ] {
        fs::create_dir_all(dir.join(".git").join(folder))?;
    }
    // No branch is checked out until it is there.
    fs::write(dir.join(".git/HEAD"), "ref: refs/stemma/unborn\n")?;
    fs::write(dir.join(".git/config"), config(of))?;
    Ok(())
}

fn config(of: &Of<'_>) -> String {
    let Of {
        url,
        branch,
        format,
    } = of;
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let (version, extension) = match format {
        ObjectFormat::Sha1 => (0, ""),
        ObjectFormat::Sha256 => (1, "[extensions]\n\tobjectformat = sha256\n"),
    };
    format!(
        "[core]\n\trepositoryformatversion = {version}\n\tfilemode = true\n\tbare = false\n\tlogallrefupdates = true\n{extension}\
         [remote \"origin\"]\n\turl = {}\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n\
         [branch {}]\n\tremote = origin\n\tmerge = {}\n",
        quoted(url),
        quoted(branch),
        quoted(&format!("refs/heads/{branch}")),
    )
}

/// Writes the files of `HEAD`, links last: nothing is ever written through one.
fn check_out(dir: &Path) -> Result<usize, Boxed> {
    let repository = gix::open_opts(dir, gix::open::Options::isolated())?;
    // Refuses `..`, `.git` and the like.
    let mut index = repository.index_from_tree(&repository.head_tree_id()?)?;
    let mut count = 0;
    for are_links in [false, true] {
        for (entry, path) in index.entries_mut_with_paths() {
            if (entry.mode == Mode::SYMLINK) != are_links || entry.mode == Mode::COMMIT {
                continue;
            }
            let path = dir.join(OsStr::from_bytes(path.as_bytes()));
            let octets = repository.find_object(entry.id)?.detach().data;
            write_entry(&path, entry.mode, &octets)?;
            entry.stat = Stat::from_fs(&Metadata::from_path_no_follow(&path)?)?;
            count += 1;
        }
    }
    index.write(gix::index::write::Options::default())?;
    Ok(count)
}

//! A repository in which little changes.

use std::{
    error::Error,
    fs,
    net::Ipv4Addr,
    path::PathBuf,
    time::{Duration, Instant},
};

use git_store::{CommitId, Snapshot, Store, TreePath};

/// A repository whose branch `main` is behind its branch `next`.
pub(crate) trait History {
    /// Its directory with references and objects.
    fn git_dir(&self) -> PathBuf;

    /// What is answered before anything was changed, and always is.
    fn first(&self) -> Edited;

    /// Raises a serial and changes a host, or adds one; `next` has the commit then, and `main` not yet.
    fn commit(&mut self, number: usize) -> Result<Edited, Box<dyn Error>>;

    /// What to serve.
    fn location(&self) -> String {
        format!("{}#main", self.git_dir().display())
    }

    /// Moves `main` to `next`, as Git does: a file is renamed.
    fn publish(&self) -> Result<(), Box<dyn Error>> {
        let heads = self.git_dir().join("refs/heads");
        let lock = heads.join("main.lock");
        fs::copy(heads.join("next"), &lock)?;
        Ok(fs::rename(lock, heads.join("main"))?)
    }

    /// How long it takes to read the files that differ, each once, and nothing else.
    fn read_changed(&self, edited: &Edited) -> Result<Duration, Box<dyn Error>> {
        let store = Store::open_path(&self.git_dir())?;
        let tip: Option<CommitId> = store.tip(Some("next"))?;
        let snapshot = store.snapshot(tip.ok_or("no commit")?)?;
        let start = Instant::now();
        for path in &edited.paths {
            read(&snapshot, path)?;
        }
        Ok(start.elapsed())
    }
}

/// What a commit changes.
pub(crate) struct Edited {
    /// The name that has another address now.
    pub(crate) name: String,
    pub(crate) address: Ipv4Addr,
    /// The files that are not as they were.
    pub(crate) paths: Vec<String>,
}

fn read(snapshot: &Snapshot, path: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let blob = snapshot.find(path)?.ok_or("no such file")?;
    Ok(snapshot.file(&TreePath::new(path), blob)?)
}

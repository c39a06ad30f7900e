//! A directory for objects that are not accepted yet.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use crate::error::{Error, Result};

/// Begins as Git's own do, so that its `gc` clears them away as well.
const PREFIX: &str = "tmp_objdir-stemma-";

/// One that is older was left by a process that has ended: no fetch takes as long.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

/// Removed with all it holds when dropped, unless released.
pub(super) struct Quarantine {
    objects: PathBuf,
    path: PathBuf,
}

impl Quarantine {
    /// A new one beside the packs of the object directory at `objects`.
    pub(super) fn new(objects: &Path) -> Result<Quarantine> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        clear_abandoned(objects);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let quarantine = Quarantine {
            objects: objects.to_owned(),
            path: objects.join(format!("{PREFIX}{}-{count}", std::process::id())),
        };
        // A process of the same number may have left one.
        let _ = fs::remove_dir_all(&quarantine.path);
        fs::create_dir_all(quarantine.packs()).map_err(failed("make", &quarantine.path))?;
        Ok(quarantine)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn packs(&self) -> PathBuf {
        self.path.join("pack")
    }

    /// Moves the packs to where readers look, once they are on the disk. The index goes last: without it a pack is not looked at.
    pub(super) fn release(self) -> Result<()> {
        let target = self.objects.join("pack");
        fs::create_dir_all(&target).map_err(failed("make", &target))?;
        for extension in ["pack", "idx"] {
            for file in files(&self.packs(), extension)? {
                sync(&file)?;
                let name = file.file_name().unwrap_or_default();
                fs::rename(&file, target.join(name)).map_err(failed("move", &file))?;
            }
            sync(&target)?;
        }
        Ok(())
    }
}

impl Drop for Quarantine {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).map_err(failed("list", folder))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    Ok(paths
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect())
}

fn sync(path: &Path) -> Result<()> {
    File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(failed("sync", path))
}

fn clear_abandoned(objects: &Path) {
    let Ok(entries) = fs::read_dir(objects) else {
        return;
    };
    for entry in entries.flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        if is_ours && is_abandoned(&entry.path()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn is_abandoned(path: &Path) -> bool {
    let changed = fs::metadata(path).and_then(|data| data.modified());
    changed.is_ok_and(|time| {
        SystemTime::now()
            .duration_since(time)
            .is_ok_and(|age| age > ABANDONED)
    })
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error + use<> {
    let path = path.to_owned();
    move |why| Error::Refused {
        why: format!("cannot {what} {}: {why}", path.display()),
    }
}

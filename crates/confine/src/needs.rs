//! What a server needs once it runs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What a process needs once it runs; by default no files, and no connections that it opens itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    pub(crate) read: BTreeSet<PathBuf>,
    pub(crate) write: BTreeSet<PathBuf>,
    pub(crate) remove: BTreeSet<PathBuf>,
    pub(crate) remove_empty: BTreeSet<PathBuf>,
    pub(crate) connect: BTreeSet<u16>,
    pub(crate) reaches_abstract_sockets: bool,
    pub(crate) sends_datagrams: bool,
    pub(crate) chooses_addresses: bool,
}

impl Needs {
    /// Reads this file, or all files in this directory and below. Nothing that is not there when confinement begins.
    pub fn read(&mut self, path: impl Into<PathBuf>) -> &mut Needs {
        self.read.insert(path.into());
        self
    }

    /// Reads this file more than once: it may have been replaced by another one meanwhile, so its whole directory can be
    /// read, and that of the file that it is a symbolic link to.
    pub fn read_again(&mut self, path: &Path) -> &mut Needs {
        let target = path.canonicalize().ok();
        let parents = [Some(path), target.as_deref()].into_iter().flatten();
        self.read
            .extend(parents.filter_map(directory).map(Path::to_owned));
        self
    }

    /// Reads, makes, changes and removes files and directories in this directory and below.
    pub fn write(&mut self, directory: impl Into<PathBuf>) -> &mut Needs {
        self.write.insert(directory.into());
        self
    }

    /// Removes this file, and so may remove any in its directory and below.
    pub fn remove(&mut self, file: &Path) -> &mut Needs {
        self.remove.extend(directory(file).map(Path::to_owned));
        self
    }

    /// Removes this directory once it is empty, and so may remove any empty one in the directory that it is in, and below.
    pub fn remove_empty(&mut self, path: &Path) -> &mut Needs {
        self.remove_empty
            .extend(directory(path).map(Path::to_owned));
        self
    }

    /// Opens TCP connections to this port of any machine, and asks for its address: names are looked up with sockets and
    /// with files below `/etc`, which are replaced at any time, and by libraries that are loaded then.
    pub fn connect(&mut self, port: u16) -> &mut Needs {
        // Answers of name servers that do not fit come over TCP.
        self.connect.extend([port, 53]);
        for place in ["/etc", "/run/systemd/resolve", "/lib", "/lib64", "/usr/lib"] {
            self.read(place);
        }
        // Where certificates below /etc/ssl are links to.
        self.read("/usr/share/ca-certificates")
            .read("/usr/local/share/ca-certificates")
    }

    /// Sends to a Unix socket in the abstract name space, which somebody else has made.
    pub fn reach_abstract_sockets(&mut self) -> &mut Needs {
        self.reaches_abstract_sockets = true;
        self
    }

    /// Opens sockets for datagrams to other machines.
    pub fn send_datagrams(&mut self) -> &mut Needs {
        self.sends_datagrams = true;
        self
    }

    /// Connects from an address of its own choice, and a port of the kernel's.
    pub fn choose_addresses(&mut self) -> &mut Needs {
        self.chooses_addresses = true;
        self
    }
}

/// The directory that a file is in; of a bare name the current one.
fn directory(path: &Path) -> Option<&Path> {
    let parent = path.parent()?;
    Some(match parent.as_os_str().is_empty() {
        true => Path::new("."),
        false => parent,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_replaced_is_read_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let [live, archive] = ["live", "archive"].map(|name| folder.path().join(name));
        std::fs::create_dir(&live).expect("made");
        std::fs::create_dir(&archive).expect("made");
        std::fs::write(archive.join("key1"), "").expect("written");
        std::os::unix::fs::symlink("../archive/key1", live.join("key")).expect("linked");
        let mut needs = Needs::default();
        needs.read_again(&live.join("key"));
        let archive = archive.canonicalize().expect("there");
        assert_eq!(needs.read, BTreeSet::from([live, archive]));
        assert_eq!(directory(Path::new("key")), Some(Path::new(".")));
    }
}

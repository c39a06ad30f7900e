//! Zone files on disk. What a commit of them would refuse is refused here too: no symbolic links, nothing outside the top.

mod walk;

use super::{Files, Listing, Unread, source_error};
use crate::failure::Failure;
use git_store::{Finding, Problem, TreePath, ZONE_ROOT, include_path, limits};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use zonefile::SourceError;

/// A folder with zones: the work tree of a repository, or any other.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    /// The top, from which paths are counted.
    top: PathBuf,
    /// What a person reads before such a path.
    prefix: String,
    /// `zones`, or empty.
    zone_root: &'static str,
    /// Whether included files have to lie in a `.d` folder. A file by itself may include any file below its folder.
    has_layout: bool,
}

impl Folder {
    /// The folder at `top`, laid out like a repository.
    pub(crate) fn new(top: &Path) -> Folder {
        let zone_root = if top.join(ZONE_ROOT).is_dir() {
            ZONE_ROOT
        } else {
            ""
        };
        Folder {
            top: top.to_owned(),
            prefix: prefix(top),
            zone_root,
            has_layout: true,
        }
    }

    /// The folder around a file that is in no repository.
    pub(crate) fn around(file: &Path) -> Folder {
        let top = file.parent().unwrap_or(Path::new(""));
        Folder {
            top: top.to_owned(),
            prefix: prefix(top),
            zone_root: "",
            has_layout: false,
        }
    }

    /// Where paths are counted from.
    pub(crate) fn top(&self) -> &Path {
        &self.top
    }

    /// Whether it is the work tree of a repository.
    pub(crate) fn is_work_tree(&self) -> bool {
        self.top.join(".git").exists()
    }

    /// Zone files and parts at or below the path `part`.
    pub(crate) fn texts(&self, part: &str) -> Result<Vec<String>, Failure> {
        let found = self.found()?;
        let all = found.zones.into_values().flatten().chain(found.parts);
        Ok(all.filter(|path| is_at_or_below(path, part)).collect())
    }

    /// Replaces the text of a file, through a second one, so that nobody ever reads half of it.
    pub(crate) fn write(&self, path: &str, text: &[u8]) -> Result<(), Failure> {
        self.write_whole(path, text).map_err(|error| {
            Failure::unreadable(format!("cannot write {}", self.shown(path)))
                .because(&error)
                .next("look at the permissions of the file and its folder")
        })
    }

    fn write_whole(&self, path: &str, text: &[u8]) -> io::Result<()> {
        let path = self.on_disk(path);
        let mut fresh = path.as_os_str().to_owned();
        fresh.push(".zonetool-new");
        fs::write(&fresh, text)?;
        fs::set_permissions(&fresh, fs::metadata(&path)?.permissions())?;
        fs::rename(&fresh, &path)
    }

    fn on_disk(&self, path: &str) -> PathBuf {
        self.top.join(path)
    }

    /// What a repository would not take. A file by itself is only text.
    fn problem_of(&self, text: &[u8]) -> Option<Problem> {
        let octets = text.len() as u64;
        match text.iter().position(|octet| *octet == 0) {
            _ if !self.has_layout => None,
            _ if octets > limits::FILE_OCTETS => Some(Problem::TooLarge { octets }),
            Some(offset) => Some(Problem::Binary { offset }),
            None => None,
        }
    }

    fn included_path(&self, including: &str, named: &str) -> Result<String, SourceError> {
        if self.has_layout {
            return include_path(self.zone_root, including, named)
                .map_err(|error| source_error(&error));
        }
        let is_below = Path::new(named)
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
        let folder = including
            .rsplit_once('/')
            .map_or(String::new(), |(folder, _)| format!("{folder}/"));
        match is_below && !named.is_empty() {
            true => Ok(format!("{folder}{named}")),
            false => Err(SourceError::Refused(
                "an included file lies in the folder of the file that includes it, or below"
                    .to_owned(),
            )),
        }
    }

    /// Neither the file nor a folder on the way may be a symbolic link.
    fn read_plain(&self, path: &str) -> io::Result<Vec<u8>> {
        let mut on_disk = self.top.clone();
        for component in path.split('/') {
            on_disk.push(component);
            if fs::symlink_metadata(&on_disk)?.is_symlink() {
                return Err(io::Error::other(
                    "it is a symbolic link, which is never followed",
                ));
            }
        }
        if !fs::metadata(&on_disk)?.is_file() {
            return Err(io::Error::other("it is not a plain file"));
        }
        fs::read(&on_disk)
    }
}

impl Files for Folder {
    fn list(&self) -> Result<Listing, Failure> {
        Ok(self.found()?.into_listing())
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, Unread> {
        let text = self.read_plain(path).map_err(|error| {
            Failure::unreadable(format!("cannot read {}", self.shown(path)))
                .because(&error)
                .next("name a file that is there and yours to read")
        })?;
        match self.problem_of(&text) {
            Some(problem) => Err(Unread::Refused(Finding {
                path: TreePath::new(path),
                problem,
            })),
            None => Ok(text),
        }
    }

    fn include(&self, including: &str, named: &str) -> Result<(String, Vec<u8>), SourceError> {
        let path = self.included_path(including, named)?;
        match self.read_plain(&path) {
            Ok(octets) => Ok((path, octets)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(SourceError::Missing),
            Err(error) => Err(SourceError::Unreadable(format!("{path}: {error}"))),
        }
    }

    fn read_optional(&self, path: &str) -> Option<Vec<u8>> {
        self.read_plain(path).ok()
    }

    fn shown(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }
}

/// Whether a path is `part`, or in the folder `part`; everything is in the folder without a name.
pub(crate) fn is_at_or_below(path: &str, part: &str) -> bool {
    let rest = path.strip_prefix(part);
    part.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// `top` as seen from the current folder, ready to be put before a path.
fn prefix(top: &Path) -> String {
    let text = match std::env::current_dir()
        .ok()
        .and_then(|here| top.strip_prefix(here).ok().map(Path::to_owned))
    {
        Some(below) => below.display().to_string(),
        None => top.display().to_string(),
    };
    match text.as_str() {
        "" | "." => String::new(),
        text if text.ends_with('/') => text.to_owned(),
        text => format!("{text}/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_the_world_outside_are_not_read() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "x").unwrap();
        let top = tempfile::tempdir().unwrap();
        fs::create_dir(top.path().join("a.d")).unwrap();
        fs::write(top.path().join("a.d/part"), "y").unwrap();
        std::os::unix::fs::symlink(outside.path(), top.path().join("link.d")).unwrap();
        let folder = Folder::new(top.path());
        assert_eq!(
            folder.include("example.org", "a.d/part").unwrap(),
            ("a.d/part".to_owned(), b"y".to_vec())
        );
        for named in [
            "link.d/secret",
            "../secret",
            "/etc/hostname",
            "a.d/none",
            "part",
        ] {
            assert!(folder.include("example.org", named).is_err(), "{named}");
        }
    }

    #[test]
    fn two_files_for_one_zone_are_a_finding() {
        let top = tempfile::tempdir().unwrap();
        fs::create_dir(top.path().join("org")).unwrap();
        for path in [
            "example.org",
            "org/Example.org",
            "example.net",
            "README.md",
            "_keys",
        ] {
            fs::write(top.path().join(path), "").unwrap();
        }
        let listing = Folder::new(top.path()).list().unwrap();
        assert_eq!(
            listing
                .zones
                .iter()
                .map(|zone| zone.path.as_str())
                .collect::<Vec<_>>(),
            ["example.net"]
        );
        let rules: Vec<&str> = listing
            .findings
            .iter()
            .map(|finding| finding.problem.rule())
            .collect();
        assert_eq!(rules, ["layout-key-file", "layout-several-files"]);
    }
}

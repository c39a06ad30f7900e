//! What Git would not take because somebody has said so: `.gitignore` of each folder, `.git/info/exclude`, and the person's own list.

use super::Boxed;
use gix::bstr::BStr;
use gix_ignore::glob::pattern::Case;
use gix_ignore::search::Ignore;
use gix_ignore::{Kind, Search};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// As Git has it by default.
const SYNTAX: Ignore = Ignore {
    support_precious: false,
};

/// The patterns that hold in the folder that is looked at, and in those above it.
pub(crate) struct Ignored {
    search: Search,
    top: PathBuf,
}

impl Ignored {
    /// Those that hold everywhere.
    pub(crate) fn new(config: &gix::Repository, top: &Path) -> Result<Ignored, Boxed> {
        let own = own_list(config).filter(|list| list.is_file());
        let search = Search::from_git_dir(config.common_dir(), own, &mut Vec::new(), SYNTAX)?;
        Ok(Ignored {
            search,
            top: top.to_owned(),
        })
    }

    /// Adds those of a folder, as long as it is looked at.
    pub(crate) fn enter(&mut self, folder: &Path) -> io::Result<()> {
        let list = folder.join(".gitignore");
        // As Git does: a link to elsewhere is no list.
        let is_plain = fs::symlink_metadata(&list).is_ok_and(|seen| seen.is_file());
        let octets = if is_plain {
            fs::read(&list)?
        } else {
            Vec::new()
        };
        self.search
            .add_patterns_buffer(&octets, list, Some(&self.top), SYNTAX)
    }

    /// Forgets those of the folder that was entered last.
    pub(crate) fn leave(&mut self) {
        self.search.patterns.pop();
    }

    /// Whether the file or folder is ignored. Whoever asks has not entered an ignored folder.
    pub(crate) fn has(&self, path: &BStr, is_folder: bool) -> bool {
        let found =
            self.search
                .pattern_matching_relative_path(path, Some(is_folder), Case::Sensitive);
        found.is_some_and(|found| found.kind == Kind::Expendable && !found.pattern.is_negative())
    }
}

/// `core.excludesFile`, or where it is by default.
fn own_list(config: &gix::Repository) -> Option<PathBuf> {
    let configured = config.config_snapshot().trusted_path("core.excludesFile");
    if let Ok(Some(path)) = configured {
        return Some(path);
    }
    let folder = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    let folder = folder.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".config")));
    folder.map(|folder| folder.join("git/ignore"))
}

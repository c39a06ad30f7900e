//! Walking a folder: who claims which zone, and what is wrong.

use super::super::passed_over::PassedOver;
use super::super::{Listing, ZoneAt};
use super::Folder;
use crate::failure::Failure;
use git_store::{Finding, Problem, Role, TreePath, ZoneName, limits};
use std::collections::BTreeMap;
use std::fs::{self, DirEntry};
use std::io;
use std::path::Path;

impl Folder {
    /// What lies below the folder of zones.
    pub(super) fn found(&self) -> Result<Found, Failure> {
        let mut found = Found {
            passed_over: match self.is_work_tree() {
                true => Some(PassedOver::of(&self.top)?),
                false => None,
            },
            ..Found::default()
        };
        let above = match self.zone_root {
            "" => Ok(()),
            _ => found.enter(&self.top),
        };
        let walked = above.and_then(|()| self.walk(self.zone_root, 0, &mut found));
        walked.map_err(|error| {
            Failure::unreadable(format!("cannot read the folder {}", self.top.display()))
                .because(&error)
                .next("name a folder that holds zone files")
        })?;
        Ok(found)
    }

    /// What is wrong, and every claim to a zone.
    fn walk(&self, folder: &str, depth: usize, found: &mut Found) -> io::Result<()> {
        if depth > limits::LEVELS {
            found.refuse(folder, Problem::TooDeep);
            return Ok(());
        }
        found.enter(&self.on_disk(folder))?;
        let mut entries: Vec<DirEntry> =
            fs::read_dir(self.on_disk(folder))?.collect::<io::Result<_>>()?;
        entries.sort_by_key(DirEntry::file_name);
        for entry in entries {
            let Ok(name) = entry.file_name().into_string() else {
                found.refuse(
                    &format!("{folder}/{}", entry.file_name().display()),
                    Problem::NotUtf8,
                );
                continue;
            };
            let path = if folder.is_empty() {
                name
            } else {
                format!("{folder}/{name}")
            };
            let kind = entry.file_type()?;
            if found.passes_over(&path, kind.is_dir()) {
                continue;
            }
            match kind.is_dir() {
                true if !path
                    .rsplit('/')
                    .next()
                    .is_some_and(|name| name.starts_with('.')) =>
                {
                    self.walk(&path, depth + 1, found)?;
                }
                true => {}
                false => self.file(path, kind.is_symlink(), found),
            }
        }
        found.leave();
        Ok(())
    }

    fn file(&self, path: String, is_symlink: bool, found: &mut Found) {
        let below_root = path[self.zone_root.len()..].trim_start_matches('/');
        match (Role::of(below_root), is_symlink) {
            (Role::Ignored, _) => {}
            (_, true) => found.refuse(&path, Problem::Symlink),
            (Role::Zone(zone), _) => found.zones.entry(zone).or_default().push(path),
            (Role::Part, _) => found.parts.push(path),
            (Role::Keys, _) => found.refuse(&path, Problem::KeyFile),
            (Role::NotAZone(why), _) => found.refuse(&path, Problem::NotAZoneName(why)),
        }
    }
}

/// What a walk has seen so far.
#[derive(Default)]
pub(super) struct Found {
    pub(super) zones: BTreeMap<ZoneName, Vec<String>>,
    pub(super) parts: Vec<String>,
    findings: Vec<Finding>,
    /// Outside of a working tree nothing is.
    passed_over: Option<PassedOver>,
}

impl Found {
    fn enter(&mut self, folder: &Path) -> io::Result<()> {
        let mut passed_over = self.passed_over.iter_mut();
        passed_over.try_for_each(|passed_over| passed_over.enter(folder))
    }

    fn leave(&mut self) {
        self.passed_over.iter_mut().for_each(PassedOver::leave);
    }

    fn passes_over(&self, path: &str, is_folder: bool) -> bool {
        let passed_over = self.passed_over.as_ref();
        passed_over.is_some_and(|passed_over| passed_over.has(path, is_folder))
    }

    fn refuse(&mut self, path: &str, problem: Problem) {
        self.findings.push(Finding {
            path: TreePath::new(path),
            problem,
        });
    }

    pub(super) fn into_listing(mut self) -> Listing {
        let mut zones = Vec::new();
        for (zone, mut paths) in std::mem::take(&mut self.zones) {
            let path = paths.remove(0);
            match paths.is_empty() {
                true => zones.push(ZoneAt { zone, path }),
                false => {
                    let others = paths.into_iter().map(TreePath::new).collect();
                    self.refuse(&path, Problem::SeveralFiles { zone, others });
                }
            }
        }
        Listing {
            zones,
            findings: self.findings,
        }
    }
}

//! Which zones a change of parts is a change of.

use std::collections::BTreeSet;

use git_store::{BlobId, Layout, TreePath, ZoneFile, ZoneName, include_path};

use super::stated::included;
use super::{Ahead, Files};

/// Files deep in files that are gone into for the names of parts.
const DEPTH: usize = 8;

impl Ahead<'_> {
    /// The zones that include one of these parts.
    pub(super) fn including(
        &mut self,
        layout: &Layout,
        touched: &BTreeSet<TreePath>,
        files: &mut dyn Files,
    ) -> Vec<ZoneName> {
        let zones = layout.zones().filter_map(|(_, file)| file.ok());
        let may_be = zones.filter(|file| touched.iter().any(|part| may_include(file, part)));
        let found: Vec<ZoneName> = may_be
            .filter(|file| self.includes(file, touched, files))
            .map(|file| file.zone)
            .collect();
        // A part may include others than before.
        let unknown = found.iter().map(|zone| (zone.clone(), None));
        self.news.parts.extend(unknown);
        found
    }

    fn includes(
        &mut self,
        file: &ZoneFile,
        touched: &BTreeSet<TreePath>,
        files: &mut dyn Files,
    ) -> bool {
        let is_touched =
            |parts: &BTreeSet<TreePath>| parts.iter().any(|part| touched.contains(part));
        let before = || {
            self.before
                .parts
                .get(&file.zone)
                .filter(|_| !self.news.is_all)
        };
        let known = match self.news.parts.get(&file.zone) {
            Some(news) => news.as_ref(),
            None => before(),
        };
        if let Some(parts) = known {
            return is_touched(parts);
        }
        let parts = parts_of(file, files);
        let includes = is_touched(&parts);
        self.news.parts.insert(file.zone.clone(), Some(parts));
        includes
    }
}

/// A part lies at or below the folder of the file that includes it.
fn may_include(file: &ZoneFile, part: &TreePath) -> bool {
    let path = file.path.as_bytes();
    let slash = path.iter().rposition(|octet| *octet == b'/');
    let folder = &path[..slash.map_or(0, |slash| slash + 1)];
    part.as_bytes().starts_with(folder)
}

/// All parts that the file of a zone asks for, and those that they ask for, there or not.
fn parts_of(file: &ZoneFile, files: &mut dyn Files) -> BTreeSet<TreePath> {
    let mut parts = BTreeSet::new();
    let mut texts = vec![(file.path.clone(), file.blob)];
    for _ in 0..DEPTH {
        let mut next = Vec::new();
        for (path, blob) in texts {
            for part in parts_in(&path, blob, files) {
                let is_new = parts.insert(TreePath::new(part.as_str()));
                let blob = files.find(&part).filter(|_| is_new);
                next.extend(blob.map(|blob| (TreePath::new(part), blob)));
            }
        }
        texts = next;
    }
    parts
}

fn parts_in(path: &TreePath, blob: BlobId, files: &mut dyn Files) -> Vec<String> {
    let (Some(text), Some(including)) = (files.read(path, blob), path.as_str()) else {
        return Vec::new();
    };
    let root = files.zone_root().to_owned();
    let paths = included(&text).filter_map(|named| include_path(&root, including, named).ok());
    paths.collect()
}

//! Which zones a change of parts is a change of.

use std::collections::BTreeSet;

use git_store::{BlobId, Layout, Touched, TreePath, ZoneFile, ZoneName, include_path};

use super::stated::included;
use super::{Ahead, Files};

/// Files deep in files that are gone into for the names of parts.
const DEPTH: usize = 8;

/// The parts that a zone asks for, directly or through others, there or not.
#[derive(Debug, Default)]
pub(super) struct Parts {
    all: BTreeSet<TreePath>,
    /// Those of them that ask for parts themselves.
    asking: BTreeSet<TreePath>,
}

impl Ahead<'_> {
    /// The zones that include a touched part, but for those that are touched themselves.
    pub(super) fn including(
        &mut self,
        layout: &Layout,
        touched: &Touched,
        files: &mut dyn Files,
    ) -> Vec<ZoneName> {
        let zones: Box<dyn Iterator<Item = _>> = match self.only {
            Some(zone) => Box::new(layout.zone(zone).into_iter()),
            None => Box::new(layout.zones().map(|(_, file)| file)),
        };
        let others = zones
            .filter_map(Result::ok)
            .filter(|file| !touched.zones.contains(&file.zone));
        let may_be = others.filter(|file| touched.parts.iter().any(|part| may_include(file, part)));
        may_be
            .filter(|file| self.includes(file, &touched.parts, files))
            .map(|file| file.zone)
            .collect()
    }

    fn includes(
        &mut self,
        file: &ZoneFile,
        touched: &BTreeSet<TreePath>,
        files: &mut dyn Files,
    ) -> bool {
        let before = || {
            let before = self.before.parts.get(&file.zone);
            before.filter(|_| !self.news.is_all)
        };
        let known = match self.news.parts.get(&file.zone) {
            Some(news) => news.as_ref(),
            None => before(),
        };
        let Some(parts) = known else {
            let parts = parts_of(file, files);
            let includes = parts.all.iter().any(|part| touched.contains(part));
            self.news.parts.insert(file.zone.clone(), Some(parts));
            return includes;
        };
        let here: Vec<&TreePath> = parts
            .all
            .iter()
            .filter(|part| touched.contains(part))
            .collect();
        // A part that asked for others, or does so now, may ask for others than before.
        let is_as_before = |part: &&TreePath| !parts.asking.contains(*part) && !asks(part, files);
        let (includes, is_known) = (!here.is_empty(), here.iter().all(is_as_before));
        if !is_known {
            self.news.parts.insert(file.zone.clone(), None);
        }
        includes
    }
}

/// Whether a part asks for others.
fn asks(part: &TreePath, files: &mut dyn Files) -> bool {
    let blob = part.as_str().and_then(|path| files.find(path));
    blob.is_some_and(|blob| !parts_in(part, blob, files).is_empty())
}

/// A part lies at or below the folder of the file that includes it.
fn may_include(file: &ZoneFile, part: &TreePath) -> bool {
    let path = file.path.as_bytes();
    let slash = path.iter().rposition(|octet| *octet == b'/');
    let folder = &path[..slash.map_or(0, |slash| slash + 1)];
    part.as_bytes().starts_with(folder)
}

fn parts_of(file: &ZoneFile, files: &mut dyn Files) -> Parts {
    let mut parts = Parts::default();
    let mut texts = vec![(file.path.clone(), file.blob)];
    for _ in 0..DEPTH {
        let mut next = Vec::new();
        for (path, blob) in texts {
            let asked = parts_in(&path, blob, files);
            for part in &asked {
                let is_new = parts.all.insert(TreePath::new(part.as_str()));
                let blob = files.find(part).filter(|_| is_new);
                next.extend(blob.map(|blob| (TreePath::new(part.as_str()), blob)));
            }
            parts
                .asking
                .extend(Some(path).filter(|_| !asked.is_empty()));
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

//! Keys in the repository (`_keys` and `ZONE._keys`), from commit to commit.
//!
//! They follow the branch as zones do: a commit that changes such a file changes the keys, and a file with mistakes keeps those
//! that it had last. Whoever can read the repository has them all, so they are only taken where the operator says so.

use std::collections::BTreeMap;
use std::sync::Arc;

use git_store::{BlobId, Printable, ReadError, Snapshot, TreePath};
use server::{Keys, KeysConfig};
use tsig::Key;
use tsig::text::{RecordMistake, read_key_records, scope_of_records};
use zone::rules::{Rule, Severity};
use zonefile::SourceMap;

use super::loader::Loader;
use crate::event::Report;

/// Mistakes of a file that are kept: the first ones tell enough.
const REPORTS: usize = 20;

/// The keys of all files.
pub(crate) struct KeyFiles {
    keys: Arc<Keys>,
    files: BTreeMap<TreePath, KeyFile>,
}

/// A file as it is in the commit taken in last.
struct KeyFile {
    blob: BlobId,
    /// From the last version without mistakes.
    good: Vec<Arc<Key>>,
    reports: Vec<Report>,
}

impl KeyFiles {
    /// Hands the keys over to these, if the operator wants that.
    pub(crate) fn of(config: &KeysConfig, keys: Option<&Arc<Keys>>) -> Option<KeyFiles> {
        let keys = keys.filter(|_| config.are_more)?;
        tracing::warn!(
            "whoever can read the repository has the keys in it, and its history keeps them: better have a file for --keys"
        );
        Some(KeyFiles {
            keys: Arc::clone(keys),
            files: BTreeMap::new(),
        })
    }
}

impl Loader {
    /// Takes on the keys of a commit that is served.
    pub(super) fn take_in_keys(&mut self, snapshot: &Snapshot) {
        let Some(mut all) = self.key_files.take() else {
            return;
        };
        let is_same = |(path, blob): (&TreePath, &BlobId)| {
            all.files.get(path).is_some_and(|file| file.blob == *blob)
        };
        let wanted = self.layout.keys();
        if wanted.len() != all.files.len() || !wanted.iter().all(is_same) {
            let mut before = std::mem::take(&mut all.files);
            for (path, blob) in wanted {
                let known = before.remove(path);
                let file = match known {
                    Some(known) if known.blob == *blob => known,
                    known => self.read_key_file(snapshot, (path, *blob), known),
                };
                all.files.insert(path.clone(), file);
            }
            self.tell_of_keys(&all);
        }
        self.key_files = Some(all);
    }

    fn tell_of_keys(&self, all: &KeyFiles) {
        let files = all.files.values();
        let reports: Vec<Report> = files
            .clone()
            .flat_map(|file| file.reports.clone())
            .collect();
        for report in &reports {
            tracing::error!(place = %report.place, rule = %report.rule, "{}; {}", report.message, HELP);
        }
        self.board().key_files = reports;
        let keys: Vec<Arc<Key>> = files.flat_map(|file| file.good.iter().cloned()).collect();
        tracing::info!(
            keys = keys.len(),
            files = all.files.len(),
            "keys were read from the repository"
        );
        all.keys.take_on(keys);
    }

    fn read_key_file(
        &self,
        snapshot: &Snapshot,
        (path, blob): (&TreePath, BlobId),
        known: Option<KeyFile>,
    ) -> KeyFile {
        match read(snapshot, path, blob) {
            Ok(good) => KeyFile {
                blob,
                good,
                reports: Vec::new(),
            },
            Err(reports) => KeyFile {
                blob,
                good: known.map_or_else(|| self.older_keys(snapshot, path), |known| known.good),
                reports,
            },
        }
    }

    /// After a start with a file that has mistakes: what it had last.
    fn older_keys(&self, snapshot: &Snapshot, path: &TreePath) -> Vec<Arc<Key>> {
        let older = self.store.first_parents(snapshot.commit().id);
        let older = older.skip(1).take(self.look_back).map_while(Result::ok);
        let trusted = older.filter(|commit| self.is_signed(commit.id));
        let mut versions = trusted.map_while(|commit| {
            let snapshot = snapshot.beside(commit.id).ok()?;
            let blob = snapshot.find(path.as_str()?).ok()??;
            Some(read(&snapshot, path, blob))
        });
        versions.find_map(Result::ok).unwrap_or_default()
    }
}

const HELP: &str = "until it is mended, the keys of before are good";

fn read(snapshot: &Snapshot, path: &TreePath, blob: BlobId) -> Result<Vec<Arc<Key>>, Vec<Report>> {
    let shown = Printable(path.as_bytes()).to_string();
    let report = |place: String, message: String| Report {
        rule: Rule::BadKey.id().into(),
        severity: Severity::Error.to_string(),
        place,
        message,
        help: Some(HELP.into()),
    };
    let scope = path.as_str().and_then(scope_of_records).ok_or_else(|| {
        let message = "what stands before ._keys is no name of a zone".to_owned();
        vec![report(shown.clone(), message)]
    })?;
    let text = snapshot.file(path, blob).map_err(|why| match why {
        ReadError::Refused(finding) => vec![Report::of_layout(&finding)],
        ReadError::Repository(why) => vec![report(shown.clone(), why.to_string())],
    })?;
    let mut map = SourceMap::new();
    let ring = read_key_records((&shown, scope.as_ref()), &text, &mut map);
    let ring = ring.map_err(|mistakes| {
        let reports = mistakes.into_iter().take(REPORTS);
        let reports = reports.map(|RecordMistake { span, message }| {
            report(map.place(span.start).to_string(), message)
        });
        reports.collect::<Vec<_>>()
    })?;
    Ok(ring.iter().cloned().collect())
}

//! What is heard and kept while a zone of a commit is read.

use super::text::{Texts, Wanted};
use crate::files::{CommitFiles, Files};
use crate::records::Record;
use git_store::{BlobId, TreePath, include_path};
use rr::{Class, NameRef, Rtype, Ttl};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use zonefile::{Sink, SourceError, Sources, Span, Text};

/// Includes of a commit, and a note of each.
pub(super) struct Opened<'f> {
    commit: &'f CommitFiles,
    pub(super) files: Texts,
    /// Those and all that were asked for in vain.
    pub(super) sought: BTreeSet<TreePath>,
}

impl<'f> Opened<'f> {
    pub(super) fn of(commit: &'f CommitFiles) -> Opened<'f> {
        Opened {
            commit,
            files: BTreeMap::new(),
            sought: BTreeSet::new(),
        }
    }

    pub(super) fn keep(&mut self, path: &str, blob: BlobId, text: &Text) {
        self.files.insert(path.to_owned(), (blob, text.clone()));
        self.sought.insert(TreePath::new(path));
    }
}

impl Sources for Opened<'_> {
    fn open(&mut self, including: &str, named: &str) -> Result<(String, Text), SourceError> {
        let root = self.commit.snapshot.zone_root();
        if let Ok(path) = include_path(root.as_str().unwrap_or_default(), including, named) {
            self.sought.insert(TreePath::new(path));
        }
        let (path, octets) = self.commit.include(including, named)?;
        let text = Text::from(octets);
        if let Ok(Some(blob)) = self.commit.snapshot.find(&path) {
            self.keep(&path, blob, &text);
        }
        Ok((path, text))
    }
}

/// Keeps what is asked about.
pub(super) struct Asked<'w> {
    pub(super) wanted: &'w Wanted,
    pub(super) records: Vec<Rc<Record>>,
}

impl Sink for Asked<'_> {
    fn record(
        &mut self,
        owner: NameRef<'_>,
        class: Class,
        ttl: Ttl,
        rtype: Rtype,
        rdata: &[u8],
        at: Span,
    ) {
        if self.wanted.is(owner, rtype) {
            self.records.push(Rc::new(Record {
                owner: owner.to_owned(),
                ttl,
                class,
                rtype,
                rdata: rdata.into(),
                at: at.start,
            }));
        }
    }
}

//! One version of a zone's text, and the next older one read from what differs.

use super::Version;
use super::heard::{Asked, Opened};
use crate::failure::Failure;
use crate::files::{CommitFiles, Files, Unread as NotRead, ZoneAt};
use crate::reading;
use crate::records::Record;
use git_store::{BlobId, TreePath, ZoneFile};
use rr::{Name, NameRef, Rtype};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use zonefile::{
    Edit, Followed, Limits, Pos, SourceMap, SyntaxError, Text, Trail, Written, read_zone_with_trail,
};

/// Which records are asked about.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) name: Name,
    /// `None` for all types.
    pub(crate) rtype: Option<Rtype>,
    /// The names below it, too.
    pub(crate) below: bool,
}

impl Wanted {
    pub(super) fn is(&self, owner: NameRef<'_>, rtype: Rtype) -> bool {
        let is_named = match self.below {
            true => owner.is_at_or_below(self.name.as_ref()),
            false => owner == self.name.as_ref(),
        };
        is_named && self.rtype.is_none_or(|wanted| wanted == rtype)
    }
}

/// Files by path: which one it is, and what is in it.
pub(super) type Texts = BTreeMap<String, (BlobId, Text)>;

/// What a zone's files say of the records that are asked about.
pub(crate) struct ZoneText {
    at: ZoneAt,
    /// All that were read.
    files: Texts,
    /// Those and all that an include asked for in vain.
    pub(super) sought: BTreeSet<TreePath>,
    /// How it was read; `None` where there are mistakes.
    trail: Option<Trail>,
    /// Every record as often as it is written, sorted, of several alike the one with the lowest TTL first.
    written: Vec<Rc<Record>>,
    pub(super) version: Rc<Version>,
    pub(super) errors: Vec<SyntaxError>,
    /// Where records and mistakes are; only of a text that was read as a whole.
    pub(crate) map: SourceMap,
}

impl ZoneText {
    /// Reads a zone as a whole.
    pub(super) fn read(
        files: &CommitFiles,
        zone: &ZoneFile,
        wanted: &Wanted,
    ) -> Result<ZoneText, NotRead> {
        let at = ZoneAt {
            zone: zone.zone.clone(),
            path: zone.path.to_string(),
        };
        let text = Text::from(files.read(&at.path)?);
        let mut opened = Opened::of(files);
        opened.keep(&at.path, zone.blob, &text);
        let mut asked = Asked {
            wanted,
            records: Vec::new(),
        };
        let (apex, limits, mut map) = (reading::apex(&at), Limits::default(), SourceMap::new());
        let (errors, trail) = read_zone_with_trail(
            apex.as_ref(),
            &at.path,
            text,
            &mut opened,
            &limits,
            &mut map,
            &mut asked,
        );
        let mut written = asked.records;
        written.sort_by(|left, right| in_order(left, right));
        Ok(ZoneText {
            at,
            files: opened.files,
            sought: opened.sought,
            trail: errors.is_empty().then_some(trail),
            version: version(&written, errors.is_empty()),
            written,
            errors,
            map,
        })
    }

    /// The same zone in another commit, from this text and what differs; `None` where it has to be read as a whole.
    pub(super) fn elsewhere(
        &self,
        files: &CommitFiles,
        zone: &ZoneFile,
        wanted: &Wanted,
    ) -> Result<Option<ZoneText>, Failure> {
        let is_same_file = zone.zone == self.at.zone && zone.path.as_str() == Some(&self.at.path);
        let (Some(trail), true) = (&self.trail, is_same_file) else {
            return Ok(None);
        };
        let Some(texts) = self.files_in(files)? else {
            return Ok(None);
        };
        let Some(followed) = self.follow(trail, &texts) else {
            return Ok(None);
        };
        let written = self.written_otherwise(followed.removed, followed.added, wanted);
        Ok(Some(ZoneText {
            at: self.at.clone(),
            files: texts,
            sought: self.sought.clone(),
            trail: Some(followed.trail),
            version: version(&written, true),
            written,
            errors: Vec::new(),
            map: SourceMap::new(),
        }))
    }

    fn follow(&self, trail: &Trail, texts: &Texts) -> Option<Followed> {
        let both = texts.iter().zip(&self.files);
        let changed = both.filter(|((_, (new, _)), (_, (old, _)))| new != old);
        let edits: Vec<Edit<'_>> = changed
            .map(|((path, (_, new)), (_, (_, old)))| Edit { path, old, new })
            .collect();
        // Comments have no say here, so all of them are plain.
        trail.follow(&edits, &Limits::default(), &|_| true).ok()
    }

    fn written_otherwise(
        &self,
        removed: Vec<Written>,
        added: Vec<Written>,
        wanted: &Wanted,
    ) -> Vec<Rc<Record>> {
        let mut written = self.written.clone();
        for gone in asked(removed, wanted) {
            if let Ok(at) = written.binary_search_by(|record| in_order(record, &gone)) {
                drop(written.remove(at));
            }
        }
        for came in asked(added, wanted) {
            let at = written.partition_point(|record| in_order(record, &came).is_lt());
            written.insert(at, Rc::new(came));
        }
        written
    }

    /// The files of this text as another commit has them; `None` where one of them is not there.
    fn files_in(&self, files: &CommitFiles) -> Result<Option<Texts>, Failure> {
        let mut texts = BTreeMap::new();
        for (path, (known, text)) in &self.files {
            let Ok(Some(blob)) = files.snapshot.find(path) else {
                return Ok(None);
            };
            let text = match blob == *known {
                true => text.clone(),
                false => match files.read(path) {
                    Ok(octets) => octets.into(),
                    Err(NotRead::Refused(_)) => return Ok(None),
                    Err(NotRead::Failed(failure)) => return Err(failure),
                },
            };
            texts.insert(path.clone(), (blob, text));
        }
        Ok(Some(texts))
    }
}

/// Each record once.
fn version(written: &[Rc<Record>], is_whole: bool) -> Rc<Version> {
    let mut records = written.to_vec();
    records.dedup_by(|later, earlier| later.compare(earlier).is_eq());
    Rc::new(Version { records, is_whole })
}

fn in_order(left: &Record, right: &Record) -> std::cmp::Ordering {
    left.compare(right).then(left.ttl.cmp(&right.ttl))
}

fn asked(written: Vec<Written>, wanted: &Wanted) -> impl Iterator<Item = Record> {
    let asked = |written: &Written| wanted.is(written.owner.as_ref(), written.rtype);
    written.into_iter().filter(asked).map(|written| Record {
        owner: written.owner,
        ttl: written.ttl,
        class: written.class,
        rtype: written.rtype,
        rdata: written.rdata.into(),
        // Nobody asks for the place of a record in text that is history.
        at: Pos::default(),
    })
}

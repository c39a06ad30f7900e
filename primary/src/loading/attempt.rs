//! One zone of one commit: from its file to the form that is served, if it is right.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use git_store::{
    BlobId, Change, CommitId, Finding, Printable, ReadError, Snapshot, Store, TreePath, ZoneFile,
    ZoneName,
};
use rr::{Name, Serial};
use zone::check::{CheckOptions, Policy};
use zone::rules::Severity;
use zone::{Builder, Checked, HashKey, Zone};
use zonefile::{Limits, Pos, SourceMap, read_zone_with_trail};

use crate::event::Report;
use crate::loading::parts::Parts;
use crate::loading::trail::Trail;
use crate::serials::Numbering;

/// Findings of one zone that are kept: the first ones tell enough.
const REPORTS: usize = 20;

/// What came of a zone in a commit.
pub(crate) struct Attempt {
    /// The zone, if it is right.
    pub(crate) zone: Option<Zone<Checked>>,
    /// The serial in the file, where the zone is served with another.
    pub(crate) stated: Option<Serial>,
    /// The file; `None` if there was not one.
    pub(crate) path: Option<TreePath>,
    /// The parts it asked for.
    pub(crate) parts: Vec<TreePath>,
    /// Why it is not right: the first errors. Warnings are for `zonetool check`.
    pub(crate) reports: Vec<Report>,
    /// Whether it failed for a reason that may pass without a new commit.
    pub(crate) is_worth_retrying: bool,
    /// Whether its file is in a folder that is not looked into.
    pub(crate) is_hidden: bool,
    /// The way to its next version, if it is right and large.
    pub(crate) trail: Option<Box<Trail>>,
}

/// A commit, and what is needed to judge the zones in it.
pub(crate) struct Bench<'a> {
    pub(crate) store: &'a Store,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) policy: &'a Policy,
    pub(crate) key: HashKey,
    /// What is kept of the versions that are served.
    pub(crate) trails: &'a Trails,
    /// What differs from another commit, where that is known already.
    pub(crate) since: Since<'a>,
}

/// A commit, and what the one on the bench has differently.
pub(crate) type Since<'a> = Option<(CommitId, &'a [Change])>;

/// The large zones that are served.
pub(crate) type Trails = BTreeMap<ZoneName, Box<Trail>>;

impl Bench<'_> {
    /// Reads and checks the zone that the layout of the commit has in a file, or refuses.
    pub(crate) fn attempt(&self, found: Result<ZoneFile, Finding>) -> Attempt {
        match found {
            Err(finding) => Attempt::refused(&finding),
            Ok(file) => caught(|| self.follow(&file))
                .flatten()
                .or_else(|| caught(|| self.read(&file)))
                .unwrap_or_else(|| Attempt::panicked(&file)),
        }
    }

    /// By what differs from the version that is served, if that tells for certain.
    fn follow(&self, file: &ZoneFile) -> Option<Attempt> {
        let followed = self.trails.get(&file.zone)?.follow(self, file);
        crate::telling::log::followed(&file.zone, followed.as_ref().err());
        followed.ok()
    }

    fn read(&self, file: &ZoneFile) -> Attempt {
        match self.snapshot.file(&file.path, file.blob) {
            Ok(octets) => self.check(file, octets),
            Err(ReadError::Refused(finding)) => Attempt::refused(&finding),
            Err(ReadError::Repository(why)) => Attempt {
                is_worth_retrying: true,
                ..Attempt::failed(file, "repository", &why.to_string())
            },
        }
    }

    fn check(&self, file: &ZoneFile, octets: Vec<u8>) -> Attempt {
        let apex = match Name::from_text(file.zone.as_str()) {
            Ok(apex) => apex,
            Err(why) => {
                return Attempt::failed(file, "layout-not-a-zone-name", &format!("{why:?}"));
            }
        };
        let (mut map, mut parts) = (SourceMap::new(), Parts::of(self.snapshot));
        let mut builder = Builder::new(apex.clone(), self.key);
        let path = file.path.to_string();
        let (syntax, text) = read_zone_with_trail(
            apex.as_ref(),
            &path,
            octets,
            &mut parts,
            &Limits::default(),
            &mut map,
            &mut builder,
        );
        let options = CheckOptions::new(&map, &syntax, self.policy);
        let (checked, findings) = builder.finish().check(&options);
        let zone = checked.ok();
        let trail = zone
            .clone()
            .filter(|_| syntax.is_empty())
            .map(|zone| Trail {
                zone,
                commit: self.snapshot.commit().id,
                files: parts.with(&file.path, file.blob),
                path: file.path.clone(),
                parts: parts.asked.clone(),
                text,
            });
        Attempt {
            zone,
            stated: None,
            path: Some(file.path.clone()),
            parts: parts.asked,
            reports: errors(&findings, &map),
            is_worth_retrying: parts.is_repository_failing,
            is_hidden: false,
            trail: trail.and_then(Trail::worth_it),
        }
    }
}

/// A mistake of ours in the reading of one zone must not keep others from being read.
fn caught<T>(read: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(read)).ok()
}

impl Attempt {
    /// Gives the zone the serial that it is served with; one that is signed with another is not right.
    pub(crate) fn number(&mut self, name: &ZoneName, numbering: &Numbering<'_>) {
        match self.zone.as_ref().map(|zone| numbering.number(name, zone)) {
            None => {}
            Some(Ok((numbered, stated))) => (self.zone, self.stated) = (Some(numbered), stated),
            Some(Err(signed)) => {
                (self.zone, self.trail) = (None, None);
                self.reports
                    .insert(0, Report::of_serial(self.path.as_ref(), &signed));
            }
        }
    }

    /// The zone is right, and this is the way to its next version.
    pub(crate) fn amended(trail: Trail) -> Attempt {
        Attempt {
            zone: Some(trail.zone.clone()),
            stated: None,
            path: Some(trail.path.clone()),
            parts: trail.parts.clone(),
            reports: Vec::new(),
            is_worth_retrying: false,
            is_hidden: false,
            trail: Some(Box::new(trail)),
        }
    }

    /// The zone's file is one that is not taken.
    pub(crate) fn refused(finding: &Finding) -> Attempt {
        Attempt {
            zone: None,
            stated: None,
            path: None,
            parts: Vec::new(),
            reports: vec![Report::of_layout(finding)],
            is_worth_retrying: false,
            is_hidden: false,
            trail: None,
        }
    }

    fn panicked(file: &ZoneFile) -> Attempt {
        Attempt::failed(
            file,
            "internal",
            "the server failed while reading this zone; please report it",
        )
    }

    fn failed(file: &ZoneFile, rule: &str, message: &str) -> Attempt {
        let report = Report {
            rule: rule.into(),
            severity: "error".into(),
            place: file.path.to_string(),
            message: Printable(message.as_bytes()).to_string(),
            help: None,
        };
        Attempt {
            zone: None,
            stated: None,
            path: Some(file.path.clone()),
            parts: Vec::new(),
            reports: vec![report],
            is_worth_retrying: false,
            is_hidden: false,
            trail: None,
        }
    }
}

fn errors(findings: &[zone::check::Finding], map: &SourceMap) -> Vec<Report> {
    let errors = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error);
    errors
        .take(REPORTS)
        .map(|finding| report(finding, map))
        .collect()
}

fn report(finding: &zone::check::Finding, map: &SourceMap) -> Report {
    let printable = |text: &str| Printable(text.as_bytes()).to_string();
    let place = map.place(finding.place.start);
    Report {
        rule: finding.rule.id().into(),
        severity: finding.severity.to_string(),
        place: printable(&place.to_string()),
        message: printable(&finding.message),
        help: finding.help.as_deref().map(printable),
    }
}

/// Where the repository says what it thinks of the rules: zones are judged anew when this changes.
pub(crate) fn find_policy(snapshot: &Snapshot) -> Option<BlobId> {
    snapshot.find(Policy::FILE_NAME).ok().flatten()
}

/// What the repository of a commit thinks of the rules; lines that make no sense change nothing.
pub(crate) fn read_policy(snapshot: &Snapshot) -> Policy {
    let Some(blob) = find_policy(snapshot) else {
        return Policy::default();
    };
    let text = snapshot.file(&TreePath::new(Policy::FILE_NAME), blob);
    text.map_or_else(|_| Policy::default(), |text| Policy::read(&text, Pos(0)).0)
}

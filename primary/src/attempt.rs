//! One zone of one commit: from its file to the form that is served, if it is right.

use std::panic::{AssertUnwindSafe, catch_unwind};

use git_store::{
    BlobId, Finding, Layout, Printable, ReadError, Snapshot, TreePath, ZoneFile, ZoneName,
};
use rr::Name;
use zone::check::{CheckOptions, Policy};
use zone::rules::Severity;
use zone::{Builder, Checked, HashKey, Zone};
use zonefile::{Limits, Pos, SourceMap, read_zone};

use crate::event::Report;
use crate::parts::Parts;

/// Findings of one zone that are kept: the first ones tell enough.
const REPORTS: usize = 20;

/// What came of a zone in a commit.
pub(crate) struct Attempt {
    /// The zone, if it is right.
    pub(crate) zone: Option<Zone<Checked>>,
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
}

/// A commit, and what is needed to judge the zones in it.
pub(crate) struct Bench<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) layout: &'a Layout,
    pub(crate) policy: &'a Policy,
    pub(crate) key: HashKey,
}

impl Bench<'_> {
    /// Reads and checks a zone; `None` if the commit has no such zone.
    pub(crate) fn attempt(&self, zone: &ZoneName) -> Option<Attempt> {
        match self.layout.zone(zone)? {
            Err(finding) => Some(Attempt::refused(&finding)),
            // A mistake of ours in the reading of one zone must not keep others from being read.
            Ok(file) => Some(
                catch_unwind(AssertUnwindSafe(|| self.read(&file)))
                    .unwrap_or_else(|_| Attempt::panicked(&file)),
            ),
        }
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
        let syntax = read_zone(
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
        Attempt {
            zone: checked.ok(),
            path: Some(file.path.clone()),
            parts: parts.asked,
            reports: errors(&findings, &map),
            is_worth_retrying: parts.is_repository_failing,
            is_hidden: false,
        }
    }
}

impl Attempt {
    /// The zone's file is one that is not taken.
    pub(crate) fn refused(finding: &Finding) -> Attempt {
        Attempt {
            zone: None,
            path: None,
            parts: Vec::new(),
            reports: vec![Report::of_layout(finding)],
            is_worth_retrying: false,
            is_hidden: false,
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
            path: Some(file.path.clone()),
            parts: Vec::new(),
            reports: vec![report],
            is_worth_retrying: false,
            is_hidden: false,
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

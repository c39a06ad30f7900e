//! One zone through the checks, and its findings as places in files.

mod keys;
mod policies;

use crate::failure::Failure;
use crate::files::{Files, Unread, ZoneAt};
use crate::moment;
use crate::reading;
use crate::report::{Located, Place, Related, Severity};
use git_store::Problem;
use rr::{Rtype, Serial};
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use zone::check::{Before, CheckOptions, Finding, Policy};
use zone::{Builder, HashKey, Unchecked, Zone, difference};
use zonefile::SourceMap;

/// What all zones of one run share.
pub(crate) struct Checker {
    policy: Policy,
    key: HashKey,
    now_secs: u32,
}

/// What one zone came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) findings: Vec<Located>,
    pub(crate) records: usize,
}

/// An earlier version of a zone.
pub(crate) struct Version(Zone<Unchecked>);

impl Checker {
    /// With the policy of the repository; what is wrong with it, and with that of updates, comes along.
    pub(crate) fn new(files: &dyn Files) -> (Checker, Vec<Located>) {
        let (policy, mut findings) = policies::of_checks(files);
        findings.extend(policies::of_updates(files));
        let checker = Checker {
            policy,
            key: key(),
            now_secs: now_secs(),
        };
        (checker, findings)
    }

    /// The same checks with the policy of another version.
    pub(crate) fn under_policy_of(&self, files: &dyn Files) -> Checker {
        let (policy, _) = policies::of_checks(files);
        Checker { policy, ..*self }
    }

    /// Reads and checks a zone, its serial against that of the version before.
    pub(crate) fn check(
        &self,
        files: &dyn Files,
        at: &ZoneAt,
        before: Option<&Version>,
    ) -> Result<Outcome, Failure> {
        let mut builder = Builder::new(reading::apex(at), self.key);
        let text = match reading::read(files, at, &mut builder) {
            Ok(text) => text,
            Err(Unread::Refused(finding)) => return Ok(Outcome::refused(files, &finding)),
            Err(Unread::Failed(failure)) => return Err(failure),
        };
        let zone = builder.finish();
        let records = zone.record_count();
        let options = CheckOptions {
            before: before.and_then(|before| before.seen_from(&zone)),
            now_secs: Some(self.now_secs),
            ..CheckOptions::new(&text.map, &text.errors, &self.policy)
        };
        let (_, findings) = zone.check(&options);
        let findings = findings
            .iter()
            .map(|finding| locate(files, &text.map, at.zone.as_str(), finding))
            .collect();
        Ok(Outcome { findings, records })
    }

    /// Reads an earlier version; mistakes in it are its own affair. `None` where it was no text at all.
    pub(crate) fn version(
        &self,
        files: &dyn Files,
        at: &ZoneAt,
    ) -> Result<Option<Version>, Failure> {
        let mut builder = Builder::new(reading::apex(at), self.key);
        match reading::read(files, at, &mut builder) {
            Ok(_) => Ok(Some(Version(builder.finish()))),
            Err(Unread::Refused(_)) => Ok(None),
            Err(Unread::Failed(failure)) => Err(failure),
        }
    }
}

impl Outcome {
    /// The file is never taken, and that is all there is to say about the zone.
    fn refused(files: &dyn Files, finding: &git_store::Finding) -> Outcome {
        Outcome {
            findings: vec![locate_layout(files, finding)],
            records: 0,
        }
    }
}

impl Version {
    /// Whether the serial is signed, so that none but the author can give another (RFC 4035 §5.3.3).
    pub(crate) fn is_signed(&self) -> bool {
        let soa = self.0.apex_node().rrset(Rtype::SOA);
        soa.is_some_and(|soa| soa.signatures().is_some())
    }

    /// `None` without an SOA record, which has no serial to compare with.
    fn seen_from(&self, newer: &Zone<Unchecked>) -> Option<Before> {
        let serial = self.0.serial()?;
        let changed = difference(&self.0, newer).any(|change| {
            let record = change.record();
            record.rtype != Rtype::SOA
        });
        let changed = changed || soa_without_serial(&self.0) != soa_without_serial(newer);
        Some(Before {
            serial: Serial(serial.0),
            changed,
        })
    }
}

/// RFC 1035 §3.3.13: two names, then five numbers, the serial first.
fn soa_without_serial(zone: &Zone<Unchecked>) -> Option<Vec<u8>> {
    let rrset = zone.apex_node().rrset(Rtype::SOA)?;
    let rdata = rrset.rdatas().next()?;
    let serial_at = rdata.len().checked_sub(20)?;
    Some(
        [
            &rdata[..serial_at],
            &rdata[serial_at + 4..],
            &rrset.ttl().as_secs().to_be_bytes(),
        ]
        .concat(),
    )
}

/// A finding of the checks with its positions resolved.
fn locate(files: &dyn Files, map: &SourceMap, zone: &str, finding: &Finding) -> Located {
    let included_from = reading::way_in(files, map, finding.place.start);
    let related = finding.related.iter().map(|(span, message)| Related {
        place: reading::place(files, map, *span),
        message: message.clone(),
    });
    // The way in is told once, by itself.
    let is_way_in = |other: &Related| {
        included_from
            .iter()
            .any(|place| place.starts_like(&other.place))
    };
    let related = related.filter(|other| !is_way_in(other)).collect();
    Located {
        rule: finding.rule.id().to_owned(),
        severity: severity(finding.severity),
        zone: zone.to_owned(),
        message: finding.message.clone(),
        place: reading::place(files, map, finding.place),
        related,
        included_from,
        help: finding.help.clone(),
        fix: finding
            .fix
            .as_ref()
            .and_then(|fix| reading::fix(files, map, fix.span, &fix.replacement, fix.safe)),
        origin: None,
    }
}

/// What is off is not reported, so the lowest that is seen here is a note.
fn severity(severity: zone::rules::Severity) -> Severity {
    match severity {
        zone::rules::Severity::Error => Severity::Error,
        zone::rules::Severity::Warning => Severity::Warning,
        zone::rules::Severity::Note | zone::rules::Severity::Off => Severity::Note,
    }
}

/// A finding about a file or folder, and what is wrong with the keys in it, where it has any.
pub(crate) fn look_into(files: &dyn Files, finding: &git_store::Finding) -> Vec<Located> {
    let mut findings = vec![locate_layout(files, finding)];
    if finding.problem == Problem::KeyFile {
        findings.extend(keys::of_file(files, &finding.path.to_string()));
    }
    findings
}

/// A finding about a whole file or folder.
fn locate_layout(files: &dyn Files, finding: &git_store::Finding) -> Located {
    let problem = &finding.problem;
    Located {
        rule: problem.rule().to_owned(),
        severity: if problem.is_warning() {
            Severity::Warning
        } else {
            Severity::Error
        },
        zone: String::new(),
        message: finding.to_string(),
        place: Place::whole(files.shown(&finding.path.to_string())),
        related: Vec::new(),
        included_from: Vec::new(),
        help: Some(problem.help().to_owned()),
        fix: None,
        origin: None,
    }
}

/// Findings of a later state that an earlier one did not have yet, or held less severe.
///
/// Lines move when others are added, so a finding is known by its rule, its message and the text of its line.
pub(crate) struct Known(HashMap<(String, String, String), Vec<Severity>>);

impl Known {
    pub(crate) fn new(findings: &[Located]) -> Known {
        let mut known: HashMap<_, Vec<_>> = HashMap::new();
        for finding in findings {
            let severities = known.entry(Known::key(finding)).or_default();
            severities.push(finding.severity);
        }
        Known(known)
    }

    /// Whether the finding was there, each only as often as it was.
    pub(crate) fn take(&mut self, finding: &Located) -> bool {
        let Some(severities) = self.0.get_mut(&Known::key(finding)) else {
            return false;
        };
        let as_severe = |severity: &Severity| *severity >= finding.severity;
        let found = severities.iter().position(as_severe);
        found.map(|at| severities.swap_remove(at)).is_some()
    }

    fn key(finding: &Located) -> (String, String, String) {
        (
            finding.rule.clone(),
            finding.message.clone(),
            finding.place.text.clone(),
        )
    }
}

pub(crate) fn key() -> HashKey {
    let word = || RandomState::new().build_hasher().finish();
    HashKey::new([word(), word()])
}

/// Signatures count seconds in 32 bits that wrap (RFC 4034 §3.1.5).
fn now_secs() -> u32 {
    u32::try_from(moment::now_secs() & u64::from(u32::MAX)).expect("masked to 32 bits")
}

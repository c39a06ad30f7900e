//! What a zone has to be to be served when it comes from somebody else.

use core::fmt;

use zone::check::{CheckOptions, Policy};
use zone::rules::Rule;
use zone::{Checked, Unchecked, Zone};
use zonefile::{Pos, SourceMap};

use crate::Difference;
use crate::zonemd::{self, DigestError, Verification};

/// Other people's zones may break every rule but those without which nothing can be served.
const POLICY: &[u8] = b"* * off\n";

/// Why a zone that came is not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It cannot be served.
    Rule(Rule),
    /// It is not what its ZONEMD records say.
    Digest(DigestError),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(rule) => write!(f, "the zone cannot be served: {}", rule.summary()),
            Self::Digest(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for Refused {}

/// Checks a whole zone that came ([`crate::Content::Whole`]): what makes it impossible to be served, and its digests
/// (RFC 8976). What else is wrong with it is its primary's affair.
///
/// # Errors
/// [`Refused`]
pub fn accept(zone: Zone<Unchecked>) -> Result<(Zone<Checked>, Verification), Refused> {
    let zone = check(zone)?;
    let verification = zonemd::verify(&zone).map_err(Refused::Digest)?;
    Ok((zone, verification))
}

/// Checks what `steps` have made of `version` ([`crate::Content::Changed`]), most often at the cost of what they changed;
/// of a zone with a digest (RFC 8976) all is read.
///
/// # Errors
/// [`Refused`]
pub fn accept_changes(
    version: &Zone<Checked>,
    next: Zone<Unchecked>,
    steps: &[Difference],
) -> Result<(Zone<Checked>, Verification), Refused> {
    let zone = match amended(version, steps) {
        Some(zone) => zone,
        None => check(next)?,
    };
    let verification = zonemd::verify(&zone).map_err(Refused::Digest)?;
    Ok((zone, verification))
}

fn policy() -> Policy {
    Policy::read(POLICY, Pos(0)).0
}

fn check(zone: Zone<Unchecked>) -> Result<Zone<Checked>, Refused> {
    let (map, policy) = (SourceMap::new(), policy());
    let (checked, findings) = zone.check(&CheckOptions::new(&map, &[], &policy));
    checked.map_err(|_| {
        let rule = findings.first().map(|finding| finding.rule);
        Refused::Rule(rule.unwrap_or(Rule::NoSoa))
    })
}

/// The version after all steps, if a look at what changed is enough.
fn amended(version: &Zone<Checked>, steps: &[Difference]) -> Option<Zone<Checked>> {
    let policy = policy();
    steps.iter().try_fold(version.clone(), |zone, step| {
        let changes: alloc::vec::Vec<_> = step.changes().collect();
        zone.amend(&changes, &policy).ok()
    })
}

//! What becomes of each zone that a commit concerns.

use git_store::{CommitId, TreePath, ZoneName};
use rr::{Name, Serial};
use zone::{Checked, Published, Revision, Zone, Zones};

use crate::loading::attempt::Attempt;
use crate::loading::crew::Attempted;
use crate::loading::look_back::{Found, Wanted};
use crate::loading::trail::Trail;
use crate::telling::board::Broken;

/// A version of a zone that can be served.
pub(crate) struct Version {
    pub(crate) zone: Zone<Checked>,
    /// The serial in the file, if that is another.
    pub(crate) stated: Option<Serial>,
    pub(crate) path: TreePath,
    /// The commit it was read from.
    pub(crate) commit: CommitId,
}

/// What becomes of a zone.
pub(crate) enum Verdict {
    /// This version is served.
    Publish(Box<Version>),
    /// What is served, if anything, stays.
    Keep,
    /// It is served no longer.
    Withdraw,
}

/// All that was found out about a zone.
pub(crate) struct Judged {
    pub(crate) name: ZoneName,
    pub(crate) verdict: Verdict,
    /// The parts that its newest version asks for.
    pub(crate) parts: Vec<TreePath>,
    /// Why that version is not right, if it is not.
    pub(crate) broken: Option<Broken>,
    /// The way from it to the next, if it is to be published and large.
    pub(crate) trail: Option<Box<Trail>>,
}

/// A zone that is not right, to be looked for in history.
pub(crate) fn want((name, attempt): &Attempted) -> Option<(ZoneName, Wanted)> {
    let attempt = attempt.as_ref().filter(|attempt| attempt.zone.is_none())?;
    let wanted = Wanted {
        parts: attempt.parts.clone(),
        ..Wanted::default()
    };
    Some((name.clone(), wanted))
}

impl Judged {
    /// `id` is the commit; `attempt` what came of the zone in it, `None` if it has no such zone.
    pub(crate) fn new(
        id: CommitId,
        wanted: Option<Wanted>,
        name: ZoneName,
        attempt: Option<Attempt>,
    ) -> Judged {
        let Some(attempt) = attempt else {
            return Judged {
                name,
                verdict: Verdict::Withdraw,
                parts: Vec::new(),
                broken: None,
                trail: None,
            };
        };
        let broken = Broken {
            reports: attempt.reports,
            brought_by: wanted
                .as_ref()
                .and_then(|wanted| wanted.brought_by.clone())
                .map(Box::new),
            is_hidden: attempt.is_hidden,
            is_worth_retrying: attempt.is_worth_retrying,
        };
        let (verdict, broken) = match (attempt.zone, attempt.path) {
            (Some(zone), Some(path)) => {
                let commit = id;
                (
                    Verdict::Publish(Box::new(Version {
                        zone,
                        stated: attempt.stated,
                        path,
                        commit,
                    })),
                    None,
                )
            }
            _ => (Verdict::of_broken(wanted), Some(broken)),
        };
        Judged {
            name,
            verdict,
            parts: attempt.parts,
            broken,
            trail: attempt.trail,
        }
    }
}

impl Judged {
    /// The zone that is served from now on, if another is.
    pub(crate) fn published(&self) -> Option<&Zone<Checked>> {
        match &self.verdict {
            Verdict::Publish(version) => Some(&version.zone),
            Verdict::Keep | Verdict::Withdraw => None,
        }
    }

    /// The set of zones with this one as the verdict wants it.
    pub(crate) fn settle(&self, zones: Zones, revision: impl Fn(CommitId) -> Revision) -> Zones {
        let Ok(apex) = Name::from_text(self.name.as_str()) else {
            // Such a name was never right either.
            return zones;
        };
        let apex = apex.as_ref();
        match (&self.verdict, &self.broken) {
            (Verdict::Publish(version), _) => zones.with(Published {
                zone: version.zone.clone(),
                revision: revision(version.commit),
            }),
            (Verdict::Withdraw, None) => zones.without(apex),
            // Not right, and new in the version that is not.
            (Verdict::Withdraw, Some(_)) => zones.without(apex).awaiting(apex),
            // Either the version before stays, or there has never been one, and who asks is told so.
            (Verdict::Keep, _) => zones.awaiting(apex),
        }
    }
}

impl Verdict {
    fn of_broken(wanted: Option<Wanted>) -> Verdict {
        match wanted.and_then(|wanted| wanted.found) {
            Some(Found::Good(version)) => Verdict::Publish(version),
            Some(Found::Absent) => Verdict::Withdraw,
            None => Verdict::Keep,
        }
    }
}

//! The laws of the world: what holds whatever happens. Each is a function that says so in a sentence.

mod in_git;

use std::collections::{BTreeMap, BTreeSet};

use rr::{Record, Rtype, Serial};
use zone::{Change, Checked, Zone, difference};

use crate::scenario::{BRIEF, Host, Token};

/// What was seen so far, and the first law that was broken.
#[derive(Default)]
pub(crate) struct Book {
    pub(crate) broken: Option<String>,
    /// Names whose addition or removal was acknowledged.
    pub(crate) acknowledged: BTreeSet<(Token, bool)>,
    /// Names whose removal was asked for, whatever became of it.
    pub(crate) removed: BTreeSet<Token>,
    /// What the primary has served with each serial.
    versions: BTreeMap<u32, Zone<Checked>>,
    /// Of each server, the serial that it served last.
    last: BTreeMap<Host, Serial>,
    /// Of each server, which version it served after which, and how many records are different.
    steps: BTreeMap<Host, BTreeMap<u32, (u32, usize)>>,
    pub(crate) seen: Seen,
}

/// How much has happened: a world in which nothing does would break no law.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Seen {
    pub(crate) acknowledged: usize,
    pub(crate) versions: usize,
    pub(crate) incremental: usize,
    pub(crate) whole: usize,
    pub(crate) kills: usize,
    pub(crate) answers: usize,
    /// Acknowledged records that are in no commit, each time that they were found to be served.
    pub(crate) briefs: usize,
    /// Changes that a secondary had from another one.
    pub(crate) passed_on: usize,
    /// Merges of what a person pushed and updates made.
    pub(crate) merges: usize,
}

impl Seen {
    pub(crate) fn add(&mut self, other: &Seen) {
        self.acknowledged += other.acknowledged;
        self.versions += other.versions;
        self.incremental += other.incremental;
        self.whole += other.whole;
        self.kills += other.kills;
        self.answers += other.answers;
        self.briefs += other.briefs;
        self.passed_on += other.passed_on;
        self.merges += other.merges;
    }
}

impl Book {
    pub(crate) fn breaks(&mut self, law: impl FnOnce() -> String) {
        if self.broken.is_none() {
            self.broken = Some(law());
        }
    }

    /// No served serial goes back (RFC 1982), also not over a restart of a server that has a state directory.
    pub(crate) fn serials_go_forward(&mut self, host: Host, serial: Serial) {
        let last = self.last.insert(host, serial);
        if let Some(last) = last
            && last != serial
            && !serial.is_newer_than(last)
        {
            self.breaks(|| {
                format!(
                    "{host:?} served serial {last}, and then {serial}",
                    last = last.0,
                    serial = serial.0
                )
            });
        }
    }

    /// A secondary that begins again knows of no changes, and without memory of no version either.
    pub(crate) fn forgets(&mut self, host: Host, keeps: bool) {
        self.steps.remove(&host);
        if !keeps {
            self.last.remove(&host);
        }
    }

    /// What was acknowledged and is not to be in Git is served for as long as nobody takes it away, over restarts too.
    pub(crate) fn briefs_are_served(&mut self, host: Host, zone: &Zone<Checked>) {
        let added = self.acknowledged.iter().filter(|(_, is_added)| *is_added);
        let kept = added.filter(|(token, _)| !self.removed.contains(token));
        let briefs = kept.filter(|(token, _)| matches!(token, Token::Brief(_)));
        let names = briefs.map(|(token, _)| format!("{}.{}", token.owner(), zone.apex()));
        let is_there = |name: &String| {
            let name = rr::Name::from_text(name).expect("a name");
            let node = zone.node(name.as_ref());
            node.is_some_and(|node| node.rrset(Rtype::TXT).is_some())
        };
        let (there, gone): (Vec<_>, Vec<_>) = names.partition(is_there);
        self.seen.briefs += there.len();
        if let Some(name) = gone.first() {
            self.breaks(|| format!("{name} was acknowledged, and {host:?} does not serve it"));
        }
    }

    /// What is served under one serial is one version, wherever it is served.
    pub(crate) fn a_serial_is_one_version(&mut self, host: Host, zone: &Zone<Checked>) {
        let Some(Serial(serial)) = zone.serial() else {
            return self.breaks(|| format!("{host:?} serves a zone without a serial"));
        };
        let other = self.versions.get(&serial).map(|known| {
            let change = difference(known, zone).next();
            change.map(|change| format!("{change:?}"))
        });
        match (other, host) {
            (Some(None), _) => {}
            (Some(Some(change)), _) => {
                self.breaks(|| format!("{host:?} serves another version as {serial}: {change}"));
            }
            (None, Host::Primary) => {
                self.seen.versions += 1;
                self.versions.insert(serial, zone.clone());
            }
            (None, _) => {
                self.breaks(|| format!("{host:?} serves {serial}, which the primary never did"));
            }
        }
    }

    /// A version that has, against what was meant, a record of the one before.
    pub(crate) fn with_a_deleted_record(
        &self,
        serial: Serial,
        zone: &Zone<Checked>,
    ) -> Option<Zone<Checked>> {
        let before = self
            .versions
            .values()
            .filter(|it| it.serial() != Some(serial));
        let mut gone = before.rev().filter_map(|old| {
            let mut changes = difference(zone, old);
            changes.find(|change| matches!(change, Change::Added(it) if it.rtype == Rtype::TXT))
        });
        let kept = gone.next()?;
        Some(transfer::accept(zone.patch(&[kept]).ok()?).ok()?.0)
    }

    /// A version that has, against what was meant, none of the records that are in no commit.
    pub(crate) fn without_briefs(&self, zone: &Zone<Checked>) -> Option<Zone<Checked>> {
        let first = self.versions.values().next()?;
        let is_brief = |change: &Change<'_>| matches!(change, Change::Removed(it) if it.owner.to_string().starts_with(BRIEF));
        let briefs: Vec<_> = difference(zone, first).filter(is_brief).collect();
        Some(transfer::accept(zone.patch(&briefs).ok()?).ok()?.0)
    }

    /// Records that come together in one commit come together in one answer.
    pub(crate) fn answers_do_not_mix(&mut self, host: Host, answer: &[u8]) {
        let Ok(message) = wire::message::Message::read(answer) else {
            return self.breaks(|| format!("an answer of {host:?} cannot be read"));
        };
        let number = |records: &[Record], rtype, at: usize| {
            let record = records.iter().find(|it| it.data.rtype() == rtype)?;
            record.data.to_wire().get(at..at + 2).map(<[u8]>::to_vec)
        };
        let preference = number(&message.answer, Rtype::MX, 0);
        let address = number(&message.additional, Rtype::A, 2);
        if let (Some(preference), Some(address)) = (preference, address) {
            self.seen.answers += 1;
            if preference != address {
                self.breaks(|| {
                    format!("one answer of {host:?} has {preference:?} and {address:?}")
                });
            }
        }
    }

    /// Who has a version that its server has served before gets what changed, if that is less than all: of the primary also
    /// over restarts, as its commits and its journal know.
    pub(crate) fn changes_are_enough(&mut self, ends: (Host, Host), from: u32, is_whole: bool) {
        let (giver, host) = ends;
        match is_whole {
            true => self.seen.whole += 1,
            false => self.seen.incremental += 1,
        }
        self.seen.passed_on += usize::from(giver != Host::Primary && !is_whole);
        let newest = self.last.get(&giver);
        let Some(newest) = newest.and_then(|serial| self.versions.get(&serial.0)) else {
            return;
        };
        let steps = self.steps.get(&giver);
        let (most, mut at, mut records) = (newest.record_count(), from, 0);
        while let Some((next, changes)) = steps.and_then(|steps| steps.get(&at)) {
            (at, records) = (*next, records + changes + 2);
        }
        let is_known = newest.serial() == Some(Serial(at)) && at != from;
        if is_whole && is_known && records < most {
            self.breaks(|| {
                format!(
                    "{host:?} had {from} and got all of {at} from {giver:?}, not {records} changes"
                )
            });
        }
    }

    /// A server serves another version from now on.
    pub(crate) fn steps_to(&mut self, host: Host, zone: &Zone<Checked>) {
        let Some(Serial(serial)) = zone.serial() else {
            return;
        };
        if let Some(Serial(before)) = self.last.get(&host).copied()
            && before != serial
            && let Some(old) = self.versions.get(&before)
        {
            let step = (serial, difference(old, zone).count());
            self.steps.entry(host).or_default().insert(before, step);
        }
    }

    /// At the end, when all is well again, every server serves what the newest good commit says.
    pub(crate) fn all_end_alike(&mut self, served: &[(Host, Option<Serial>)]) {
        let Some((_, Some(wanted))) = served.first().copied() else {
            return self.breaks(|| "the primary serves nothing".into());
        };
        for (host, serial) in served {
            if *serial != Some(wanted) {
                let serial = serial.map(|it| it.0);
                self.breaks(|| format!("{host:?} ends on {serial:?}, the primary on {}", wanted.0));
            }
        }
    }
}

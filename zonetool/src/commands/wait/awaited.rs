//! Which serials are waited for, and at which servers.

use super::Wait;
use super::watch::{FIRST_PAUSE, LONGEST_PAUSE};
use crate::commands::expected::Expected;
use crate::commands::versions::Version;
use crate::failure::{Exit, Failure};
use crate::name_servers::NameServer;
use rr::{Name, Serial};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use transfer::zonemd::{Digest, Hash};

/// At most so many pairs of zones and servers are waited for.
const WAITED_FOR: usize = 10_000;

/// A zone at a server.
#[derive(Debug, Clone)]
pub(super) struct Awaited {
    pub(super) server: NameServer,
    pub(super) zone: Name,
    pub(super) serial: Serial,
    /// It may be served with another one: nobody has served it yet.
    is_uncertain: bool,
    /// What is served with that serial, if a commit says so.
    pub(super) digests: Option<Arc<Digests>>,
}

/// The digests (RFC 8976) of a version with each hash that a server may have one of.
#[derive(Debug)]
pub(super) struct Digests([Digest; 2]);

impl Digests {
    fn of(expected: &Expected) -> Digests {
        Digests([Hash::Sha384, Hash::Sha512].map(|hash| expected.digest(hash)))
    }

    /// Whether a digest that a server has is that of this version.
    pub(super) fn has(&self, digest: &Digest) -> bool {
        self.0.contains(digest)
    }
}

impl Wait {
    /// All that is waited for, by server, and how much of the time is left. Until the primary whose state directory was named has
    /// taken the commit in, changes above commits may still take the serial that it would have.
    pub(super) fn known_in(&self, limit: Duration) -> Result<(Vec<Awaited>, Duration), Failure> {
        let (start, mut pause) = (Instant::now(), FIRST_PAUSE);
        loop {
            let awaited = self.awaited()?;
            let left = limit.saturating_sub(start.elapsed());
            match awaited.iter().find(|it| it.is_uncertain) {
                None => return Ok((awaited, left)),
                Some(it) if left.is_zero() => return Err(self.not_taken_in(&it.zone, limit)),
                Some(_) => std::thread::sleep(pause.min(left)),
            }
            pause = LONGEST_PAUSE.min(pause * 2);
        }
    }

    fn not_taken_in(&self, zone: &Name, limit: Duration) -> Failure {
        let dir = self.versions.state_dir().unwrap_or(Path::new("DIR"));
        let (dir, secs) = (dir.display(), limit.as_secs());
        Failure::unreadable(format!(
            "the primary with {dir} has not taken the commit in after {secs} s, so nobody serves {zone} as it has it"
        ))
        .with_exit(Exit::FINDINGS)
        .next("ask it why: primary --status; or name the repository that it serves: --repo DIR")
    }

    fn awaited(&self) -> Result<Vec<Awaited>, Failure> {
        let serial = self.serial.map(Serial);
        // With a serial and addresses there is nothing to be read.
        let given = serial.map(|serial| self.versions.without_commit(serial));
        let mut all: Vec<Awaited> = match given.transpose()?.flatten() {
            Some(versions) => versions
                .iter()
                .flat_map(|version| everywhere(version, None))
                .collect(),
            None => self.of_commit(serial)?,
        };
        if all.len() > WAITED_FOR {
            let what = format!(
                "{} zones at servers are too many to wait for, {WAITED_FOR} are not",
                all.len()
            );
            return Err(Failure::usage(what).next("name some of them: --zone ZONE, --ns ADDRESS"));
        }
        all.sort_by(|one, other| one.server.cmp(&other.server));
        Ok(all)
    }

    /// A serial that was given may be of any version, so nothing is known of what is served with it.
    fn of_commit(&self, serial: Option<Serial>) -> Result<Vec<Awaited>, Failure> {
        let (side, versions) = self.versions.read(serial)?;
        let mut all = Vec::new();
        for version in &versions {
            // Where a state directory tells the serial there is no doubt, and records above the commit are in the digest.
            let is_certain = serial.is_some() || self.versions.state_dir().is_some();
            let digests = match is_certain {
                true => None,
                false => Some(Arc::new(Digests::of(&Expected::read(&side, version)?))),
            };
            all.extend(everywhere(version, digests));
        }
        Ok(all)
    }
}

fn everywhere(version: &Version, digests: Option<Arc<Digests>>) -> impl Iterator<Item = Awaited> {
    version.servers.iter().map(move |server| Awaited {
        digests: digests.clone(),
        server: server.clone(),
        zone: version.apex(),
        serial: version.serial,
        is_uncertain: version.is_awaited,
    })
}

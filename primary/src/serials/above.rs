//! Serials that rose above commits: what the journal of a state directory tells of versions that were served.

use std::collections::BTreeMap;

use rr::Serial;
use zone::serial_after;

use super::one::{ZoneSerials, ZoneVersion};
use super::trunk::Trunk;
use crate::state::journal::track::Tracks;

impl ZoneSerials {
    /// Gives versions the serials that they were served with. Those that were not served yet come after these. Whether the newest
    /// one was served is told.
    pub(super) fn rise(&mut self, trunk: &Trunk, tracks: &Tracks) -> git_store::Result<bool> {
        let mut served: BTreeMap<usize, (Serial, Serial)> = BTreeMap::new();
        for (commit, serial) in tracks.served(&self.zone) {
            let below = |version: &ZoneVersion| {
                version.held.file().is_some() && trunk.is_older(version.commit, commit)
            };
            if let Some(at) = self.versions.iter().rposition(below) {
                served.entry(at).or_insert((serial, serial)).1 = serial;
            }
        }
        for (at, (first, until)) in &served {
            self.versions[*at].serial = Some(*first);
            self.versions[*at].until = Some(*until).filter(|until| until != first);
        }
        let Some((at, (_, until))) = served.last_key_value() else {
            return Ok(false);
        };
        self.go_on_after(*at, *until)?;
        Ok(at + 1 == self.versions.len())
    }

    /// Numbers the versions after this one, which was served with that serial last.
    fn go_on_after(&mut self, at: usize, mut served: Serial) -> git_store::Result<()> {
        for place in at + 1..self.versions.len() {
            let version = &mut self.versions[place];
            let wanted = version.serial.filter(|wanted| wanted.is_newer_than(served));
            version.serial = wanted.or(serial_after(Some(served), None));
            let version = &self.versions[place];
            if self.is_right(version)? {
                served = version.serial.unwrap_or(served);
            }
        }
        Ok(())
    }
}

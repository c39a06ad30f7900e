//! Which serials are waited for, and at which servers.

use super::Wait;
use crate::commands::versions::Version;
use crate::failure::Failure;
use crate::name_servers::NameServer;
use rr::{Name, Serial};

/// At most so many pairs of zones and servers are waited for.
const WAITED_FOR: usize = 10_000;

/// A zone at a server.
#[derive(Debug, Clone)]
pub(super) struct Awaited {
    pub(super) server: NameServer,
    pub(super) zone: Name,
    pub(super) serial: Serial,
}

impl Wait {
    /// All that is waited for, by server.
    pub(super) fn awaited(&self) -> Result<Vec<Awaited>, Failure> {
        let serial = self.serial.map(Serial);
        // With a serial and addresses there is nothing to be read.
        let given = serial.map(|serial| self.versions.without_commit(serial));
        let versions = match given.transpose()?.flatten() {
            Some(versions) => versions,
            None => self.versions.read(serial)?.1,
        };
        let mut all: Vec<Awaited> = versions.iter().flat_map(everywhere).collect();
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
}

fn everywhere(version: &Version) -> impl Iterator<Item = Awaited> {
    version.servers.iter().map(|server| Awaited {
        server: server.clone(),
        zone: version.apex(),
        serial: version.serial,
    })
}

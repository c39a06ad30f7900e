//! What a comparison with a server came to.

use crate::changes::Sign;
use crate::commands::expected::Difference;
use crate::console::{BOLD, Console, GREEN, Plain, RED};
use crate::name_servers::NameServer;
use crate::report::counted;
use rr::Name;
use serde_json::{Value, json};
use std::io;
use transfer::zonemd::Digest;

/// A zone at a server.
pub(super) struct Compared {
    pub(super) zone: Name,
    pub(super) server: NameServer,
    /// Of what the commit has.
    pub(super) digest: Digest,
    pub(super) how: How,
}

pub(super) enum How {
    /// All that the server has.
    Transferred(Difference),
    /// What the commit has, and no more.
    Asked(Difference),
    /// Not at all: why.
    Failed(String),
}

/// Records that are shown of one server.
const RECORDS: usize = 100;

impl Compared {
    pub(super) fn is_same(&self) -> bool {
        self.difference()
            .is_some_and(|found| found.changes.is_empty())
    }

    fn difference(&self) -> Option<&Difference> {
        match &self.how {
            How::Transferred(found) | How::Asked(found) => Some(found),
            How::Failed(_) => None,
        }
    }

    /// `example.org. at 192.0.2.1:53: the same, serial 5, 7 records, transferred`, or what differs.
    pub(super) fn print(&self, console: &mut Console<'_>) -> io::Result<()> {
        let place = format!("{} at {}", self.zone, self.server);
        let place = console.paint(BOLD, Plain(&place)).to_string();
        match &self.how {
            How::Failed(why) => {
                let failed = console.paint(RED, "cannot be compared");
                writeln!(console.out, "{place}: {failed}: {}", Plain(why))
            }
            How::Transferred(found) => print_found(&place, found, "transferred", console),
            How::Asked(found) => print_found(&place, found, "asked one by one", console),
        }
    }

    /// Fields are only ever added.
    pub(super) fn to_json(&self) -> Value {
        let found = self.difference();
        let how = match &self.how {
            How::Transferred(_) => "transferred",
            How::Asked(_) => "asked",
            How::Failed(_) => "failed",
        };
        let why = match &self.how {
            How::Failed(why) => Some(why),
            _ => None,
        };
        json!({
            "zone": self.zone.to_string(),
            "server": self.server.name,
            "address": self.server.address.to_string(),
            "same": self.is_same(),
            "how": how,
            "why": why,
            "serial": found.and_then(|found| found.serial).map(|serial| serial.0),
            "records": found.map(|found| found.compared),
            "commit_digest": self.digest.to_string(),
            "digest": found.and_then(|found| found.digest.as_ref()).map(ToString::to_string),
            "changes": found.map(|found| &found.changes),
            "ephemeral": found.map(|found| &found.ephemeral),
        })
    }
}

/// As much of it as people compare; all of it is in the JSON.
fn abridged(digest: &Digest) -> String {
    format!(", SHA-384 {:.16}…", digest.to_string())
}

fn print_found(
    place: &str,
    found: &Difference,
    how: &str,
    console: &mut Console<'_>,
) -> io::Result<()> {
    let serial = found
        .serial
        .map_or("no serial".to_owned(), |serial| format!("serial {serial}"));
    let mut records = counted(found.compared, "record");
    if !found.ephemeral.is_empty() {
        records += &format!(" and {} ephemeral", found.ephemeral.len());
    }
    if found.changes.is_empty() {
        let same = console.paint(GREEN, "the same");
        let digest = found.digest.as_ref().map(abridged).unwrap_or_default();
        return writeln!(
            console.out,
            "{place}: {same}, {serial}, {records}, {how}{digest}"
        );
    }
    let differs = console.paint(RED, "differs");
    writeln!(
        console.out,
        "{place}: {differs}, {serial}, {records}, {how}"
    )?;
    for change in found.changes.iter().take(RECORDS) {
        let style = match change.change {
            Sign::Added => GREEN,
            Sign::Removed => RED,
        };
        let line = change.to_text();
        writeln!(console.out, "{}", console.paint(style, Plain(&line)))?;
    }
    match found.changes.len().checked_sub(RECORDS) {
        None | Some(0) => Ok(()),
        Some(more) => writeln!(console.out, "  {}", counted(more, "more record")),
    }
}

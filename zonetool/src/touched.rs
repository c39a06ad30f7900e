//! Which zones a change of files may have altered: their own file did, or a part that they include.

use crate::failure::Failure;
use crate::files::{CommitFiles, Files, Unread, ZoneAt};
use crate::reading;
use git_store::{Layout, TreePath, ZoneName};
use rr::{Class, NameRef, Rtype, Ttl};
use std::collections::BTreeSet;
use zone::check::Policy;
use zonefile::{Sink, Span};

/// One end of a range; before the first commit there is nothing.
pub(crate) struct Side {
    pub(crate) files: Option<CommitFiles>,
    pub(crate) layout: Layout,
}

impl Side {
    pub(crate) fn new(files: Option<CommitFiles>) -> Result<Side, Failure> {
        let layout = files
            .as_ref()
            .map_or_else(|| Ok(Layout::default()), CommitFiles::layout)?;
        Ok(Side { files, layout })
    }

    /// The files of a side that was made with some.
    pub(crate) fn files(&self) -> &CommitFiles {
        self.files
            .as_ref()
            .expect("only the older side of a range can be before the first commit")
    }

    /// The file of a zone; `None` where the commit has no such zone, or refuses its file.
    pub(crate) fn zone(&self, zone: &ZoneName) -> Option<(&CommitFiles, ZoneAt)> {
        let file = self.layout.zone(zone)?.ok()?;
        Some((
            self.files.as_ref()?,
            ZoneAt {
                zone: zone.clone(),
                path: file.path.to_string(),
            },
        ))
    }

    /// Zones of this side that include one of `parts`.
    fn including(&self, parts: &BTreeSet<TreePath>) -> Result<Vec<ZoneName>, Failure> {
        let mut found = Vec::new();
        for (name, _) in self.layout.zones() {
            if let Some((files, zone)) = self.zone(name)
                && includes_any(files, &zone, parts)?
            {
                found.push(name.clone());
            }
        }
        Ok(found)
    }
}

/// The zones that may differ between two commits.
pub(crate) fn between(older: &Side, newer: &Side) -> Result<BTreeSet<ZoneName>, Failure> {
    let Some(files) = &newer.files else {
        return Ok(BTreeSet::new());
    };
    let mut touched = files.touched_since(older.files.as_ref())?;
    if !touched.parts.is_empty() {
        // A part that came is included on the newer side, one that went on the older.
        touched.zones.extend(older.including(&touched.parts)?);
        touched.zones.extend(newer.including(&touched.parts)?);
    }
    Ok(touched.zones)
}

/// All zones of the newer side if it judges them by another policy, otherwise those that may differ.
pub(crate) fn judged_anew(older: &Side, newer: &Side) -> Result<BTreeSet<ZoneName>, Failure> {
    match policy(older.files.as_ref()) == policy(newer.files.as_ref()) {
        true => between(older, newer),
        false => {
            let zones = newer.layout.zones();
            Ok(zones.map(|(zone, _)| zone.clone()).collect())
        }
    }
}

/// The text of the policy, where there is one.
pub(crate) fn policy(files: Option<&CommitFiles>) -> Option<Vec<u8>> {
    files?.read_optional(Policy::FILE_NAME)
}

/// The file of a zone and all that it asks for, there or not.
pub(crate) fn asked(files: &CommitFiles, zone: &ZoneAt) -> Result<BTreeSet<String>, Failure> {
    let octets = match files.read(&zone.path) {
        Ok(octets) => octets,
        Err(Unread::Refused(_)) => return Ok(BTreeSet::new()),
        Err(Unread::Failed(failure)) => return Err(failure),
    };
    let text = reading::read_text(files, zone, octets, &mut Unheard);
    Ok(text.map.paths().map(str::to_owned).collect())
}

/// Most zones include nothing, which a look at the octets tells.
fn includes_any(
    files: &CommitFiles,
    zone: &ZoneAt,
    parts: &BTreeSet<TreePath>,
) -> Result<bool, Failure> {
    let octets = match files.read(&zone.path) {
        Ok(octets) => octets,
        Err(Unread::Refused(_)) => return Ok(false),
        Err(Unread::Failed(failure)) => return Err(failure),
    };
    if !may_include(&octets) {
        return Ok(false);
    }
    let text = reading::read_text(files, zone, octets, &mut Unheard);
    Ok(text
        .map
        .paths()
        .any(|path| parts.contains(&TreePath::new(path))))
}

/// Whether the text can have an `$INCLUDE`: many have none, and this is cheaper than reading them.
pub(crate) fn may_include(text: &[u8]) -> bool {
    const DIRECTIVE: &[u8] = b"$INCLUDE";
    text.windows(DIRECTIVE.len())
        .any(|window| window[0] == b'$' && window.eq_ignore_ascii_case(DIRECTIVE))
}

/// Only the includes matter here.
struct Unheard;

impl Sink for Unheard {
    fn record(&mut self, _: NameRef<'_>, _: Class, _: Ttl, _: Rtype, _: &[u8], _: Span) {}
}

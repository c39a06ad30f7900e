//! Zones that come and go as a whole, each in a commit of its own.

use std::collections::BTreeMap;

use git_store::{Edit, TreePath, ZoneName};
use rr::{Name, Serial};
use tsig::Time;
use update::Scene;
use wire::Ede;
use zone::{Builder, Unchecked, Zone, difference};

use super::draft::is_serial_only;
use super::round::{Fate, Fault, Round, is_right};
use super::text::Changes;
use super::{Planned, Refusal, Update};
use crate::loading::loader::Loader;
use crate::loading::loader::stepping::Ready;
use crate::telling::board::Board;

/// A zone that is made or removed.
pub(super) struct Whole {
    name: ZoneName,
    pub(super) files: BTreeMap<TreePath, Edit>,
    /// What it is to be; none if it is to be no more.
    wanted: Option<Zone<Unchecked>>,
}

impl Round {
    /// RFC 2136 §3.1.2: there is no such zone, but who may make one does.
    pub(super) fn make(
        &mut self,
        loader: &Loader,
        update: &Update,
    ) -> Result<Option<Fate>, Refusal> {
        let name = ZoneName::from_absolute_text(&update.zone.to_string());
        if loader.board().zones.contains_key(&name) {
            // It is in the repository, and was never right: there is nothing that could be updated.
            return Err(Refusal::no_such_zone());
        }
        let nothing = Builder::new(update.zone.clone(), loader.key).finish();
        let planned = update.plan.plan_new(&Scene {
            zone: &nothing,
            serial: Serial(0),
            zones: &loader.zones.load(),
            policy: &self.rights,
            now: Time::from_secs(loader.clock.wall().as_secs()),
        })?;
        if self.changes_anything() {
            return Ok(None);
        }
        let changes = Changes {
            removed: Vec::new(),
            added: planned.added,
        };
        let zone = nothing.patch(&changes.for_zone());
        let zone = zone.map_err(|why| Refusal::trouble(why.to_string()))?;
        let said = format!("made by an update with key {}", update.key);
        let text = zone::write_text(&zone, &said);
        let path = path_for(&loader.board(), self.snapshot.zone_root(), &name)?;
        self.whole = Some(Whole {
            name,
            files: BTreeMap::from([(path, Edit::Put(text))]),
            wanted: Some(zone),
        });
        Ok(Some(Fate::Part(format!(
            "make the zone; {}",
            planned.summary
        ))))
    }

    /// The file goes, and the parts that no other zone has.
    pub(super) fn remove(
        &mut self,
        loader: &Loader,
        apex: &Name,
        planned: Planned,
    ) -> Option<Fate> {
        if self.changes_anything() {
            return None;
        }
        let name = ZoneName::from_absolute_text(&apex.to_string());
        let board = loader.board();
        let held = board.zones.get(&name)?;
        let own = held.parts.iter().filter(|part| board.zones_with(part) == 1);
        let gone = held.served.iter().map(|served| &served.path).chain(own);
        self.whole = Some(Whole {
            files: gone.map(|path| (path.clone(), Edit::Remove)).collect(),
            name,
            wanted: None,
        });
        Some(Fate::Part(planned.summary))
    }
}

impl Whole {
    /// Whether the commit says what was planned, and is right.
    pub(super) fn check(&self, ready: &Ready) -> Result<(), Fault> {
        let judged = ready
            .judged()
            .iter()
            .find(|judged| judged.name == self.name);
        if let Some(judged) = judged {
            is_right(judged)?;
        }
        let read = judged.and_then(|judged| judged.published());
        let is_met = match (&self.wanted, read) {
            (None, read) => read.is_none(),
            (Some(wanted), Some(read)) => is_serial_only(difference(wanted, read)),
            (Some(_), None) => false,
        };
        match is_met {
            true => Ok(()),
            false => Err(Fault::Content(Refusal::trouble(
                "the text would not say what was asked for; please report this",
            ))),
        }
    }
}

/// Beside the file of the nearest zone above it, or at the zone root.
fn path_for(board: &Board, root: &TreePath, name: &ZoneName) -> Result<TreePath, Refusal> {
    let file = name.file_name().ok_or_else(|| {
        Refusal::refused(
            Ede::OTHER,
            "no file of a repository is taken as one of this zone",
        )
    })?;
    let above = name.as_str().match_indices('.').find_map(|(dot, _)| {
        let above = ZoneName::from_absolute_text(&name.as_str()[dot + 1..]);
        let served = board.zones.get(&above)?.served.as_ref()?;
        let (folder, _) = served.path.as_str()?.rsplit_once('/')?;
        Some(folder.to_owned())
    });
    let folder = above.or_else(|| root.as_str().map(str::to_owned));
    let folder = folder.unwrap_or_default();
    let path = format!("{folder}/{file}");
    Ok(TreePath::new(path.trim_start_matches('/')))
}

//! The commits of a repository as a past: only what differs between two of them is read.

use super::arrivals::{self, Age, Arrivals};
use super::{Past, Version, Wanted, text::ZoneText};
use crate::failure::Failure;
use crate::files::{CommitFiles, Unread as NotRead};
use crate::reading;
use crate::report::Place;
use git_store::{Change, Commit, CommitId, Error, Finding, Found, Layout, Store, ZoneName};
use indicatif::ProgressBar;
use rr::NameRef;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use zonefile::Span;

/// What a whole walk shares.
pub(crate) struct Walk {
    wanted: Wanted,
    /// The zones that can hold the name, the closest first.
    zones: Vec<ZoneName>,
    notes: RefCell<Notes>,
    bar: ProgressBar,
    arrivals: Arrivals,
}

/// What stood in the way.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) unread: Vec<Unread>,
    /// Commits whose parents the repository does not have: a shallow clone ends there.
    pub(crate) cut: BTreeSet<CommitId>,
}

/// A version of a zone with mistakes.
#[derive(Debug)]
pub(crate) struct Unread {
    /// The oldest commit with these mistakes that was looked at.
    pub(crate) commit: CommitId,
    /// The first mistake with its place.
    pub(crate) why: String,
    pub(crate) mistakes: usize,
}

impl Walk {
    pub(crate) fn new(store: &Store, wanted: Wanted, bar: ProgressBar) -> Rc<Walk> {
        Rc::new(Walk {
            zones: wanted.name.as_ref().ancestors().map(zone_name).collect(),
            wanted,
            notes: RefCell::default(),
            bar,
            arrivals: Arrivals::new(store),
        })
    }

    /// Begins at a commit.
    pub(crate) fn from(self: &Rc<Walk>, files: CommitFiles) -> Result<Step, Failure> {
        self.arrivals.begin_at(files.snapshot.commit().id);
        let mut layout = Layout::default();
        layout.apply(&self.changes(&files, None)?);
        let held = self.read(&files, &layout, None)?;
        Ok(self.step(files, layout, held))
    }

    /// What stood in the way, when the walk is over.
    pub(crate) fn take_notes(&self) -> Notes {
        self.bar.finish_and_clear();
        self.notes.take()
    }

    fn step(self: &Rc<Walk>, files: CommitFiles, layout: Layout, held: Held) -> Step {
        self.bar.inc(1);
        Step {
            walk: Rc::clone(self),
            commit: Rc::new(files.snapshot.commit().clone()),
            files: Rc::new(files),
            layout,
            held,
        }
    }

    /// Of the zones that can hold the name, and of parts.
    fn changes(
        &self,
        files: &CommitFiles,
        since: Option<&CommitFiles>,
    ) -> Result<Vec<Change>, Failure> {
        let mut changes = files.changes_since(since)?;
        changes.retain(|change| {
            let both = [&change.before, &change.after];
            both.into_iter().flatten().any(|found| match found {
                Found::Zone(zone, _) | Found::Refused(Some(zone), _) => self.zones.contains(zone),
                Found::Part(_) | Found::Keys(_) | Found::Refused(None, _) => since.is_some(),
            })
        });
        Ok(changes)
    }

    /// The version of a commit, from a newer one where that is quicker.
    fn read(
        &self,
        files: &CommitFiles,
        layout: &Layout,
        newer: Option<&ZoneText>,
    ) -> Result<Held, Failure> {
        let zone = match self.zones.iter().find_map(|zone| layout.zone(zone)) {
            None => return Ok(Held::nothing(true)),
            Some(Err(finding)) => return Ok(self.refused(files, &finding)),
            Some(Ok(zone)) => zone,
        };
        if let Some(newer) = newer
            && let Some(text) = newer.elsewhere(files, &zone, &self.wanted)?
        {
            return Ok(Held::text(text));
        }
        match ZoneText::read(files, &zone, &self.wanted) {
            Ok(text) => {
                let note = self.mistakes(files, &text);
                Ok(Held {
                    note,
                    ..Held::text(text)
                })
            }
            Err(NotRead::Refused(finding)) => Ok(self.refused(files, &finding)),
            Err(NotRead::Failed(failure)) => Err(failure),
        }
    }

    fn refused(&self, files: &CommitFiles, finding: &Finding) -> Held {
        let note = self.note(files, finding.to_string(), 1);
        Held {
            note: Some(note),
            ..Held::nothing(false)
        }
    }

    fn mistakes(&self, files: &CommitFiles, text: &ZoneText) -> Option<usize> {
        let error = text.errors.first()?;
        let place = reading::place(files, &text.map, error.span);
        let why = format!(
            "{}:{}:{}: {}",
            place.path, place.line, place.column, error.message
        );
        Some(self.note(files, why, text.errors.len()))
    }

    fn note(&self, files: &CommitFiles, why: String, mistakes: usize) -> usize {
        let commit = files.snapshot.commit().id;
        let unread = &mut self.notes.borrow_mut().unread;
        unread.push(Unread {
            commit,
            why,
            mistakes,
        });
        unread.len() - 1
    }
}

/// A commit on the way.
#[derive(Clone)]
pub(crate) struct Step {
    walk: Rc<Walk>,
    commit: Rc<Commit>,
    files: Rc<CommitFiles>,
    /// The zones that can hold the name, and no others.
    layout: Layout,
    held: Held,
}

/// What the closest zone says; commits that do not touch it share it.
#[derive(Clone)]
struct Held {
    version: Rc<Version>,
    /// `None` where there is no zone, or a file that is never taken.
    text: Option<Rc<ZoneText>>,
    /// Which of the notes tells of its mistakes.
    note: Option<usize>,
}

impl Held {
    fn nothing(is_whole: bool) -> Held {
        let records = Vec::new();
        Held {
            version: Rc::new(Version { records, is_whole }),
            text: None,
            note: None,
        }
    }

    fn text(text: ZoneText) -> Held {
        Held {
            version: Rc::clone(&text.version),
            text: Some(Rc::new(text)),
            note: None,
        }
    }
}

impl Step {
    /// The zone that holds the name.
    pub(crate) fn zone_name(&self) -> Option<String> {
        let zone = self
            .walk
            .zones
            .iter()
            .find(|zone| self.layout.zone(zone).is_some());
        zone.map(|zone| zone.as_str().to_owned())
    }

    /// Where something stands; only of the commit that the walk began with.
    pub(crate) fn place(&self, span: Span) -> Place {
        match &self.held.text {
            Some(text) => reading::place(&*self.files, &text.map, span),
            None => Place::whole(String::new()),
        }
    }

    fn older(&self, files: CommitFiles) -> Result<Step, Failure> {
        let changes = self.walk.changes(&files, Some(&self.files))?;
        let mut layout = self.layout.clone();
        let touched = layout.apply(&changes);
        let text = self.held.text.as_deref();
        let is_same = touched.zones.is_empty()
            && text.is_none_or(|text| touched.parts.is_disjoint(&text.sought));
        let held = match is_same {
            true => self.held.clone(),
            false => self.walk.read(&files, &layout, text)?,
        };
        if let (true, Some(note)) = (is_same, held.note) {
            let commit = files.snapshot.commit().id;
            self.walk.notes.borrow_mut().unread[note].commit = commit;
        }
        Ok(self.walk.step(files, layout, held))
    }
}

impl Past for Step {
    type Commit = Rc<Commit>;
    type Age = Age;
    type Error = Failure;

    fn commit(&self) -> Rc<Commit> {
        Rc::clone(&self.commit)
    }

    fn age(&self) -> Age {
        arrivals::age(&self.commit)
    }

    fn version(&self) -> &Rc<Version> {
        &self.held.version
    }

    fn came_with(&self) -> Result<Option<Age>, Failure> {
        self.walk.arrivals.of(self.commit.id)
    }

    fn parent(&self, number: usize) -> Result<Option<Step>, Failure> {
        let Some(id) = self.commit.parents.get(number) else {
            return Ok(None);
        };
        match self.files.snapshot.beside(*id) {
            Ok(snapshot) => self.older(CommitFiles { snapshot }).map(Some),
            Err(Error::Missing { .. }) => {
                self.walk.notes.borrow_mut().cut.insert(self.commit.id);
                Ok(None)
            }
            Err(error) => Err(Failure::unreadable(format!("cannot read commit {id}"))
                .because(&error)
                .next("look at the repository: git fsck")),
        }
    }
}

fn zone_name(name: NameRef<'_>) -> ZoneName {
    ZoneName::from_absolute_text(&name.to_lowercase().to_string())
}

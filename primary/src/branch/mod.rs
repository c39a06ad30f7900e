//! The branch that is served: which commit is next, for whoever has the loader.
//!
//! ```text
//!   a repository here:   its branch ─────────────────────────────> the loader
//!   one elsewhere:       fetched ──meeting──> theirs, or ours ───> the loader ──> branch of the copy
//!                                        └──> both: merging ─────────┘   (a commit of ours, served as any)
//! ```
//! Of a repository on another machine the branch of the copy is what is served, and may be ahead of what was fetched:
//! updates are commits on it, until they are pushed ([`crate::updating`]). Only who has the loader moves it, so what is
//! served and where the branch is do not part. `meeting` decides and does nothing; `merging` brings two histories together.

mod meeting;
mod merging;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, OnceLock};

use git_store::{CommitId, Heard, Store, WriteError};

pub(crate) use meeting::Apart;
pub(crate) use merging::InVain;

use crate::following::{Ends, Mirror};
use crate::loading::loader::{Loader, lock};
use meeting::{Meeting, Sides};

/// The branch.
pub(crate) struct Line {
    pub(crate) store: Store,
    place: Place,
    /// Told when something new is here.
    on_news: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

enum Place {
    /// In a repository on this machine; `None` for the branch that `HEAD` names.
    Here(Option<String>),
    There(Copied),
}

/// A repository on another machine, as far as it is known here.
struct Copied {
    mirror: Arc<Mutex<Mirror>>,
    /// What is served, and the other machine has, but the branch does not lead to: the disk did not let us.
    owed: Mutex<Option<CommitId>>,
}

/// Where commits of updates go.
pub(crate) struct Head {
    /// The branch.
    pub(crate) branch: String,
    /// Its newest commit.
    pub(crate) commit: Option<CommitId>,
}

impl Line {
    /// The branch of a repository on this machine.
    pub(crate) fn here(store: Store, branch: Option<String>) -> Line {
        Line::new(store, Place::Here(branch))
    }

    /// The branch of a copy.
    pub(crate) fn there(store: Store, mirror: Arc<Mutex<Mirror>>) -> Line {
        let copied = Copied {
            mirror,
            owed: Mutex::default(),
        };
        Line::new(store, Place::There(copied))
    }

    fn new(store: Store, place: Place) -> Line {
        Line {
            store,
            place,
            on_news: OnceLock::new(),
        }
    }

    /// Who is told when something new from the other machine is served.
    pub(crate) fn tells(&self, on_news: impl Fn() + Send + Sync + 'static) {
        // There is one who pushes.
        let _ = self.on_news.set(Box::new(on_news));
    }

    /// Has the loader take in what is newest. What it has already costs two looks.
    pub(crate) fn bring_up(&self, loader: &mut Loader) -> Heard {
        match &self.place {
            Place::Here(branch) => {
                let tip = self.store.reopened();
                loader.hear(tip.and_then(|store| store.tip(branch.as_deref())))
            }
            Place::There(copied) => {
                let heard = self.bring_up_copy(copied, loader);
                self.on_news.get().iter().for_each(|tell| tell());
                heard
            }
        }
    }

    /// The same before a commit of updates is made, where only what is new matters.
    pub(crate) fn head(&self, loader: &mut Loader) -> Result<Head, WriteError> {
        // For all of the commit: what others do meanwhile is noticed when the branch is to move.
        loader.reopen()?;
        match &self.place {
            Place::Here(branch) => {
                let store = &loader.store;
                let branch = match branch {
                    Some(branch) => branch.clone(),
                    None => store.head_branch()?.ok_or_else(|| nameless(store))?,
                };
                let commit = store.tip(Some(&branch))?;
                if commit.is_none() || commit != loader.taken() {
                    loader.hear(Ok(commit));
                }
                Ok(Head { branch, commit })
            }
            Place::There(copied) => {
                copied.settle()?;
                let sides = copied.sides(loader)?;
                let mut commit = sides.ours;
                if !sides.are_settled() || sides.ours != loader.taken() {
                    self.bring_up(loader);
                    commit = lock(&copied.mirror).ends()?.taken;
                }
                let branch = lock(&copied.mirror).taken_name().to_owned();
                Ok(Head { branch, commit })
            }
        }
    }

    /// The copy, where the branch is that of another machine.
    pub(crate) fn mirror(&self) -> Option<&Arc<Mutex<Mirror>>> {
        match &self.place {
            Place::Here(_) => None,
            Place::There(copied) => Some(&copied.mirror),
        }
    }

    /// Notes that the other machine has a commit which is served from now on. What the disk does not let us write is
    /// written as soon as it does.
    pub(crate) fn note_pushed(&self, commit: CommitId) {
        let Place::There(copied) = &self.place else {
            return;
        };
        *lock(&copied.owed) = Some(commit);
        if let Err(why) = copied.settle() {
            copied.tell_trouble(&why);
        }
    }

    fn bring_up_copy(&self, copied: &Copied, loader: &mut Loader) -> Heard {
        if let Err(why) = copied.settle() {
            copied.tell_trouble(&why);
            return Heard::Again;
        }
        let sides = match copied.sides(loader) {
            Ok(sides) => sides,
            Err(why) => return loader.hear(Err(why)),
        };
        if sides.are_settled() && loader.heard() == sides.ours {
            return Heard::Done;
        }
        let met = self.store.reopened().and_then(|store| sides.meet(&store));
        let (next, heard) = match met {
            Err(why) => return loader.hear(Err(why)),
            Ok(Meeting::Nothing) => return Heard::Done,
            Ok(Meeting::Ours(next) | Meeting::Theirs(next)) => (next, loader.hear(Ok(Some(next)))),
            Ok(Meeting::Rewritten { theirs, ours }) => {
                if loader.has_served_nothing() {
                    loader.hear(Ok(Some(ours)));
                }
                let heard = loader.hear(Ok(Some(theirs)));
                // It may have been accepted in this moment: then what is ours belongs on it.
                return match loader.taken() == Some(theirs) {
                    true => self.bring_up_copy(copied, loader),
                    false => heard,
                };
            }
            Ok(Meeting::Apart(apart)) => match self.merge(copied, loader, apart) {
                Some(merged) => (merged, Heard::Done),
                None => return Heard::Again,
            },
        };
        let noted = match (loader.taken(), sides.ours) {
            (Some(taken), _) if taken == next => copied.note(next, sides.theirs),
            // At a first start an older one is served instead.
            (Some(taken), None) => copied.note(taken, None),
            _ => Ok(()),
        };
        match noted {
            Ok(()) => heard,
            Err(why) => {
                copied.tell_trouble(&why);
                Heard::Again
            }
        }
    }

    /// None if it has to be done again.
    fn merge(&self, copied: &Copied, loader: &mut Loader, apart: Apart) -> Option<CommitId> {
        let is_at = |commit| loader.taken() == Some(commit);
        if !is_at(apart.ours) && !is_at(apart.theirs) {
            loader.hear(Ok(Some(apart.ours)));
        }
        if loader.wants_signatures() {
            // A merge of ours would not be signed: the law refuses the other side, and says why.
            loader.hear(Ok(Some(apart.theirs)));
            return None;
        }
        let branch = lock(&copied.mirror).taken_name().to_owned();
        // A mistake of ours costs this try, not the thread that looks.
        let merge = AssertUnwindSafe(|| merging::merge(loader, &branch, apart));
        match catch_unwind(merge) {
            Ok(Ok(merged)) => return Some(merged),
            Ok(Err(why)) => crate::telling::log::not_merged(apart.theirs, &why),
            Err(_) => {
                loader.forget();
                let why = "the server failed while it merged; please report this";
                crate::telling::log::not_merged(apart.theirs, &why);
            }
        }
        None
    }
}

impl Copied {
    fn sides(&self, loader: &Loader) -> git_store::Result<Sides> {
        let accepted = loader.board().accepted;
        let Ends {
            fetched: theirs,
            taken: ours,
            shared,
        } = lock(&self.mirror).ends()?;
        let taken = loader.taken().filter(|taken| theirs == Some(*taken));
        Ok(Sides {
            theirs,
            ours,
            shared,
            accepted: taken.or(accepted),
        })
    }

    /// What is served first, then what of the other machine is in it.
    fn note(&self, next: CommitId, theirs: Option<CommitId>) -> Result<(), WriteError> {
        let mut mirror = lock(&self.mirror);
        mirror.note_taken(next)?;
        if let Some(theirs) = theirs {
            mirror.note_shared(theirs)?;
        }
        Ok(())
    }

    fn settle(&self) -> Result<(), WriteError> {
        let mut owed = lock(&self.owed);
        if let Some(commit) = *owed {
            let mut mirror = lock(&self.mirror);
            mirror.note_taken(commit)?;
            mirror.note_pushed(commit)?;
            *owed = None;
        }
        Ok(())
    }

    fn tell_trouble(&self, why: &WriteError) {
        crate::telling::log::copy_in_trouble(lock(&self.mirror).path(), why);
    }
}

fn nameless(store: &Store) -> WriteError {
    let path = store.directories()[0].to_owned();
    git_store::Refusal::NoBranch { path }.into()
}

impl std::fmt::Debug for Line {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Line({:?})", self.store)
    }
}

//! Changes that messages ask for become commits.
//!
//! ```text
//!  Update ──> queue ──> all that wait, in order ──────────────────────────────── with the loader, alone ──┐
//!   (a key asks)          plan, each on the zone as those before it leave it ──> its own refusal           │
//!                         amend (zone): is the zone still right? ── doubtful: a round for itself           │
//!                         amend_text (zonefile): which octets change in which files ── cannot: one by one  │
//!                         put (git-store): the commit, durable, nobody's yet                               │
//!                         prepare (loading): read as any commit; is it what was planned?                   │
//!                         advance (git-store): the branch moves ──> Receipt ──┐   lost: once more on the   │
//!                         serve (loading): one swap                           │   commit that came between │
//!  Answer <──────────────────────────────────────────── Acknowledged <────────┘                            │
//! ```
//! What is served of an update is what is read from its commit, by the same way as what a person has pushed, so that a
//! restart comes to the same zones and serials. Until the branch has moved nobody sees anything; what goes wrong
//! before leaves at most objects that nothing points to, which `git gc` removes. After it, the update is never taken back.
//!
//! Those who wait together share a commit: while one is made, others gather. The commit names each of them.
//!
//! Where the branch belongs to another machine, it is that of the copy which moves, and `pushing` follows; or the commit is
//! pushed first, and `Pushed` (git-remote) takes the place of the `Receipt` (`durability`).

mod above;
mod answer;
mod commit;
pub(crate) mod counts;
mod draft;
mod durability;
mod message;
mod pushing;
mod queue;
mod round;
mod taking;
mod text;
mod whole;
mod writer;

pub use answer::{Acknowledged, Answer, Answered, Refusal};
pub(crate) use commit::COMMITTER;
pub(crate) use counts::Counts;
pub use durability::Durability;
pub(crate) use durability::Keeping;
pub(crate) use message::Intake;
pub(crate) use pushing::{Backlog, Means, Pusher, PusherByHand, Word};
pub use queue::Updates;
pub(crate) use queue::{Queue, QueueByHand};
pub(crate) use round::read_rights;
pub(crate) use taking::Taking;
pub(crate) use text::Changes;
pub(crate) use writer::Writer;

use ::update::Scene;
use rr::Name;
use zone::{Checked, Unchecked};
use zonefile::Written;

/// What a message asks for.
pub struct Update {
    /// The zone to be changed.
    pub zone: Name,
    /// The key it is signed with.
    pub key: Name,
    /// Who sent it, for the history: an address.
    pub from: String,
    /// The id of the message.
    pub id: u16,
    /// Octets of the message.
    pub octets: usize,
    /// What it comes to.
    pub plan: Box<dyn Plan>,
    /// Called once, from another thread, with what has become of it.
    pub answer: Box<dyn FnOnce(Answered) + Send>,
}

/// Decides what an update changes.
pub trait Plan: Send {
    /// The changes, given the zone as it is served, or as the updates before this one will leave it. May be asked again
    /// when the zone has changed in between.
    ///
    /// # Errors
    /// Why nothing is to be changed.
    fn plan(&self, scene: &Scene<'_, Checked>) -> Result<Planned, Refusal>;

    /// The records of a zone that is not there, as the scene has it.
    ///
    /// # Errors
    /// Why there is to be none: as a rule that there is none to be updated (RFC 2136 §3.1.2).
    fn plan_new(&self, scene: &Scene<'_, Unchecked>) -> Result<Planned, Refusal> {
        let _ = scene;
        Err(Refusal::no_such_zone())
    }
}

impl Plan for ::update::Update {
    fn plan(&self, scene: &Scene<'_, Checked>) -> Result<Planned, Refusal> {
        let plan = ::update::plan(self, scene).map_err(|why| Refusal::of(&why))?;
        Ok(planned(&plan))
    }

    fn plan_new(&self, scene: &Scene<'_, Unchecked>) -> Result<Planned, Refusal> {
        let plan = ::update::plan(self, scene).map_err(|why| Refusal::of(&why))?;
        Ok(planned(&plan))
    }
}

fn planned(plan: &::update::Plan) -> Planned {
    let ignored = plan.ignored.iter().map(ToString::to_string);
    let ignored = ignored.collect::<Vec<_>>().join("; ");
    let changes = match &plan.planned {
        ::update::Planned::Nothing => {
            return Planned {
                ignored,
                ..Planned::default()
            };
        }
        ::update::Planned::Removal => return Planned::removal(),
        ::update::Planned::Changes(changes) => changes,
    };
    let records = Changes::of(changes.records().into_iter());
    Planned {
        removed: records.removed,
        added: records.added,
        summary: changes.lines().collect::<Vec<_>>().join("; "),
        ignored,
        is_removal: false,
    }
}

/// What is to change in a zone.
#[derive(Clone, Debug, Default)]
pub struct Planned {
    /// Records that are there and are to go, as the zone has them.
    pub removed: Vec<Written>,
    /// Records that are not there and are to come.
    pub added: Vec<Written>,
    /// The same for people: one line, such as `replace TLSA of _443._tcp.www`.
    pub summary: String,
    /// What of it is left out without an error, in words for its sender; empty if nothing is.
    pub ignored: String,
    /// Whether the zone itself is to go, with all that is in it.
    pub is_removal: bool,
}

impl Planned {
    /// Whether all stays as it is.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.removed.is_empty() && self.added.is_empty() && !self.is_removal
    }

    fn removal() -> Planned {
        Planned {
            summary: "remove the zone".into(),
            is_removal: true,
            ..Planned::default()
        }
    }
}

impl std::fmt::Debug for Update {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Update({} by {})", self.zone, self.key)
    }
}

//! What a repository thinks of updates: the file `.zonepolicy` at its top.
//!
//! ```text
//! # who may do what to which records
//! allow      web._update.example.org    replace      TLSA    _443._tcp.www.example.org
//! allow      acme._update.example.org   add,delete   TXT     _acme-challenge.example.org,_acme-challenge.*.example.org until 2027-06-30
//! allow      boss._update               all          *       *
//! allow      boss._update               make-zone    SOA     *.customers.example.org
//! allow      boss._update               remove-zone  SOA     old.example.org
//!
//! # what is served and never committed, and what is committed all the same
//! ephemeral  TXT       _acme-challenge.*
//! durable    TXT       _acme-challenge.keep.example.org
//!
//! # who is right where a person and an update have changed the same records: human unless it says update
//! winner     update    A,AAAA    *.dyn.example.org
//! ```
//! A key that has an `allow` line has these and nothing else, also when all of them have expired; one without has all that
//! its name says, but for `make-zone` and `remove-zone`, which always take a line. Names are whole; `*` as a label stands for one or more.
//! What `*` of types means is all that updates may change. Of several lines `ephemeral` and `durable`, or `winner`, that fit,
//! the last one holds. `_acme-challenge.*` TXT is ephemeral, unless a line says otherwise.
//!
//! One mistake anywhere, and nobody may update anything: the line that cannot be read may be the one that forbids.

mod date;
mod grant;
mod pattern;
mod read;
mod rights;

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use rr::{Name, NameRef, Rtype};

pub use date::{Date, NotADate};
pub use grant::{Actions, Grant, Types, UnknownAction};
pub use pattern::{Pattern, PatternError};
pub(crate) use rights::Rights;

/// Who may change what, which records are ephemeral, and who is right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// By the name of the key.
    grants: BTreeMap<Name, Vec<Grant>>,
    layers: Vec<(Selection, Layer)>,
    winners: Vec<(Selection, Winner)>,
    /// The first mistake, as long as there is one.
    mistake: Option<Mistake>,
}

/// Records that a line is about.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Selection {
    types: Types,
    names: Vec<Pattern>,
}

/// How long a change is to be remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// In a commit, for ever.
    Durable,
    /// Served, and never committed.
    Ephemeral,
}

/// Who is right where a person, by a commit, and an update have changed the same records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Winner {
    /// Who has pushed the commit.
    Human,
    /// Who has sent the update.
    Update,
}

/// What is wrong with a policy, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// From 1.
    pub line: usize,
    /// From 1, in octets.
    pub column: usize,
    /// The wrong word as octets of the text; empty where something is missing.
    pub range: Range<usize>,
    /// What is wrong, and how it would be right.
    pub message: String,
}

impl Policy {
    /// The name of the file, at the root of the repository.
    pub const FILE_NAME: &'static str = ".zonepolicy";

    /// Reads the text of a `.zonepolicy`. With mistakes the policy lets nobody do anything.
    #[must_use]
    pub fn read(text: &[u8]) -> (Policy, Vec<Mistake>) {
        read::read(text)
    }

    /// The first mistake; as long as there is one nobody may update anything.
    #[must_use]
    pub fn mistake(&self) -> Option<&Mistake> {
        self.mistake.as_ref()
    }

    /// The lines of a key, in the order written.
    #[must_use]
    pub fn grants(&self, key: NameRef<'_>) -> &[Grant] {
        self.grants.get(&key.to_owned()).map_or(&[], Vec::as_slice)
    }

    /// The lines of all keys, in canonical order of their names.
    pub fn all_grants(&self) -> impl Iterator<Item = &Grant> {
        self.grants.values().flatten()
    }

    /// Whether updates of these records are committed.
    #[must_use]
    pub fn layer(&self, owner: NameRef<'_>, rtype: Rtype) -> Layer {
        let said = last_that_fits(&self.layers, owner, rtype);
        said.unwrap_or_else(|| match is_challenge(owner, rtype) {
            true => Layer::Ephemeral,
            false => Layer::Durable,
        })
    }

    /// Who is right where both sides have changed these records.
    #[must_use]
    pub fn winner(&self, owner: NameRef<'_>, rtype: Rtype) -> Winner {
        last_that_fits(&self.winners, owner, rtype).unwrap_or(Winner::Human)
    }
}

/// RFC 8555 §8.4: what proves for some seconds that a name is somebody's.
fn is_challenge(owner: NameRef<'_>, rtype: Rtype) -> bool {
    let first = owner.first_label();
    rtype == Rtype::TXT && first.is_some_and(|label| label.eq_ignore_ascii_case(b"_acme-challenge"))
}

fn last_that_fits<T: Copy>(
    lines: &[(Selection, T)],
    owner: NameRef<'_>,
    rtype: Rtype,
) -> Option<T> {
    let mut fitting = lines.iter().rev().filter(|(selection, _)| {
        selection.types.include(rtype) && grant::fits(&selection.names, owner)
    });
    fitting.next().map(|(_, said)| *said)
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

impl core::error::Error for Mistake {}

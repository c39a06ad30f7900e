//! A zone, before and after its check.

use crate::Limits;
use crate::check::Severities;
use crate::check::defect::Defect;
use crate::form::{Behind, Form};
use crate::hash::Path;
use crate::lookup::{self, Lookup};
use crate::node::{Node, RrsetRef};
use crate::places::Places;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;
use rr::data::Soa;
use rr::{Data, NameRef, Rtype, Serial, Single};
use zonefile::Pos;

/// All records of a zone, immutable, shared between threads and between versions.
///
/// `Zone<Unchecked>` is what a [`Builder`](crate::Builder) or a [patch](Zone::patch) makes; it
/// knows where each record was written. [`Zone::check`] turns it into `Zone<Checked>`, which has
/// forgotten that, and which alone can be published in [`Zones`](crate::Zones).
#[derive(Clone)]
pub struct Zone<State> {
    pub(crate) form: Form,
    state: State,
}

/// A zone that may be wrong in any way, with what is needed to say where.
#[derive(Clone, Debug)]
pub struct Unchecked {
    defects: Vec<Defect>,
    places: Places,
    /// By how much its text may grow; none unless all was read from one, with no name spelt in two ways.
    room: Option<Limits>,
}

/// A zone that has passed [`Zone::check`].
#[derive(Clone, Debug)]
pub struct Checked {
    /// What the rules weighed.
    pub(crate) severities: Severities,
    /// By how much its text may grow; none if that said more than the zone holds, so that its next version cannot be
    /// known from what changed.
    pub(crate) room: Option<Limits>,
}

impl Unchecked {
    pub(crate) fn new(mut defects: Vec<Defect>, places: Places) -> Self {
        defects.sort_by_key(|defect| defect.at);
        Unchecked {
            defects,
            places,
            room: None,
        }
    }

    pub(crate) fn with_room(self, room: Option<Limits>) -> Self {
        Unchecked { room, ..self }
    }
}

impl<State> Zone<State> {
    /// The name of the zone.
    #[must_use]
    pub fn apex(&self) -> NameRef<'_> {
        self.form.apex.as_ref().as_ref()
    }

    /// The node of the apex. It is there in any zone, if only as an empty non-terminal.
    #[must_use]
    pub fn apex_node(&self) -> Node<'_> {
        self.form.apex_node()
    }

    /// The serial of the SOA record; `None` if the zone has no such record, which no checked zone lacks.
    #[must_use]
    pub fn serial(&self) -> Option<Serial> {
        let soa = self.apex_node().rrset(Rtype::SOA)?.rdatas().next()?;
        // RFC 1035 §3.3.13: five numbers of four octets end the rdata, the serial is the first.
        let serial = soa
            .len()
            .checked_sub(20)
            .and_then(|at| soa[at..].first_chunk())?;
        Some(Serial(u32::from_be_bytes(*serial)))
    }

    /// The SOA record; `None` if the zone has none that can be read, as only an unchecked zone may.
    #[must_use]
    pub fn soa(&self) -> Option<Single<Soa>> {
        let set = self.apex_node().rrset(Rtype::SOA)?;
        let value = Soa::from_wire(set.rdatas().next()?).ok()?;
        Some(Single {
            ttl: set.ttl(),
            value,
        })
    }

    /// Answers where `qname` leads (RFC 1034 §4.3.2 step 3), without allocating.
    #[must_use]
    pub fn lookup(&self, qname: NameRef<'_>) -> Lookup<'_> {
        let mut path = Path::nowhere(self.form.key);
        path.lead_to(qname);
        lookup::lookup(&self.form, &path)
    }

    /// The node that has exactly this name, also when a cut or a DNAME hides it from questions:
    /// this is how glue is found.
    #[must_use]
    pub fn node(&self, name: NameRef<'_>) -> Option<Node<'_>> {
        let mut path = Path::nowhere(self.form.key);
        path.lead_to(name);
        self.form
            .contains(&path)
            .then(|| self.form.find(&path, path.labels()))?
    }

    /// [`Zone::node`] for a name server's `name` that is likely to be below `cut`: its addresses lie
    /// right behind the cut most often, and are then found without asking the index.
    #[must_use]
    pub fn glue<'z>(&'z self, cut: Node<'z>, name: NameRef<'_>) -> Option<Node<'z>> {
        match self.form.find_behind(cut, name) {
            Behind::Found(node) => Some(node),
            Behind::Missing if name.is_below(cut.owner()) => None,
            Behind::Missing | Behind::Unknown => self.node(name),
        }
    }

    /// All nodes in canonical order (RFC 4034 §6.1), the apex first: empty non-terminals and
    /// occluded names included.
    pub fn nodes(&self) -> impl Iterator<Item = Node<'_>> {
        self.form.nodes()
    }

    /// How many records the zone has, signatures included.
    #[must_use]
    pub fn record_count(&self) -> usize {
        self.form.records
    }

    /// Octets of memory that the served form takes, those shared with other versions included.
    #[must_use]
    pub fn octets(&self) -> usize {
        let form = &self.form;
        form.pages.octets() + form.index.octets() + form.order.octets() + form.chains.octets()
    }
}

impl<State> Zone<State> {
    /// The pieces of memory that lookups read, here and there in all of them: addresses, in no order.
    pub fn memory(&self) -> impl Iterator<Item = Range<*const u8>> {
        self.form.pages.memory().chain(self.form.index.memory())
    }
}

impl Zone<Unchecked> {
    pub(crate) fn unchecked(form: Form, state: Unchecked) -> Self {
        Zone { form, state }
    }

    /// What the text said and the compact form cannot hold, by place.
    #[must_use]
    pub fn defects(&self) -> &[Defect] {
        &self.state.defects
    }

    /// Where each record of a set was written, in the order of [`RrsetRef::rdatas`]; `None` for a
    /// record that a patch kept from the version before.
    pub fn places(&self, rrset: RrsetRef<'_>) -> impl Iterator<Item = Option<Pos>> {
        self.state.places.of(rrset)
    }

    /// Where the record of this number, in the order of [`RrsetRef::rdatas`], was written.
    #[must_use]
    pub fn place(&self, rrset: RrsetRef<'_>, number: usize) -> Option<Pos> {
        self.state.places.nth(rrset, number)
    }

    /// The zone without its places: to be called by nobody but a check that found no error.
    /// `excused` says that a comment allowed an error that stands for several.
    pub(crate) fn into_checked(self, severities: Severities, excused: bool) -> Zone<Checked> {
        let is_plain = self.state.defects.is_empty() && !excused;
        Zone {
            form: self.form,
            state: Checked {
                severities,
                room: self.state.room.filter(|_| is_plain),
            },
        }
    }

    /// The zone as the next version of one that was plain, and by a patch without defects: to be called by nobody but
    /// [`Zone::amend`].
    pub(crate) fn into_amended(self, severities: Severities, room: Limits) -> Zone<Checked> {
        let state = self.state.with_room(Some(room));
        Zone { state, ..self }.into_checked(severities, false)
    }
}

impl Zone<Checked> {
    /// The same zone but for what no check looks at: the serial ([`Zone::with_serial`]) and digests ([`Zone::with_digests`]).
    pub(crate) fn still_checked(&self, patched: Zone<Unchecked>) -> Zone<Checked> {
        Zone {
            form: patched.form,
            state: self.state.clone(),
        }
    }

    pub(crate) fn state(&self) -> &Checked {
        &self.state
    }
}

impl<State> fmt::Debug for Zone<State> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Zone({} with {} records)",
            self.apex(),
            self.record_count()
        )
    }
}

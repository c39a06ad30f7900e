//! Proofs that something does not exist, out of the records a signer has left in the zone.

use rr::NameRef;
use wire::{Full, Owner, Section};
use zone::{Node, RrsetRef};

use crate::resolve::Answering;

mod nsec;
mod nsec3;

pub(crate) use nsec3::Hashing;

/// Proofs that are written at most once each; more are written as they come.
const PROOFS_MAX: usize = 8;

/// The owners of the proofs that the response has.
#[derive(Default)]
pub(crate) struct Proofs<'z> {
    owners: [Option<NameRef<'z>>; PROOFS_MAX],
    len: usize,
}

impl<'z> Proofs<'z> {
    /// Whether `owner` is new.
    fn insert(&mut self, owner: NameRef<'z>) -> bool {
        if self.owners.contains(&Some(owner)) {
            return false;
        }
        if let Some(free) = self.owners.get_mut(self.len) {
            *free = Some(owner);
            self.len += 1;
        }
        true
    }
}

impl<'z> Answering<'z, '_, '_> {
    /// QNAME does not exist, and no wildcard stands for it.
    pub(crate) fn prove_name_error(
        &mut self,
        name: NameRef<'_>,
        encloser: Node<'z>,
    ) -> Result<(), Full> {
        match self.chain() {
            Chain::None => Ok(()),
            Chain::Nsec => self.nsec_name_error(name, encloser),
            Chain::Nsec3(chain) => self.nsec3_name_error(&chain, name, encloser),
        }
    }

    /// QNAME exists, the type does not.
    pub(crate) fn prove_no_data(&mut self, name: NameRef<'_>, node: Node<'z>) -> Result<(), Full> {
        match self.chain() {
            Chain::None => Ok(()),
            Chain::Nsec => self.nsec_no_data(name),
            Chain::Nsec3(chain) => self.nsec3_no_data(&chain, node.owner()),
        }
    }

    /// A wildcard stands for QNAME and does not have the type.
    pub(crate) fn prove_wildcard_no_data(
        &mut self,
        name: NameRef<'_>,
        wildcard: Node<'z>,
        encloser: Node<'z>,
    ) -> Result<(), Full> {
        match self.chain() {
            Chain::None => Ok(()),
            Chain::Nsec => self.nsec_wildcard_no_data(name, wildcard),
            Chain::Nsec3(chain) => self.nsec3_wildcard_no_data(&chain, name, (wildcard, encloser)),
        }
    }

    /// A wildcard stands for QNAME, which does not exist itself.
    pub(crate) fn prove_wildcard_answer(
        &mut self,
        name: NameRef<'_>,
        encloser: Node<'z>,
    ) -> Result<(), Full> {
        match self.chain() {
            Chain::None => Ok(()),
            Chain::Nsec => self.nsec_at_or_before(name),
            Chain::Nsec3(chain) => self.nsec3_wildcard_answer(&chain, name, encloser),
        }
    }

    /// The child at `cut` is not signed.
    pub(crate) fn prove_no_ds(&mut self, cut: Node<'z>) -> Result<(), Full> {
        match self.chain() {
            Chain::None => Ok(()),
            Chain::Nsec => self.nsec_no_data(cut.owner()),
            Chain::Nsec3(chain) => self.nsec3_no_data(&chain, cut.owner()),
        }
    }

    /// What proofs are made of in this zone, if they are wanted.
    fn chain(&self) -> Chain<'z> {
        if !self.how.dnssec {
            return Chain::None;
        }
        // RFC 5155 §7.3: a zone with NSEC3PARAM at its apex has a whole chain of NSEC3.
        match self.zone.nsec3_parameters() {
            Some(parameters) => nsec3::Chain::of(parameters).map_or(Chain::None, Chain::Nsec3),
            None => Chain::Nsec,
        }
    }

    /// Writes a proof with its signatures, once.
    fn add_proof(&mut self, proof: Option<RrsetRef<'z>>) -> Result<(), Full> {
        match proof {
            Some(proof) if self.proofs.insert(proof.node().owner()) => self.add(
                Section::Authority,
                Owner::InZone(proof.node().owner()),
                proof,
            ),
            _ => Ok(()),
        }
    }
}

enum Chain<'z> {
    None,
    Nsec,
    Nsec3(nsec3::Chain<'z>),
}

/// Octets of the longest name.
const NAME_MAX: usize = 255;

/// The wildcard right below `encloser`, spelled out in `octets`; `None` if that is no name.
fn wildcard_of<'s>(encloser: NameRef<'_>, octets: &'s mut [u8; NAME_MAX]) -> Option<NameRef<'s>> {
    let parent = encloser.as_wire();
    let octets = octets.get_mut(..2 + parent.len())?;
    octets[..2].copy_from_slice(b"\x01*");
    octets[2..].copy_from_slice(parent);
    NameRef::from_wire(octets).ok()
}

//! NSEC3: each record says that there is nothing between two hashes (RFC 5155 §7.2).

use rr::{NameRef, Rtype};
use sha1::{Digest, Sha1};
use wire::Full;
use zone::{Node, Nsec3Parameters, RrsetRef};

use super::{NAME_MAX, wildcard_of};
use crate::resolve::Answering;

/// RFC 5155 §11: the one hash algorithm there is.
const SHA1: u8 = 1;

/// RFC 9276 §3.2: validators treat a zone with more rounds as not signed, BIND and Unbound from 151 on. Who asks must not
/// make us hash for proofs that nobody believes.
const ITERATIONS_MAX: u16 = 150;

/// Blocks of SHA-1 for one question, over all names that are hashed for it: sixteen names with short salt at the most
/// rounds there are, where a chain of 11 wildcards and the proof at its end take fourteen. Without rounds (RFC 9276 §3.1)
/// that is more than a name has labels. Who makes us look for an encloser in a hundred of them gets no proof.
const BLOCKS_MAX: u32 = 16 * (ITERATIONS_MAX as u32 + 1);

/// Octets that SHA-1 takes in at a time, and what it adds to a message at least.
const BLOCK: usize = 64;
const PADDING: usize = 9;

/// What may still be hashed for a question.
pub(crate) struct Hashing {
    blocks_left: u32,
}

impl Default for Hashing {
    fn default() -> Self {
        Hashing {
            blocks_left: BLOCKS_MAX,
        }
    }
}

impl Hashing {
    /// `None` if that is too much.
    fn spend(&mut self, blocks: u32) -> Option<()> {
        self.blocks_left = self.blocks_left.checked_sub(blocks)?;
        Some(())
    }
}

/// How names are hashed in this zone.
pub(super) struct Chain<'z> {
    parameters: Nsec3Parameters<'z>,
}

impl<'z> Chain<'z> {
    /// `None` for an algorithm that nobody knows and for too many rounds: then there is nothing to prove with.
    pub(super) fn of(parameters: Nsec3Parameters<'z>) -> Option<Self> {
        let is_usable = parameters.algorithm == SHA1 && parameters.iterations <= ITERATIONS_MAX;
        is_usable.then_some(Chain { parameters })
    }

    /// RFC 5155 §5: the name in lower case, with salt, hashed 1 + iterations times. `None` when enough was hashed.
    fn hash(&self, name: NameRef<'_>, hashing: &mut Hashing) -> Option<[u8; 20]> {
        hashing.spend(self.blocks())?;
        let mut lower = [0; NAME_MAX];
        let lower = &mut lower[..name.as_wire().len()];
        lower.copy_from_slice(name.as_wire());
        lower.make_ascii_lowercase();
        let salted = |octets: &[u8]| {
            Sha1::new()
                .chain_update(octets)
                .chain_update(self.parameters.salt)
                .finalize()
                .into()
        };
        let rounds = 0..self.parameters.iterations;
        Some(rounds.fold(salted(lower), |hash: [u8; 20], _| salted(&hash)))
    }

    /// What a hash costs. That a name is longer than a hash counts for nothing.
    fn blocks(&self) -> u32 {
        let octets = 20 + self.parameters.salt.len() + PADDING;
        (u32::from(self.parameters.iterations) + 1) * octets.div_ceil(BLOCK) as u32
    }
}

impl<'z> Answering<'z, '_, '_> {
    fn matching(&mut self, chain: &Chain<'z>, name: NameRef<'_>) -> Option<RrsetRef<'z>> {
        let hash = chain.hash(name, &mut self.hashing)?;
        self.zone.nsec3_match(&hash)?.rrset(Rtype::NSEC3)
    }

    /// RFC 5155 §1.3: a record covers what lies strictly between its hashes, so nothing covers a name that has one itself.
    fn covering(&mut self, chain: &Chain<'z>, name: NameRef<'_>) -> Option<RrsetRef<'z>> {
        let hash = chain.hash(name, &mut self.hashing)?;
        match self.zone.nsec3_match(&hash) {
            Some(_) => None,
            None => self.zone.nsec3_cover(&hash)?.rrset(Rtype::NSEC3),
        }
    }

    /// RFC 5155 §7.2.2: the closest encloser proof, and that no wildcard is below that encloser.
    ///
    /// Under opt-out the encloser that can be proved may be above the real one and have a wildcard, which is then no
    /// answer to this name. Nothing can deny it, and the opt-out bit already says that nothing is proved.
    pub(super) fn nsec3_name_error(
        &mut self,
        chain: &Chain<'z>,
        name: NameRef<'_>,
        encloser: Node<'z>,
    ) -> Result<(), Full> {
        let provable = self.closest_provable(chain, name, encloser.owner())?;
        let mut octets = [0; NAME_MAX];
        let wildcard = wildcard_of(provable, &mut octets).unwrap_or(name);
        let proof = self.covering(chain, wildcard);
        self.add_proof(proof)
    }

    /// RFC 5155 §7.2.3 and §7.2.4: the record of the name itself; in a span of opt-out there may be none, then the
    /// closest provable encloser proof. §7.2.7: so also for a cut without DS.
    pub(super) fn nsec3_no_data(
        &mut self,
        chain: &Chain<'z>,
        name: NameRef<'z>,
    ) -> Result<(), Full> {
        match self.matching(chain, name) {
            Some(proof) => self.add_proof(Some(proof)),
            None => self
                .closest_provable(chain, name, name.parent().unwrap_or(name))
                .map(|_| ()),
        }
    }

    /// RFC 5155 §7.2.5: the closest encloser proof, and the record of the wildcard.
    pub(super) fn nsec3_wildcard_no_data(
        &mut self,
        chain: &Chain<'z>,
        name: NameRef<'_>,
        (wildcard, encloser): (Node<'z>, Node<'z>),
    ) -> Result<(), Full> {
        self.closest_provable(chain, name, encloser.owner())?;
        let proof = self.matching(chain, wildcard.owner());
        self.add_proof(proof)
    }

    /// RFC 5155 §7.2.6: that nothing nearer exists; the wildcard itself proves the encloser.
    pub(super) fn nsec3_wildcard_answer(
        &mut self,
        chain: &Chain<'z>,
        name: NameRef<'_>,
        encloser: Node<'z>,
    ) -> Result<(), Full> {
        let proof = self.covering(chain, next_closer(name, encloser.owner()));
        self.add_proof(proof)
    }

    /// RFC 5155 §7.2.1: the record that matches the closest encloser, and the one that covers the next closer name.
    ///
    /// `encloser` exists. Names that exist only for the sake of unsigned children have no record under opt-out, so
    /// the search goes up until one has; the apex always has. Returns the encloser that could be proved. Where the search
    /// takes more hashing than a question is worth, nothing is proved.
    fn closest_provable<'n>(
        &mut self,
        chain: &Chain<'z>,
        name: NameRef<'_>,
        encloser: NameRef<'n>,
    ) -> Result<NameRef<'n>, Full> {
        let zone = self.zone;
        let in_zone = encloser
            .ancestors()
            .take_while(|name| name.is_at_or_below(zone.apex()));
        let found = in_zone
            .map(|name| (name, self.matching(chain, name)))
            .find(|(_, proof)| proof.is_some());
        let Some((provable, proof)) = found else {
            return Ok(encloser);
        };
        self.add_proof(proof)?;
        let proof = self.covering(chain, next_closer(name, provable));
        self.add_proof(proof)?;
        Ok(provable)
    }
}

/// RFC 5155 §1.3: the ancestor of `name` that is one label longer than `encloser`.
fn next_closer<'n>(name: NameRef<'n>, encloser: NameRef<'_>) -> NameRef<'n> {
    let more = name
        .label_count()
        .saturating_sub(encloser.label_count() + 1);
    name.ancestors().nth(more).unwrap_or(name)
}

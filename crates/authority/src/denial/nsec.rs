//! NSEC: each record says that there is nothing between two names (RFC 4035 §3.1.3).

use rr::{NameRef, Rtype};
use wire::Full;
use zone::Node;

use super::{NAME_MAX, wildcard_of};
use crate::resolve::Answering;

impl<'z> Answering<'z, '_, '_> {
    /// RFC 4035 §3.1.3.2: neither the name nor the wildcard that could stand for it; often one record says both.
    pub(super) fn nsec_name_error(
        &mut self,
        name: NameRef<'_>,
        encloser: Node<'z>,
    ) -> Result<(), Full> {
        self.nsec_at_or_before(name)?;
        match wildcard_of(encloser.owner(), &mut [0; NAME_MAX]) {
            Some(wildcard) => self.nsec_at_or_before(wildcard),
            None => Ok(()),
        }
    }

    /// RFC 4035 §3.1.3.1: the record at the name. An empty non-terminal has none: RFC 4035 §3.1.3.2's record before
    /// it says that nothing is there, and its next name that something is below.
    pub(super) fn nsec_no_data(&mut self, name: NameRef<'_>) -> Result<(), Full> {
        self.nsec_at_or_before(name)
    }

    /// RFC 4035 §3.1.3.4: the record at the wildcard, and that the name itself does not exist.
    pub(super) fn nsec_wildcard_no_data(
        &mut self,
        name: NameRef<'_>,
        wildcard: Node<'z>,
    ) -> Result<(), Full> {
        self.nsec_at_or_before(wildcard.owner())?;
        self.nsec_at_or_before(name)
    }

    /// RFC 4035 §3.1.3.3 and all above: the record that matches or covers `name`.
    pub(super) fn nsec_at_or_before(&mut self, name: NameRef<'_>) -> Result<(), Full> {
        let zone = self.zone;
        self.add_proof(
            zone.predecessor(name)
                .and_then(|node| node.rrset(Rtype::NSEC)),
        )
    }
}

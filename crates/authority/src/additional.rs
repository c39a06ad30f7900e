//! What saves the next question: glue, and the addresses of the names in an answer (RFC 1034 §4.3.2 step 6).

use rr::{NameRef, Rtype};
use wire::{Full, Owner, Section};
use zone::{Lookup, Node, RrsetRef};

use crate::resolve::Answering;

/// Targets whose records are written at most once each; more are written as they come.
const TARGETS_MAX: usize = 16;

/// Where the names are that the additional section is about.
#[derive(Clone, Copy)]
pub(crate) enum Extra<'z> {
    /// Nowhere.
    None,
    /// In the name servers of a referral.
    Glue {
        cut: Node<'z>,
        servers: RrsetRef<'z>,
    },
    /// In the records of an answer.
    Targets { of: RrsetRef<'z> },
}

impl<'z> Extra<'z> {
    pub(crate) fn of_answer(rrset: RrsetRef<'z>) -> Self {
        match rrset.rtype() {
            Rtype::NS | Rtype::MX | Rtype::SRV | Rtype::SVCB | Rtype::HTTPS => {
                Extra::Targets { of: rrset }
            }
            _ => Extra::None,
        }
    }
}

impl<'z> Answering<'z, '_, '_> {
    /// Writes the additional section.
    ///
    /// # Errors
    /// [`Full`] only if glue without which the referral leads nowhere does not fit (RFC 9471 §3.1). All else is left
    /// out silently (RFC 2181 §9).
    pub(crate) fn additional(&mut self) -> Result<(), Full> {
        match self.extra {
            Extra::None => Ok(()),
            Extra::Glue { cut, servers } => self.glue(cut, servers),
            Extra::Targets { of } => {
                let _left_out = self.targets(of);
                Ok(())
            }
        }
    }

    fn glue(&mut self, cut: Node<'z>, servers: RrsetRef<'z>) -> Result<(), Full> {
        let (owner, mut has_siblings) = (cut.owner(), false);
        // RFC 9471 §3.1: first the servers below the cut, which nobody else can name.
        for server in in_zone(servers) {
            if !server.is_at_or_below(owner) {
                has_siblings = true;
            } else if let Some(node) = self.zone.glue(cut, server) {
                self.addresses(server, node)?;
            }
        }
        // RFC 9471 §3.2: siblings in the same zone, if there is room.
        for server in
            in_zone(servers).filter(|server| has_siblings && !server.is_at_or_below(owner))
        {
            if self.addresses_at(server).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// The addresses at a name of this zone, be it below a cut or not.
    fn addresses_at(&mut self, name: NameRef<'z>) -> Result<(), Full> {
        self.zone
            .node(name)
            .map_or(Ok(()), |node| self.addresses(name, node))
    }

    fn addresses(&mut self, name: NameRef<'z>, node: Node<'z>) -> Result<(), Full> {
        for rtype in [Rtype::A, Rtype::AAAA] {
            if let Some(addresses) = node.rrset(rtype) {
                self.add(Section::Additional, Owner::InZone(name), addresses)?;
            }
        }
        Ok(())
    }

    fn targets(&mut self, of: RrsetRef<'z>) -> Result<(), Full> {
        let mut seen = [None; TARGETS_MAX];
        for (at, target) in of.rdatas().filter_map(|data| target(of, data)).enumerate() {
            if seen.contains(&Some(target)) {
                continue;
            }
            if let Some(free) = seen.get_mut(at) {
                *free = Some(target);
            }
            self.target(of, target)?;
        }
        Ok(())
    }

    fn target(&mut self, of: RrsetRef<'z>, target: NameRef<'z>) -> Result<(), Full> {
        // RFC 1034 §4.2.1: servers of the zone itself may be named by glue.
        if of.rtype() == Rtype::NS {
            return self.addresses_at(target);
        }
        let Lookup::Exact(node) = self.zone.lookup(target) else {
            return Ok(());
        };
        // RFC 9460 §4.1: an alias leads to more service bindings.
        if matches!(of.rtype(), Rtype::SVCB | Rtype::HTTPS)
            && let Some(bindings) = node.rrset(of.rtype())
            && target != of.node().owner()
        {
            self.add(Section::Additional, Owner::InZone(target), bindings)?;
        }
        self.addresses(target, node)
    }
}

/// The servers whose names are in the zone.
fn in_zone<'z>(servers: RrsetRef<'z>) -> impl Iterator<Item = NameRef<'z>> {
    let named = servers
        .records()
        .filter(|record| record.apex_at().is_some());
    named.filter_map(|record| NameRef::from_wire(record.rdata).ok())
}

/// The name in a record that whoever reads it asks for next.
fn target<'z>(rrset: RrsetRef<'z>, data: &'z [u8]) -> Option<NameRef<'z>> {
    let at = match rrset.rtype() {
        Rtype::NS => 0,
        Rtype::MX | Rtype::SVCB | Rtype::HTTPS => 2,
        Rtype::SRV => 6,
        _ => return None,
    };
    let (target, _) = NameRef::split_from(data.get(at..)?).ok()?;
    if !target.is_root() {
        return Some(target);
    }
    // RFC 9460 §2.5.2: "." is the owner in ServiceMode, and nothing in AliasMode. RFC 2782, RFC 7505: nothing.
    let is_service =
        matches!(rrset.rtype(), Rtype::SVCB | Rtype::HTTPS) && data.get(..2) != Some(&[0, 0]);
    is_service.then(|| rrset.node().owner())
}

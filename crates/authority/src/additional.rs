//! What saves the next question: glue, and the addresses of the names in an answer (RFC 1034 §4.3.2 step 6).

use rr::{NameRef, Rtype};
use wire::{Full, Owner, Section};
use zone::{Node, Record, RrsetRef};

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
        let before = self.reply.mark();
        if in_zone(servers)
            .try_for_each(|server| self.glue_of(cut, server))
            .is_ok()
        {
            return Ok(());
        }
        // RFC 9471 §3.1: not all fit, so first the servers below the cut, which nobody else can name.
        self.reply.rewind(before);
        let is_below = |server: &(usize, NameRef<'_>)| server.1.is_at_or_below(cut.owner());
        in_zone(servers)
            .filter(is_below)
            .try_for_each(|server| self.glue_of(cut, server))?;
        // RFC 9471 §3.2: siblings in the same zone, if there is room.
        let mut siblings = in_zone(servers).filter(|server| !is_below(server));
        let _left_out = siblings.try_for_each(|server| self.glue_of(cut, server));
        Ok(())
    }

    fn glue_of(&mut self, cut: Node<'z>, (at, server): (usize, NameRef<'z>)) -> Result<(), Full> {
        let node = self.zone.glue(cut, server);
        node.map_or(Ok(()), |node| {
            self.addresses(self.written(at, server), node)
        })
    }

    /// The addresses at a name of this zone, be it below a cut or not, that is in the record `at` of the last set.
    fn addresses_at(&mut self, at: usize, name: NameRef<'z>) -> Result<(), Full> {
        let node = self.zone.node(name);
        node.map_or(Ok(()), |node| self.addresses(self.written(at, name), node))
    }

    /// The name in the record `at` of a set of NS or MX, the last such set that was written.
    fn written(&self, at: usize, name: NameRef<'z>) -> Owner<'z> {
        self.reply
            .name_in(at)
            .map_or(Owner::InZone(name), Owner::At)
    }

    fn addresses(&mut self, mut owner: Owner<'z>, node: Node<'z>) -> Result<(), Full> {
        for rtype in [Rtype::A, Rtype::AAAA] {
            if let Some(addresses) = node.rrset(rtype) {
                self.add(Section::Additional, owner, addresses)?;
                owner = self.reply.last_owner().map_or(owner, Owner::At);
            }
        }
        Ok(())
    }

    fn targets(&mut self, of: RrsetRef<'z>) -> Result<(), Full> {
        let mut seen = [None; TARGETS_MAX];
        for (at, record) in of.records().enumerate() {
            let Some(target) = target(of, record) else {
                continue;
            };
            if seen.contains(&Some(target)) {
                continue;
            }
            if let Some(free) = seen.get_mut(at) {
                *free = Some(target);
            }
            self.target(of, at, target)?;
        }
        Ok(())
    }

    fn target(&mut self, of: RrsetRef<'z>, at: usize, target: NameRef<'z>) -> Result<(), Full> {
        match of.rtype() {
            // RFC 1034 §4.2.1: servers of the zone itself may be named by glue.
            Rtype::NS => self.addresses_at(at, target),
            Rtype::MX => self.exact(target).map_or(Ok(()), |node| {
                self.addresses(self.written(at, target), node)
            }),
            Rtype::SRV => self
                .exact(target)
                .map_or(Ok(()), |node| self.addresses(Owner::InZone(target), node)),
            _ => self
                .exact(target)
                .map_or(Ok(()), |node| self.bindings(of, target, node)),
        }
    }

    /// RFC 9460 §4.1: an alias leads to more service bindings, and to addresses.
    fn bindings(
        &mut self,
        of: RrsetRef<'z>,
        target: NameRef<'z>,
        node: Node<'z>,
    ) -> Result<(), Full> {
        if let Some(bindings) = node.rrset(of.rtype())
            && target != of.node().owner()
        {
            self.add(Section::Additional, Owner::InZone(target), bindings)?;
        }
        self.addresses(Owner::InZone(target), node)
    }

    /// What is at a name, without wildcards and referrals.
    fn exact(&self, name: NameRef<'_>) -> Option<Node<'z>> {
        let node = self.zone.node(name)?;
        (!node.is_cut() && !node.is_occluded()).then_some(node)
    }
}

/// The servers whose names are in the zone, and in which record each is.
fn in_zone<'z>(servers: RrsetRef<'z>) -> impl Iterator<Item = (usize, NameRef<'z>)> {
    let named = servers.records().enumerate();
    named.filter_map(move |(at, record)| Some((at, target(servers, record)?)))
}

/// The name in a record that whoever reads it asks for next, if it may be in this zone.
fn target<'z>(rrset: RrsetRef<'z>, record: Record<'z>) -> Option<NameRef<'z>> {
    let at = match rrset.rtype() {
        // Where the zone knows that a name is not its own, there is nothing to be looked for.
        Rtype::NS | Rtype::MX if record.apex_at().is_none() => return None,
        Rtype::NS => 0,
        Rtype::MX | Rtype::SVCB | Rtype::HTTPS => 2,
        Rtype::SRV => 6,
        _ => return None,
    };
    let rest = record.rdata.get(at..)?;
    // Data that end in a name of the zone were read when the zone was built.
    let target = match record.apex_at() {
        Some(_) => NameRef::from_checked(rest),
        None => NameRef::split_from(rest).ok()?.0,
    };
    if !target.is_root() {
        return Some(target);
    }
    // RFC 9460 §2.5.2: "." is the owner in ServiceMode, and nothing in AliasMode. RFC 2782, RFC 7505: nothing.
    let is_binding = matches!(rrset.rtype(), Rtype::SVCB | Rtype::HTTPS);
    let is_service = is_binding && record.rdata.get(..2) != Some(&[0, 0]);
    is_service.then(|| rrset.node().owner())
}

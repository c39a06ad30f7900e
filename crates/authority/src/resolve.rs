//! The algorithm of RFC 1034 §4.3.2 step 3, with wildcards (RFC 4592) and DNAME (RFC 6672), inside one zone.

use rr::{Class, NameRef, Rtype, Ttl};
use wire::{Composer, Data, Flags, Full, Owner, Question, ResponseCode, Rrset, Section};
use zone::{Checked, Lookup, Node, Record, RrsetRef, Zone};

use crate::additional::Extra;
use crate::answer::How;
use crate::denial::{Hashing, Proofs};
use crate::limit::Outcome;

/// CNAME and DNAME links followed inside a zone for one question. BIND's limit; loops end here at the latest.
pub const CHAIN_LIMIT: usize = 11;

/// Octets of the longest name.
const NAME_MAX: usize = 255;

/// Answers `question`, found at `found`, from `zone`.
pub(crate) fn answer<'z>(
    zone: &'z Zone<Checked>,
    found: Lookup<'z>,
    question: &Question<'_>,
    how: How,
    reply: &mut Composer<'_>,
) -> Outcome {
    reply.set_apex(zone.apex().as_wire().len());
    let rcode = ResponseCode::NoError;
    let mut answering = Answering {
        zone,
        qtype: question.rtype,
        how,
        rcode,
        extra: Extra::None,
        reply,
        proofs: Proofs::default(),
        hashing: Hashing::default(),
    };
    let link = Link {
        name: question.name,
        owner: Owner::Question,
        dname: None,
        before: None,
        length: 0,
    };
    let written = answering
        .found(&link, found)
        .and_then(|()| answering.additional());
    let rcode = answering.rcode;
    // RFC 2181 §9: what is needed does not fit.
    if written.is_err() {
        reply.truncate();
    }
    Outcome {
        rcode,
        is_empty: written.is_ok() && reply.count(Section::Answer) == 0,
    }
}

/// A response in the making.
pub(crate) struct Answering<'z, 'r, 'b> {
    pub(crate) zone: &'z Zone<Checked>,
    pub(crate) qtype: Rtype,
    pub(crate) how: How,
    pub(crate) reply: &'r mut Composer<'b>,
    /// Whose addresses go into the additional section.
    pub(crate) extra: Extra<'z>,
    pub(crate) proofs: Proofs<'z>,
    pub(crate) hashing: Hashing,
    rcode: ResponseCode,
}

/// A name on the way from QNAME to the answer, and all before it.
pub(crate) struct Link<'l> {
    pub(crate) name: NameRef<'l>,
    pub(crate) owner: Owner<'l>,
    /// The owner of the DNAME that led here.
    dname: Option<NameRef<'l>>,
    before: Option<&'l Link<'l>>,
    length: usize,
}

impl Link<'_> {
    fn is_question(&self) -> bool {
        self.before.is_none()
    }

    /// How a name at or above this one is written.
    fn ancestor<'o>(&self, name: NameRef<'o>) -> Owner<'o> {
        match self.owner {
            Owner::Question => Owner::QuestionEnd(name.as_wire().len()),
            _ => Owner::InZone(name),
        }
    }

    /// Whether the chain has been at `name`.
    fn has_seen(&self, name: NameRef<'_>) -> bool {
        self.chain().any(|link| link.name == name)
    }

    /// Whether the chain has gone through the DNAME at `owner`.
    fn has_used(&self, owner: NameRef<'_>) -> bool {
        self.chain().any(|link| link.dname == Some(owner))
    }

    /// Whether this is the DNAME set by which the chain went. RFC 2181 §5: it is in the answer once.
    fn has_brought(&self, rrset: RrsetRef<'_>) -> bool {
        rrset.rtype() == Rtype::DNAME && self.has_used(rrset.node().owner())
    }

    fn chain(&self) -> impl Iterator<Item = &Link<'_>> {
        core::iter::successors(Some(self), |link| link.before)
    }
}

impl<'z> Answering<'z, '_, '_> {
    fn found(&mut self, link: &Link<'_>, found: Lookup<'z>) -> Result<(), Full> {
        match found {
            Lookup::Exact(node) => self.node(link, node, None),
            Lookup::Wildcard { node, encloser } => self.node(link, node, Some(encloser)),
            // RFC 4035 §3.1.4.1: the parent answers for DS at the cut, with authority.
            Lookup::Delegation { cut } if self.qtype == Rtype::DS && cut.owner() == link.name => {
                self.node(link, cut, None)
            }
            Lookup::Delegation { cut } => self.referral(link, cut),
            Lookup::Dname(node) => self.dname(link, node),
            Lookup::Missing { encloser } => self.name_error(link, encloser),
            // A chain has left the zone: the resolver goes on from there.
            Lookup::Outside => Ok(()),
        }
    }

    /// Step 3a and the end of 3c: the name is there, or `node` is the wildcard below `encloser` that stands for it.
    fn node(
        &mut self,
        link: &Link<'_>,
        node: Node<'z>,
        encloser: Option<Node<'z>>,
    ) -> Result<(), Full> {
        if let Some(rrset) = node.rrset(self.qtype) {
            if !link.has_brought(rrset) {
                self.add(Section::Answer, link.owner, rrset)?;
            }
            self.extra = Extra::of_answer(rrset);
        } else if self.qtype == Rtype::ANY && !node.is_empty_non_terminal() {
            self.several(link, node.rrsets())?;
        } else if self.qtype == Rtype::RRSIG && node.signatures().next().is_some() {
            self.several(link, node.signatures())?;
        } else if let Some(cname) = node.rrset(Rtype::CNAME)
            && !stands_beside_cname(self.qtype)
        {
            self.cname(link, cname)?;
        } else {
            return self.no_data(link, node, encloser);
        }
        match encloser {
            // RFC 4035 §3.1.3.3, RFC 5155 §7.2.6: nothing nearer than the wildcard exists.
            Some(encloser) => self.prove_wildcard_answer(link.name, encloser),
            None => Ok(()),
        }
    }

    /// RFC 1034 §3.6.2: the alias, and what it stands for.
    fn cname(&mut self, link: &Link<'_>, cname: RrsetRef<'z>) -> Result<(), Full> {
        self.add(Section::Answer, link.owner, cname)?;
        let target = cname
            .rdatas()
            .next()
            .and_then(|data| NameRef::from_wire(data).ok());
        target.map_or(Ok(()), |target| self.follow(link, target, None))
    }

    /// Goes on at `target`, which came from the DNAME at `dname` or from a CNAME.
    fn follow(
        &mut self,
        link: &Link<'_>,
        target: NameRef<'_>,
        dname: Option<NameRef<'_>>,
    ) -> Result<(), Full> {
        // RFC 1034 §3.6.2: a loop is an error of the zone; it ends where it closes, each link once.
        if link.length >= CHAIN_LIMIT || link.has_seen(target) {
            return Ok(());
        }
        let next = Link {
            name: target,
            // It is the data of the alias that was written last.
            owner: self
                .reply
                .name_in(0)
                .map_or(Owner::InZone(target), Owner::At),
            dname,
            before: Some(link),
            length: link.length + 1,
        };
        self.found(&next, self.zone.lookup(target))
    }

    /// RFC 6672 §3.2 step 3C: DNAME, the CNAME made of it, and what that stands for.
    fn dname(&mut self, link: &Link<'_>, node: Node<'z>) -> Result<(), Full> {
        let Some(dname) = node.rrset(Rtype::DNAME) else {
            return Ok(());
        };
        // RFC 2181 §5: a set is in a response once, though a chain may go through its DNAME again.
        if !link.has_used(node.owner()) {
            self.add(Section::Answer, link.ancestor(node.owner()), dname)?;
        }
        let Some(data) = dname.rdatas().next() else {
            return Ok(());
        };
        let mut spelled = [0; NAME_MAX];
        let Some(target) = substitute(link.name, node.owner(), data, &mut spelled) else {
            // RFC 6672 §2.2: the new name would be too long.
            self.rcode = ResponseCode::YXDomain;
            return Ok(());
        };
        // RFC 6672 §3.1: the TTL is that of the DNAME; §5.3.1: no signature, the one of the DNAME suffices.
        let head = self.head(link.owner, Rtype::CNAME, dname.ttl());
        self.reply
            .rrset(Section::Answer, &head, [target.as_wire()])?;
        // RFC 1034 §4.3.2 step 3a: a question for CNAME is answered by it.
        if self.qtype == Rtype::CNAME {
            Ok(())
        } else {
            self.follow(link, target, Some(node.owner()))
        }
    }

    /// Step 3b: the child's name servers.
    fn referral(&mut self, link: &Link<'_>, cut: Node<'z>) -> Result<(), Full> {
        // RFC 1035 §4.1.1: AA is about the first owner; after an alias that was ours.
        if link.is_question() {
            self.reply.clear(Flags::AA);
        }
        let Some(servers) = cut.rrset(Rtype::NS) else {
            return Ok(());
        };
        let owner = link.ancestor(cut.owner());
        self.add(Section::Authority, owner, servers)?;
        self.extra = Extra::Glue { cut, servers };
        if !self.how.dnssec {
            return Ok(());
        }
        // RFC 4035 §3.1.4: DS with its signature, or the proof that the child is not signed. In a zone that is not signed
        // itself a DS vouches for nothing.
        match cut.rrset(Rtype::DS) {
            Some(ds) if ds.signatures().is_some() => self.add(Section::Authority, owner, ds),
            _ => self.prove_no_ds(cut),
        }
    }

    /// RFC 2308 §2.2: the name is there, the type is not.
    fn no_data(
        &mut self,
        link: &Link<'_>,
        node: Node<'z>,
        encloser: Option<Node<'z>>,
    ) -> Result<(), Full> {
        self.negative_soa()?;
        match encloser {
            Some(encloser) => self.prove_wildcard_no_data(link.name, node, encloser),
            None => self.prove_no_data(link.name, node),
        }
    }

    /// RFC 2308 §2.1: the name is not there. RFC 6604 §3: said of the last name of a chain.
    fn name_error(&mut self, link: &Link<'_>, encloser: Node<'z>) -> Result<(), Full> {
        self.rcode = ResponseCode::NXDomain;
        self.negative_soa()?;
        self.prove_name_error(link.name, encloser)
    }

    /// RFC 2308 §3: the SOA record says for how long it is so, the lesser of its TTL and its MINIMUM.
    fn negative_soa(&mut self) -> Result<(), Full> {
        let apex = self.zone.apex_node();
        let Some(soa) = apex.rrset(Rtype::SOA) else {
            return Ok(());
        };
        let minimum = soa
            .rdatas()
            .next()
            .and_then(|data| data.last_chunk())
            .map(|last| u32::from_be_bytes(*last));
        let ttl_secs = minimum.map_or(0, |minimum| {
            soa.ttl().as_secs().min(Ttl::from_secs(minimum).as_secs())
        });
        self.add_with_ttl(
            Section::Authority,
            Owner::QuestionEnd(self.zone.apex().as_wire().len()),
            soa,
            Ttl::from_secs(ttl_secs),
        )
    }

    /// ANY and RRSIG: RFC 8482 §4.1: over UDP one set is enough; §4.4: over TCP there is no reason to hold back.
    fn several(
        &mut self,
        link: &Link<'_>,
        sets: impl Iterator<Item = RrsetRef<'z>>,
    ) -> Result<(), Full> {
        let most = if self.how.transport.is_stream() {
            usize::MAX
        } else {
            1
        };
        let new = sets.filter(|set| !link.has_brought(*set));
        new.take(most)
            .try_for_each(|set| self.add(Section::Answer, link.owner, set))
    }

    /// Writes a set, and its signatures if they are wanted.
    pub(crate) fn add(
        &mut self,
        section: Section,
        owner: Owner<'_>,
        rrset: RrsetRef<'z>,
    ) -> Result<(), Full> {
        self.add_with_ttl(section, owner, rrset, rrset.ttl())
    }

    fn add_with_ttl(
        &mut self,
        section: Section,
        owner: Owner<'_>,
        rrset: RrsetRef<'z>,
        ttl: Ttl,
    ) -> Result<(), Full> {
        self.reply.rrset(
            section,
            &self.head(owner, rrset.rtype(), ttl),
            rrset.records().map(data),
        )?;
        if self.how.dnssec
            && let Some(signatures) = rrset.signatures()
        {
            let owner = self.reply.last_owner().map_or(owner, Owner::At);
            // RFC 4034 §3: the TTL of a signature is that of what it covers.
            self.reply.rrset(
                section,
                &self.head(owner, Rtype::RRSIG, ttl),
                signatures.rdatas(),
            )?;
        }
        Ok(())
    }

    pub(crate) fn head<'o>(&self, owner: Owner<'o>, rtype: Rtype, ttl: Ttl) -> Rrset<'o> {
        Rrset {
            owner,
            rtype,
            class: Class::IN,
            ttl_secs: ttl.as_secs(),
        }
    }
}

/// RFC 4034 §3 and §4: an alias has signatures and an NSEC of its own, so a question for them is about the alias.
fn stands_beside_cname(qtype: Rtype) -> bool {
    matches!(qtype, Rtype::RRSIG | Rtype::NSEC)
}

fn data(record: Record<'_>) -> Data<'_> {
    Data {
        octets: record.rdata,
        apex_at: record.apex_at(),
    }
}

/// RFC 6672 §2.2: `name` with its end `owner` replaced by `target`; `None` if that is longer than a name.
fn substitute<'s>(
    name: NameRef<'_>,
    owner: NameRef<'_>,
    target: &[u8],
    spelled: &'s mut [u8; NAME_MAX],
) -> Option<NameRef<'s>> {
    let prefix = name.prefix_of(owner)?;
    let spelled = spelled.get_mut(..prefix.len() + target.len())?;
    spelled[..prefix.len()].copy_from_slice(prefix);
    spelled[prefix.len()..].copy_from_slice(target);
    NameRef::from_wire(spelled).ok()
}

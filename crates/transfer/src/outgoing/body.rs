//! What stands between the two SOA records of a transfer, and how far it has been sent.

use alloc::sync::Arc;
use alloc::vec::Vec;

use rr::{Class, NameRef, Rtype, Serial};
use wire::{Composer, Data, Full, Owner, Rrset, Section};
use zone::{Checked, Node, RrsetRef, Step, Zone};

use crate::Difference;

/// What is sent, and how far it is.
#[derive(Debug)]
pub(super) enum Body {
    /// The SOA record is all.
    Nothing,
    /// All records but the SOA record.
    Whole(At),
    /// The differences, oldest first, and where the next record is.
    Changes {
        steps: Vec<Arc<Difference>>,
        step: usize,
        at: usize,
    },
}

/// The next record of a zone.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct At {
    node: Step,
    /// Of the node.
    set: usize,
    /// Of the set.
    record: usize,
}

/// Whether differences lead from a serial to a zone.
pub(super) fn lead(steps: &[Arc<Difference>], since: Serial, zone: &Zone<Checked>) -> bool {
    let mut serial = since;
    let is_chain = steps.iter().all(|step| {
        let fits = step.from() == serial;
        serial = step.to();
        fits
    });
    is_chain && zone.serial() == Some(serial)
}

/// Differences that lead to a zone, as they are or, where they are more than the zone, condensed; none if that is more, too.
pub(super) fn worth_it(
    steps: Vec<Arc<Difference>>,
    zone: &Zone<Checked>,
) -> Option<Vec<Arc<Difference>>> {
    let records: usize = steps.iter().map(|step| step.record_count()).sum();
    if records <= zone.record_count() {
        return Some(steps);
    }
    let one = Difference::condensed(&steps)?;
    (one.record_count() <= zone.record_count()).then(|| alloc::vec![Arc::new(one)])
}

impl Body {
    pub(super) fn whole() -> Self {
        Body::Whole(At::default())
    }

    pub(super) fn changes(steps: Vec<Arc<Difference>>) -> Self {
        Body::Changes {
            steps,
            step: 0,
            at: 0,
        }
    }

    pub(super) fn kind(&self) -> &'static str {
        match self {
            Body::Nothing => "nothing newer",
            Body::Whole(_) => "whole zone",
            Body::Changes { .. } => "changes",
        }
    }

    /// Writes what fits. In a message that is as large as messages can be, a set may be parted (RFC 5936 §2.2 wants records,
    /// not sets).
    pub(super) fn fill(
        &mut self,
        zone: &Zone<Checked>,
        composer: &mut Composer<'_>,
        is_large: bool,
    ) -> Result<(), Full> {
        match self {
            Body::Nothing => Ok(()),
            Body::Whole(at) => at.fill(zone, composer, is_large),
            Body::Changes { steps, step, at } => fill_changes(steps, step, at, composer),
        }
    }
}

impl At {
    fn fill(
        &mut self,
        zone: &Zone<Checked>,
        composer: &mut Composer<'_>,
        is_large: bool,
    ) -> Result<(), Full> {
        while let Some((node, next)) = zone.step(self.node) {
            let is_apex = self.node == Step::default();
            self.fill_from(node, is_apex, composer, is_large)?;
            *self = At {
                node: next,
                ..At::default()
            };
        }
        Ok(())
    }

    fn fill_from(
        &mut self,
        node: Node<'_>,
        is_apex: bool,
        composer: &mut Composer<'_>,
        is_large: bool,
    ) -> Result<(), Full> {
        let mut owner = Owner::InZone(node.owner());
        for set in node.entries().skip(self.set) {
            if !(is_apex && set.rtype() == Rtype::SOA) {
                self.fill_set(set, owner, composer, is_large)?;
                owner = composer.last_owner().map_or(owner, Owner::At);
            }
            self.set += 1;
            self.record = 0;
        }
        Ok(())
    }

    fn fill_set(
        &mut self,
        set: RrsetRef<'_>,
        owner: Owner<'_>,
        composer: &mut Composer<'_>,
        is_large: bool,
    ) -> Result<(), Full> {
        let head = Rrset {
            owner,
            rtype: set.rtype(),
            class: Class::IN,
            ttl_secs: set.ttl().as_secs(),
        };
        let mut records = set.records().skip(self.record).map(|record| Data {
            octets: record.rdata,
            apex_at: record.apex_at(),
        });
        let whole = composer.rrset(Section::Answer, &head, records.clone());
        if whole.is_ok() || !is_large || composer.count(Section::Answer) > 0 {
            return whole;
        }
        records.try_for_each(|record| {
            composer.rrset(Section::Answer, &head, [record])?;
            self.record += 1;
            Ok(())
        })
    }
}

/// RFC 1995 §4: of each difference the old SOA record, what is removed, the new SOA record, what is added.
fn fill_changes(
    steps: &[Arc<Difference>],
    step: &mut usize,
    at: &mut usize,
    composer: &mut Composer<'_>,
) -> Result<(), Full> {
    let mut last: Option<NameRef<'_>> = None;
    while let Some(difference) = steps.get(*step) {
        while let Some((record, next)) = difference.record_at(*at) {
            let known = composer
                .last_owner()
                .filter(|_| last.is_some_and(|last| last.as_wire() == record.owner.as_wire()));
            let head = Rrset {
                owner: known.map_or(Owner::InZone(record.owner), Owner::At),
                rtype: record.rtype,
                class: Class::IN,
                ttl_secs: record.ttl.as_secs(),
            };
            composer.rrset(Section::Answer, &head, [record.rdata])?;
            (*at, last) = (next, Some(record.owner));
        }
        (*step, *at) = (*step + 1, 0);
    }
    Ok(())
}

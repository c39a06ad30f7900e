//! One layer laid over another.

use rr::{NameRef, Rtype};
use transfer::zonemd;
use zone::check::Policy;
use zone::{Change, Checked, Doubt, RecordRef, Zone};

use super::layer::{Layer, Record, Step};

/// A zone with a layer above it.
pub(crate) struct Laid {
    pub(crate) zone: Zone<Checked>,
    /// Records that cannot be served above it: they leave the layer.
    pub(crate) dropped: Vec<Step>,
}

/// Whether who made the zone has said what is in it, by a signature or a digest (RFC 8976) that nobody else can make, so that
/// nothing can lie above.
pub(crate) fn is_sealed(zone: &Zone<Checked>) -> bool {
    let soa = zone.apex_node().rrset(Rtype::SOA);
    let is_signed = soa.is_some_and(|soa| soa.signatures().is_some());
    is_signed || !zonemd::can_renew(zone)
}

/// Whether a zone says what is in it by digests, so that what is served may have others than what was read.
pub(crate) fn has_digests(zone: &Zone<Checked>) -> bool {
    zone.apex_node().rrset(Rtype::ZONEMD).is_some()
}

/// What is served: records laid over a zone, and above all the digests of what this makes.
pub(crate) fn finish(below: &Zone<Checked>, layer: &Layer, policy: &Policy) -> Laid {
    let Laid { zone, dropped } = lay(below, layer, policy);
    Laid {
        zone: zonemd::renew(&zone),
        dropped,
    }
}

/// Lays records over a zone; the serial is that of the zone below. A set that both have is their union, with the TTL of
/// the one below. Where they cannot both be (RFC 1034 §3.6.2: nothing beside a CNAME record; nothing below a cut) the one
/// below is right.
pub(crate) fn lay(below: &Zone<Checked>, layer: &Layer, policy: &Policy) -> Laid {
    let all = || layer.records().cloned().map(Step::Went).collect();
    if is_sealed(below) {
        return Laid {
            zone: below.clone(),
            dropped: all(),
        };
    }
    let records: Vec<&Record> = layer.records().collect();
    if let Ok(zone) = put(below, &records, policy) {
        let dropped = Vec::new();
        return Laid { zone, dropped };
    }
    let (mut zone, mut dropped) = (below.clone(), Vec::new());
    for record in records {
        match put(&zone, &[record], policy) {
            Ok(next) => zone = next,
            Err(_) => dropped.push(Step::Went(record.clone())),
        }
    }
    Laid { zone, dropped }
}

/// The zone with these records, less those that it has.
///
/// # Errors
/// Why not.
fn put(zone: &Zone<Checked>, records: &[&Record], policy: &Policy) -> Result<Zone<Checked>, Doubt> {
    if records
        .iter()
        .any(|record| is_hidden(zone, record.owner.as_ref()))
    {
        return Err(Doubt::Defect);
    }
    let new = records.iter().filter_map(|record| above(zone, record));
    let changes: Vec<Change<'_>> = new.map(Change::Added).collect();
    if changes.is_empty() {
        return Ok(zone.clone());
    }
    match zone.amend(&changes, policy) {
        Err(Doubt::NotPlain | Doubt::Policy | Doubt::Spelling | Doubt::TooMany) => {
            put_unlike_text(zone, &changes)
        }
        amended => amended,
    }
}

/// A zone whose text says more than it holds, or allows errors: it is read as a whole, and only what it needs to be served
/// counts.
fn put_unlike_text(zone: &Zone<Checked>, changes: &[Change<'_>]) -> Result<Zone<Checked>, Doubt> {
    let is_clash = |change: &Change<'_>| {
        let record = change.record();
        let node = zone.node(record.owner);
        let has = node.is_some_and(|node| !node.is_empty_non_terminal());
        let is_alias = node.is_some_and(|node| node.rrset(Rtype::CNAME).is_some());
        is_alias || (record.rtype == Rtype::CNAME && has)
    };
    if changes.iter().any(is_clash) {
        return Err(Doubt::Defect);
    }
    let next = zone.patch(changes).map_err(Doubt::Patch)?;
    match next.defects().is_empty() {
        true => transfer::accept(next)
            .map(|(zone, _)| zone)
            .map_err(|_| Doubt::Defect),
        false => Err(Doubt::Defect),
    }
}

/// Whether a cut or a DNAME record above the name has the name be another's.
fn is_hidden(zone: &Zone<Checked>, owner: NameRef<'_>) -> bool {
    let hides = |name| {
        let node = zone.node(name);
        node.is_some_and(|node| node.is_cut() || node.rrset(Rtype::DNAME).is_some())
    };
    let within = owner
        .ancestors()
        .take_while(|name| name.is_below(zone.apex()));
    within.filter(|name| *name != owner).any(hides)
}

/// The record as it is added to a zone; none if that has it.
fn above<'r>(zone: &Zone<Checked>, record: &'r Record) -> Option<RecordRef<'r>> {
    let set = zone
        .node(record.owner.as_ref())
        .and_then(|node| node.rrset(record.rtype));
    let canonical = |rdata: &[u8]| super::layer::canonical(record.rtype, rdata);
    let wanted = canonical(&record.rdata);
    let has = set.is_some_and(|set| set.rdatas().any(|rdata| canonical(rdata) == wanted));
    (!has).then(|| RecordRef {
        owner: record.owner.as_ref(),
        rtype: record.rtype,
        ttl: set.map_or(record.ttl, zone::RrsetRef::ttl),
        rdata: &record.rdata,
        at: None,
    })
}

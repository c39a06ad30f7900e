//! The digests that a zone says of itself (RFC 8976).

use alloc::vec::Vec;

use rr::Rtype;

use crate::{Change, Checked, RecordRef, Zone};

impl Zone<Checked> {
    /// The same zone with other data in ZONEMD records of its apex, sharing all but the apex: `renew` gives what takes the
    /// place of each, or nothing where that stays. A zone whose ZONEMD records are signed stays as it is.
    ///
    /// No check looks at a digest, so the zone is as checked as it was. Data of another length than a digest has are the
    /// caller's fault, and served as they are.
    #[must_use]
    pub fn with_digests(&self, renew: impl Fn(&[u8]) -> Option<Vec<u8>>) -> Zone<Checked> {
        let Some(set) = self.apex_node().rrset(Rtype::ZONEMD) else {
            return self.clone();
        };
        if set.signatures().is_some() {
            return self.clone();
        }
        let both = set.rdatas().filter_map(|old| Some((old, renew(old)?)));
        let renewed: Vec<(&[u8], Vec<u8>)> = both.filter(|(old, new)| old != new).collect();
        let record = |rdata| RecordRef {
            owner: self.apex(),
            rtype: Rtype::ZONEMD,
            ttl: set.ttl(),
            rdata,
            at: None,
        };
        let old = renewed.iter().map(|(old, _)| Change::Removed(record(old)));
        let new = renewed.iter().map(|(_, new)| Change::Added(record(new)));
        let changes: Vec<Change<'_>> = old.chain(new).collect();
        let patched = self.patch(&changes);
        self.still_checked(patched.expect("the records to remove were just found"))
    }
}

//! The serial that a version is served with, whatever its file says.
//!
//! Secondaries look at nothing but the serial, so it has to rise with every version (RFC 1034 §4.3.5), also when the
//! author forgot to raise it, lowered it, or took a change back with an older file.

use crate::difference::{Change, RecordRef};
use crate::{Checked, Zone};
use alloc::vec::Vec;
use core::fmt;
use rr::{Rtype, Serial};

/// The serial of the version after the one served as `served`, whose file says `stated`: what it says if that is newer
/// (RFC 1982 §3.2), or else the next one. `None` as long as no version said any.
///
/// Because it depends on nothing else, whoever goes through the same versions in the same order comes to the same
/// serials, on any machine and after any restart.
///
/// ```
/// use rr::Serial;
/// use zone::serial_after;
///
/// let stated = [2026_1121_00, 2026_1121_00, 5, 2026_1122_00].map(|serial| Some(Serial(serial)));
/// let served: Vec<u32> = stated.iter().scan(None, |served, stated| {
///     *served = serial_after(*served, *stated);
///     served.map(|serial| serial.0)
/// }).collect();
/// assert_eq!(served, [2026_1121_00, 2026_1121_01, 2026_1121_02, 2026_1122_00]);
/// ```
#[must_use]
pub fn serial_after(served: Option<Serial>, stated: Option<Serial>) -> Option<Serial> {
    match (served, stated) {
        (Some(served), Some(stated)) if stated.is_newer_than(served) => Some(stated),
        (Some(served), _) => Some(served.next()),
        (None, stated) => stated,
    }
}

/// The SOA record is signed: with another serial the signature would be wrong (RFC 4035 §5.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedSerial {
    /// The serial that is signed.
    pub signed: Serial,
    /// The one it would have to be.
    pub wanted: Serial,
}

impl fmt::Display for SignedSerial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SignedSerial { signed, wanted } = self;
        write!(
            f,
            "the zone is signed with serial {signed}, which is not newer than what was served; \
             sign it with serial {wanted} or later"
        )
    }
}

impl core::error::Error for SignedSerial {}

impl Zone<Checked> {
    /// The same zone with another serial, sharing all but the apex.
    ///
    /// # Errors
    /// [`SignedSerial`] if it has another serial and the signature of its SOA record says so.
    pub fn with_serial(&self, wanted: Serial) -> Result<Zone<Checked>, SignedSerial> {
        let signed = self.serial().expect("a checked zone has an SOA record");
        if signed == wanted {
            return Ok(self.clone());
        }
        let soa = self
            .apex_node()
            .rrset(Rtype::SOA)
            .expect("a checked zone has an SOA record");
        if soa.signatures().is_some() {
            return Err(SignedSerial { signed, wanted });
        }
        let before = soa.rdatas().next().expect("a set has a record");
        let after = rewritten(before, wanted);
        let record = |rdata| RecordRef {
            owner: self.apex(),
            rtype: Rtype::SOA,
            ttl: soa.ttl(),
            rdata,
            at: None,
        };
        let changes = [
            Change::Removed(record(before)),
            Change::Added(record(&after)),
        ];
        let patched = self.patch(&changes);
        Ok(self.still_checked(patched.expect("the record to remove was just found")))
    }
}

/// RFC 1035 §3.3.13: of the five numbers at the end of the data the serial is the first.
fn rewritten(soa: &[u8], serial: Serial) -> Vec<u8> {
    let mut soa = soa.to_vec();
    let at = soa.len() - 20;
    soa[at..at + 4].copy_from_slice(&serial.0.to_be_bytes());
    soa
}

#[cfg(test)]
mod tests {
    use super::*;

    fn served(stated: &[Option<u32>]) -> Vec<Option<u32>> {
        let mut served = None;
        stated
            .iter()
            .map(|stated| {
                served = serial_after(served, stated.map(Serial));
                served.map(|serial| serial.0)
            })
            .collect()
    }

    #[test]
    fn it_rises_with_every_version() {
        for (why, stated, wanted) in [
            ("raised", [7, 8, 20].map(Some), [7, 8, 20].map(Some)),
            ("forgotten", [7, 7, 7].map(Some), [7, 8, 9].map(Some)),
            ("taken back", [7, 8, 7].map(Some), [7, 8, 9].map(Some)),
            ("lowered", [7, 1, 9].map(Some), [7, 8, 9].map(Some)),
            (
                "unreadable",
                [None, Some(7), None],
                [None, Some(7), Some(8)],
            ),
            (
                "over the wrap",
                [u32::MAX, u32::MAX, 0].map(Some),
                [u32::MAX, 0, 1].map(Some),
            ),
            (
                "the way around to a lower one",
                [0x9000_0000, 0x0fff_ffff, 5].map(Some),
                [0x9000_0000, 0x0fff_ffff, 0x1000_0000].map(Some),
            ),
            (
                "half the circle away",
                [1, 0x8000_0001, 3].map(Some),
                [1, 2, 3].map(Some),
            ),
        ] {
            assert_eq!(served(&stated), wanted, "{why}");
        }
    }

    #[test]
    fn any_step_is_newer() {
        let corners = [0, 1, 0x7fff_ffff, 0x8000_0000, 0x8000_0001, u32::MAX];
        for (before, stated) in corners
            .iter()
            .flat_map(|before| corners.map(|stated| (*before, stated)))
        {
            let after = serial_after(Some(Serial(before)), Some(Serial(stated)));
            assert!(after.is_some_and(|after| after.is_newer_than(Serial(before))));
        }
    }
}

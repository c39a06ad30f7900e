//! Digests of whole zones (RFC 8976): made, checked, and compared where there is no record of them.
//!
//! A digest goes over all records in canonical form and order, as [`Zone`] holds them; one record at a time is put together
//! for that, and nothing else is copied.

use alloc::vec::Vec;
use core::fmt;

use rr::{Class, Rtype, Serial};
use sha2::{Digest as _, Sha384, Sha512};
use zone::{Checked, Node, RrsetRef, Zone};

/// RFC 8976 §2.2.2: the scheme of one digest over all records, the only one there is.
const SIMPLE: u8 = 1;
/// Serial, scheme and hash, before the digest (RFC 8976 §2.2).
const FIXED: usize = 6;

/// A hash of RFC 8976 §2.2.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hash {
    /// SHA-384, which RFC 8976 wants everybody to know.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Hash {
    /// Its number in a ZONEMD record.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Hash::Sha384 => 1,
            Hash::Sha512 => 2,
        }
    }

    fn from_number(number: u8) -> Option<Self> {
        [Hash::Sha384, Hash::Sha512]
            .into_iter()
            .find(|hash| hash.number() == number)
    }
}

/// The digest of a zone. Printed in hexadecimal.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Digest {
    hash: Hash,
    octets: Vec<u8>,
}

impl Digest {
    /// The digest of all records of a zone but its ZONEMD records and their signatures (RFC 8976 §3.3.1): what two servers
    /// agree in exactly if they serve the same.
    #[must_use]
    pub fn of<State>(zone: &Zone<State>, hash: Hash) -> Self {
        Digest::of_version(zone, zone.serial(), hash)
    }

    /// The digest that the zone has when it is served with this serial in place of its own.
    #[must_use]
    pub fn of_version<State>(zone: &Zone<State>, serial: Option<Serial>, hash: Hash) -> Self {
        let octets = match hash {
            Hash::Sha384 => run(zone, serial, Sha384::new()),
            Hash::Sha512 => run(zone, serial, Sha512::new()),
        };
        Digest { hash, octets }
    }

    /// The digest in the data of a ZONEMD record, if it is one over a whole zone that is known here.
    #[must_use]
    pub fn of_record(rdata: &[u8]) -> Option<Self> {
        let (hash, rdata) = known(rdata)?;
        let octets = rdata.get(FIXED..)?.to_vec();
        Some(Digest { hash, octets })
    }

    /// What it was made with.
    #[must_use]
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// 48 or 64 octets.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// The data of a ZONEMD record with this digest, for the version of this serial (RFC 8976 §2.2).
    #[must_use]
    pub fn rdata(&self, serial: Serial) -> Vec<u8> {
        let mut rdata = serial.0.to_be_bytes().to_vec();
        rdata.extend_from_slice(&[SIMPLE, self.hash.number()]);
        rdata.extend_from_slice(&self.octets);
        rdata
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.octets
            .iter()
            .try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {self}", self.hash)
    }
}

/// What the ZONEMD records of a zone say of it, where they do not say that it is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verification {
    /// The zone is what it was when this digest was made.
    Verified(Hash),
    /// It has no ZONEMD record.
    Absent,
    /// It has none with a scheme and a hash that are known here: nothing is known (RFC 8976 §4).
    Unknown,
}

/// Why a zone is not what its ZONEMD records say it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigestError {
    /// Two records with the same scheme and hash (RFC 8976 §2): neither counts.
    Twice(Hash),
    /// The record is of another version than the SOA record; its serial.
    Serial(Serial),
    /// A digest that is not as long as its hash makes it, or data that end before it.
    Length,
    /// The digest of the zone is another one.
    Differs(Hash),
}

impl fmt::Display for DigestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Twice(hash) => write!(f, "two ZONEMD records with {hash:?}, so neither counts"),
            Self::Serial(serial) => write!(
                f,
                "the ZONEMD record is of serial {serial}, the SOA record of another"
            ),
            Self::Length => f.write_str("a ZONEMD record whose digest has the wrong length"),
            Self::Differs(hash) => write!(
                f,
                "the records are not those that the ZONEMD record was made over ({hash:?} differs)"
            ),
        }
    }
}

impl core::error::Error for DigestError {}

/// Compares a zone with its ZONEMD records (RFC 8976 §4, without its first step: whether they are signed is not looked at).
///
/// # Errors
/// The last reason why none of the records verifies, if there is one that could.
pub fn verify<State>(zone: &Zone<State>) -> Result<Verification, DigestError> {
    let Some(set) = zone.apex_node().rrset(Rtype::ZONEMD) else {
        return Ok(Verification::Absent);
    };
    let known: Vec<_> = set.rdatas().filter_map(known).collect();
    let mut outcome = Ok(Verification::Unknown);
    for (hash, rdata) in &known {
        // RFC 8976 §2: of several with one scheme and hash, none may be used.
        let is_alone = known.iter().filter(|(other, _)| other == hash).count() == 1;
        outcome = match is_alone {
            true => verify_one(zone, *hash, rdata),
            false => Err(DigestError::Twice(*hash)),
        };
        // RFC 8976 §4 step 4: one that verifies is enough.
        if outcome.is_ok() {
            return outcome;
        }
    }
    outcome
}

/// The zone with digests of itself as it is now: those and the serial take the place of what its ZONEMD records say, of those
/// that can be [made here](renewed). A zone without one comes back as it is.
#[must_use]
pub fn renew(zone: &Zone<Checked>) -> Zone<Checked> {
    zone.with_digests(|rdata| renewed(zone, zone.serial()?, rdata))
}

/// What takes the place of the data of a ZONEMD record when the zone is served with this serial. None if that cannot be made
/// here: its scheme or hash is not known, another record has the same, of which neither would count (RFC 8976 §2), or
/// somebody has signed them.
#[must_use]
pub fn renewed<State>(zone: &Zone<State>, serial: Serial, rdata: &[u8]) -> Option<Vec<u8>> {
    let set = zone.apex_node().rrset(Rtype::ZONEMD)?;
    let (hash, _) = known(rdata)?;
    let same = set
        .rdatas()
        .filter_map(known)
        .filter(|(other, _)| *other == hash);
    let can_be = set.signatures().is_none() && same.count() == 1;
    can_be.then(|| Digest::of_version(zone, Some(serial), hash).rdata(serial))
}

/// Whether all digests of a zone can be made here. So it is of a zone without any.
#[must_use]
pub fn can_renew<State>(zone: &Zone<State>) -> bool {
    let Some(set) = zone.apex_node().rrset(Rtype::ZONEMD) else {
        return true;
    };
    let mut hashes: Vec<_> = set.rdatas().map(|rdata| Some(known(rdata)?.0)).collect();
    let count = hashes.len();
    hashes.sort_unstable_by_key(|hash| hash.map(Hash::number));
    hashes.dedup();
    set.signatures().is_none() && hashes.len() == count && hashes.iter().all(Option::is_some)
}

/// The hash of a record with a scheme and a hash that are known here.
fn known(rdata: &[u8]) -> Option<(Hash, &[u8])> {
    let [_, _, _, _, SIMPLE, hash, ..] = rdata else {
        return None;
    };
    Some((Hash::from_number(*hash)?, rdata))
}

fn verify_one<State>(
    zone: &Zone<State>,
    hash: Hash,
    rdata: &[u8],
) -> Result<Verification, DigestError> {
    let (fixed, digest) = rdata
        .split_first_chunk::<FIXED>()
        .ok_or(DigestError::Length)?;
    let serial = Serial(u32::from_be_bytes([fixed[0], fixed[1], fixed[2], fixed[3]]));
    // RFC 8976 §4 step 4a.
    if zone.serial() != Some(serial) {
        return Err(DigestError::Serial(serial));
    }
    let own = Digest::of(zone, hash);
    if own.octets.len() != digest.len() {
        return Err(DigestError::Length);
    }
    match own.octets == digest {
        true => Ok(Verification::Verified(hash)),
        false => Err(DigestError::Differs(hash)),
    }
}

/// RFC 8976 §3.3.1: each record once, by owner, type and data; glue and what a delegation hides included.
fn run<State, H: sha2::Digest>(zone: &Zone<State>, serial: Option<Serial>, hasher: H) -> Vec<u8> {
    let mut sum = Sum {
        hasher,
        serial,
        owner: Vec::new(),
        record: Vec::new(),
    };
    let apex = zone.apex_node().owner();
    for node in zone.nodes() {
        sum.begin(node);
        let is_apex = node.owner() == apex;
        let counts = |set: &RrsetRef<'_>| !(is_apex && is_digest(*set));
        let types = |low: bool| {
            node.rrsets()
                .filter(move |set| (set.rtype().0 < Rtype::RRSIG.0) == low)
        };
        // A node keeps signatures behind what they cover, and these by type; the first field of their data is that type.
        types(true)
            .chain(node.signatures())
            .chain(types(false))
            .filter(counts)
            .for_each(|set| sum.add(set));
    }
    sum.hasher.finalize().to_vec()
}

/// RFC 8976 §3.3.1.1: the ZONEMD records of the apex, and the signatures over them.
fn is_digest(set: RrsetRef<'_>) -> bool {
    set.rtype() == Rtype::ZONEMD || set.covers() == Some(Rtype::ZONEMD)
}

/// A digest in the making.
struct Sum<H> {
    hasher: H,
    /// The serial of the version.
    serial: Option<Serial>,
    /// The owner, in lower case.
    owner: Vec<u8>,
    /// One record.
    record: Vec<u8>,
}

impl<H: sha2::Digest> Sum<H> {
    fn begin(&mut self, node: Node<'_>) {
        self.owner.clear();
        self.owner.extend_from_slice(node.owner().as_wire());
        self.owner.make_ascii_lowercase();
    }

    /// RFC 1035 §3.3.13: of the five numbers at the end of an SOA record, the first one.
    fn set_serial(&mut self, rtype: Rtype) {
        let at = self.record.len().checked_sub(20);
        if let (Rtype::SOA, Some(serial), Some(at)) = (rtype, self.serial, at) {
            self.record[at..at + 4].copy_from_slice(&serial.0.to_be_bytes());
        }
    }

    /// RFC 4034 §6.2: the form of each record.
    fn add(&mut self, set: RrsetRef<'_>) {
        for rdata in set.rdatas() {
            self.record.clear();
            self.record.extend_from_slice(&self.owner);
            self.record.extend_from_slice(&set.rtype().0.to_be_bytes());
            self.record.extend_from_slice(&Class::IN.0.to_be_bytes());
            self.record
                .extend_from_slice(&set.ttl().as_secs().to_be_bytes());
            self.record
                .extend_from_slice(&(rdata.len() as u16).to_be_bytes());
            rr::wire::canonical_rdata(set.rtype(), rdata, &mut self.record);
            self.set_serial(set.rtype());
            self.hasher.update(&self.record);
        }
    }
}

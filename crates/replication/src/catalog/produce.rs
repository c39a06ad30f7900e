//! From zones to a catalog that lists them.

use alloc::string::String;
use alloc::vec::Vec;

use rr::{Class, Name, NameError, NameRef, Rtype, Serial, Ttl, write_base32hex};
use sha2::{Digest, Sha256};
use zone::{Builder, Change, Checked, HashKey, PatchError, RecordRef, Unchecked, Zone};
use zonefile::Pos;

/// Records of a catalog are for those who transfer it: nobody caches them (RFC 9432 §6 has them asked by nobody else).
const TTL: Ttl = Ttl::ZERO;
/// RFC 9432 §4.1 leaves the SOA's fields to the producer; those of its example: one hour, ten minutes, and never.
const TIMERS: [u32; 4] = [3600, 600, 0x7fff_fffe, 0];

/// The label of a member's node: 160 bits of SHA-256 over its name in lower case, in base32hex. It stays as long as the name
/// does, on any machine and over restarts.
///
/// ```
/// let name = rr::Name::from_text("Example.org")?;
/// assert_eq!(replication::catalog::unique_label(name.as_ref()).len(), 32);
/// # Ok::<(), rr::NameError>(())
/// ```
#[must_use]
pub fn unique_label(member: NameRef<'_>) -> String {
    let hash = Sha256::digest(member.to_lowercase().as_wire());
    let mut label = String::with_capacity(32);
    write_base32hex(&hash[..20], &mut label).expect("a string takes any text");
    label.make_ascii_lowercase();
    label
}

/// A catalog of these zones.
///
/// # Errors
/// When the name of the catalog is so long that nodes do not fit below it.
pub fn produce<'n>(
    apex: &Name,
    serial: Serial,
    members: impl IntoIterator<Item = NameRef<'n>>,
    key: HashKey,
) -> Result<Zone<Unchecked>, NameError> {
    let mut builder = Builder::new(apex.clone(), key);
    let mut add = |owner: NameRef<'_>, rtype, rdata: &[u8]| {
        builder.add(owner, Class::IN, TTL, rtype, rdata, Pos(0));
    };
    let invalid = Name::below(b"invalid", Name::root().as_ref())?;
    add(apex.as_ref(), Rtype::SOA, &soa(&invalid, serial));
    // RFC 9432 §4.1: there has to be one, and it is of no use.
    add(apex.as_ref(), Rtype::NS, invalid.as_wire());
    let version = Name::below(b"version", apex.as_ref())?;
    add(version.as_ref(), Rtype::TXT, b"\x012");
    for member in members {
        add(
            node_of(member, apex)?.as_ref(),
            Rtype::PTR,
            member.as_wire(),
        );
    }
    Ok(builder.finish())
}

/// The next version of a catalog, sharing with this one all that stays.
///
/// # Errors
/// When a zone that is to be taken out is not in it.
pub fn amended(
    catalog: &Zone<Checked>,
    serial: Serial,
    added: &[Name],
    removed: &[Name],
) -> Result<Zone<Unchecked>, PatchError> {
    let apex = catalog.apex().to_owned();
    let owners = |names: &[Name]| -> Vec<Name> {
        // A node that fitted below the name fits again.
        let owner = |name: &Name| node_of(name.as_ref(), &apex).ok();
        names.iter().filter_map(owner).collect()
    };
    let (in_owners, out_owners) = (owners(added), owners(removed));
    let record = |owner, name| pointer(owner, name);
    let before = catalog.apex_node().rrset(Rtype::SOA);
    let before = before
        .and_then(|set| set.rdatas().next())
        .unwrap_or_default();
    let mut after = before.to_vec();
    put_serial(&mut after, serial);
    let soa = |rdata| RecordRef {
        owner: catalog.apex(),
        rtype: Rtype::SOA,
        ttl: TTL,
        rdata,
        at: None,
    };
    let mut changes = alloc::vec![Change::Removed(soa(before)), Change::Added(soa(&after))];
    let outs = out_owners.iter().zip(removed);
    changes.extend(outs.map(|(owner, name)| Change::Removed(record(owner, name))));
    let ins = in_owners.iter().zip(added);
    changes.extend(ins.map(|(owner, name)| Change::Added(record(owner, name))));
    catalog.patch(&changes)
}

fn pointer<'a>(owner: &'a Name, member: &'a Name) -> RecordRef<'a> {
    RecordRef {
        owner: owner.as_ref(),
        rtype: Rtype::PTR,
        ttl: TTL,
        rdata: member.as_wire(),
        at: None,
    }
}

/// Where a catalog lists a zone (RFC 9432 §4.1): below `zones`, with a label of its own.
///
/// # Errors
/// When the name of the catalog is so long that nodes do not fit below it.
pub fn node_of(member: NameRef<'_>, apex: &Name) -> Result<Name, NameError> {
    let list = Name::below(b"zones", apex.as_ref())?;
    Name::below(unique_label(member).as_bytes(), list.as_ref())
}

fn soa(invalid: &Name, serial: Serial) -> Vec<u8> {
    let mut rdata = invalid.as_wire().repeat(2);
    rdata.extend(serial.0.to_be_bytes());
    rdata.extend(TIMERS.into_iter().flat_map(u32::to_be_bytes));
    rdata
}

/// The five numbers are the last twenty octets (RFC 1035 §3.3.13).
fn put_serial(soa: &mut [u8], serial: Serial) {
    if let Some(numbers) = soa.last_chunk_mut::<20>() {
        numbers[..4].copy_from_slice(&serial.0.to_be_bytes());
    }
}

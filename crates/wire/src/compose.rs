//! A response, written in place.

use hickory_proto::op::ResponseCode;
use rr::{Class, NameRef, Rtype};

use crate::edns::Opt;
use crate::fault::Fault;
use crate::header::{Flags, HEADER_LEN, Header};
use crate::names;
use crate::query::Query;

mod places;
use places::Places;

/// Where a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// What was asked for.
    Answer = 1,
    /// Who says so: SOA, NS, and proofs.
    Authority = 2,
    /// What will be asked next.
    Additional = 3,
}

/// The owner of the records being written.
#[derive(Clone, Copy, Debug)]
pub enum Owner<'a> {
    /// The name in the question.
    Question,
    /// Any name; compressed against what has been written.
    Name(NameRef<'a>),
}

/// All of a record but its data.
#[derive(Clone, Copy, Debug)]
pub struct Rrset<'a> {
    /// Who has it.
    pub owner: Owner<'a>,
    /// TYPE.
    pub rtype: Rtype,
    /// CLASS.
    pub class: Class,
    /// TTL, the same for all of the set (RFC 2181 §5.2).
    pub ttl_secs: u32,
}

/// The RRset does not fit; nothing of it was left in the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// A point to return to.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    at: usize,
    counts: [u16; 4],
    places: usize,
}

/// Writes one response into octets that the caller owns.
///
/// Sections are written in order. An RRset is in the message whole or not at all (RFC 2181 §5, §9).
#[derive(Debug)]
pub struct Composer<'b> {
    out: &'b mut [u8],
    /// Octets written.
    at: usize,
    /// Octets that may be written, without the reserve.
    end: usize,
    header: Header,
    places: Places,
    /// Before the first record.
    empty: Mark,
}

impl<'b> Composer<'b> {
    /// Begins the response to `query`: QR set, opcode and RD copied, the question repeated octet for octet.
    ///
    /// `out` is as long as the response may become. `None` if not even the question fits.
    pub fn reply(query: &Query<'_>, out: &'b mut [u8]) -> Option<Self> {
        Self::begin(
            query.id,
            query.flags,
            query.question.map_or(&[], |question| question.octets),
            out,
        )
    }

    /// Begins the response to a message that could not be understood, with as much of the question as could.
    pub fn reply_to_fault(fault: &Fault<'_>, out: &'b mut [u8]) -> Option<Self> {
        Self::begin(fault.id, fault.flags, fault.question.unwrap_or(&[]), out)
    }

    fn begin(id: u16, asked: Flags, question: &[u8], out: &'b mut [u8]) -> Option<Self> {
        let at = HEADER_LEN + question.len();
        // RFC 1035 §4.1.1: RD is copied. RFC 4035 §3.1.6: AD and CD are clear in an authoritative response.
        let flags = Flags::QR.with(asked.only(Flags::OPCODE.with(Flags::RD)));
        let counts = [u16::from(!question.is_empty()), 0, 0, 0];
        // RFC 4343 §4.1: the question goes back as it came, its case included.
        out.get_mut(HEADER_LEN..at)?.copy_from_slice(question);
        let mut places = Places::default();
        if let Some((name, _)) = question.split_last_chunk::<4>() {
            places.learn(HEADER_LEN, name, name.len());
        }
        Some(Composer {
            end: out.len(),
            out,
            at,
            header: Header { id, flags, counts },
            empty: Mark {
                at,
                counts,
                places: places.len(),
            },
            places,
        })
    }

    /// Keeps `octets` free for [`Composer::opt`].
    ///
    /// # Errors
    /// [`Full`] if they are not free any more.
    pub fn reserve(&mut self, octets: usize) -> Result<(), Full> {
        self.end = self
            .end
            .checked_sub(octets)
            .filter(|end| *end >= self.at)
            .ok_or(Full)?;
        Ok(())
    }

    /// Sets flags: AA, TC.
    pub fn set(&mut self, flags: Flags) {
        self.header.flags = self.header.flags.with(flags);
    }

    /// Clears flags.
    pub fn clear(&mut self, flags: Flags) {
        self.header.flags = self.header.flags.without(flags);
    }

    /// Sets the response code; its upper bits belong into [`Opt::rcode_high`].
    pub fn set_rcode(&mut self, rcode: ResponseCode) {
        let low = Flags(u16::from(rcode.low() & 0x0F));
        self.header.flags = self.header.flags.without(Flags::RCODE).with(low);
    }

    /// Records written into `section` so far.
    pub fn count(&self, section: Section) -> u16 {
        self.header.counts[section as usize]
    }

    /// Writes an RRset whole, its records in the order given.
    ///
    /// `data` are uncompressed record data, checked for their type; the names in them are compressed where RFC 3597 §4
    /// allows it.
    ///
    /// # Errors
    /// [`Full`], and the message is as before.
    pub fn rrset<'r>(
        &mut self,
        section: Section,
        rrset: &Rrset<'_>,
        data: impl IntoIterator<Item = &'r [u8]>,
    ) -> Result<(), Full> {
        let mark = self.mark();
        self.records(section, rrset, data)
            .inspect_err(|Full| self.rewind(mark))
    }

    fn records<'r>(
        &mut self,
        section: Section,
        rrset: &Rrset<'_>,
        data: impl IntoIterator<Item = &'r [u8]>,
    ) -> Result<(), Full> {
        let mut pointer = None;
        for data in data {
            pointer = self.owner(rrset.owner, pointer)?;
            self.rest_of_record(rrset, data)?;
            let count = &mut self.header.counts[section as usize];
            *count = count.checked_add(1).ok_or(Full)?;
        }
        Ok(())
    }

    /// Writes the owner, as a pointer to `known` if it has been written before. Returns where it can be pointed to.
    fn owner(&mut self, owner: Owner<'_>, known: Option<u16>) -> Result<Option<u16>, Full> {
        match (known, owner) {
            (Some(at), _) => self.pointer(at),
            (None, Owner::Question) if self.is_root_asked() => self.put(&[0]).map(|()| None),
            (None, Owner::Question) => self.pointer(HEADER_LEN as u16),
            (None, Owner::Name(name)) => self.name(name.as_wire()),
        }
    }

    /// A pointer to the root would be longer than the root.
    fn is_root_asked(&self) -> bool {
        self.out.get(HEADER_LEN) == Some(&0)
    }

    /// Type, class, TTL, length and data.
    fn rest_of_record(&mut self, rrset: &Rrset<'_>, data: &[u8]) -> Result<(), Full> {
        let Some((names_at, names)) = compressible(rrset.rtype) else {
            self.put(&fixed(rrset, data.len()))?;
            return self.put(data);
        };
        self.put(&fixed(rrset, 0))?;
        let data_at = self.at;
        let (before, mut rest) = data.split_at_checked(names_at).ok_or(Full)?;
        self.put(before)?;
        for _ in 0..names {
            let (name, after) = NameRef::split_from(rest).map_err(|_| Full)?;
            self.name(name.as_wire())?;
            rest = after;
        }
        self.put(rest)?;
        let length = (self.at - data_at) as u16;
        self.out[data_at - 2..data_at].copy_from_slice(&length.to_be_bytes());
        Ok(())
    }

    /// Writes a name, its longest known suffix as a pointer, and remembers the new part. Returns where it can be
    /// pointed to.
    fn name(&mut self, name: &[u8]) -> Result<Option<u16>, Full> {
        let at = self.at;
        let (new, known) = self.places.longest_suffix(&self.out[..at], name);
        self.put(&name[..new])?;
        self.places.learn(at, name, new);
        match known {
            Some(place) if new == 0 => self.pointer(place),
            Some(place) => self.pointer(place).map(|_| places::pointable(at)),
            None if new == 1 => Ok(None),
            None => Ok(places::pointable(at)),
        }
    }

    fn pointer(&mut self, to: u16) -> Result<Option<u16>, Full> {
        self.put(&(u16::from(names::POINTER) << 8 | to).to_be_bytes())?;
        Ok(Some(to))
    }

    fn put(&mut self, octets: &[u8]) -> Result<(), Full> {
        let after = self.at + octets.len();
        if after > self.end {
            return Err(Full);
        }
        self.out[self.at..after].copy_from_slice(octets);
        self.at = after;
        Ok(())
    }

    /// Here and now, to come back to.
    pub fn mark(&self) -> Mark {
        Mark {
            at: self.at,
            counts: self.header.counts,
            places: self.places.len(),
        }
    }

    /// Takes back all records written since `mark`.
    pub fn rewind(&mut self, mark: Mark) {
        self.at = mark.at;
        self.header.counts = mark.counts;
        self.places.forget_after(mark.places);
    }

    /// Takes back all records and sets TC.
    ///
    /// RFC 2181 §9: who sees TC asks again over TCP and uses nothing of this response, so nothing is sent but the
    /// question.
    pub fn truncate(&mut self) {
        self.rewind(self.empty);
        self.set(Flags::TC);
    }

    /// Writes the OPT record into the octets kept free for it (and any others left). The last record of all.
    ///
    /// # Errors
    /// [`Full`] if fewer were reserved than it takes; the message is as before.
    pub fn opt(&mut self, opt: &Opt<'_>) -> Result<(), Full> {
        let mark = self.mark();
        self.end = self.out.len();
        self.header.counts[Section::Additional as usize] += 1;
        opt.emit(|octets| self.put(octets))
            .inspect_err(|Full| self.rewind(mark))
    }

    /// Writes the header. Returns the octets of the message.
    pub fn finish(self) -> usize {
        self.out[..HEADER_LEN].copy_from_slice(&self.header.emit());
        self.at
    }
}

/// The names at the start of this type's data, after a number of octets: only those of RFC 1035 may be compressed
/// (RFC 3597 §4), and DNAME may not (RFC 6672 §2.5).
fn compressible(rtype: Rtype) -> Option<(usize, usize)> {
    match rtype {
        Rtype::NS | Rtype::CNAME | Rtype::PTR => Some((0, 1)),
        Rtype::SOA => Some((0, 2)),
        Rtype::MX => Some((2, 1)),
        _ => None,
    }
}

/// Type, class, TTL and length.
fn fixed(rrset: &Rrset<'_>, length: usize) -> [u8; 10] {
    let mut octets = [0; 10];
    octets[0..2].copy_from_slice(&rrset.rtype.0.to_be_bytes());
    octets[2..4].copy_from_slice(&rrset.class.0.to_be_bytes());
    octets[4..8].copy_from_slice(&rrset.ttl_secs.to_be_bytes());
    octets[8..10].copy_from_slice(&(length as u16).to_be_bytes());
    octets
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of types in `rr` knows where names are; here it is known again, so that no table is walked per record.
    #[test]
    fn names_are_compressed_where_the_table_of_types_says() {
        for number in 0..=u16::MAX {
            let rtype = Rtype(number);
            // As many octets as any of them has, names of the root.
            let found: alloc::vec::Vec<_> = rr::wire::embedded_names(rtype, &[0; 40])
                .filter(|name| name.compressible)
                .collect();
            let told = found.first().map(|first| (first.start, found.len()));
            assert_eq!(compressible(rtype), told, "{rtype}");
        }
    }
}

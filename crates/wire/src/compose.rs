//! A response, written in place.

use hickory_proto::op::ResponseCode;
use rr::{Class, NameRef, Rtype};

use crate::edns::Opt;
use crate::fault::Fault;
use crate::header::{Flags, HEADER_LEN, Header};
use crate::query::Query;

mod labels;
mod places;
mod record;
use places::{Names, Places};
use record::{Head, compressible};

/// Octets of type and class in a question.
const QUESTION_FIXED: usize = 4;

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
    /// The last so many octets of the name in the question: the apex, a cut.
    QuestionEnd(usize),
    /// A name that has been written.
    At(Place),
    /// A name at or below the apex told with [`Composer::set_apex`].
    InZone(NameRef<'a>),
    /// Any name; compressed against what has been written.
    Name(NameRef<'a>),
}

/// The data of a record.
#[derive(Clone, Copy, Debug)]
pub struct Data<'r> {
    /// In wire form, no name compressed.
    pub octets: &'r [u8],
    /// Where in `octets` the apex begins that was told with [`Composer::set_apex`], if the data end in a name of the
    /// zone: that name is found sooner.
    pub apex_at: Option<usize>,
}

impl<'r> From<&'r [u8]> for Data<'r> {
    fn from(octets: &'r [u8]) -> Self {
        Data {
            octets,
            apex_at: None,
        }
    }
}

/// Where a name stands that has been written, see [`Composer::name_in`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place(u16);

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
    names: Names,
    /// Where the owner of the last set can be pointed to.
    last_owner: Option<u16>,
    /// Octets of the apex, with which the name in the question ends.
    apex: usize,
    /// Before the first record.
    empty: Mark,
}

impl<'b> Composer<'b> {
    /// Begins the response to `query`: QR set, opcode and RD copied, the question repeated octet for octet.
    ///
    /// `out` is as long as the response may become. `None` if not even the question fits.
    #[inline]
    pub fn reply(query: &Query<'_>, out: &'b mut [u8]) -> Option<Self> {
        Self::begin(
            query.id,
            query.flags,
            query.question.map_or(&[], |question| question.octets),
            out,
        )
    }

    /// Begins a response of which only the identity, the flags and the octets of the question are kept: one of a stream
    /// that goes on when the message that asked for it is gone. The opcode and RD of `asked` are copied.
    ///
    /// `question` is name, type and class, uncompressed. `None` if `out` has no room for it.
    #[must_use]
    pub fn of_stream(id: u16, asked: Flags, question: &[u8], out: &'b mut [u8]) -> Option<Self> {
        Self::begin(id, asked, question, out)
    }

    /// Begins the response to a message that could not be understood, with as much of the question as could.
    pub fn reply_to_fault(fault: &Fault<'_>, out: &'b mut [u8]) -> Option<Self> {
        Self::begin(fault.id, fault.flags, fault.question.unwrap_or(&[]), out)
    }

    #[inline]
    fn begin(id: u16, asked: Flags, question: &[u8], out: &'b mut [u8]) -> Option<Self> {
        let at = HEADER_LEN + question.len();
        // RFC 1035 §4.1.1: RD is copied. RFC 4035 §3.1.6: AD and CD are clear in an authoritative response.
        let flags = Flags::QR.with(asked.only(Flags::OPCODE.with(Flags::RD)));
        let counts = [u16::from(!question.is_empty()), 0, 0, 0];
        // RFC 4343 §4.1: the question goes back as it came, its case included.
        out.get_mut(HEADER_LEN..at)?.copy_from_slice(question);
        Some(Composer {
            end: out.len(),
            out,
            at,
            header: Header { id, flags, counts },
            places: Places::NONE,
            names: Names::NONE,
            last_owner: None,
            apex: 1,
            empty: Mark {
                at,
                counts,
                places: 0,
            },
        })
    }

    /// Keeps `octets` free for [`Composer::opt`].
    ///
    /// # Errors
    /// [`Full`] if they are not free any more.
    #[inline]
    pub fn reserve(&mut self, octets: usize) -> Result<(), Full> {
        self.end = self
            .end
            .checked_sub(octets)
            .filter(|end| *end >= self.at)
            .ok_or(Full)?;
        Ok(())
    }

    /// Octets written so far, and octets that there may be in all.
    #[inline]
    pub fn extent(&self) -> (usize, usize) {
        (self.at, self.out.len())
    }

    /// Sets flags: AA, TC.
    #[inline]
    pub fn set(&mut self, flags: Flags) {
        self.header.flags = self.header.flags.with(flags);
    }

    /// Clears flags.
    #[inline]
    pub fn clear(&mut self, flags: Flags) {
        self.header.flags = self.header.flags.without(flags);
    }

    /// Sets the response code; its upper bits belong into [`Opt::rcode_high`].
    #[inline]
    pub fn set_rcode(&mut self, rcode: ResponseCode) {
        let low = Flags(u16::from(rcode.low() & 0x0F));
        self.header.flags = self.header.flags.without(Flags::RCODE).with(low);
    }

    /// Records written into `section` so far.
    pub fn count(&self, section: Section) -> u16 {
        self.header.counts[section as usize]
    }

    /// Tells, before the first record, that the last `octets` of the question's name are the apex of the zone: for
    /// [`Owner::InZone`] and [`Data::apex_at`].
    #[inline]
    pub fn set_apex(&mut self, octets: usize) {
        self.apex = octets;
    }

    /// Writes an RRset whole, its records in the order given.
    ///
    /// `data` are uncompressed record data, checked for their type; the names in them are compressed where RFC 3597 §4
    /// allows it.
    ///
    /// # Errors
    /// [`Full`], and the message is as before.
    #[inline]
    pub fn rrset<'r, D: Into<Data<'r>>>(
        &mut self,
        section: Section,
        rrset: &Rrset<'_>,
        data: impl IntoIterator<Item = D>,
    ) -> Result<(), Full> {
        let mark = self.mark();
        self.records(section, rrset, data.into_iter().map(D::into))
            .inspect_err(|Full| self.rewind(mark))
    }

    #[inline]
    fn records<'r>(
        &mut self,
        section: Section,
        rrset: &Rrset<'_>,
        records: impl Iterator<Item = Data<'r>>,
    ) -> Result<(), Full> {
        let mut head = Head::of(rrset);
        let mut pointer = self.pointer_to(rrset.owner);
        let count = self.header.counts[section as usize];
        let names = compressible(rrset.rtype);
        if names.is_some() {
            self.names = Names::NONE;
        }
        for (number, data) in (1..).zip(records) {
            match pointer {
                Some(at) => self.put_array(head.after_pointer(at))?,
                None => {
                    pointer = self.owner(rrset.owner)?;
                    self.put_array(head.after_name())?;
                }
            }
            self.data(names, data)?;
            self.header.counts[section as usize] = count.checked_add(number).ok_or(Full)?;
        }
        self.last_owner = pointer;
        Ok(())
    }

    /// Where the owner of the set written last stands.
    #[inline]
    pub fn last_owner(&self) -> Option<Place> {
        self.last_owner.map(Place)
    }

    /// Where the first name in the data of a record stands, counted from 0, in the last set that had names to be
    /// compressed. None for the seventeenth and later, and where a pointer does not reach.
    #[inline]
    pub fn name_in(&self, record: usize) -> Option<Place> {
        let known = self
            .names
            .at
            .get(record)
            .filter(|_| record < self.names.len);
        known.copied().filter(|at| *at != 0).map(Place)
    }

    /// Here and now, to come back to.
    #[inline]
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
        self.names = Names::NONE;
        self.last_owner = None;
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
    #[inline]
    pub fn finish(self) -> usize {
        self.out[..HEADER_LEN].copy_from_slice(&self.header.emit());
        self.at
    }
}

//! A query, read in place.

use hickory_proto::op::OpCode;
use rr::{Class, NameError, NameRef, Rtype};

use crate::compose::Composer;
use crate::edns::Edns;
use crate::fault::{Fault, FaultKind, Verdict};
use crate::header::{Flags, HEADER_LEN, Header};
use crate::records::Raw;

/// A well-formed query.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// The identity the response repeats.
    pub id: u16,
    /// The flags as sent.
    pub flags: Flags,
    /// QUERY, NOTIFY or UPDATE; other operations are a [`Fault`], as the shape of their messages is not known.
    pub opcode: OpCode,
    /// The question. `None` only if there is a cookie instead (RFC 7873 §5.4).
    pub question: Option<Question<'a>>,
    /// The OPT record.
    pub edns: Option<Edns<'a>>,
    /// The last record is a TSIG record (RFC 8945 §5.1). What is in it was not looked at.
    pub is_signed: bool,
}

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// QNAME, its case kept.
    pub name: NameRef<'a>,
    /// QTYPE.
    pub rtype: Rtype,
    /// QCLASS.
    pub class: Class,
    /// The octets of the three, as they stand in the message.
    pub octets: &'a [u8],
}

impl<'a> Query<'a> {
    /// Reads a query of at most 65,535 octets, without copying.
    ///
    /// The records of all sections are stepped over, each checked to lie inside the message. Octets after the last
    /// record are ignored, as BIND, NSD and Knot do.
    ///
    /// # Errors
    /// A [`Fault`] with the place and all that an answer to it needs.
    #[inline]
    pub fn parse(message: &'a [u8]) -> Result<Self, Fault<'a>> {
        let mut reading = Reading::start(message)?;
        match reading.body() {
            Ok(()) => Ok(reading.query),
            Err(kind) => Err(reading.fault(kind)),
        }
    }
}

/// How far a message has been read.
struct Reading<'a> {
    message: &'a [u8],
    at: usize,
    counts: [u16; 4],
    query: Query<'a>,
}

impl<'a> Reading<'a> {
    #[inline]
    fn start(message: &'a [u8]) -> Result<Self, Fault<'a>> {
        let Some(header) = Header::parse(message) else {
            let flags = Flags::default();
            return Err(Fault {
                kind: FaultKind::Short,
                at: message.len(),
                id: 0,
                flags,
                question: None,
                edns_do: None,
            });
        };
        let Header { id, flags, counts } = header;
        let query = Query {
            id,
            flags,
            opcode: flags.opcode(),
            question: None,
            edns: None,
            is_signed: false,
        };
        Ok(Reading {
            message,
            at: HEADER_LEN,
            counts,
            query,
        })
    }

    #[inline]
    fn body(&mut self) -> Result<(), FaultKind> {
        if self.query.flags.has(Flags::QR) {
            return Err(FaultKind::Response);
        }
        if !matches!(
            self.query.opcode,
            OpCode::Query | OpCode::Notify | OpCode::Update
        ) {
            return Err(FaultKind::Opcode(self.query.opcode));
        }
        self.questions()?;
        for _ in 0..u32::from(self.counts[1]) + u32::from(self.counts[2]) {
            self.record(false, false)?;
        }
        for left in (0..self.counts[3]).rev() {
            self.record(true, left == 0)?;
        }
        self.exactly_one_question()
    }

    /// RFC 9619 §4: one. Others are stepped over, so that an OPT record behind them is still seen and answered to.
    #[inline]
    fn questions(&mut self) -> Result<(), FaultKind> {
        for _ in 0..self.counts[0] {
            let rest = self.message.get(self.at..).ok_or(FaultKind::CutShort)?;
            let question = Question::parse(rest)?;
            self.at += question.octets.len();
            if self.counts[0] == 1 {
                self.query.question = Some(question);
            }
        }
        Ok(())
    }

    fn record(&mut self, is_additional: bool, is_last: bool) -> Result<(), FaultKind> {
        let record = Raw::parse(self.message, self.at)?;
        match Rtype(record.rtype) {
            Rtype::OPT => self.opt(&record, is_additional)?,
            // RFC 8945 §5.2: TSIG is the last record of all.
            Rtype::TSIG if !(is_additional && is_last) => return Err(FaultKind::TsigPlace),
            Rtype::TSIG => self.query.is_signed = true,
            _ => {}
        }
        self.at = record.end;
        Ok(())
    }

    fn opt(&mut self, record: &Raw<'a>, is_additional: bool) -> Result<(), FaultKind> {
        // RFC 6891 §6.1.1: in the additional section; §6.1.2: owned by the root.
        if !is_additional || self.message.get(record.at) != Some(&0) {
            return Err(FaultKind::OptPlace);
        }
        // RFC 6891 §6.1.1: more than one is a format error.
        if self.query.edns.is_some() {
            return Err(FaultKind::OptTwice);
        }
        // Known before its options are: a faulty option is answered with an OPT record.
        let bare = Edns::parse(record.class, record.ttl, &[])?;
        self.query.edns = Some(bare);
        if !record.data.is_empty() {
            let edns = Edns::parse(record.class, record.ttl, record.data)?;
            if edns.zone_version {
                edns.check_version_asked()?;
            }
            self.query.edns = Some(edns);
        }
        Ok(())
    }

    #[inline]
    fn exactly_one_question(&self) -> Result<(), FaultKind> {
        let has_cookie = || self.query.edns.is_some_and(|edns| edns.cookie.is_some());
        match self.counts[0] {
            1 => Ok(()),
            // RFC 7873 §5.4: a client may ask for a cookie and nothing else.
            0 if self.query.opcode == OpCode::Query && has_cookie() => Ok(()),
            count => Err(FaultKind::QuestionCount(count)),
        }
    }

    #[cold]
    fn fault(&self, kind: FaultKind) -> Fault<'a> {
        Fault {
            kind,
            at: self.at,
            id: self.query.id,
            flags: self.query.flags,
            question: self.query.question.map(|question| question.octets),
            edns_do: self.query.edns.map(|edns| edns.dnssec_ok),
        }
    }
}

impl<'a> Question<'a> {
    /// The question that `octets` begin with.
    #[inline]
    fn parse(octets: &'a [u8]) -> Result<Self, FaultKind> {
        // A question has nothing before it that a compression pointer could mean.
        let (name, rest) = NameRef::split_from(octets)?;
        let fixed: &[u8; 4] = rest.first_chunk().ok_or(FaultKind::CutShort)?;
        Ok(Question {
            name,
            rtype: Rtype(u16::from_be_bytes([fixed[0], fixed[1]])),
            class: Class(u16::from_be_bytes([fixed[2], fixed[3]])),
            octets: &octets[..name.as_wire().len() + fixed.len()],
        })
    }
}

impl From<NameError> for FaultKind {
    fn from(error: NameError) -> Self {
        match error {
            NameError::Truncated => Self::CutShort,
            NameError::NotALabel => Self::Pointer,
            _ => Self::Name,
        }
    }
}

/// Reads any octets as a query and answers the fault if there is one: what a fuzzer calls.
///
/// # Panics
/// If a rule of this crate is broken.
pub fn fuzz_query(message: &[u8]) {
    let mut out = [0; 512];
    let composer = match Query::parse(message) {
        Ok(query) => {
            query
                .edns
                .iter()
                .for_each(|edns| assert!(edns.options().count() <= 32));
            query
                .question
                .iter()
                .for_each(|question| assert!(question.octets.len() <= 259));
            Composer::reply(&query, &mut out)
        }
        Err(fault) => match fault.kind.verdict() {
            Verdict::Silence => None,
            Verdict::Reply(..) => Composer::reply_to_fault(&fault, &mut out),
        },
    };
    let length = composer.map_or(HEADER_LEN, Composer::finish);
    assert!(
        length <= message.len().max(HEADER_LEN),
        "an error is no longer than the question"
    );
}

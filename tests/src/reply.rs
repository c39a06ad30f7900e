//! Answers, decoded by hand and normalised so that two servers' answers can be compared.

use std::fmt;

use crate::name::Name;
use crate::rtype::Rtype;

/// A decoded answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Octets on the wire.
    pub size: usize,
    /// Message id.
    pub id: u16,
    /// Authoritative answer.
    pub aa: bool,
    /// Truncated.
    pub tc: bool,
    /// Recursion desired, copied.
    pub rd: bool,
    /// Recursion available.
    pub ra: bool,
    /// Authentic data.
    pub ad: bool,
    /// Operation.
    pub opcode: u8,
    /// Response code with the upper bits of the OPT record.
    pub rcode: u16,
    /// The question section octet for octet.
    pub question: Vec<u8>,
    /// In the order of the message.
    pub answer: Vec<Record>,
    /// In the order of the message.
    pub authority: Vec<Record>,
    /// In the order of the message, without the OPT record.
    pub additional: Vec<Record>,
    /// The OPT record.
    pub opt: Option<Opt>,
}

/// A record with every name written out in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Record {
    /// Lower case.
    pub owner: Name,
    /// Type code.
    pub rtype: u16,
    /// Class code.
    pub class: u16,
    /// Seconds.
    pub ttl: u32,
    /// Uncompressed, names in lower case.
    pub rdata: Vec<u8>,
}

/// What the OPT record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opt {
    /// The server's own UDP size.
    pub size: u16,
    /// Version.
    pub version: u8,
    /// DNSSEC OK, echoed.
    pub dnssec_ok: bool,
    /// Options: code and content.
    pub options: Vec<(u16, Vec<u8>)>,
}

/// Why an answer could not be decoded, and at which octet.
#[derive(Debug)]
pub struct Malformed(pub usize);

type Decoded<T> = Result<T, Malformed>;

impl Reply {
    /// Decodes a whole message; octets left over are malformed too.
    pub fn decode(message: &[u8]) -> Decoded<Reply> {
        let mut reader = Reader { message, at: 12 };
        let word = |at: usize| -> Decoded<u16> {
            Ok(u16::from_be_bytes(
                message
                    .get(at..at + 2)
                    .ok_or(Malformed(at))?
                    .try_into()
                    .map_err(|_| Malformed(at))?,
            ))
        };
        let (id, flags) = (word(0)?, word(2)?);
        for _ in 0..word(4)? {
            reader.name()?;
            reader.take(4)?;
        }
        let question = message[12..reader.at].to_vec();
        let answer = reader.records(word(6)?)?;
        let authority = reader.records(word(8)?)?;
        let mut additional = reader.records(word(10)?)?;
        if reader.at != message.len() {
            return Err(Malformed(reader.at));
        }
        let place = additional.iter().position(|record| record.rtype == 41);
        let opt = place.map(|at| additional.remove(at));
        let upper = opt.as_ref().map_or(0, |opt| (opt.ttl >> 24) as u16);
        let opt = opt.as_ref().map(Opt::of).transpose()?;
        let bit = |mask: u16| flags & mask != 0;
        Ok(Reply {
            size: message.len(),
            id,
            aa: bit(0x0400),
            tc: bit(0x0200),
            rd: bit(0x0100),
            ra: bit(0x0080),
            ad: bit(0x0020),
            opcode: (flags >> 11) as u8 & 15,
            rcode: (flags & 15) | (upper << 4),
            question,
            answer,
            authority,
            additional,
            opt,
        })
    }
}

impl Opt {
    fn of(record: &Record) -> Decoded<Opt> {
        let mut options = Vec::new();
        let mut rest = record.rdata.as_slice();
        while let [a, b, c, d, tail @ ..] = rest {
            let length = usize::from(u16::from_be_bytes([*c, *d]));
            let content = tail.get(..length).ok_or(Malformed(0))?;
            options.push((u16::from_be_bytes([*a, *b]), content.to_vec()));
            rest = &tail[length..];
        }
        let [_, version, flags, _] = record.ttl.to_be_bytes();
        Ok(Opt {
            size: record.class,
            version,
            dnssec_ok: flags & 0x80 != 0,
            options,
        })
    }
}

struct Reader<'m> {
    message: &'m [u8],
    at: usize,
}

impl<'m> Reader<'m> {
    fn take(&mut self, length: usize) -> Decoded<&'m [u8]> {
        let octets = self
            .message
            .get(self.at..self.at + length)
            .ok_or(Malformed(self.at))?;
        self.at += length;
        Ok(octets)
    }

    fn word(&mut self) -> Decoded<u16> {
        let octets = self.take(2)?;
        Ok(u16::from_be_bytes([octets[0], octets[1]]))
    }

    /// RFC 1035 §4.1.4: a pointer only leads backwards.
    fn name(&mut self) -> Decoded<Name> {
        let mut labels = Vec::new();
        let (mut at, mut lowest, mut after) = (self.at, self.at, None);
        loop {
            let length = usize::from(*self.message.get(at).ok_or(Malformed(at))?);
            match length {
                0 => break,
                1..=63 => {
                    labels.extend(self.message.get(at..=at + length).ok_or(Malformed(at))?);
                    at += length + 1;
                }
                192.. => {
                    let low = *self.message.get(at + 1).ok_or(Malformed(at))?;
                    after = after.or(Some(at + 2));
                    at = (length & 63) << 8 | usize::from(low);
                    if at >= lowest {
                        return Err(Malformed(at));
                    }
                    lowest = at;
                }
                _ => return Err(Malformed(at)),
            }
        }
        self.at = after.unwrap_or(at + 1);
        labels.push(0);
        if labels.len() > 255 {
            Err(Malformed(at))
        } else {
            Ok(Name::from_wire(labels))
        }
    }

    fn records(&mut self, count: u16) -> Decoded<Vec<Record>> {
        (0..count).map(|_| self.record()).collect()
    }

    fn record(&mut self) -> Decoded<Record> {
        let owner = self.name()?.lowercase();
        let (rtype, class) = (self.word()?, self.word()?);
        let ttl = u32::from(self.word()?) << 16 | u32::from(self.word()?);
        let length = usize::from(self.word()?);
        let end = self.at + length;
        let rdata = self.rdata(rtype, end)?;
        if self.at != end {
            Err(Malformed(end))
        } else {
            Ok(Record {
                owner,
                rtype,
                class,
                ttl,
                rdata,
            })
        }
    }

    /// Octets from here to behind `count` character strings that follow `before` octets.
    fn counted_strings(&self, before: usize, count: usize) -> Decoded<usize> {
        let mut length = before;
        for _ in 0..count {
            length += 1 + usize::from(
                *self
                    .message
                    .get(self.at + length)
                    .ok_or(Malformed(self.at))?,
            );
        }
        Ok(length)
    }

    /// RFC 3597 §4: these types may hold compressed names, or names whose case means nothing (RFC 4034 §6.2).
    fn rdata(&mut self, rtype: u16, end: usize) -> Decoded<Vec<u8>> {
        let (before, names) = match rtype {
            2 | 3 | 4 | 5 | 7 | 8 | 9 | 12 | 39 => (0, 1), // NS MD MF CNAME MB MG MR PTR DNAME
            6 | 14 | 17 => (0, 2),                         // SOA MINFO RP
            15 | 18 | 21 | 36 => (2, 1),                   // MX AFSDB RT KX
            26 => (2, 2),                                  // PX
            33 => (6, 1),                                  // SRV
            35 => (self.counted_strings(4, 3)?, 1),        // NAPTR
            46 => (18, 1),                                 // RRSIG
            47 => (0, 1),                                  // NSEC
            _ => (0, 0),
        };
        let mut out = self.take(before)?.to_vec();
        for _ in 0..names {
            out.extend(self.name()?.lowercase().as_wire());
        }
        let rest = end.checked_sub(self.at).ok_or(Malformed(end))?;
        out.extend(self.take(rest)?);
        Ok(out)
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = [
            ("aa", self.aa),
            ("tc", self.tc),
            ("rd", self.rd),
            ("ra", self.ra),
            ("ad", self.ad),
        ];
        let set: Vec<_> = flags
            .iter()
            .filter(|(_, set)| *set)
            .map(|(name, _)| *name)
            .collect();
        writeln!(
            f,
            ";; rcode {} flags [{}] {} octets, opt {:?}",
            self.rcode,
            set.join(" "),
            self.size,
            self.opt
        )?;
        for (name, section) in [
            ("answer", &self.answer),
            ("authority", &self.authority),
            ("additional", &self.additional),
        ] {
            section
                .iter()
                .try_for_each(|record| writeln!(f, "{name:10} {record}"))?;
        }
        Ok(())
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} ", self.owner, self.ttl, Rtype(self.rtype))?;
        self.rdata.iter().try_for_each(|octet| match octet {
            b' '..=b'~' => write!(f, "{}", char::from(*octet)),
            _ => write!(f, "\\{octet:02x}"),
        })
    }
}

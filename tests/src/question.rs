//! Questions as octets on the wire, made by hand so that they may also be wrong.

use std::fmt;

use crate::name::Name;
use crate::rtype::Rtype;

/// What is asked, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The name, in the case in which it is asked.
    pub name: Name,
    /// Type code.
    pub rtype: u16,
    /// Class code; 1 is IN.
    pub class: u16,
    /// Recursion desired.
    pub rd: bool,
    /// EDNS, if the client speaks it.
    pub edns: Option<Edns>,
}

/// The OPT record of a question (RFC 6891 §6.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edns {
    /// Largest UDP answer the client takes, in octets.
    pub size: u16,
    /// DNSSEC OK.
    pub dnssec_ok: bool,
    /// Version; only 0 is known today.
    pub version: u8,
    /// Options in wire form.
    pub options: Vec<u8>,
}

impl Edns {
    /// Version 0, no options.
    pub fn sized(size: u16, dnssec_ok: bool) -> Edns {
        Edns {
            size,
            dnssec_ok,
            version: 0,
            options: Vec::new(),
        }
    }
}

impl Question {
    /// Class IN, no EDNS, no recursion desired.
    pub fn plain(name: Name, rtype: u16) -> Question {
        Question {
            name,
            rtype,
            class: 1,
            rd: false,
            edns: None,
        }
    }

    /// The same with EDNS.
    pub fn with_edns(self, edns: Edns) -> Question {
        Question {
            edns: Some(edns),
            ..self
        }
    }

    /// The whole message.
    pub fn to_wire(&self, id: u16) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        out.extend(id.to_be_bytes());
        out.extend([
            u8::from(self.rd),
            0,
            0,
            1,
            0,
            0,
            0,
            0,
            0,
            u8::from(self.edns.is_some()),
        ]);
        out.extend(self.name.as_wire());
        out.extend(self.rtype.to_be_bytes());
        out.extend(self.class.to_be_bytes());
        if let Some(edns) = &self.edns {
            edns.write(&mut out);
        }
        out
    }
}

impl Edns {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend([0, 0, 41]);
        out.extend(self.size.to_be_bytes());
        out.extend([0, self.version, u8::from(self.dnssec_ok) << 7, 0]);
        out.extend((self.options.len() as u16).to_be_bytes());
        out.extend(&self.options);
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, Rtype(self.rtype))?;
        if self.class != 1 {
            write!(f, " CLASS{}", self.class)?;
        }
        match &self.edns {
            Some(edns) if edns.dnssec_ok => write!(f, " +bufsize={} +dnssec", edns.size),
            Some(edns) => write!(f, " +bufsize={}", edns.size),
            None => write!(f, " +noedns"),
        }
    }
}

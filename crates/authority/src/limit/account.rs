//! What responses are counted together.

use core::net::IpAddr;

use rr::Rtype;
use wire::ResponseCode;
use zone::{Checked, HashKey, Lookup, Zone};

/// Kinds of responses that are counted apart, so that an attack with one kind does not silence the others.
///
/// Each is counted by the name that cannot be made up: where any name gives a response of the kind, that is not the name
/// in the question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Data of a name that is in the zone; counted by that name, as a resolver asks for each once in its TTL.
    Positive,
    /// Data made from a wildcard or a DNAME; counted by the owner of that, as every name below it is one.
    Wildcard,
    /// Name servers of a child zone, or its DS set; counted by the child.
    Referral,
    /// The name is there, the type is not; counted by zone, as there is no end of types, and of names below a wildcard.
    NoData,
    /// NXDOMAIN; counted by zone, as there is no end of names that are not there.
    NameError,
    /// ANY and RRSIG, which nobody needs often; counted by zone.
    Any,
    /// REFUSED, FORMERR and all else that no zone says; counted by network alone.
    Error,
}

impl Class {
    /// All of them.
    pub const ALL: [Class; 7] = [
        Class::Positive,
        Class::Wildcard,
        Class::Referral,
        Class::NoData,
        Class::NameError,
        Class::Any,
        Class::Error,
    ];

    /// The name in metrics and logs: lower case, words joined with `_`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Class::Positive => "positive",
            Class::Wildcard => "wildcard",
            Class::Referral => "referral",
            Class::NoData => "no_data",
            Class::NameError => "name_error",
            Class::Any => "any",
            Class::Error => "error",
        }
    }
}

/// What a response is counted under, besides the network it goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Account<'z> {
    pub(crate) class: Class,
    /// A name of the zone in wire form, as it is written there; empty in no zone.
    pub(crate) name: &'z [u8],
}

/// What came of a question.
#[derive(Clone, Copy)]
pub(crate) struct Outcome {
    pub(crate) rcode: ResponseCode,
    /// Nothing is in the answer section, and not because it did not fit.
    pub(crate) is_empty: bool,
}

impl<'z> Account<'z> {
    pub(crate) const ERROR: Account<'static> = Account {
        class: Class::Error,
        name: &[],
    };

    #[inline]
    pub(crate) fn of(
        zone: &'z Zone<Checked>,
        found: Lookup<'z>,
        qtype: Rtype,
        outcome: Outcome,
    ) -> Self {
        let (class, node) = match found {
            _ if outcome.rcode == ResponseCode::NXDomain => (Class::NameError, None),
            _ if outcome.rcode != ResponseCode::NoError => return Account::ERROR,
            Lookup::Delegation { cut } => (Class::Referral, Some(cut)),
            _ if matches!(qtype, Rtype::ANY | Rtype::RRSIG) => (Class::Any, None),
            _ if outcome.is_empty => (Class::NoData, None),
            Lookup::Exact(node) => (Class::Positive, Some(node)),
            Lookup::Wildcard { node, .. } | Lookup::Dname(node) => (Class::Wildcard, Some(node)),
            Lookup::Missing { .. } | Lookup::Outside => (Class::NameError, None),
        };
        let name = node.map_or(zone.apex(), zone::Node::owner);
        Account {
            class,
            name: name.as_wire(),
        }
    }
}

/// The secret that hashes of accounts are made with.
#[derive(Clone, Copy)]
pub(crate) struct Key(HashKey);

impl Key {
    pub(crate) const fn new(secret: [u64; 2]) -> Self {
        Key(HashKey::new(secret))
    }

    /// Networks are of the size that one customer has, who could use all of its addresses: /24 and /56 as in BIND.
    #[inline]
    pub(crate) fn hash(self, client: IpAddr, account: Account<'_>) -> u64 {
        let network = match client {
            IpAddr::V4(address) => u64::from(address.to_bits() >> 8),
            IpAddr::V6(address) => (address.to_bits() >> 72) as u64 | 1 << 56,
        };
        let class = (account.class as u64) << 60;
        self.add_name(self.0.mix(self.0.root(), network | class), account.name)
    }

    #[inline]
    fn add_name(self, hash: u64, name: &[u8]) -> u64 {
        let (words, rest) = name.as_chunks();
        let add = |hash, word: &[u8; 8]| self.0.mix(hash, u64::from_le_bytes(*word));
        let hash = words.iter().fold(hash, add);
        // The end again, where it is no whole word; a short name octet by octet.
        match name.last_chunk() {
            _ if rest.is_empty() => hash,
            Some(end) => add(hash, end),
            None => self.0.mix(
                hash,
                rest.iter()
                    .fold(0, |word, octet| word << 8 | u64::from(*octet)),
            ),
        }
    }
}

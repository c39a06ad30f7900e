//! The record types, in one table: key, number, form and data. Everything that depends on a type comes from here.
//!
//! Keys are unit structs spelled as in a zone file; what a key gives is fixed by the table, so that asking for `TLSA`
//! and getting an address does not compile.

use crate::data::{
    Afsdb, Caa, Cert, Csync, Data, Dnskey, Ds, Hinfo, Mx, Naptr, Nsec, Nsec3, Nsec3param, Opaque,
    Rp, Rrsig, Soa, Srv, Sshfp, Svcb, Tlsa, Uri, Zonemd,
};
use crate::field::{Apl, Base64, Eui48, Eui64, Loc, Part, Txt};
use crate::name::{Name, NameRef};
use crate::number::{Rtype, Ttl};
use crate::octets::{Octets, WireError};
use crate::set::{Clash, Form, RrSet, Signatures, Single};
use crate::text::{TextError, Tokens};
use alloc::vec::Vec;
use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};

mod sealed {
    /// Only the keys of this table are keys.
    pub trait Sealed {}
}

/// A record type as a key of [`crate::RrMap`], with the value that stands under it.
pub trait Key: Copy + sealed::Sealed {
    /// The data of one record.
    type Data;
    /// What an owner has under this key: a set, or at most one record.
    type Value: Form<Data = Self::Data>;

    /// The number.
    fn rtype(self) -> Rtype;

    /// The value in `binding`, if it is one of this key.
    fn project(self, binding: &Binding) -> Option<&Self::Value>;

    /// The value, bound to this key.
    fn bind(self, value: Self::Value) -> Binding;

    /// The data of one record, as a member of the closed sum.
    fn wrap(self, data: Self::Data) -> RData;
}

/// A key for a type without a shape of its own. RFC 3597.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unknown(Rtype);

impl Unknown {
    /// None for a type that has a key of its own, and for those that are no data.
    #[must_use]
    pub fn new(rtype: Rtype) -> Option<Self> {
        (!is_known(rtype) && !rtype.is_meta()).then_some(Self(rtype))
    }
}

impl sealed::Sealed for Unknown {}

impl Key for Unknown {
    type Data = Opaque;
    type Value = RrSet<Opaque>;

    fn rtype(self) -> Rtype {
        self.0
    }

    fn project(self, binding: &Binding) -> Option<&RrSet<Opaque>> {
        match binding {
            Binding::Unknown(key, set) if *key == self => Some(set),
            _ => None,
        }
    }

    fn bind(self, set: RrSet<Opaque>) -> Binding {
        Binding::Unknown(self, set)
    }

    fn wrap(self, data: Opaque) -> RData {
        RData::Unknown(self, data)
    }
}

macro_rules! records {
    ($( $(#[$doc:meta])* $key:ident = $number:literal $form:ident<$data:ty>; )*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub struct $key;

            impl sealed::Sealed for $key {}

            impl Key for $key {
                type Data = $data;
                type Value = $form<$data>;

                fn rtype(self) -> Rtype {
                    Rtype($number)
                }

                fn project(self, binding: &Binding) -> Option<&Self::Value> {
                    match binding {
                        Binding::$key(value) => Some(value),
                        _ => None,
                    }
                }

                fn bind(self, value: Self::Value) -> Binding {
                    Binding::$key(value)
                }

                fn wrap(self, data: $data) -> RData {
                    RData::$key(data)
                }
            }
        )*

        impl Rtype {
            $( $(#[$doc])* pub const $key: Self = Self($number); )*
        }

        /// A key with its value: all that one owner has of one type.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum Binding {
            $( $(#[$doc])* $key($form<$data>), )*
            /// A type without a shape.
            Unknown(Unknown, RrSet<Opaque>),
        }

        impl Binding {
            /// A value of one record.
            #[must_use]
            pub fn new(ttl: Ttl, data: RData) -> Self {
                match data {
                    $( RData::$key(data) => Self::$key(Form::one(ttl, data)), )*
                    RData::Unknown(key, data) => Self::Unknown(key, Form::one(ttl, data)),
                }
            }

            /// Adds a record of the same type.
            ///
            /// # Errors
            /// When the value cannot take it: another TTL, a second record where one is all there can be, another
            /// type. The value is then as before.
            pub fn add(&mut self, ttl: Ttl, data: RData) -> Result<(), Clash> {
                match (self, data) {
                    $( (Self::$key(value), RData::$key(data)) => value.add(ttl, data), )*
                    (Self::Unknown(key, set), RData::Unknown(other, data)) if *key == other => set.add(ttl, data),
                    _ => Err(Clash::Type),
                }
            }

            /// The type.
            #[must_use]
            pub fn rtype(&self) -> Rtype {
                match self {
                    $( Self::$key(_) => Rtype($number), )*
                    Self::Unknown(key, _) => key.rtype(),
                }
            }

            /// The records, one by one.
            #[must_use]
            pub fn records(&self) -> Vec<(Ttl, RData)> {
                match self {
                    $( Self::$key(value) => {
                        value.each().map(|(ttl, data)| (ttl, RData::$key(data.clone()))).collect()
                    } )*
                    Self::Unknown(key, set) => {
                        set.each().map(|(ttl, data)| (ttl, RData::Unknown(*key, data.clone()))).collect()
                    }
                }
            }
        }

        /// The data of one record of any type: a closed sum, so that a `match` over it leaves none out.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum RData {
            $( $(#[$doc])* $key($data), )*
            /// A type without a shape.
            Unknown(Unknown, Opaque),
        }

        impl RData {
            /// The type.
            #[must_use]
            pub fn rtype(&self) -> Rtype {
                match self {
                    $( Self::$key(_) => Rtype($number), )*
                    Self::Unknown(key, _) => key.rtype(),
                }
            }

            /// The value of exactly these uncompressed octets.
            ///
            /// # Errors
            /// When they are not data of this type.
            pub fn from_wire(rtype: Rtype, rdata: &[u8]) -> Result<Self, WireError> {
                match rtype.0 {
                    $( $number => <$data as Data>::from_wire(rdata).map(Self::$key), )*
                    _ => crate::wire::opaque(rtype, rdata).map(|(key, data)| Self::Unknown(key, data)),
                }
            }

            /// Appends the uncompressed wire octets.
            pub fn emit(&self, out: &mut Vec<u8>) {
                match self {
                    $( Self::$key(data) => Data::emit(data, out), )*
                    Self::Unknown(_, data) => out.extend_from_slice(&data.0),
                }
            }
        }

        const MNEMONICS: &[(u16, &str)] = &[$(($number, stringify!($key))),*];

        /// The fields of a type that has a shape.
        pub(crate) fn parts(rtype: Rtype) -> Option<&'static [Part]> {
            match rtype.0 {
                $( $number => Some(<$data as Data>::PARTS), )*
                _ => None,
            }
        }

        /// Whether canonical form has the embedded names of this type in lower case.
        pub(crate) fn folds_names(rtype: Rtype) -> bool {
            match rtype.0 {
                $( $number => <$data as Data>::FOLDS_NAMES, )*
                _ => false,
            }
        }

        /// Whether the octets have the shape of their type; any have, where there is none.
        pub(crate) fn check(rtype: Rtype, rdata: &[u8]) -> Result<(), WireError> {
            match rtype.0 {
                $( $number => <$data as Data>::from_wire(rdata).map(drop), )*
                _ => Ok(()),
            }
        }

        /// Reads the fields of a type that has a shape.
        #[inline]
        pub(crate) fn read<T: Tokens + ?Sized>(
            rtype: Rtype,
            tokens: &mut T,
            origin: NameRef<'_>,
            out: &mut Vec<u8>,
        ) -> Result<(), TextError> {
            match rtype.0 {
                $( $number => <$data as Data>::read(tokens, origin, out), )*
                _ => Err(crate::text::wants_generic(tokens)),
            }
        }

        /// Writes the fields of a type that has a shape.
        pub(crate) fn write(rtype: Rtype, octets: &mut Octets<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
            match rtype.0 {
                $( $number => <$data as Data>::write(octets, out), )*
                _ => Err(fmt::Error),
            }
        }
    };
}

records! {
    /// An IPv4 address. RFC 1035 §3.4.1.
    A = 1 RrSet<Ipv4Addr>;
    /// A name server. RFC 1035 §3.3.11.
    NS = 2 RrSet<Name>;
    /// The canonical name of an alias; at most one, and alone. RFC 1035 §3.3.1, RFC 2181 §10.1.
    CNAME = 5 Single<Name>;
    /// Start of authority; at most one. RFC 1035 §3.3.13.
    SOA = 6 Single<Soa>;
    /// A name that an address stands for. RFC 1035 §3.3.12.
    PTR = 12 RrSet<Name>;
    /// Host information. RFC 1035 §3.3.2, RFC 8482 §4.2.
    HINFO = 13 RrSet<Hinfo>;
    /// A mail exchange. RFC 1035 §3.3.9.
    MX = 15 RrSet<Mx>;
    /// Text. RFC 1035 §3.3.14.
    TXT = 16 RrSet<Txt>;
    /// A responsible person. RFC 1183 §2.2.
    RP = 17 RrSet<Rp>;
    /// A server of an AFS cell. RFC 1183 §1.
    AFSDB = 18 RrSet<Afsdb>;
    /// An IPv6 address. RFC 3596 §2.1.
    AAAA = 28 RrSet<Ipv6Addr>;
    /// A place on Earth. RFC 1876.
    LOC = 29 RrSet<Loc>;
    /// The place of a service. RFC 2782.
    SRV = 33 RrSet<Srv>;
    /// A rewriting rule. RFC 3403 §4.
    NAPTR = 35 RrSet<Naptr>;
    /// A certificate. RFC 4398 §2.
    CERT = 37 RrSet<Cert>;
    /// An alias for everything below; at most one. RFC 6672 §2.
    DNAME = 39 Single<Name>;
    /// Address prefixes. RFC 3123.
    APL = 42 RrSet<Apl>;
    /// Digest of a key of the child zone. RFC 4034 §5.
    DS = 43 RrSet<Ds>;
    /// Fingerprint of a key of SSH. RFC 4255 §3.
    SSHFP = 44 RrSet<Sshfp>;
    /// Signatures, each with the TTL of the set it covers. RFC 4034 §3.
    RRSIG = 46 Signatures<Rrsig>;
    /// The next owner, and the types at this one. RFC 4034 §4.
    NSEC = 47 RrSet<Nsec>;
    /// A public key of the zone. RFC 4034 §2.
    DNSKEY = 48 RrSet<Dnskey>;
    /// Identity of a DHCP client. RFC 4701 §3.
    DHCID = 49 RrSet<Base64>;
    /// The next hashed owner, and the types at this one. RFC 5155 §3.
    NSEC3 = 50 RrSet<Nsec3>;
    /// How the zone hashes its names. RFC 5155 §4.
    NSEC3PARAM = 51 RrSet<Nsec3param>;
    /// A certificate or key of a TLS server. RFC 6698 §2.
    TLSA = 52 RrSet<Tlsa>;
    /// A certificate or key for S/MIME. RFC 8162 §2.
    SMIMEA = 53 RrSet<Tlsa>;
    /// The DS that the child asks its parent for. RFC 7344 §3.1.
    CDS = 59 RrSet<Ds>;
    /// The key that the child asks its parent to digest. RFC 7344 §3.2.
    CDNSKEY = 60 RrSet<Dnskey>;
    /// A key of OpenPGP. RFC 7929 §2.
    OPENPGPKEY = 61 RrSet<Base64>;
    /// What a parent may copy from its child. RFC 7477 §2.
    CSYNC = 62 RrSet<Csync>;
    /// Digest of the whole zone. RFC 8976 §2.
    ZONEMD = 63 RrSet<Zonemd>;
    /// Where and how a service is reached. RFC 9460 §2.
    SVCB = 64 RrSet<Svcb>;
    /// Where and how a web origin is reached. RFC 9460 §9.
    HTTPS = 65 RrSet<Svcb>;
    /// A 48-bit Extended Unique Identifier. RFC 7043 §3.
    EUI48 = 108 RrSet<Eui48>;
    /// A 64-bit Extended Unique Identifier. RFC 7043 §4.
    EUI64 = 109 RrSet<Eui64>;
    /// An identifier of a resource. RFC 7553 §4.
    URI = 256 RrSet<Uri>;
    /// Who may issue certificates. RFC 8659 §4.
    CAA = 257 RrSet<Caa>;
}

/// Whether the type has a shape of its own.
#[must_use]
pub fn is_known(rtype: Rtype) -> bool {
    parts(rtype).is_some()
}

/// The types that have a shape, with their mnemonics, in rising order.
pub fn known() -> impl Iterator<Item = (Rtype, &'static str)> {
    MNEMONICS
        .iter()
        .map(|(number, mnemonic)| (Rtype(*number), *mnemonic))
}

pub(crate) fn mnemonic(rtype: Rtype) -> Option<&'static str> {
    let at = MNEMONICS
        .binary_search_by_key(&rtype.0, |(number, _)| *number)
        .ok()?;
    Some(MNEMONICS[at].1)
}

pub(crate) fn number(word: &[u8]) -> Option<Rtype> {
    // The four that make up most of any zone need no search.
    match word {
        b"A" => return Some(Rtype::A),
        b"AAAA" => return Some(Rtype::AAAA),
        b"NS" => return Some(Rtype::NS),
        b"TXT" => return Some(Rtype::TXT),
        _ => {}
    }
    MNEMONICS
        .iter()
        .find(|(_, m)| word.eq_ignore_ascii_case(m.as_bytes()))
        .map(|(number, _)| Rtype(*number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_rises() {
        assert!(MNEMONICS.is_sorted_by(|(a, _), (b, _)| a < b));
    }
}

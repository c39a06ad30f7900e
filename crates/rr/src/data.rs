//! The typed record data, one value type for each shape. Fields are named as in the RFC that defines them.

use crate::field::{
    Algorithm, Apl, Base64, CertAlgorithm, CertType, CharString, Eui48, Eui64, Field, HashedOwner,
    Hex, Loc, Part, Period, Salt, SvcParams, Tag, Time, Txt, TypeBitmap, Unframed,
};
use crate::name::{Name, NameRef};
use crate::number::{Rtype, Serial};
use crate::octets::{Octets, WireError};
use crate::text::{TextError, Tokens};
use alloc::vec::Vec;
use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};

/// The data of one record.
pub trait Data: Clone + fmt::Debug + Eq {
    /// The fields as they lie on the wire.
    const PARTS: &'static [Part];

    /// Whether canonical form has the embedded names in lower case (RFC 4034 §6.2, RFC 6840 §5.1).
    const FOLDS_NAMES: bool = true;

    /// Takes the value off the wire.
    ///
    /// # Errors
    /// When the octets are not such data.
    fn parse(octets: &mut Octets<'_>) -> Result<Self, WireError>;

    /// Appends the uncompressed wire octets.
    fn emit(&self, out: &mut Vec<u8>);

    /// Reads the data from text and appends its wire octets.
    ///
    /// # Errors
    /// The first word that does not fit.
    fn read<T: Tokens + ?Sized>(
        tokens: &mut T,
        origin: NameRef<'_>,
        out: &mut Vec<u8>,
    ) -> Result<(), TextError>;

    /// Takes the data off the wire and writes it as text.
    ///
    /// # Errors
    /// Only what `out` returns, and for octets that `parse` refuses.
    fn write(octets: &mut Octets<'_>, out: &mut dyn fmt::Write) -> fmt::Result;

    /// The value of exactly these uncompressed octets.
    ///
    /// # Errors
    /// When the octets are not such data.
    fn from_wire(rdata: &[u8]) -> Result<Self, WireError> {
        let mut octets = Octets::new(rdata);
        let value = Self::parse(&mut octets)?;
        octets.finish().map(|()| value)
    }

    /// The uncompressed wire octets.
    fn to_wire(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.emit(&mut out);
        out
    }
}

/// Data of several fields.
macro_rules! fields {
    ($(
        $(#[$doc:meta])*
        $data:ident $($keeps_case:ident)? { $( $(#[$field_doc:meta])* $field:ident: $kind:ty, $label:literal; )* }
    )*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $data {
            $( $(#[$field_doc])* pub $field: $kind, )*
        }

        impl Data for $data {
            const PARTS: &'static [Part] = &[$(<$kind as Field>::PART),*];
            $( const FOLDS_NAMES: bool = $keeps_case!(); )?

            fn parse(octets: &mut Octets<'_>) -> Result<Self, WireError> {
                Ok(Self { $($field: Field::parse(octets)?,)* })
            }

            fn emit(&self, out: &mut Vec<u8>) {
                $(Field::emit(&self.$field, out);)*
            }

            #[inline]
            fn read<T: Tokens + ?Sized>(
                tokens: &mut T,
                origin: NameRef<'_>,
                out: &mut Vec<u8>,
            ) -> Result<(), TextError> {
                $(<$kind as Field>::read(tokens, $label, origin, out)?;)*
                Ok(())
            }

            fn write(octets: &mut Octets<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
                let mut blank = "";
                $(
                    // An empty list gets no blank in front of it.
                    if !(octets.is_empty() && <$kind as Field>::MAY_BE_NOTHING) {
                        out.write_str(core::mem::replace(&mut blank, " "))?;
                        <$kind as Field>::write(octets, out)?;
                    }
                )*
                Ok(())
            }
        }
    )* };
}

/// Data of one field.
macro_rules! single_field {
    ($($kind:ty, $label:literal;)*) => { $(
        impl Data for $kind {
            const PARTS: &'static [Part] = &[<$kind as Field>::PART];

            fn parse(octets: &mut Octets<'_>) -> Result<Self, WireError> {
                Field::parse(octets)
            }

            fn emit(&self, out: &mut Vec<u8>) {
                Field::emit(self, out);
            }

            #[inline]
            fn read<T: Tokens + ?Sized>(
                tokens: &mut T,
                origin: NameRef<'_>,
                out: &mut Vec<u8>,
            ) -> Result<(), TextError> {
                <$kind as Field>::read(tokens, $label, origin, out)
            }

            fn write(octets: &mut Octets<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
                <$kind as Field>::write(octets, out)
            }
        }
    )* };
}

/// In place of a word in [`fields`]: embedded names keep their case in canonical form.
macro_rules! keeps_case {
    () => {
        false
    };
}

single_field! {
    Ipv4Addr, "address";
    Ipv6Addr, "address";
    Name, "target";
    Txt, "text";
    Loc, "location";
    Apl, "address prefix";
    Base64, "data";
    Eui48, "address";
    Eui64, "address";
}

fields! {
    /// Start of a zone of authority. RFC 1035 §3.3.13.
    Soa {
        /// The primary server.
        mname: Name, "primary server";
        /// Mailbox of who is responsible, its `@` written as a dot.
        rname: Name, "mailbox";
        /// Version of the zone.
        serial: Serial, "serial";
        /// Seconds between two looks of a secondary.
        refresh: Period, "refresh";
        /// Seconds until it looks again after a failure.
        retry: Period, "retry";
        /// Seconds after which it stops answering without a success.
        expire: Period, "expire";
        /// Seconds that a negative answer may be kept. RFC 2308 §4.
        minimum: Period, "minimum";
    }
    /// Hardware and software of a host, and RFC 8482's answer to ANY. RFC 1035 §3.3.2.
    Hinfo {
        /// Kind of processor.
        cpu: CharString, "cpu";
        /// Operating system.
        os: CharString, "os";
    }
    /// A mail exchange. RFC 1035 §3.3.9.
    Mx {
        /// Lower is tried first.
        preference: u16, "preference";
        /// The host that takes mail.
        exchange: Name, "exchange";
    }
    /// A responsible person. RFC 1183 §2.2.
    Rp {
        /// Mailbox, its `@` written as a dot.
        mbox: Name, "mailbox";
        /// Owner of TXT records that say more.
        txt: Name, "text name";
    }
    /// A server of an AFS cell. RFC 1183 §1.
    Afsdb {
        /// Kind of service.
        subtype: u16, "subtype";
        /// The server.
        hostname: Name, "hostname";
    }
    /// The place of a service. RFC 2782.
    Srv {
        /// Lower is tried first.
        priority: u16, "priority";
        /// Share among equal priorities.
        weight: u16, "weight";
        /// Port of the service.
        port: u16, "port";
        /// The host that offers it, the root if none does.
        target: Name, "target";
    }
    /// A rewriting rule. RFC 3403 §4.1.
    Naptr {
        /// Rules are taken in this order.
        order: u16, "order";
        /// Preference among equal orders.
        preference: u16, "preference";
        /// What to do next.
        flags: CharString, "flags";
        /// Service and protocol.
        services: CharString, "services";
        /// Substitution to apply.
        regexp: CharString, "regexp";
        /// Name to ask for next.
        replacement: Name, "replacement";
    }
    /// A certificate. RFC 4398 §2.
    Cert {
        /// Kind of certificate.
        cert_type: CertType, "certificate type";
        /// Tag of the key in it.
        key_tag: u16, "key tag";
        /// Algorithm of the key in it.
        algorithm: CertAlgorithm, "algorithm";
        /// The certificate.
        certificate: Base64, "certificate";
    }
    /// Digest of a key of the child zone; also CDS. RFC 4034 §5.1, RFC 7344 §3.1.
    Ds {
        /// Tag of the key.
        key_tag: u16, "key tag";
        /// Algorithm of the key.
        algorithm: Algorithm, "algorithm";
        /// Kind of digest.
        digest_type: u8, "digest type";
        /// The digest.
        digest: Hex, "digest";
    }
    /// Fingerprint of a key of SSH. RFC 4255 §3.1.
    Sshfp {
        /// Algorithm of the key.
        algorithm: u8, "algorithm";
        /// Kind of fingerprint.
        fingerprint_type: u8, "fingerprint type";
        /// The fingerprint.
        fingerprint: Hex, "fingerprint";
    }
    /// A signature over one set of records. RFC 4034 §3.1.
    Rrsig {
        /// Type of the set.
        type_covered: Rtype, "type covered";
        /// Algorithm of the key.
        algorithm: Algorithm, "algorithm";
        /// Labels of the owner, a wildcard's `*` and the root not counted.
        labels: u8, "labels";
        /// TTL of the set in the zone, in seconds.
        original_ttl: u32, "original TTL";
        /// Not valid after.
        expiration: Time, "expiration";
        /// Not valid before.
        inception: Time, "inception";
        /// Tag of the key.
        key_tag: u16, "key tag";
        /// The zone.
        signer: Name, "signer's name";
        /// The signature.
        signature: Base64, "signature";
    }
    /// The next owner and the types at this one. RFC 4034 §4.1.
    Nsec keeps_case {
        /// The next owner in canonical order.
        next: Name, "next owner";
        /// The types at this owner.
        types: TypeBitmap, "types";
    }
    /// A public key of the zone; also CDNSKEY. RFC 4034 §2.1, RFC 7344 §3.2.
    Dnskey {
        /// Zone key, secure entry point, revoked.
        flags: u16, "flags";
        /// Always 3.
        protocol: u8, "protocol";
        /// Algorithm of the key.
        algorithm: Algorithm, "algorithm";
        /// The key.
        public_key: Base64, "public key";
    }
    /// The next hashed owner and the types at this one. RFC 5155 §3.
    Nsec3 {
        /// Kind of hash, always 1.
        hash_algorithm: u8, "hash algorithm";
        /// Opt-out.
        flags: u8, "flags";
        /// Extra rounds. RFC 9276 §3.1 wants 0.
        iterations: u16, "iterations";
        /// Salt.
        salt: Salt, "salt";
        /// The next hash in order.
        next_hashed_owner: HashedOwner, "next hashed owner";
        /// The types at the name that hashes to this owner.
        types: TypeBitmap, "types";
    }
    /// How the zone hashes its names. RFC 5155 §4.
    Nsec3param {
        /// Kind of hash, always 1.
        hash_algorithm: u8, "hash algorithm";
        /// Always 0 here.
        flags: u8, "flags";
        /// Extra rounds.
        iterations: u16, "iterations";
        /// Salt.
        salt: Salt, "salt";
    }
    /// A certificate or key of a TLS server; also SMIMEA. RFC 6698 §2.1, RFC 8162 §2.
    Tlsa {
        /// How the data constrains the server's certificate.
        usage: u8, "usage";
        /// Whole certificate, or its public key.
        selector: u8, "selector";
        /// Data itself, or its digest.
        matching: u8, "matching type";
        /// The data.
        data: Hex, "data";
    }
    /// What a parent may copy from a child. RFC 7477 §2.1.
    Csync {
        /// Serial the child had.
        serial: Serial, "serial";
        /// Immediate, soaminimum.
        flags: u16, "flags";
        /// Types to copy.
        types: TypeBitmap, "types";
    }
    /// Digest of a whole zone. RFC 8976 §2.2.
    Zonemd {
        /// Serial of the zone that was digested.
        serial: Serial, "serial";
        /// How the records are put in a row.
        scheme: u8, "scheme";
        /// Kind of digest.
        hash_algorithm: u8, "hash algorithm";
        /// The digest.
        digest: Hex, "digest";
    }
    /// Where and how a service is reached; also HTTPS. RFC 9460 §2.2.
    Svcb keeps_case {
        /// 0 for an alias; otherwise lower is tried first.
        priority: u16, "priority";
        /// The alias, or the host; the root stands for the owner.
        target: Name, "target";
        /// Parameters.
        params: SvcParams, "service parameters";
    }
    /// An identifier of a resource. RFC 7553 §4.
    Uri {
        /// Lower is tried first.
        priority: u16, "priority";
        /// Share among equal priorities.
        weight: u16, "weight";
        /// The URI.
        target: Unframed, "target";
    }
    /// Who may issue certificates. RFC 8659 §4.1.
    Caa {
        /// Issuer critical is 128.
        flags: u8, "flags";
        /// Kind of property.
        tag: Tag, "tag";
        /// Value of the property.
        value: Unframed, "value";
    }
}

/// Data of a type without a shape: its octets. RFC 3597.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Opaque(pub alloc::boxed::Box<[u8]>);

//! What one owner has of one type: a set, a single record, or signatures.

use crate::data::{Data, Opaque, Rrsig};
use crate::number::{Rtype, Ttl};
use alloc::vec::Vec;
use core::fmt;

/// Why a record does not fit what is already there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clash {
    /// The set has another TTL (RFC 2181 §5.2).
    Ttl,
    /// There can be only one record of this type at an owner.
    Single,
    /// The record is of another type.
    Type,
}

impl fmt::Display for Clash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ttl => "the records of one set have one TTL (RFC 2181 §5.2)",
            Self::Single => "there can be only one record of this type at an owner",
            Self::Type => "the record is of another type",
        })
    }
}

impl core::error::Error for Clash {}

/// What can stand under a key.
pub trait Form: Sized {
    /// The data of one record.
    type Data;

    /// A value of one record.
    fn one(ttl: Ttl, data: Self::Data) -> Self;

    /// Adds a record; one that is there already changes nothing.
    ///
    /// # Errors
    /// When the form cannot take it; the value is then as before.
    fn add(&mut self, ttl: Ttl, data: Self::Data) -> Result<(), Clash>;

    /// The records, each with its TTL.
    fn each(&self) -> impl Iterator<Item = (Ttl, &Self::Data)>;
}

/// What canonical order compares (RFC 4034 §6.3).
pub trait Canonical {
    /// Canonical wire octets.
    fn canonical(&self) -> Vec<u8>;
}

impl<T: Data> Canonical for T {
    fn canonical(&self) -> Vec<u8> {
        let mut wire = self.to_wire();
        if T::FOLDS_NAMES {
            crate::wire::fold_names(T::PARTS, &mut wire);
        }
        wire
    }
}

impl Canonical for Opaque {
    fn canonical(&self) -> Vec<u8> {
        self.0.to_vec()
    }
}

/// A set of records: one TTL, at least one member, none twice, in canonical order. RFC 2181 §5, RFC 4034 §6.3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RrSet<T> {
    ttl: Ttl,
    data: Vec<T>,
}

impl<T: Canonical> RrSet<T> {
    /// A set of one. There is no empty set.
    #[must_use]
    pub fn new(ttl: Ttl, first: T) -> Self {
        Self {
            ttl,
            data: alloc::vec![first],
        }
    }

    /// Adds a member; one that is there already changes nothing.
    pub fn insert(&mut self, member: T) {
        let wire = member.canonical();
        if let Err(place) = self
            .data
            .binary_search_by(|other| other.canonical().cmp(&wire))
        {
            self.data.insert(place, member);
        }
    }

    /// The same set with another TTL.
    #[must_use]
    pub fn with_ttl(self, ttl: Ttl) -> Self {
        Self { ttl, ..self }
    }

    /// The TTL of every member.
    #[must_use]
    pub fn ttl(&self) -> Ttl {
        self.ttl
    }

    /// The members in canonical order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &T> {
        self.data.iter()
    }

    /// The first member in canonical order.
    #[must_use]
    pub fn first(&self) -> &T {
        &self.data[0]
    }
}

impl<T: Canonical> Form for RrSet<T> {
    type Data = T;

    fn one(ttl: Ttl, data: T) -> Self {
        Self::new(ttl, data)
    }

    fn add(&mut self, ttl: Ttl, data: T) -> Result<(), Clash> {
        if ttl != self.ttl {
            return Err(Clash::Ttl);
        }
        self.insert(data);
        Ok(())
    }

    fn each(&self) -> impl Iterator<Item = (Ttl, &T)> {
        self.data.iter().map(|data| (self.ttl, data))
    }
}

/// A record of which an owner has at most one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Single<T> {
    /// How long it may be kept.
    pub ttl: Ttl,
    /// Its data.
    pub value: T,
}

impl<T: Eq> Form for Single<T> {
    type Data = T;

    fn one(ttl: Ttl, value: T) -> Self {
        Self { ttl, value }
    }

    fn add(&mut self, ttl: Ttl, value: T) -> Result<(), Clash> {
        match () {
            () if self.value != value => Err(Clash::Single),
            () if self.ttl != ttl => Err(Clash::Ttl),
            () => Ok(()),
        }
    }

    fn each(&self) -> impl Iterator<Item = (Ttl, &T)> {
        core::iter::once((self.ttl, &self.value))
    }
}

/// The signatures at an owner: at least one. They are no set, each has the TTL of what it covers. RFC 4034 §3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signatures<T = Rrsig>(Vec<(Ttl, T)>);

impl Signatures<Rrsig> {
    /// The signatures over the set of `rtype`.
    pub fn covering(&self, rtype: Rtype) -> impl Iterator<Item = &Rrsig> {
        self.0
            .iter()
            .map(|(_, signature)| signature)
            .filter(move |s| s.type_covered == rtype)
    }
}

impl Form for Signatures<Rrsig> {
    type Data = Rrsig;

    fn one(ttl: Ttl, data: Rrsig) -> Self {
        Self(alloc::vec![(ttl, data)])
    }

    fn add(&mut self, ttl: Ttl, data: Rrsig) -> Result<(), Clash> {
        // RFC 4034 §3: all signatures over one set have its TTL.
        if self
            .0
            .iter()
            .any(|(other, signature)| signature.type_covered == data.type_covered && *other != ttl)
        {
            return Err(Clash::Ttl);
        }
        let wire = data.canonical();
        if let Err(place) = self
            .0
            .binary_search_by(|(_, other)| other.canonical().cmp(&wire))
        {
            self.0.insert(place, (ttl, data));
        }
        Ok(())
    }

    fn each(&self) -> impl Iterator<Item = (Ttl, &Rrsig)> {
        self.0.iter().map(|(ttl, data)| (*ttl, data))
    }
}

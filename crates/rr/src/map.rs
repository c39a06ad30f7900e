//! Records by owner and type.

use crate::data::Data;
use crate::key::{Binding, Key, RData};
use crate::name::Name;
use crate::number::{Class, Rtype, Ttl};
use crate::set::Clash;
use alloc::vec::Vec;
use core::fmt;

/// One record, typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Whose data it is.
    pub owner: Name,
    /// The class, nearly always IN.
    pub class: Class,
    /// How long it may be kept.
    pub ttl: Ttl,
    /// Type and data.
    pub data: RData,
}

impl RData {
    /// The uncompressed wire octets.
    #[must_use]
    pub fn to_wire(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.emit(&mut out);
        out
    }
}

impl fmt::Display for RData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::text::write_rdata(self.rtype(), &self.to_wire(), f)
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}\t{}\t{}\t{}\t{}",
            self.owner,
            self.ttl,
            self.class,
            self.data.rtype(),
            self.data
        )
    }
}

/// What one owner has: at most one value for each type.
///
/// A small sorted row, for names have few types; the served form of a zone is another (crate `zone`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RrMap(Vec<Binding>);

impl RrMap {
    /// The value under `key`.
    ///
    /// ```
    /// use rr::{A, RrMap, RrSet, SOA, Ttl};
    /// let mut map = RrMap::default();
    /// map.insert(A, RrSet::new(Ttl::from_secs(60), [192, 0, 2, 1].into()));
    /// let set = map.get(A).ok_or("no address")?;
    /// assert_eq!(set.first().octets(), [192, 0, 2, 1]);
    /// assert!(map.get(SOA).is_none());
    /// # Ok::<(), &str>(())
    /// ```
    pub fn get<K: Key>(&self, key: K) -> Option<&K::Value> {
        self.place(key.rtype())
            .ok()
            .and_then(|place| key.project(&self.0[place]))
    }

    /// Puts a value under `key`; gives what was there.
    pub fn insert<K: Key>(&mut self, key: K, value: K::Value) -> Option<Binding> {
        let binding = key.bind(value);
        match self.place(key.rtype()) {
            Ok(place) => Some(core::mem::replace(&mut self.0[place], binding)),
            Err(place) => {
                self.0.insert(place, binding);
                None
            }
        }
    }

    /// Adds one record to what is there of its type.
    ///
    /// # Errors
    /// When the value there cannot take it; the map is then as before.
    pub fn add(&mut self, ttl: Ttl, data: RData) -> Result<(), Clash> {
        match self.place(data.rtype()) {
            Ok(place) => self.0[place].add(ttl, data),
            Err(place) => {
                self.0.insert(place, Binding::new(ttl, data));
                Ok(())
            }
        }
    }

    /// Takes out all of one type.
    pub fn remove(&mut self, rtype: Rtype) -> Option<Binding> {
        self.place(rtype).ok().map(|place| self.0.remove(place))
    }

    /// All values, by rising type.
    pub fn iter(&self) -> impl Iterator<Item = &Binding> {
        self.0.iter()
    }

    /// Whether nothing is here.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn place(&self, rtype: Rtype) -> Result<usize, usize> {
        self.0.binary_search_by_key(&rtype, Binding::rtype)
    }
}

/// Reads typed data from text: `read(MX, "10 mail", origin)`.
///
/// # Errors
/// The first word that does not fit.
pub fn read<K: Key>(
    key: K,
    text: &str,
    origin: crate::NameRef<'_>,
) -> Result<K::Data, crate::text::TextError>
where
    K::Data: Data,
{
    let mut wire = Vec::new();
    let mut words = crate::text::Words::new(text);
    crate::text::read_rdata(key.rtype(), &mut words, origin, &mut wire)?;
    Ok(K::Data::from_wire(&wire).expect("read_rdata gives octets of the type's shape"))
}

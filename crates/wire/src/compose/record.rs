//! How owners and data are put down: what a name shares with what is in the message becomes a pointer
//! (RFC 1035 §4.1.4).

use rr::{NameRef, Rtype};

use super::places;
use super::{Composer, Data, Full, Owner, QUESTION_FIXED, Rrset, labels};
use crate::header::HEADER_LEN;
use crate::names;

impl Composer<'_> {
    /// Where the owner stands already, if that is known without looking for it.
    #[inline]
    pub(super) fn pointer_to(&self, owner: Owner<'_>) -> Option<u16> {
        let end = self.question_name_end();
        let at = match owner {
            Owner::Question => HEADER_LEN,
            Owner::QuestionEnd(octets) => end.saturating_sub(octets),
            Owner::At(place) => return Some(place.0),
            Owner::InZone(_) | Owner::Name(_) => return None,
        };
        // A pointer to the root would be longer than the root.
        if at + 1 < end {
            places::pointable(at)
        } else {
            None
        }
    }

    /// The octet after the name in the question.
    #[inline]
    fn question_name_end(&self) -> usize {
        self.empty.at.saturating_sub(QUESTION_FIXED).max(HEADER_LEN)
    }

    /// Writes the owner. Returns where it can be pointed to.
    pub(super) fn owner(&mut self, owner: Owner<'_>) -> Result<Option<u16>, Full> {
        match owner {
            // What is not pointed to is the root.
            Owner::Question | Owner::QuestionEnd(_) | Owner::At(_) => {
                self.put_array(&[0]).map(|()| None)
            }
            Owner::Name(name) => self.any_name(name.as_wire()),
            Owner::InZone(name) => {
                let name = name.as_wire();
                self.name_in_zone(name, name.len().saturating_sub(self.apex))
            }
        }
    }

    /// Writes data, and their length before them. `names` is what [`compressible`] says of the type.
    #[inline]
    pub(super) fn data(
        &mut self,
        names: Option<(usize, usize)>,
        data: Data<'_>,
    ) -> Result<(), Full> {
        let start = self.at;
        match names {
            None => self.put(data.octets)?,
            Some(names) => self.data_with_names(names, data)?,
        }
        let length = (self.at - start) as u16;
        self.out[start - 2..start].copy_from_slice(&length.to_be_bytes());
        Ok(())
    }

    fn data_with_names(
        &mut self,
        (before, names): (usize, usize),
        data: Data<'_>,
    ) -> Result<(), Full> {
        match data.apex_at {
            Some(apex_at) if before <= apex_at && apex_at <= data.octets.len() => {
                let (fixed, name) = data.octets.split_at(before);
                self.put(fixed)?;
                let place = self.name_in_zone(name, apex_at - before)?;
                self.names.push(place);
                Ok(())
            }
            _ => self.data_with_any_names(data.octets, before, names),
        }
    }

    fn data_with_any_names(
        &mut self,
        data: &[u8],
        before: usize,
        names: usize,
    ) -> Result<(), Full> {
        let (fixed, mut rest) = data.split_at_checked(before).ok_or(Full)?;
        self.put(fixed)?;
        for number in 0..names {
            let (name, after) = NameRef::split_from(rest).map_err(|_| Full)?;
            let place = self.any_name(name.as_wire())?;
            if number == 0 {
                self.names.push(place);
            }
            rest = after;
        }
        self.put(rest)
    }

    fn any_name(&mut self, name: &[u8]) -> Result<Option<u16>, Full> {
        match self.apex_in(name) {
            Some(apex_at) => self.name_in_zone(name, apex_at),
            None => self.foreign_name(name),
        }
    }

    /// Where the apex begins in a name that ends with it.
    fn apex_in(&self, name: &[u8]) -> Option<usize> {
        let at = name
            .len()
            .checked_sub(self.apex)
            .filter(|_| self.apex > 1)?;
        let end = self.question_name_end();
        let apex = self.out.get(end.checked_sub(self.apex)?..end)?;
        (labels::same(&name[at..], apex) && labels::is_start(name, at)).then_some(at)
    }

    /// Writes a name whose octets from `apex_at` on are the apex: what it shares with the question as a pointer.
    /// Returns where it can be pointed to.
    ///
    /// Names in a zone mostly share what the question has, so no more is looked for.
    fn name_in_zone(&mut self, name: &[u8], apex_at: usize) -> Result<Option<u16>, Full> {
        let apex = self.question_name_end().saturating_sub(self.apex);
        if apex < HEADER_LEN {
            return self.foreign_name(name);
        }
        let shared = labels::shared_end(&name[..apex_at], &self.out[HEADER_LEN..apex]);
        let (at, new, target) = (self.at, apex_at - shared, apex - shared);
        self.put(&name[..new])?;
        match self.pointer_to(Owner::QuestionEnd(self.apex + shared)) {
            Some(place) => self.put_array(&pointer(place))?,
            None => self.put_array(&[0])?,
        }
        Ok(if new == 0 {
            places::pointable(target)
        } else {
            places::pointable(at)
        })
    }

    /// Writes any name: its longest known suffix as a pointer. Remembers what is new of it. Returns where it can be
    /// pointed to.
    fn foreign_name(&mut self, name: &[u8]) -> Result<Option<u16>, Full> {
        self.know_question();
        let at = self.at;
        let split = self.places.split(&self.out[..at], name);
        self.put(&name[..split.octets])?;
        self.places.learn(at, &split);
        match self.places.at(split.node) {
            Some(place) => self.put_array(&pointer(place))?,
            None => self.put_array(&[0])?,
        }
        Ok(if split.octets == 0 {
            self.places.at(split.node)
        } else {
            places::pointable(at)
        })
    }

    /// Remembers the name in the question. Many responses have no other name and can do without.
    fn know_question(&mut self) {
        let end = self.question_name_end();
        if self.places.len() == 0 && end > HEADER_LEN {
            let name = &self.out[HEADER_LEN..end];
            let split = self.places.split(self.out, name);
            self.places.learn(HEADER_LEN, &split);
        }
    }

    #[inline]
    pub(super) fn put(&mut self, octets: &[u8]) -> Result<(), Full> {
        let after = self.at + octets.len();
        if after > self.end {
            return Err(Full);
        }
        self.out[self.at..after].copy_from_slice(octets);
        self.at = after;
        Ok(())
    }

    #[inline]
    pub(super) fn put_array<const N: usize>(&mut self, octets: &[u8; N]) -> Result<(), Full> {
        self.put(octets)
    }
}

/// The names at the start of this type's data, after a number of octets: only those of RFC 1035 may be compressed
/// (RFC 3597 §4), and DNAME may not (RFC 6672 §2.5).
#[inline]
pub(super) fn compressible(rtype: Rtype) -> Option<(usize, usize)> {
    match rtype {
        Rtype::NS | Rtype::CNAME | Rtype::PTR => Some((0, 1)),
        Rtype::SOA => Some((0, 2)),
        Rtype::MX => Some((2, 1)),
        _ => None,
    }
}

/// What comes before the data of a record: a pointer to the owner, type, class, TTL, and room for the length.
pub(super) struct Head([u8; 12]);

impl Head {
    #[inline]
    pub(super) fn of(rrset: &Rrset<'_>) -> Self {
        let mut octets = [0; 12];
        octets[2..4].copy_from_slice(&rrset.rtype.0.to_be_bytes());
        octets[4..6].copy_from_slice(&rrset.class.0.to_be_bytes());
        octets[6..10].copy_from_slice(&rrset.ttl_secs.to_be_bytes());
        Head(octets)
    }

    #[inline]
    pub(super) fn after_pointer(&mut self, at: u16) -> &[u8; 12] {
        self.0[..2].copy_from_slice(&pointer(at));
        &self.0
    }

    #[inline]
    pub(super) fn after_name(&self) -> &[u8; 10] {
        self.0.last_chunk().expect("twelve octets have ten")
    }
}

#[inline]
fn pointer(to: u16) -> [u8; 2] {
    (u16::from(names::POINTER) << 8 | to).to_be_bytes()
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

//! Reading octets from the front: the primitives of both formats.

/// What was read, or in a few words why nothing was.
pub(crate) type Read<T> = Result<T, &'static str>;

/// Octets that are not read yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Octets<'a>(pub(crate) &'a [u8]);

impl<'a> Octets<'a> {
    pub(crate) fn take(&mut self, count: usize) -> Read<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or("it is cut off")?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Read<[u8; N]> {
        let taken = self.take(N)?;
        Ok(taken.try_into().expect("so many were taken"))
    }

    pub(crate) fn u8(&mut self) -> Read<u8> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self) -> Read<usize> {
        self.array().map(u16::from_be_bytes).map(usize::from)
    }

    pub(crate) fn u32(&mut self) -> Read<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// RFC 4251 §5: its length in four octets, then it.
    pub(crate) fn string(&mut self) -> Read<&'a [u8]> {
        let length = self.u32()?;
        self.take(usize::try_from(length).map_err(|_| "it is cut off")?)
    }

    /// RFC 9580 §3.2: its length in bits in two octets, then the number, most significant octet first. Given without
    /// leading zeros.
    pub(crate) fn mpi(&mut self) -> Read<&'a [u8]> {
        let bits = self.u16()?;
        self.take(bits.div_ceil(8)).map(without_zeros)
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// That nothing follows.
    pub(crate) fn end(self) -> Read<()> {
        match self.is_empty() {
            true => Ok(()),
            false => Err("there is more than belongs there"),
        }
    }
}

/// A number without its leading zeros.
pub(crate) fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|octet| **octet == 0).count();
    &number[zeros..]
}

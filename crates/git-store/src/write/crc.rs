//! The checksum of an entry in the index of a pack: CRC-32 as in zlib and gzip (RFC 1952 §8).

const TABLE: [u32; 256] = table();

/// A checksum that is added to in parts.
#[derive(Clone, Copy)]
pub(crate) struct Crc(u32);

impl Crc {
    pub(crate) fn new() -> Crc {
        Crc(!0)
    }

    pub(crate) fn add(self, octets: &[u8]) -> Crc {
        Crc(octets.iter().fold(self.0, |crc, &octet| {
            TABLE[usize::from(crc as u8 ^ octet)] ^ (crc >> 8)
        }))
    }

    pub(crate) fn value(self) -> u32 {
        !self.0
    }
}

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        let mut crc = octet as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
            bit += 1;
        }
        table[octet] = crc;
        octet += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_value() {
        assert_eq!(Crc::new().add(b"1234").add(b"56789").value(), 0xcbf4_3926);
    }
}

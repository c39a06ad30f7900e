//! A set of small numbers, a bit for each: ten thousand zones with a thousand listeners each are a megabyte.

const BITS: usize = u64::BITS as usize;

/// Numbers, of which the largest says how much memory they take.
#[derive(Debug, Default)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    pub(super) fn set(&mut self, number: u32) {
        let (word, bit) = place(number);
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= bit;
    }

    pub(super) fn clear(&mut self, number: u32) {
        let (word, bit) = place(number);
        if let Some(octets) = self.0.get_mut(word) {
            *octets &= !bit;
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u32> {
        self.0.iter().enumerate().flat_map(|(at, word)| {
            let is_set = move |bit: &u32| word & (1 << bit) != 0;
            (0..u64::BITS)
                .filter(is_set)
                .map(move |bit| at as u32 * u64::BITS + bit)
        })
    }
}

fn place(number: u32) -> (usize, u64) {
    (number as usize / BITS, 1 << (number % u64::BITS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_there_until_it_is_cleared() {
        let mut bits = Bits::default();
        [700, 3, 64, 3]
            .into_iter()
            .for_each(|number| bits.set(number));
        bits.clear(64);
        bits.clear(90_000);
        assert_eq!(bits.iter().collect::<Vec<_>>(), [3, 700]);
    }
}

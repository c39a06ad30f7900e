//! Chance that can be had again.

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same on every machine for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Random {
    state: u64,
}

impl Random {
    /// The same seed gives the same sequence.
    #[must_use]
    pub fn seeded(seed: u64) -> Random {
        Random { state: seed }
    }

    /// Chance of somebody else's own: what he takes changes nothing for anybody.
    #[must_use]
    pub fn fork(&mut self) -> Random {
        Random::seeded(self.bits())
    }

    /// 64 fresh bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number in `0..limit`; 0 if `limit` is 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.bits() % limit.max(1)
    }

    /// True in `percent` of 100 cases. Never at 0, and then nothing is drawn.
    pub fn chance(&mut self, percent: u8) -> bool {
        percent > 0 && self.below(100) < u64::from(percent)
    }

    /// One of the choices; none of none.
    pub fn pick<'c, T>(&mut self, choices: &'c [T]) -> Option<&'c T> {
        let place = self.below(choices.len() as u64);
        choices.get(usize::try_from(place).ok()?)
    }
}

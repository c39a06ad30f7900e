//! Reproducible randomness: the seed is all there is to know about a generated case.

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same on every machine for ever.
#[derive(Debug, Clone)]
pub struct Random {
    state: u64,
}

impl Random {
    /// The same seed gives the same sequence.
    pub fn seeded(seed: u64) -> Random {
        Random { state: seed }
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
    pub fn below(&mut self, limit: usize) -> usize {
        (self.bits() % limit.max(1) as u64) as usize
    }

    /// True in `percent` of 100 cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of the choices; the list must not be empty.
    pub fn pick<'c, T>(&mut self, choices: &'c [T]) -> &'c T {
        &choices[self.below(choices.len())]
    }
}

/// True where the seeds of generated tests are not the fixed ones.
pub fn another_seed() -> bool {
    std::env::var_os("STEMMA_SEED").is_some()
}

/// The seed of a generated test: `STEMMA_SEED` if it is set, otherwise the fixed one that CI replays.
/// Tests print it when they fail.
pub fn seed(fixed: u64) -> u64 {
    match std::env::var("STEMMA_SEED") {
        Ok(text) => text.parse().expect("STEMMA_SEED is a decimal number"),
        Err(_) => fixed,
    }
}

//! Numbers that look random and are always the same: everything in the world is computed from
//! the seed, so that nothing has to be kept until somebody changes it.

/// A stream of numbers that begins at a place, not at a time: the same place always gives the
/// same numbers.
#[derive(Clone, Copy, Debug)]
pub struct Dice(u64);

impl Dice {
    /// The stream of a place: seed and whatever tells the place apart.
    pub fn at(seed: u64, place: &[u64]) -> Self {
        Self(place.iter().fold(mix(seed ^ 0x5EED_0F7E_57DE_5C00), |state, part| mix(state ^ part)))
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    /// The next number below `limit`; 0 for a limit of 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        // The high bits of the product are unbiased enough for limits far below 2^64.
        ((u128::from(self.next()) * u128::from(limit)) >> 64) as u64
    }

    /// Whether something that happens in so many of a hundred cases happens now.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of several; `None` of none.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let index = self.below(from.len() as u64);
        from.get(index as usize)
    }

    /// One of several words; the empty word of none.
    pub fn word(&mut self, from: &[&'static str]) -> &'static str {
        self.pick(from).copied().unwrap_or_default()
    }
}

/// SplitMix64's finaliser.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

//! SplitMix64 and xoshiro256++ one at a time, where a value needs few words.

/// The state increment of SplitMix64: 2^64 divided by the golden ratio.
pub(crate) const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The factors of [`mix`].
pub(crate) const MIX: [u64; 2] = [0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb];

/// The output function of SplitMix64 (Stafford's variant 13), a bijection.
#[inline(always)]
pub(crate) fn mix(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(MIX[0]);
    let z = (z ^ (z >> 27)).wrapping_mul(MIX[1]);
    z ^ (z >> 31)
}

/// SplitMix64 of Guy Steele, Doug Lea and Christine Flood (2014), "Fast splittable pseudorandom number
/// generators".
pub(crate) struct SplitMix64(u64);

impl SplitMix64 {
    /// Returns the generator that starts at a state.
    pub(crate) fn new(state: u64) -> Self {
        SplitMix64(state)
    }

    /// Returns the next word, and advances by one step.
    pub(crate) fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix(self.0)
    }
}

/// xoshiro256++ of David Blackman and Sebastiano Vigna (2021), "Scrambled linear pseudorandom number
/// generators".
#[derive(Clone, Debug)]
pub(crate) struct Xoshiro256PlusPlus([u64; 4]);

impl Xoshiro256PlusPlus {
    /// Returns the generator that starts at a state, which is not all zero.
    pub(crate) fn new(state: [u64; 4]) -> Self {
        Xoshiro256PlusPlus(state)
    }

    /// Returns the next word, and advances by one step.
    #[inline]
    pub(crate) fn next_u64(&mut self) -> u64 {
        let [s0, s1, s2, s3] = self.0;
        let word = s0.wrapping_add(s3).rotate_left(23).wrapping_add(s0);
        let (s2, s3) = (s2 ^ s0, s3 ^ s1);
        self.0 = [s0 ^ s3, s1 ^ s2, s2 ^ s1 << 17, s3.rotate_left(45)];
        word
    }

    /// Returns the high half of the next word.
    pub(crate) fn next_u32(&mut self) -> u32 {
        (self.next_u64() >> 32) as u32
    }
}

#[cfg(test)]
mod tests {
    use rand_xoshiro::rand_core::{Rng, SeedableRng};

    use super::*;

    #[test]
    fn words_are_those_of_the_reference() {
        let mut ours = SplitMix64::new(u64::MAX / 3);
        let mut reference = rand_xoshiro::SplitMix64::from_seed((u64::MAX / 3).to_le_bytes());
        assert!((0..1000).all(|_| ours.next_u64() == reference.next_u64()));

        let state = [1, u64::MAX, 3, 1 << 63];
        let mut ours = Xoshiro256PlusPlus::new(state);
        let seed = bytemuck::cast(state.map(u64::to_le));
        let mut reference = rand_xoshiro::Xoshiro256PlusPlus::from_seed(seed);
        for _ in 0..1000 {
            assert_eq!(ours.next_u64(), reference.next_u64());
            assert_eq!(ours.next_u32(), reference.next_u32());
        }
    }
}

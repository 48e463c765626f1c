//! xoshiro256++ in eight lanes.
//!
//! The generator is that of David Blackman and Sebastiano Vigna (2021), "Scrambled linear
//! pseudorandom number generators". A stream's state of four words is expanded to the states of
//! the lanes by SplitMix64: word `w` of lane `l` is output `l` (from 0) of SplitMix64 started at
//! word `w`. Side streams come the same way: word `w` of a lane of side stream `k` (from 0) is
//! output `k` of SplitMix64 started at word `w` of that lane where the block begins.

use super::LANES;
use crate::scalar::{GOLDEN, MIX, Xoshiro256PlusPlus, mix};
use crate::simd::{Int, Simd};

/// The states of all lanes in memory: word by word, lane by lane.
pub(crate) type State = [[u64; LANES]; 4];

/// How far SplitMix64 has come from the stream's state when it makes a word of each lane.
const DISTANCES: [u64; LANES] = {
    let mut distances = [GOLDEN; LANES];
    let mut l = 1;
    while l < LANES {
        distances[l] = GOLDEN.wrapping_add(distances[l - 1]);
        l += 1;
    }
    distances
};

/// [`mix`] of each lane.
#[inline(always)]
fn mix_lanes<S: Simd>(s: S, z: S::U64) -> S::U64 {
    let z = s.times(z ^ z.shr::<30>(), MIX[0]);
    let z = s.times(z ^ z.shr::<27>(), MIX[1]);
    z ^ z.shr::<31>()
}

/// Eight running generators in registers.
#[derive(Clone, Copy)]
pub struct Lanes<S: Simd> {
    pub(crate) words: [S::U64; 4],
}

impl<S: Simd> Lanes<S> {
    #[inline(always)]
    pub(crate) fn load(s: S, state: &State) -> Self {
        // One by one: a closure given to `map` would be compiled without the level's features.
        let [a, b, c, d] = state;
        let load = S::U64::load;
        Self { words: [load(s, a), load(s, b), load(s, c), load(s, d)] }
    }

    /// Returns the lanes at the start of a stream.
    #[inline(always)]
    pub(crate) fn of_stream(s: S, stream: &[u64; 4]) -> Self {
        let distances = S::U64::load(s, &DISTANCES);
        let mut words = [distances; 4];
        for (word, stream) in words.iter_mut().zip(stream) {
            *word = *word + S::U64::splat(s, *stream);
        }
        Self::expand(s, words)
    }

    /// Returns the lanes of side stream `k` of the block that begins where these lanes stand.
    #[inline(always)]
    pub(crate) fn side(self, s: S, k: u64) -> Self {
        let distance = S::U64::splat(s, GOLDEN.wrapping_mul(k.wrapping_add(1)));
        let mut words = self.words;
        for word in &mut words {
            *word = *word + distance;
        }
        Self::expand(s, words)
    }

    /// Returns the lanes whose words are the outputs of SplitMix64 at these states.
    #[inline(always)]
    fn expand(s: S, states: [S::U64; 4]) -> Self {
        let [a, b, c, d] = states;
        let mut words = [mix_lanes(s, a), mix_lanes(s, b), mix_lanes(s, c), mix_lanes(s, d)];
        // The all-zero state is a fixed point of the generator. Only states of 0 lead to it, and
        // only of 0 neither the number nor its negative has the top bit set.
        let any = (a | b) | (c | d);
        let negative = (any ^ S::U64::splat(s, u64::MAX)) + S::U64::splat(s, 1);
        words[0] = words[0] | ((any | negative).shr::<63>() ^ S::U64::splat(s, 1));
        Self { words }
    }

    #[inline(always)]
    pub(crate) fn store(self) -> State {
        let mut state = [[0; LANES]; 4];
        for (w, word) in self.words.into_iter().enumerate() {
            word.store(&mut state[w]);
        }
        state
    }

    /// Advances every lane by one step without making its output.
    #[inline(always)]
    pub(crate) fn step(&mut self) {
        let [s0, s1, s2, s3] = self.words;
        self.words =
            [s0.xor3(s3, s1), s1.xor3(s0, s2), s1.shl::<17>().xor3(s0, s2), (s3 ^ s1).rotl::<45>()];
    }

    /// Returns the next eight words of 64 bits, and advances every lane by one step.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> S::U64 {
        let [s0, _, _, s3] = self.words;
        let words = (s0 + s3).rotl::<23>() + s0;
        self.step();
        words
    }
}

/// Returns lane 0 of side stream `k` alone, as a scalar generator.
pub(crate) fn scalar_side_of(block: &State, k: u64) -> Xoshiro256PlusPlus {
    let distance = GOLDEN.wrapping_mul(k.wrapping_add(1));
    let mut words = [0, 1, 2, 3].map(|w: usize| mix(block[w][0].wrapping_add(distance)));
    words[0] |= u64::from(words == [0; 4]);
    Xoshiro256PlusPlus::new(words)
}

/// Returns the states of the eight lanes at the start of a stream.
#[cfg(test)]
pub(crate) fn lanes_of(stream: [u64; 4]) -> State {
    Lanes::of_stream(crate::simd::Portable, &stream).store()
}

#[cfg(test)]
mod tests {
    use rand_xoshiro::rand_core::{Rng, SeedableRng};
    use rand_xoshiro::{SplitMix64, Xoshiro256PlusPlus};

    use super::{GOLDEN, LANES, Lanes, State, lanes_of, scalar_side_of};
    use crate::Seed;
    use crate::level::Level;
    use crate::simd::{self, Int, Job, Simd};

    /// Output `k` of the reference SplitMix64 started at `start`.
    fn split_mix(start: u64, k: usize) -> u64 {
        let mut generator = SplitMix64::from_seed(start.to_le_bytes());
        for _ in 0..k {
            generator.next_u64();
        }
        generator.next_u64()
    }

    /// The lanes of a stream, and of a side stream of theirs.
    struct Expanded {
        stream: [u64; 4],
        side: u64,
    }

    impl Job for Expanded {
        type Output = [State; 2];
        #[inline(always)]
        fn run<S: Simd>(self, s: S) -> [State; 2] {
            let lanes = Lanes::of_stream(s, &self.stream);
            [lanes.store(), lanes.side(s, self.side).store()]
        }
    }

    #[test]
    fn lanes_and_side_streams_are_expanded_by_the_reference() {
        let stream = [1, u64::MAX, 3, 1 << 63];
        for level in Level::available() {
            let [lanes, side] = simd::dispatch(level, Expanded { stream, side: 5 });
            for w in 0..4 {
                for l in 0..LANES {
                    assert_eq!(lanes[w][l], split_mix(stream[w], l), "{level}");
                    assert_eq!(side[w][l], split_mix(lanes[w][l], 5), "{level}");
                }
            }
            let mut scalar = scalar_side_of(&lanes, 5);
            let seed: [u64; 4] = core::array::from_fn(|w| side[w][0].to_le());
            let mut expected = Xoshiro256PlusPlus::from_seed(bytemuck::cast(seed));
            assert_eq!(scalar.next_u64(), expected.next_u64());
        }
    }

    /// The first word of the state that the states `[word; 4]` of SplitMix64 are expanded to.
    struct FirstWord([u64; 4]);

    impl Job for FirstWord {
        type Output = [u64; LANES];
        #[inline(always)]
        fn run<S: Simd>(self, s: S) -> [u64; LANES] {
            let [a, b, c, d] = self.0;
            let splat = S::U64::splat;
            Lanes::expand(s, [splat(s, a), splat(s, b), splat(s, c), splat(s, d)]).store()[0]
        }
    }

    #[test]
    fn no_state_is_all_zero() {
        // The stream whose lane 2 would be zero.
        let zero = GOLDEN.wrapping_mul(3).wrapping_neg();
        for level in Level::available() {
            let [lanes, _] = simd::dispatch(level, Expanded { stream: [zero; 4], side: 0 });
            assert_eq!([lanes[0][2], lanes[1][2], lanes[2][2], lanes[3][2]], [1, 0, 0, 0]);
            assert_eq!(simd::dispatch(level, FirstWord([0; 4])), [1; LANES], "{level}");
            // No other state is changed: 0 is mixed to 0, and these numbers to even ones.
            for other in [5_u64, 1 << 63] {
                for words in 1..16 {
                    let state = [0, 1, 2, 3].map(|w| (words >> w & 1) * other);
                    let expected = split_mix(state[0].wrapping_sub(GOLDEN), 0);
                    assert_eq!(expected % 2, 0);
                    assert_eq!(simd::dispatch(level, FirstWord(state)), [expected; LANES]);
                }
            }
        }
    }

    #[test]
    fn words_are_those_of_the_reference_lane_by_lane() {
        let stream = Seed::from(9).stream("words");
        let state = lanes_of(stream.state);
        let mut words = vec![0; 8 * 1000];
        stream.words_into(&mut words);
        for l in 0..LANES {
            let seed: [u64; 4] = core::array::from_fn(|w| state[w][l].to_le());
            let mut reference = Xoshiro256PlusPlus::from_seed(bytemuck::cast(seed));
            for step in words.chunks(LANES) {
                assert_eq!(step[l], reference.next_u64());
            }
        }
    }
}

//! xoshiro256++ in eight lanes.
//!
//! The generator is that of David Blackman and Sebastiano Vigna (2021), "Scrambled linear
//! pseudorandom number generators". A stream's state of four words is expanded to the states of
//! the lanes by SplitMix64: word `w` of lane `l` is output `l` (from 0) of SplitMix64 started at
//! word `w`. Side streams come the same way: word `w` of a lane of side stream `k` (from 0) is
//! output `k` of SplitMix64 started at word `w` of that lane where the block begins.

use super::LANES;
use crate::scalar::{GOLDEN, Xoshiro256PlusPlus, mix};
use crate::simd::{Int, Simd};

/// The states of all lanes in memory: word by word, lane by lane.
pub(crate) type State = [[u64; LANES]; 4];

/// Returns the lane states that SplitMix64 makes of `start(w, l)`, its state for word `w` of lane `l`.
#[inline(always)]
fn expand(start: impl Fn(usize, usize) -> u64) -> State {
    let mut state = [[0; LANES]; 4];
    for (w, word) in state.iter_mut().enumerate() {
        for (l, lane) in word.iter_mut().enumerate() {
            *lane = mix(start(w, l));
        }
    }
    // The all-zero state is a fixed point of the generator.
    let [a, b, c, d] = &mut state;
    for (((a, b), c), d) in a.iter_mut().zip(b).zip(c).zip(d) {
        *a |= u64::from((*a | *b | *c | *d) == 0);
    }
    state
}

/// Returns the states of the eight lanes at the start of a stream.
#[inline(always)]
pub(crate) fn lanes_of(stream: [u64; 4]) -> State {
    expand(
        #[inline(always)]
        |w, l| stream[w].wrapping_add(GOLDEN.wrapping_mul(l as u64 + 1)),
    )
}

/// Returns the states of side stream `k` of the block whose lanes start at `block`.
#[inline(always)]
pub(crate) fn side_of(block: &State, k: u64) -> State {
    let distance = GOLDEN.wrapping_mul(k.wrapping_add(1));
    expand(
        #[inline(always)]
        |w, l| block[w][l].wrapping_add(distance),
    )
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
            [s0.xor3(s3, s1), s1.xor3(s2, s0), s2.xor3(s0, s1.shl::<17>()), (s3 ^ s1).rotl::<45>()];
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

#[cfg(test)]
mod tests {
    use rand_xoshiro::rand_core::{Rng, SeedableRng};
    use rand_xoshiro::{SplitMix64, Xoshiro256PlusPlus};

    use super::{GOLDEN, LANES, expand, lanes_of, mix, scalar_side_of, side_of};
    use crate::Seed;

    /// Output `k` of the reference SplitMix64 started at `start`.
    fn split_mix(start: u64, k: usize) -> u64 {
        let mut generator = SplitMix64::from_seed(start.to_le_bytes());
        for _ in 0..k {
            generator.next_u64();
        }
        generator.next_u64()
    }

    #[test]
    fn lanes_and_side_streams_are_expanded_by_the_reference() {
        let stream = [1, u64::MAX, 3, 1 << 63];
        let lanes = lanes_of(stream);
        let side = side_of(&lanes, 5);
        for w in 0..4 {
            for l in 0..LANES {
                assert_eq!(lanes[w][l], split_mix(stream[w], l));
                assert_eq!(side[w][l], split_mix(lanes[w][l], 5));
            }
        }
        let mut scalar = scalar_side_of(&lanes, 5);
        let seed: [u64; 4] = core::array::from_fn(|w| side[w][0]);
        let mut expected = [0; 32];
        for (bytes, word) in expected.chunks_exact_mut(8).zip(seed) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        assert_eq!(scalar.next_u64(), Xoshiro256PlusPlus::from_seed(expected).next_u64());
    }

    #[test]
    fn no_state_is_all_zero() {
        // The stream whose lane 2 would be zero, and the lanes whose side stream 6 would be.
        let zero = GOLDEN.wrapping_mul(3).wrapping_neg();
        let lanes = lanes_of([zero; 4]);
        assert_eq!([lanes[0][2], lanes[1][2], lanes[2][2], lanes[3][2]], [1, 0, 0, 0]);
        let zero = GOLDEN.wrapping_mul(7).wrapping_neg();
        let side = side_of(&[[zero; LANES]; 4], 6);
        assert_eq!(side[0], [1; LANES]);
        // No other state is changed: 0 is mixed to 0, and 5 to an even number.
        for words in 1..16 {
            let word = |w: usize| (words >> w & 1) * 5;
            assert_eq!(expand(|w, _| word(w))[0], [mix(word(0)); LANES]);
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

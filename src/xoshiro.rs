//! xoshiro256++ in eight lanes.
//!
//! The generator is that of David Blackman and Sebastiano Vigna (2021), "Scrambled linear
//! pseudorandom number generators". A stream's state of four words is expanded to the states of
//! the lanes by SplitMix64: word `w` of lane `l` is output `l` (from 0) of SplitMix64 started at
//! word `w`. Side streams come the same way: word `w` of a lane of side stream `k` (from 0) is
//! output `k` of SplitMix64 started at word `w` of that lane where the block begins.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;

use crate::format::LANES;
use crate::simd::{Int, Simd};

/// The states of all lanes in memory: word by word, lane by lane.
pub(crate) type State = [[u64; LANES]; 4];

/// The state increment of SplitMix64: 2^64 divided by the golden ratio.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The output function of SplitMix64 (Stafford's variant 13), a bijection.
#[inline(always)]
fn mix(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Lane states from words that are `outputs` SplitMix64 outputs away.
#[inline(always)]
fn expand(start: impl Fn(usize, usize) -> u64) -> State {
    let mut state = [[0; LANES]; 4];
    for (w, word) in state.iter_mut().enumerate() {
        for (l, lane) in word.iter_mut().enumerate() {
            *lane = mix(start(w, l));
        }
    }
    // The all-zero state is a fixed point of the generator.
    for l in 0..LANES {
        let zero = (state[0][l] | state[1][l] | state[2][l] | state[3][l]) == 0;
        state[0][l] |= u64::from(zero);
    }
    state
}

/// The states of the eight lanes at the start of a stream.
#[inline(always)]
pub(crate) fn lanes_of(stream: [u64; 4]) -> State {
    expand(
        #[inline(always)]
        |w, l| stream[w].wrapping_add(GOLDEN.wrapping_mul(l as u64 + 1)),
    )
}

/// The states of side stream `k` of the block that begins at `block`.
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
        Self { words: [0, 1, 2, 3].map(|w| S::U64::load(s, &state[w])) }
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
        let s2x = s2 ^ s0;
        let s3x = s3 ^ s1;
        self.words = [s0 ^ s3x, s1 ^ s2x, s2x ^ s1.shl::<17>(), s3x.rotl::<45>()];
    }

    /// Eight words of 64 bits.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> S::U64 {
        let [s0, _, _, s3] = self.words;
        let words = (s0 + s3).rotl::<23>() + s0;
        self.step();
        words
    }
}

/// Lane 0 of side stream `k` by itself.
pub(crate) fn scalar_side_of(block: &State, k: u64) -> Xoshiro256PlusPlus {
    let side = side_of(block, k);
    let words: [u64; 4] = core::array::from_fn(|w| side[w][0].to_le());
    Xoshiro256PlusPlus::from_seed(bytemuck::cast(words))
}

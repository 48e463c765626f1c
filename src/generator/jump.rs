//! Jumps: how to reach any chunk and block without running through the ones before it.
//!
//! One step of xoshiro256 is a linear map over GF(2) with the characteristic polynomial `P`. To
//! advance by `n` steps, apply the polynomial `x^n mod P` to the state: the sum of the states
//! after `i` steps over the coefficients `i` that are set. Polynomials of the distances that
//! occur are made at compile time and multiplied here (Haramoto, Matsumoto, Nishimura, Panneton
//! and L'Ecuyer, 2008, "Efficient jump ahead for F2-linear random number generators").

use super::xoshiro::Lanes;
use super::{BLOCK_STEPS, CHUNK_BLOCKS};
use crate::simd::{Int, Simd};

/// A polynomial over GF(2) of degree below 256; bit `i % 64` of word `i / 64` is coefficient `i`.
pub(crate) type Poly = [u64; 4];

/// `x^256 mod P`.
const MODULUS: Poly =
    [0x9d11_6f2b_b0f0_f001, 0x0280_002b_cefd_1a5e, 0x04b4_edcf_2625_9f85, 0x0003_c03c_3f3e_cb19];

const ONE: Poly = [1, 0, 0, 0];

const fn times_x(a: Poly) -> Poly {
    let carry = (a[3] >> 63).wrapping_neg();
    [
        (a[0] << 1) ^ (MODULUS[0] & carry),
        (a[1] << 1 | a[0] >> 63) ^ (MODULUS[1] & carry),
        (a[2] << 1 | a[1] >> 63) ^ (MODULUS[2] & carry),
        (a[3] << 1 | a[2] >> 63) ^ (MODULUS[3] & carry),
    ]
}

const fn multiply(a: Poly, b: Poly) -> Poly {
    let mut product = [0; 4];
    let mut power = a;
    let mut i = 0;
    while i < 256 {
        let take = (b[i / 64] >> (i % 64) & 1).wrapping_neg();
        product[0] ^= power[0] & take;
        product[1] ^= power[1] & take;
        product[2] ^= power[2] & take;
        product[3] ^= power[3] & take;
        power = times_x(power);
        i += 1;
    }
    product
}

/// `x^(2^exponent) mod P`.
const fn x_to_power_of_two(exponent: u32) -> Poly {
    let mut power = [2, 0, 0, 0];
    let mut i = 0;
    while i < exponent {
        power = multiply(power, power);
        i += 1;
    }
    power
}

/// `[1, a, a^2, ..]`.
const fn powers<const N: usize>(a: Poly) -> [Poly; N] {
    let mut powers = [ONE; N];
    let mut i = 1;
    while i < N {
        powers[i] = multiply(powers[i - 1], a);
        i += 1;
    }
    powers
}

/// The distance of two chunks: one jump of 2^128 steps.
const JUMP: Poly = x_to_power_of_two(128);

/// Entry `[k][d]` is `d * 16^k` jumps; twelve hexadecimal digits hold every chunk number.
const CHUNKS: [[Poly; 16]; 12] = {
    let mut table = [[ONE; 16]; 12];
    let mut unit = JUMP;
    let mut k = 0;
    while k < table.len() {
        table[k] = powers(unit);
        unit = multiply(table[k][15], unit);
        k += 1;
    }
    table
};

/// Entry `b` is the distance of `b` blocks.
const BLOCKS: [Poly; CHUNK_BLOCKS] = powers(x_to_power_of_two(BLOCK_STEPS.trailing_zeros()));

/// Advances the lanes from the start of a stream to a block of a chunk.
#[inline(always)]
pub(crate) fn seek<S: Simd>(s: S, lanes: &mut Lanes<S>, chunk: u64, block: usize) {
    if (chunk, block) != (0, 0) {
        apply(s, lanes, &distance(chunk, block));
    }
}

/// Returns the distance of a block of a chunk from the start of a stream.
#[inline(never)]
pub(crate) fn distance(chunk: u64, block: usize) -> Poly {
    let digits = (0..).zip(&CHUNKS).map(|(k, unit)| &unit[(chunk >> (4 * k) & 15) as usize]);
    let factors = digits.chain([&BLOCKS[block]]);
    factors.filter(|f| **f != ONE).copied().reduce(multiply).unwrap_or(ONE)
}

/// Advances the lanes by one jump, from the start of a chunk to the start of the next.
#[inline(always)]
pub(crate) fn jump<S: Simd>(s: S, lanes: &mut Lanes<S>) {
    apply(s, lanes, &JUMP);
}

#[inline(always)]
fn apply<S: Simd>(s: S, lanes: &mut Lanes<S>, distance: &Poly) {
    let mut sum = [S::U64::splat(s, 0); 4];
    for word in distance {
        for i in 0..64 {
            let take = S::U64::splat(s, (word >> i & 1).wrapping_neg());
            for (sum, word) in sum.iter_mut().zip(lanes.words) {
                *sum = *sum ^ (word & take);
            }
            lanes.step();
        }
    }
    lanes.words = sum;
}

#[cfg(test)]
mod tests {
    use rand_xoshiro::Xoshiro256PlusPlus;
    use rand_xoshiro::rand_core::{Rng, SeedableRng};

    use super::*;
    use crate::generator::LANES;
    use crate::generator::xoshiro::{State, lanes_of};
    use crate::level::Level;
    use crate::simd::{self, Job};

    const STREAM: [u64; 4] = [11, 22, 33, 44];

    /// The next words of all lanes after a move.
    struct Moved<F>(F);

    trait Move {
        fn apply<S: Simd>(&self, s: S, lanes: &mut Lanes<S>);
    }

    struct Seek(u64, usize);
    impl Move for Seek {
        fn apply<S: Simd>(&self, s: S, lanes: &mut Lanes<S>) {
            seek(s, lanes, self.0, self.1);
        }
    }

    struct Jumps(u64);
    impl Move for Jumps {
        fn apply<S: Simd>(&self, s: S, lanes: &mut Lanes<S>) {
            (0..self.0).for_each(|_| jump(s, lanes));
        }
    }

    impl<F: Move> Job for Moved<F> {
        type Output = [u64; LANES];
        #[inline(always)]
        fn run<S: Simd>(self, s: S) -> [u64; LANES] {
            let mut lanes = Lanes::of_stream(s, &STREAM);
            self.0.apply(s, &mut lanes);
            let mut words = [0; LANES];
            lanes.next().store(&mut words);
            words
        }
    }

    fn lane(state: &State, l: usize) -> Xoshiro256PlusPlus {
        let mut seed = [0; 32];
        for w in 0..4 {
            seed[8 * w..8 * w + 8].copy_from_slice(&state[w][l].to_le_bytes());
        }
        Xoshiro256PlusPlus::from_seed(seed)
    }

    /// The same by the reference generator.
    fn reference(advance: impl Fn(&mut Xoshiro256PlusPlus)) -> [u64; LANES] {
        let state = lanes_of(STREAM);
        core::array::from_fn(|l| {
            let mut lane = lane(&state, l);
            advance(&mut lane);
            lane.next_u64()
        })
    }

    #[test]
    fn a_jump_is_that_of_the_reference() {
        for level in Level::available() {
            for n in [1, 2, 15, 16, 17, 300] {
                let expected = reference(|lane| (0..n).for_each(|_| lane.jump()));
                assert_eq!(simd::dispatch(level, Moved(Jumps(n))), expected, "{level} {n}");
                assert_eq!(simd::dispatch(level, Moved(Seek(n, 0))), expected, "{level} {n}");
            }
        }
    }

    #[test]
    fn blocks_are_256_steps_apart() {
        for level in Level::available() {
            for block in [1, 2, 31] {
                let expected = reference(|lane| {
                    lane.jump();
                    for _ in 0..block * BLOCK_STEPS {
                        lane.next_u64();
                    }
                });
                assert_eq!(simd::dispatch(level, Moved(Seek(1, block))), expected);
            }
        }
    }

    #[test]
    fn chunk_distances_multiply() {
        // 2^64 jumps of 2^128 steps are a long jump of 2^192: beyond the last chunk, one digit
        // at a time.
        let last = CHUNKS[11][15];
        let sixteenth = multiply(last, CHUNKS[11][1]);
        let mut power = sixteenth; // 2^48 jumps
        for _ in 48..64 {
            power = multiply(power, power);
        }
        assert_eq!(power, x_to_power_of_two(192));
        let expected = reference(Xoshiro256PlusPlus::long_jump);
        struct ByPoly(Poly);
        impl Move for ByPoly {
            fn apply<S: Simd>(&self, s: S, lanes: &mut Lanes<S>) {
                apply(s, lanes, &self.0);
            }
        }
        assert_eq!(simd::dispatch(Level::Portable, Moved(ByPoly(power))), expected);
    }

    /// The minimal polynomial of a bit sequence by Berlekamp and Massey, as coefficients of the
    /// recurrence from the newest bit on.
    fn minimal_polynomial(bits: &[bool]) -> Vec<bool> {
        let (mut c, mut b) = (vec![true], vec![true]);
        let (mut len, mut since) = (0, 1);
        for n in 0..bits.len() {
            let wrong =
                (0..=len).fold(false, |sum, i| sum ^ (c.get(i) == Some(&true) && bits[n - i]));
            if !wrong {
                since += 1;
                continue;
            }
            let before = c.clone();
            c.resize(c.len().max(b.len() + since), false);
            for (i, bit) in b.iter().enumerate() {
                c[i + since] ^= bit;
            }
            if 2 * len <= n {
                (len, b, since) = (n + 1 - len, before, 1);
            } else {
                since += 1;
            }
        }
        c.resize(len + 1, false);
        c
    }

    #[test]
    fn the_modulus_is_the_minimal_polynomial() {
        // Bit 0 of word 0 of the state: the output of a generator whose state is known.
        let mut state = [1u64, 2, 3, 4];
        let bits: Vec<bool> = (0..600)
            .map(|_| {
                let bit = state[0] & 1 == 1;
                let t = state[1] << 17;
                state[2] ^= state[0];
                state[3] ^= state[1];
                state[1] ^= state[2];
                state[0] ^= state[3];
                state[2] ^= t;
                state[3] = state[3].rotate_left(45);
                bit
            })
            .collect();
        let polynomial = minimal_polynomial(&bits);
        assert_eq!(polynomial.len(), 257);
        for i in 0..256 {
            assert_eq!(MODULUS[i / 64] >> (i % 64) & 1 == 1, polynomial[256 - i], "{i}");
        }
    }
}

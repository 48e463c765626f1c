//! Jumps: how to reach any chunk and block without running through the ones before it.
//!
//! One step of xoshiro256 is a linear map over GF(2) with the characteristic polynomial `P`. To
//! advance by `n` steps, apply the polynomial `x^n mod P` to the state: the sum of the states
//! after `i` steps over the coefficients `i` that are set. Polynomials of the distances that
//! occur are made at compile time and multiplied here (Haramoto, Matsumoto, Nishimura, Panneton
//! and L'Ecuyer, 2008, "Efficient jump ahead for F2-linear random number generators").

use crate::format::{BLOCK_STEPS, CHUNK_BLOCKS};
use crate::simd::{Int, Simd};
use crate::xoshiro::Lanes;

/// A polynomial over GF(2) of degree below 256; bit `i % 64` of word `i / 64` is coefficient `i`.
type Poly = [u64; 4];

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
    let digits = (0..).zip(&CHUNKS).map(|(k, unit)| &unit[(chunk >> (4 * k) & 15) as usize]);
    let factors = digits.chain([&BLOCKS[block]]);
    let distance = factors.filter(|f| **f != ONE).copied().reduce(multiply);
    if let Some(distance) = distance {
        apply(s, lanes, &distance);
    }
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

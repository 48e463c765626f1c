//! Logarithm and exponential with the same bits everywhere: `+ - * /` only, no fused operation.
//!
//! The platform's own functions differ in their last bits between processors and systems.

use core::f64::consts::{LN_2, LOG2_E};

use super::real::Real;
use crate::scalar::Xoshiro256PlusPlus;
use crate::simd::{Float, Int, Simd};

/// Returns the natural logarithm of a positive normal number, within 2 ulp.
///
/// `x = 2^e m` with `m` in `[sqrt(1/2), sqrt(2))`, and `ln m = 2 artanh((m - 1) / (m + 1))` by its
/// series, whose first omitted term is below 2^-58 of the sum.
pub(crate) fn ln(x: f64) -> f64 {
    let bits = x.to_bits().wrapping_sub(SQRT_HALF);
    let e = (bits as i64 >> 52) as f64;
    let m = f64::from_bits((bits & ((1 << 52) - 1)).wrapping_add(SQRT_HALF));
    let f = m - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let mut tail = 0.0;
    let mut k = 23.0;
    while k > 2.0 {
        tail = (tail + 2.0 / k) * z;
        k -= 2.0;
    }
    // ln(1 + f) = f - s (f - tail): exact f carries the leading digits.
    let high = e * LN_2_HIGH;
    high + (f - (s * (f - tail) - e * LN_2_LOW))
}

/// The bits of `sqrt(1/2)`.
pub(crate) const SQRT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;

/// `ln 2` in two parts; a product of the first and an exponent is exact.
pub(crate) const LN_2_HIGH: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
pub(crate) const LN_2_LOW: f64 = f64::from_bits(0x3dea_39ef_3579_3c76);

/// Returns the exponential of a number in `[-700, 0]`, within 2 ulp; of smaller numbers, 0.
pub(crate) fn exp(x: f64) -> f64 {
    if x < -700.0 {
        return 0.0;
    }
    let n = (x * LOG2_E + ROUND) - ROUND;
    let r = (x - n * LN_2_HIGH) - n * LN_2_LOW;
    let mut sum = 1.0;
    let mut k = 14.0;
    while k > 0.0 {
        sum = 1.0 + sum * r / k;
        k -= 1.0;
    }
    sum * f64::from_bits(((n + 1023.0 + ROUND).to_bits() & 0x7ff) << 52)
}

/// Adding this number rounds a small one to an integer, which then is in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52

/// Returns an odd multiple of 2^-53 in (0, 1).
#[inline]
pub(crate) fn open_unit(rng: &mut Xoshiro256PlusPlus) -> f64 {
    const UNIT: f64 = 1.0 / (1u64 << 52) as f64;
    ((rng.next_u64() >> 12) as f64 + 0.5) * UNIT
}

/// What [`bell`] needs to know of a type.
pub trait Bell: Real {
    /// `1.5 * 2^m`, where `m` is the number of mantissa bits: adding it rounds to an integer.
    const ROUND: f64;
    /// Terms of the series of `2^r` that reach the type's precision.
    const TERMS: usize;

    /// Shifts integers to where the exponent is.
    fn to_exponent<S: Simd>(words: Self::Words<S>) -> Self::Words<S>;
}

impl Bell for f32 {
    const ROUND: f64 = 12_582_912.0;
    const TERMS: usize = 8;

    #[inline(always)]
    fn to_exponent<S: Simd>(words: S::U32) -> S::U32 {
        words.shl::<23>()
    }
}

impl Bell for f64 {
    const ROUND: f64 = ROUND;
    const TERMS: usize = 14;

    #[inline(always)]
    fn to_exponent<S: Simd>(words: S::U64) -> S::U64 {
        words.shl::<52>()
    }
}

/// Returns `exp(-x^2 / 2)` of numbers up to 4.3 in magnitude, with a relative error of at most 2^-19
/// in f32 (all of it from rounding `x^2`) and 2^-47 in f64.
#[inline(always)]
pub(crate) fn bell<R: Bell, S: Simd>(s: S, x: R::Vector<S>) -> R::Vector<S> {
    power_of_2::<R, S>(s, x * x * R::from_f64(-0.5 * LOG2_E).splat(s))
}

/// Where `exp_of_negative` ends, as a power of 2.
pub(crate) const LEAST_POWER: f64 = -120.0;

/// Returns `exp(-x)` of numbers that are not negative by more than rounding, as [`bell`] does; at most
/// 2^-120 where it is smaller.
#[inline(always)]
pub(crate) fn exp_of_negative<R: Bell, S: Simd>(s: S, x: R::Vector<S>) -> R::Vector<S> {
    let t = x * R::from_f64(-LOG2_E).splat(s);
    power_of_2::<R, S>(s, t.max(R::from_f64(LEAST_POWER).splat(s)))
}

/// Returns `2^t` of numbers whose power is a normal number.
#[inline(always)]
fn power_of_2<R: Bell, S: Simd>(s: S, t: R::Vector<S>) -> R::Vector<S> {
    // 2^t = 2^n 2^r with an integer n and r in [-1/2, 1/2]. Adding ROUND leaves n in the low bits of
    // the sum, where it can be shifted to the exponent.
    let round = R::from_f64(R::ROUND).splat(s);
    let shifted = t + round;
    let r = t - (shifted - round);
    let (highest, lower) = POWERS_OF_LN_2[..R::TERMS].split_last().expect("some terms");
    let mut sum = R::from_f64(*highest).splat(s);
    for term in lower.iter().rev() {
        sum = sum * r + R::from_f64(*term).splat(s);
    }
    let exponent = R::to_exponent::<S>(shifted.to_bits());
    R::Vector::<S>::from_bits(sum.to_bits() + exponent)
}

/// Entry `k` is `(ln 2)^k / k!`: the series of `2^r`, for `r` at most 1/2 in magnitude.
pub(crate) const POWERS_OF_LN_2: [f64; 14] = {
    let mut terms = [1.0; 14];
    let mut k = 1;
    while k < terms.len() {
        terms[k] = terms[k - 1] * LN_2 / k as f64;
        k += 1;
    }
    terms
};

#[cfg(test)]
mod tests;

//! Logarithm and exponential with the same bits everywhere: `+ - * /` only, no fused operation.
//!
//! The platform's own functions differ in their last bits between processors and systems.

use core::f64::consts::{LN_2, LOG2_E};

use crate::real::Real;
use crate::simd::{Float, Simd};

/// The natural logarithm of a positive normal number, within 2 ulp.
///
/// `x = 2^e m` with `m` in `[sqrt(1/2), sqrt(2))`, and `ln m = 2 artanh((m - 1) / (m + 1))` by its
/// series, whose first omitted term is below 2^-58 of the sum.
pub(crate) fn ln(x: f64) -> f64 {
    const SQRT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
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

/// `ln 2` in two parts; a product of the first and an exponent is exact.
const LN_2_HIGH: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
const LN_2_LOW: f64 = f64::from_bits(0x3dea_39ef_3579_3c76);

/// The exponential of a number in `[-700, 0]`, within 2 ulp; smaller numbers give 0.
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

/// Adding it rounds a small number to an integer, which then is in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52

/// `exp(-x^2 / 2)` of numbers up to 8 in magnitude: relative error at most 2^-19 in f32 (all of it
/// from rounding `x^2`), 2^-47 in f64.
#[inline(always)]
pub(crate) fn bell<R: Real, S: Simd>(s: S, x: R::Vector<S>) -> R::Vector<S> {
    let t = x * x * splat::<R, S>(s, -0.5 * LOG2_E);
    let round = splat::<R, S>(s, R::ROUND);
    let shifted = t + round;
    let r = t - (shifted - round);
    let (highest, lower) = POWERS_OF_LN_2[..R::TERMS].split_last().expect("some terms");
    let mut sum = splat::<R, S>(s, *highest);
    for term in lower.iter().rev() {
        sum = sum * r + splat::<R, S>(s, *term);
    }
    let exponent = R::to_exponent::<S>(shifted.to_bits());
    R::Vector::<S>::from_bits(sum.to_bits() + exponent)
}

#[inline(always)]
fn splat<R: Real, S: Simd>(s: S, value: f64) -> R::Vector<S> {
    R::Vector::<S>::splat(s, R::of(value))
}

/// Entry `k` is `(ln 2)^k / k!`: the series of `2^r`, for `r` at most 1/2 in magnitude.
const POWERS_OF_LN_2: [f64; 14] = {
    let mut terms = [1.0; 14];
    let mut k = 1;
    while k < terms.len() {
        terms[k] = terms[k - 1] * LN_2 / k as f64;
        k += 1;
    }
    terms
};

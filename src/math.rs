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

/// `exp(-x^2 / 2)` of numbers up to 4.3 in magnitude: relative error at most 2^-19 in f32 (all of it
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

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::simd::{self, Job, Level};

    /// The distance of two numbers in units in the last place of the second.
    pub(crate) fn ulps(actual: f64, expected: f64) -> f64 {
        ((actual - expected) / (expected.next_up() - expected)).abs()
    }

    /// Numbers spread over exponents and mantissas.
    fn numbers(count: usize) -> impl Iterator<Item = f64> {
        let mut words = vec![0; count];
        crate::Seed::from(1).stream("numbers").words_into(&mut words);
        words.into_iter().map(|w| f64::from_bits((w >> 12) | 1023 << 52) - 1.0)
    }

    #[test]
    fn ln_is_within_its_bound() {
        let edges = [1.0, 2.0, 0.5, core::f64::consts::SQRT_2, 1e-300, 1e300, f64::MIN_POSITIVE];
        let near_1 = [1.0_f64.next_up(), 1.0_f64.next_down(), 1.0 - 2_f64.powi(-53)];
        let spread = numbers(100_000).flat_map(|u| [u, 1.0 - u * 1e-6, 1.0 + u, u * 1e200]);
        for x in edges.into_iter().chain(near_1).chain(spread).filter(|x| *x > 0.0) {
            assert!(ulps(ln(x), x.ln()) <= 3.0, "ln {x} is {} for {}", ln(x), x.ln());
        }
        assert_eq!(ln(1.0), 0.0);
    }

    #[test]
    fn exp_is_within_its_bound() {
        for x in numbers(100_000).flat_map(|u| [-u, -u * 1e-9, -u * 40.0, -u * 700.0]) {
            assert!(ulps(exp(x), x.exp()) <= 3.0, "exp {x} is {} for {}", exp(x), x.exp());
        }
        assert_eq!((exp(0.0), exp(-701.0)), (1.0, 0.0));
    }

    /// The function at 16 numbers.
    pub(crate) struct Bell<R>(pub(crate) [R; 16]);

    impl<R: Real> Job for Bell<R> {
        type Output = [R; 16];
        #[inline(always)]
        fn run<S: Simd>(self, s: S) -> [R; 16] {
            let mut values = [R::default(); 16];
            bell::<R, S>(s, R::Vector::<S>::load(s, &self.0)).store(&mut values);
            values
        }
    }

    fn bell_is_within<R: Real>(bound: f64) {
        for x in numbers(20_000).flat_map(|u| [u * 4.3, -u * 4.3, u * 1e-3]) {
            let x = R::of(x);
            let value = simd::dispatch(Level::Portable, Bell([x; 16]))[0].to_f64();
            let expected = (-0.5 * x.to_f64() * x.to_f64()).exp();
            assert!((value / expected - 1.0).abs() < bound, "bell {x:?} is {value}");
        }
    }

    #[test]
    fn bell_is_within_its_bounds() {
        bell_is_within::<f32>(2_f64.powi(-19));
        bell_is_within::<f64>(2_f64.powi(-47));
    }
}

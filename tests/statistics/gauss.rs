//! The normal distribution by integrals of its own: without loss far out in a tail.

use core::f64::consts::{FRAC_PI_2, SQRT_2};

use statrs::function::erf::{erf, erfc};

/// The area under `exp(-t^2 / 2)` beyond `x`, divided by `exp(-x^2 / 2)`: Mills' ratio.
fn mills(x: f64) -> f64 {
    if x < 5.0 {
        return FRAC_PI_2.sqrt() * erfc(x / SQRT_2) * (0.5 * x * x).exp();
    }
    (1..=200).rev().fold(x, |sum, k| x + f64::from(k) / sum).recip()
}

/// `P(X > x)` for `x` not too far out.
pub fn above(x: f64) -> f64 {
    0.5 * erfc(x / SQRT_2)
}

/// `P(|X| < x)`.
pub fn within(x: f64) -> f64 {
    erf(x / SQRT_2)
}

/// `P(X > x | X > a)` for `x >= a`, both of any size.
pub fn above_given(x: f64, a: f64) -> f64 {
    if a < 0.0 {
        return above(x) / above(a);
    }
    if x == f64::INFINITY { 0.0 } else { (0.5 * (a - x) * (a + x)).exp() * mills(x) / mills(a) }
}

/// `P(X < x | a < X < b)` where `a + b >= 0`.
pub fn below_given(x: f64, a: f64, b: f64) -> f64 {
    if a < 0.0 {
        return (within(-a) + x.signum() * within(x.abs())) / (within(-a) + within(b.min(99.0)));
    }
    (1.0 - above_given(x, a)) / (1.0 - above_given(b, a))
}

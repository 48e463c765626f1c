//! Numbers of 60 digits, and the functions of them that the layers need.

use dashu_float::FBig;
use dashu_float::round::mode::HalfEven;

/// A number of 200 bits, which are 60 digits.
pub type Real = FBig<HalfEven, 2>;

const BITS: usize = 200;

/// Converts an f64, exactly.
pub fn real(x: f64) -> Real {
    Real::try_from(x).expect("a finite number").with_precision(BITS).value()
}

/// Rounds to the nearest f64.
pub fn nearest(x: &Real) -> f64 {
    x.to_f64().value()
}

/// The density of the normal distribution, scaled to 1 at 0.
pub fn bell(x: &Real) -> Real {
    (x.sqr() * real(-0.5)).exp()
}

/// Where the density is `y`; 0 where it is nowhere as high.
pub fn inverse(y: &Real) -> Real {
    if *y < real(1.0) { (y.ln() * real(-2.0)).sqrt() } else { real(0.0) }
}

/// The area beyond `x`, which is at least 3, divided by the density there: Mills' ratio, by the
/// continued fraction of Laplace.
pub fn mills(x: &Real) -> Real {
    const TERMS: u32 = 300; // The error is about exp(-2 x sqrt(2 TERMS)), below 10^-60.
    (1..TERMS).rev().fold(x.clone(), |sum, k| x + real(k.into()) / sum).inv()
}

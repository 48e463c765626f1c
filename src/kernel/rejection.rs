//! The kernel of truncated normal distributions that no ziggurat fits: a candidate at a time.
//!
//! Candidates come from side stream 0, lane 0, of the block: uniform where the density changes by
//! less than a factor of four or so, else exponential with the optimal rate (Christian Robert, 1995,
//! "Simulation of truncated normal variables"), both measured from the bound nearer to the mean so
//! that no digit is lost far out in a tail. At least a third of the candidates are accepted, whatever
//! the bounds.

use core::mem::MaybeUninit;

use super::real::Real;
use super::{Interleave, Kernel, math};
use crate::generator::{BLOCK_STEPS, Lanes, scalar_side_of};
use crate::number::rounded;
use crate::scalar::Xoshiro256PlusPlus;
use crate::simd::Simd;

/// The standard normal distribution on `[a, a + width]`, with `a + width > |a|`: mirrored where the
/// interval is nearer to minus infinity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct OneByOne<R> {
    a: f64,
    width: f64,
    /// The value at `a`, and what one standard deviation beyond it adds.
    anchor: f64,
    step: f64,
    /// The rate of an exponential proposal and how far beyond `a` the rate is; `None` for a uniform
    /// proposal.
    rate: Option<(f64, f64)>,
    /// The first and the last value that may be returned.
    bounds: [R; 2],
}

impl<R: Real> OneByOne<R> {
    /// Prepares the interval `[a, b]` in standard deviations from the mean, `width` wide, which is
    /// `[low, high]` in values.
    pub(crate) fn new(
        std: f64,
        [a, b]: [f64; 2],
        width: f64,
        [low, high]: [f64; 2],
        bounds: [R; 2],
    ) -> Self {
        let (a, anchor, step) = if a + b < 0.0 { (-b, high, -std) } else { (a, low, std) };
        let exponential = a > 0.0 && width * (a + 0.5 * width) > 1.4;
        let rate = exponential.then(|| {
            let root = (a * a + 4.0).sqrt();
            (0.5 * (a + root), 2.0 / (a + root))
        });
        OneByOne { a, width, anchor, step, rate, bounds }
    }

    /// Proposes until a candidate is accepted.
    fn sample(&self, rng: &mut Xoshiro256PlusPlus) -> R {
        loop {
            let (beyond, log_density) = match self.rate {
                Some((rate, ahead)) => {
                    let beyond = -math::ln(math::open_unit(rng)) / rate;
                    let from_rate = beyond - ahead;
                    (beyond, -0.5 * from_rate * from_rate)
                }
                None => {
                    let beyond = math::open_unit(rng) * self.width;
                    let nearest = self.a.max(0.0);
                    // Not by `a + beyond`, which is `a` where that is large.
                    let off = (self.a - nearest) + beyond;
                    (beyond, -0.5 * off * (off + 2.0 * nearest))
                }
            };
            if is_below_exp(math::open_unit(rng), log_density) && beyond < self.width {
                let value = rounded::<R>(self.anchor + self.step * beyond);
                let [low, high] = self.bounds;
                return if value < low {
                    low
                } else if value > high {
                    high
                } else {
                    value
                };
            }
        }
    }
}

/// Whether `u < exp(x)` for positive `u` and `x <= 0`. The partial sums of the exponential series are
/// alternately above and below it, and mostly settle the comparison without the exponential.
fn is_below_exp(u: f64, x: f64) -> bool {
    // More than all roundings, so that the answer is always that of `math::exp`.
    const MARGIN: f64 = 1e-14;
    let below = 1.0 + x * (1.0 + x * (1.0 / 2.0 + x * (1.0 / 6.0)));
    let above = below + x * x * (x * x) * (1.0 / 24.0);
    u < below - MARGIN || u < above + MARGIN && u < math::exp(x)
}

#[expect(unsafe_code, reason = "the trait's promise")]
// SAFETY: the loop writes each element of `out`.
unsafe impl<R: Real> Kernel<R> for OneByOne<R> {
    #[inline(always)]
    fn fill_block<S: Simd>(
        &self,
        _: S,
        lanes: &mut Lanes<S>,
        out: &mut [MaybeUninit<R>],
        _: &mut impl Interleave,
    ) {
        let mut rng = scalar_side_of(&lanes.store(), 0);
        for out in out {
            out.write(self.sample(&mut rng));
        }
        for _ in 0..BLOCK_STEPS {
            lanes.step();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both partial sums meet the exponential near 0, further out one or none does.
    #[test]
    fn the_series_never_differs_from_the_exponential() {
        let exponents = core::iter::successors(Some(-1e-12), |x| Some(x * 1.02)).take(2000);
        for x in exponents.chain([0.0, -1e100, -1e200, f64::NEG_INFINITY]) {
            let e = math::exp(x);
            let near = [1e-16, 3e-16, 1e-15, 1e-13, 1e-6, 1e-3, 0.1, 0.5];
            let around = near.into_iter().flat_map(|off| [e - off, e, e + off]);
            for u in around.filter(|u| *u > 0.0) {
                assert_eq!(is_below_exp(u, x), u < e, "{u} and exp({x}) = {e}");
            }
        }
    }
}

//! The kernel of the uniform distribution: `low + scale d`, for an integer `d` of 24 (f64: 53)
//! random bits.

use core::mem::MaybeUninit;

use super::real::Real;
use super::{Interleave, Kernel};
use crate::generator::Lanes;
use crate::number::{at_least, below};
use crate::simd::{Float, Simd, WIDEST};
use crate::uninit;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct UniformKernel<R> {
    low: R,
    /// The factor of the integer.
    scale: R,
    /// What the product is multiplied by: 1, but for intervals so narrow that the factor of the
    /// integer would be subnormal and lose digits. Their `scale` is too large by a power of two, and
    /// this takes it back.
    shrink: R,
}

impl<R: Real> UniformKernel<R> {
    /// Takes values from `[low, high)`, whose ends differ.
    pub(crate) fn new(low: f64, high: f64) -> Self {
        let (first, last): (R, R) = (at_least(low), below(high));
        let most = R::from_f64(1.0 / R::UNIT - 1.0);
        let one = R::from_f64(1.0);
        let is_narrow = R::from_f64((high - low) * R::UNIT) < R::LEAST_NORMAL;
        let shrink = if is_narrow { R::SHRINK } else { one };
        let scale = R::from_f64((high - low) * (R::UNIT / shrink.to_f64()));
        // Rounding may take the greatest value to `high`: no factor above this one keeps it below.
        let scale = largest(scale, |scale| first + scale * most * shrink <= last);
        UniformKernel { low: first, scale, shrink }
    }

    /// Gives every element the same value.
    pub(crate) fn constant(value: R) -> Self {
        UniformKernel { low: value, scale: R::default(), shrink: R::from_f64(1.0) }
    }

    /// Returns the values of random integers.
    #[inline(always)]
    pub(super) fn values<S: Simd, const NARROW: bool>(
        &self,
        s: S,
        digits: R::Vector<S>,
    ) -> R::Vector<S> {
        let product = digits * self.scale.splat(s);
        // Not by a power of two of the sum: a small negative sum would be rounded to -0.
        let product = if NARROW { product * self.shrink.splat(s) } else { product };
        product + self.low.splat(s)
    }

    #[inline(always)]
    fn fill<S: Simd, const NARROW: bool>(
        self,
        s: S,
        lanes: &mut Lanes<S>,
        out: &mut [MaybeUninit<R>],
        interleaved: &mut impl Interleave,
    ) {
        let mut vectors = out.chunks_exact_mut(R::LANES);
        for out in &mut vectors {
            interleaved.step(s);
            let digits = R::digits::<S>(R::draw(lanes));
            self.values::<S, NARROW>(s, digits).store_uninit(out);
        }
        let rest = vectors.into_remainder();
        if !rest.is_empty() {
            let mut values = [R::default(); WIDEST];
            let digits = R::digits::<S>(R::draw(lanes));
            self.values::<S, NARROW>(s, digits).store(&mut values);
            uninit::write(rest, &values[..rest.len()]);
        }
    }
}

/// Returns the largest number in `[0, most]` for which `holds` is true, by bisection; `holds` must be
/// true up to some number and false above it. Returns 0 if it is never true.
pub(crate) fn largest<R: Real>(most: R, holds: impl Fn(R) -> bool) -> R {
    if holds(most) {
        return most;
    }
    let (mut inside, mut outside) = (R::default(), most);
    loop {
        let middle = R::from_f64((inside.to_f64() + outside.to_f64()) / 2.0);
        if middle <= inside || middle >= outside {
            return inside;
        }
        *(if holds(middle) { &mut inside } else { &mut outside }) = middle;
    }
}

#[expect(unsafe_code, reason = "the trait's promise")]
// SAFETY: `fill` writes the whole vectors and the remainder, which are all of `out`.
unsafe impl<R: Real> Kernel<R> for UniformKernel<R> {
    #[inline(always)]
    fn fill_block<S: Simd>(
        &self,
        s: S,
        lanes: &mut Lanes<S>,
        out: &mut [MaybeUninit<R>],
        interleaved: &mut impl Interleave,
    ) {
        if self.shrink < R::from_f64(1.0) {
            self.fill::<S, true>(s, lanes, out, interleaved);
        } else {
            self.fill::<S, false>(s, lanes, out, interleaved);
        }
    }
}

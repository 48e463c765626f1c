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
}

impl<R: Real> UniformKernel<R> {
    /// Takes values from `[low, high)`, whose ends differ.
    pub(crate) fn new(low: f64, high: f64) -> Self {
        let (first, last): (R, R) = (at_least(low), below(high));
        // Adding zero takes the sign off a negative zero.
        let first = first + R::default();
        let most = R::from_f64(1.0 / R::UNIT - 1.0);
        let scale = R::from_f64((high - low) * R::UNIT);
        // Rounding may take the greatest value to `high`: no factor above this one keeps it below.
        let scale = largest(scale, |scale| first + scale * most <= last);
        UniformKernel { low: first, scale }
    }

    /// Gives every element the same value.
    pub(crate) fn constant(value: R) -> Self {
        UniformKernel { low: value, scale: R::default() }
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
// SAFETY: the whole vectors and the remainder are all of `out`.
unsafe impl<R: Real> Kernel<R> for UniformKernel<R> {
    #[inline(always)]
    fn fill_block<S: Simd>(
        &self,
        s: S,
        lanes: &mut Lanes<S>,
        out: &mut [MaybeUninit<R>],
        interleaved: &mut impl Interleave,
    ) {
        let (low, scale) = (self.low.splat(s), self.scale.splat(s));
        let mut vectors = out.chunks_exact_mut(R::LANES);
        for out in &mut vectors {
            interleaved.step(s);
            let digits = R::digits::<S>(R::draw(lanes));
            (digits * scale + low).store_uninit(out);
        }
        let rest = vectors.into_remainder();
        if !rest.is_empty() {
            let mut values = [R::default(); WIDEST];
            (R::digits::<S>(R::draw(lanes)) * scale + low).store(&mut values);
            uninit::write(rest, &values[..rest.len()]);
        }
    }
}

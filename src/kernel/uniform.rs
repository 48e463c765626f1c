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
    pub(crate) low: R,
    /// The factor of the integer.
    pub(crate) scale: R,
    /// What a second pass does, for intervals so narrow that the factor would be subnormal, with
    /// digits lost. Theirs is too large by a power of two, and `low` is 0.
    pub(crate) narrow: Option<Narrow<R>>,
}

/// The second pass over the values of narrow intervals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Narrow<R> {
    pub(crate) low: R,
    /// The inverse of the power of two.
    pub(crate) shrink: R,
}

impl<R: Real> UniformKernel<R> {
    /// Takes values from `[low, high)`, whose ends differ.
    pub(crate) fn new(low: f64, high: f64) -> Self {
        let (first, last): (R, R) = (at_least(low), below(high));
        let most = R::from_f64(1.0 / R::UNIT - 1.0);
        let scale = R::from_f64((high - low) * R::UNIT);
        // Rounding may take the greatest value to `high`: no factor above this one keeps it below.
        if scale >= R::LEAST_NORMAL {
            let scale = largest(scale, |scale| first + scale * most <= last);
            return UniformKernel { low: first, scale, narrow: None };
        }
        let narrow = Narrow { low: first, shrink: R::SHRINK };
        let scale = R::from_f64((high - low) * (R::UNIT / R::SHRINK.to_f64()));
        let scale = largest(scale, |scale| narrow.value(scale * most) <= last);
        UniformKernel { low: R::default(), scale, narrow: Some(narrow) }
    }

    /// Gives every element the same value.
    pub(crate) fn constant(value: R) -> Self {
        UniformKernel { low: value, scale: R::default(), narrow: None }
    }

    /// Returns the values of random integers, as the first pass does.
    #[inline(always)]
    pub(crate) fn values<S: Simd>(&self, s: S, digits: R::Vector<S>) -> R::Vector<S> {
        digits * self.scale.splat(s) + self.low.splat(s)
    }

    /// Makes the values of the first pass those of the interval.
    #[inline(always)]
    pub(super) fn finish(&self, values: &mut [R]) {
        if let Some(narrow) = self.narrow {
            for value in values {
                *value = narrow.value(*value);
            }
        }
    }
}

impl<R: Real> Narrow<R> {
    #[inline(always)]
    fn value(&self, large: R) -> R {
        // Not `low` before the power of two: a small negative sum would be rounded to -0.
        large * self.shrink + self.low
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
        // A copy: what is behind a reference would be loaded again after every store.
        let kernel = *self;
        let mut vectors = out.chunks_exact_mut(R::LANES);
        for out in &mut vectors {
            interleaved.step(s);
            let digits = R::digits::<S>(R::draw(lanes));
            kernel.values(s, digits).store_uninit(out);
        }
        let rest = vectors.into_remainder();
        if !rest.is_empty() {
            let mut values = [R::default(); WIDEST];
            kernel.values(s, R::digits::<S>(R::draw(lanes))).store(&mut values);
            uninit::write(rest, &values[..rest.len()]);
        }
        // SAFETY: every element of `out` is written.
        kernel.finish(unsafe { uninit::assume_init(out) });
    }
}

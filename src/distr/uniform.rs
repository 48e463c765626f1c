//! The uniform law on a half-open interval.

use core::mem::MaybeUninit;

use super::{FillUninit, finite, in_range};
use crate::drain::Beside;
use crate::element::{self, Element};
use crate::error::Error;
use crate::fill::{self, Exec, Kernel};
use crate::real::Real;
use crate::simd::{Float, FloatEnv, Simd};
use crate::stream::Stream;
use crate::uninit;
use crate::xoshiro::Lanes;

/// The uniform law on `[low, high)`: `low + (high - low) u`, with `u` a multiple of 2^-24 in
/// `[0, 1)` (of 2^-53 for f64).
///
/// `high` is never returned and no value leaves the interval, in any element type: where rounding
/// would reach `high`, the factor of `u` is the largest with which it does not. Where `low` equals
/// `high`, every value is `low`.
///
/// # Reproducibility
///
/// f32, f16 and bf16 spend 32 random bits an element, f64 spends 64.
///
/// ```
/// use seedbed::{Sample, Seed, Uniform};
/// # fn main() -> Result<(), seedbed::Error> {
/// let law = Uniform::new(-0.05, 0.05)?;
/// let mut weights = [0f32; 1000];
/// law.sample_into(&mut weights, &Seed::from(42).stream("fc.weight"));
/// assert!(weights.iter().all(|w| (-0.05..0.05).contains(w)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Uniform<T: Element> {
    kernel: UniformKernel<T::Real>,
    /// The first and the last element of the interval.
    bounds: [T::Real; 2],
}

impl<T: Element> Uniform<T> {
    /// The law on `[low, high)`.
    ///
    /// # Errors
    ///
    /// [`Error::NonFinite`] if a bound is NaN or infinite, [`Error::OutOfRange`] if `low` is above
    /// `high`, [`Error::Overflow`] if a bound or `high - low` exceeds the numbers of the element
    /// type, [`Error::EmptyInterval`] if no number of the element type is in the interval.
    pub fn new(low: f64, high: f64) -> Result<Self, Error> {
        let _env = FloatEnv::default_state();
        let (low, high) = (finite("low", low)?, finite("high", high)?);
        if low > high {
            let expected = "at least low";
            return Err(Error::OutOfRange { parameter: "high", value: high, expected });
        }
        in_range::<T>("low", low)?;
        in_range::<T>("high", high)?;
        in_range::<T::Real>("high - low", high - low)?;
        let zero = T::Real::default();
        if low == high {
            // Adding zero takes the sign off a negative zero.
            let value = T::Real::of(T::round(low).to_f64()) + zero;
            let kernel = UniformKernel { low: value, scale: zero };
            return Ok(Uniform { kernel, bounds: [value; 2] });
        }
        let (first, last): (T, T) = (element::at_least(low), element::below(high));
        if first > last {
            return Err(Error::EmptyInterval { low, high, element: T::NAME });
        }
        let bounds = [first, last].map(|b| T::Real::of(b.to_f64()) + zero);
        Ok(Uniform { kernel: UniformKernel::new(low, high), bounds })
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct UniformKernel<R> {
    low: R,
    /// What is multiplied with the integer digits of `u`.
    scale: R,
}

impl<R: Real> UniformKernel<R> {
    fn new(low: f64, high: f64) -> Self {
        let (first, last): (R, R) = (element::at_least(low), element::below(high));
        let first = first + R::default();
        let most = R::of(1.0 / R::UNIT - 1.0);
        let scale = R::of((high - low) * R::UNIT);
        let scale = super::largest(scale, |scale| first + scale * most <= last);
        UniformKernel { low: first, scale }
    }
}

impl<R: Real> Kernel<R> for UniformKernel<R> {
    #[inline(always)]
    fn fill_block<S: Simd>(
        &self,
        s: S,
        lanes: &mut Lanes<S>,
        out: &mut [MaybeUninit<R>],
        beside: &mut impl Beside,
    ) {
        let low = R::Vector::<S>::splat(s, self.low);
        let scale = R::Vector::<S>::splat(s, self.scale);
        let mut vectors = out.chunks_exact_mut(R::LANES);
        for out in &mut vectors {
            beside.step(s);
            let digits = R::digits::<S>(R::draw(lanes));
            (digits * scale + low).store_uninit(out);
        }
        let rest = vectors.into_remainder();
        if !rest.is_empty() {
            let mut values = [R::default(); 16];
            (R::digits::<S>(R::draw(lanes)) * scale + low).store(&mut values);
            uninit::write(rest, &values[..rest.len()]);
        }
    }
}

impl<T: Element> FillUninit<T> for Uniform<T> {
    fn fill_uninit(&self, out: &mut [MaybeUninit<T>], stream: &Stream, exec: Exec) {
        fill::fill(&self.kernel, self.bounds, out, stream, exec);
    }
}

//! The uniform distribution on a half-open interval.

use core::mem::MaybeUninit;

use super::FillUninit;
use crate::check::{finite, in_range};
use crate::element::Element;
use crate::error::ParameterError;
use crate::fill::{self, Exec};
use crate::kernel::uniform::UniformKernel;
use crate::number::{Number, at_least, below, rounded};
use crate::simd::FloatEnv;
use crate::stream::Stream;

/// The uniform distribution on `[low, high)`: `low + (high - low) u`, with `u` a multiple of 2^-24 in
/// `[0, 1)` (of 2^-53 for f64), down to the resolution of the element type, however narrow the
/// interval.
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
/// let uniform = Uniform::new(-0.05, 0.05)?;
/// let mut weights = [0f32; 1000];
/// uniform.sample_into(&mut weights, &Seed::from(42).stream("fc.weight"));
/// assert!(weights.iter().all(|w| (-0.05..0.05).contains(w)));
/// assert_eq!((uniform.low(), uniform.high(), uniform.mean()), (-0.05, 0.05, 0.0));
/// assert_eq!(uniform.std(), 0.1 / 12_f64.sqrt());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Uniform<T: Element> {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(crate) kernel: UniformKernel<T::Real>,
    /// The first and the last element of the interval.
    pub(crate) bounds: [T::Real; 2],
}

impl<T: Element> Uniform<T> {
    /// Returns the distribution on `[low, high)`.
    ///
    /// # Errors
    ///
    /// [`ParameterError::NonFinite`] if a bound is NaN or infinite, [`ParameterError::OutOfRange`] if
    /// `low` is above `high`, [`ParameterError::Overflow`] if a bound or `high - low` exceeds the
    /// numbers of the element type, [`ParameterError::EmptyInterval`] if no number of the element
    /// type is in the interval.
    pub fn new(low: f64, high: f64) -> Result<Self, ParameterError> {
        let _env = FloatEnv::default_state();
        let (low, high) = (finite("low", low)?, finite("high", high)?);
        if low > high {
            let expected = "at least low";
            return Err(ParameterError::OutOfRange {
                parameter: "high".into(),
                value: high,
                expected: expected.into(),
            });
        }
        in_range::<T>("low", low)?;
        in_range::<T>("high", high)?;
        in_range::<T::Real>("high - low", high - low)?;
        let computed = |bound: T| T::Real::from_f64(bound.to_f64());
        if low == high {
            let value = computed(rounded(low));
            let kernel = UniformKernel::constant(value);
            return Ok(Uniform { low, high, kernel, bounds: [value; 2] });
        }
        let (first, last): (T, T) = (at_least(low), below(high));
        if first > last {
            return Err(ParameterError::EmptyInterval { low, high, element: T::NAME });
        }
        let (kernel, bounds) = (UniformKernel::new(low, high), [first, last].map(computed));
        Ok(Uniform { low, high, kernel, bounds })
    }

    /// Returns the lower bound, which is a possible value.
    pub fn low(&self) -> f64 {
        self.low
    }

    /// Returns the upper bound, which is not a possible value unless it equals the lower.
    pub fn high(&self) -> f64 {
        self.high
    }

    /// Returns the mean.
    pub fn mean(&self) -> f64 {
        self.low + (self.high - self.low) / 2.0
    }

    /// Returns the standard deviation.
    pub fn std(&self) -> f64 {
        (self.high - self.low) / 12f64.sqrt()
    }
}

#[expect(unsafe_code, reason = "the trait's promise")]
// SAFETY: `fill` writes every element.
unsafe impl<T: Element> FillUninit<T> for Uniform<T> {
    fn fill_uninit(&self, out: &mut [MaybeUninit<T>], stream: &Stream, exec: Exec) {
        fill::fill(&self.kernel, self.bounds, out, stream, exec);
    }
}

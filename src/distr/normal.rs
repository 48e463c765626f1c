//! The normal distribution.

use core::mem::MaybeUninit;

use super::FillUninit;
use crate::check::{at_least_0, finite, in_range};
use crate::element::Element;
use crate::error::ParameterError;
use crate::fill::{self, Exec};
use crate::kernel::real::Real;
use crate::kernel::ziggurat::{Layered, NORMAL, Ziggurat};
use crate::number::rounded;
use crate::simd::FloatEnv;
use crate::stream::Stream;

/// The tail's sampler reaches 3.654 + 37 / 3.654 = 13.8 standard deviations.
pub(super) const MAX_SIGMAS: f64 = 14.0;

/// The normal distribution `N(mean, std^2)`, by a ziggurat with exact tails.
///
/// A value is `z std + mean` with `z` standard normal, symmetric about 0 and never 0; the largest
/// `|z|` that can occur is below [`Normal::MAX_SIGMAS`]. Where `std` is 0, every value is `mean`. Both
/// are rounded to f32 (f64 for f64): a `std` below the least normal number, 1.2e-38, to a multiple of
/// the least number, 1.4e-45.
///
/// In f32, `|z|` below 3.65 is one of 2^23 multiples of the width of one of 256 layers, at most 4.7e-7
/// apart (2^52 of 1,024 layers in f64). The share of an interval of length `d`, which holds a whole
/// number of them, is off by up to `4.7e-7 / d` of itself.
///
/// # Reproducibility
///
/// f32, f16 and bf16 spend 32 random bits an element, f64 spends 64; the 1.6 % of elements (0.4 % in
/// f64) that are not surely below the ziggurat's curve draw more from side streams of their block.
///
/// ```
/// use seedbed::{Normal, Sample, Seed};
/// # fn main() -> Result<(), seedbed::Error> {
/// let normal = Normal::new(0.0, 0.02)?;
/// let weights: Vec<f32> = normal.sample_vec(10_000, &Seed::from(42).stream("fc.weight"));
/// let mean = weights.iter().sum::<f32>() / 10_000.0;
/// assert!(mean.abs() < 5.0 * 0.02 / 100.0);
/// assert_eq!((normal.mean(), normal.std()), (0.0, 0.02));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normal<T: Element> {
    mean: f64,
    std: f64,
    /// `mean` and `std`, rounded.
    computed: [T::Real; 2],
}

impl<T: Element> Normal<T> {
    /// No value is further from the mean than this many standard deviations, except by rounding.
    pub const MAX_SIGMAS: f64 = MAX_SIGMAS;

    /// Returns the distribution of this mean and standard deviation.
    ///
    /// # Errors
    ///
    /// [`ParameterError::NonFinite`] if a parameter is NaN or infinite,
    /// [`ParameterError::OutOfRange`] if `std` is negative, [`ParameterError::Overflow`] if a value
    /// could exceed the numbers of the element type.
    pub fn new(mean: f64, std: f64) -> Result<Self, ParameterError> {
        let _env = FloatEnv::default_state();
        let (mean, std) = (finite("mean", mean)?, at_least_0("std", std)?);
        in_range::<T>("|mean| + 14 std", mean.abs() + Self::MAX_SIGMAS * std)?;
        Ok(Normal { mean, std, computed: [mean, std].map(rounded) })
    }

    /// Returns the mean.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Returns the standard deviation.
    pub fn std(&self) -> f64 {
        self.std
    }

    pub(crate) fn kernel(&self) -> Ziggurat<T::Real> {
        let [mean, std] = self.computed;
        let table = T::Real::table(&NORMAL);
        Ziggurat { table, end: T::Real::UNBOUNDED[1], mean, std, half: None }
    }
}

#[expect(unsafe_code, reason = "the trait's promise")]
// SAFETY: `fill` writes every element.
unsafe impl<T: Element> FillUninit<T> for Normal<T> {
    fn fill_uninit(&self, out: &mut [MaybeUninit<T>], stream: &Stream, exec: Exec) {
        fill::fill(&self.kernel(), T::Real::UNBOUNDED, out, stream, exec);
    }
}

//! The normal law.

use core::mem::MaybeUninit;

use super::ziggurat::Ziggurat;
use super::{FillUninit, finite, in_range, ziggurat_tables};
use crate::element::Element;
use crate::error::Error;
use crate::fill::{self, Exec};
use crate::real::Real;
use crate::simd::FloatEnv;
use crate::stream::Stream;

/// The tail's sampler reaches 3.654 + 37 / 3.654 = 13.8 standard deviations.
pub(crate) const MAX_SIGMAS: f64 = 14.0;

/// The normal law `N(mean, std^2)`, by a ziggurat with exact tails.
///
/// A value is `z std + mean` with `z` standard normal, symmetric about 0 and never 0; the largest
/// `|z|` that can occur is below [`Normal::MAX_SIGMAS`]. Where `std` is 0, every value is `mean`.
///
/// In f32, `|z|` below 3.65 is one of 2^23 multiples of the width of one of 256 layers, at most 4.7e-7
/// apart (2^52 of 1,024 layers in f64). The share of an interval of length `d`, which holds a whole number
/// of them, is off by up to `4.7e-7 / d` of itself.
///
/// # Reproducibility
///
/// f32, f16 and bf16 spend 32 random bits an element, f64 spends 64; the 1.6 % of elements (0.4 % in
/// f64) that are not surely below the ziggurat's curve draw more from side streams of their block.
///
/// ```
/// use seedbed::{Normal, Sample, Seed};
/// # fn main() -> Result<(), seedbed::Error> {
/// let law = Normal::new(0.0, 0.02)?;
/// let weights: Vec<f32> = law.sample_vec(10_000, &Seed::from(42).stream("fc.weight"));
/// let mean = weights.iter().sum::<f32>() / 10_000.0;
/// assert!(mean.abs() < 5.0 * 0.02 / 100.0);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normal<T: Element> {
    mean: T::Real,
    std: T::Real,
}

impl<T: Element> Normal<T> {
    /// No value is further from the mean than this many standard deviations, but for rounding.
    pub const MAX_SIGMAS: f64 = MAX_SIGMAS;

    /// The law with this mean and this standard deviation.
    ///
    /// # Errors
    ///
    /// [`Error::NonFinite`] if a parameter is NaN or infinite, [`Error::OutOfRange`] if `std` is
    /// negative, [`Error::Overflow`] if a value could exceed the numbers of the element type.
    pub fn new(mean: f64, std: f64) -> Result<Self, Error> {
        let _env = FloatEnv::default_state();
        let (mean, std) = (finite("mean", mean)?, finite("std", std)?);
        if std < 0.0 {
            return Err(Error::OutOfRange { parameter: "std", value: std, expected: "at least 0" });
        }
        in_range::<T>("|mean| + 14 std", mean.abs() + Self::MAX_SIGMAS * std)?;
        Ok(Normal { mean: T::Real::of(mean), std: T::Real::of(std) })
    }
}

impl<T: Element> FillUninit<T> for Normal<T> {
    fn fill_uninit(&self, out: &mut [MaybeUninit<T>], stream: &Stream, exec: Exec) {
        let all = [f64::NEG_INFINITY, f64::INFINITY].map(T::Real::of);
        let kernel = Ziggurat::<T::Real, false> {
            table: T::Real::table(&ziggurat_tables::NORMAL),
            window: all,
            mean: self.mean,
            std: self.std,
            bounds: all,
        };
        fill::fill(&kernel, all, out, stream, exec);
    }
}

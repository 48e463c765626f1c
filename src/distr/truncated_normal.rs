//! The normal distribution cut off at two bounds.
//!
//! Four ways to sample it, chosen by the bounds `a < b` in standard deviations from the mean:
//!
//! - `(-2, 2)` and `(-3, 3)`, the bounds that initializers use: ziggurats of their own, as fast as the
//!   normal distribution;
//! - bounds that cut nothing off: the normal distribution itself;
//! - the mean, and a bound that cuts nothing off: the normal distribution, folded;
//! - all others: strips, see [`crate::kernel::strips`].

use core::mem::MaybeUninit;

use super::FillUninit;
use super::normal::MAX_SIGMAS;
use super::theory;
use crate::check::{at_least_0, finite, in_range, not_nan};
use crate::element::Element;
use crate::error::ParameterError;
use crate::fill::{self, Exec};
use crate::kernel::real::Real;
use crate::kernel::strips::{Interval, Striped, Strips};
use crate::kernel::uniform::largest;
use crate::kernel::ziggurat::{Half, Layered, NORMAL, THREE_SIGMA, TWO_SIGMA, Table, Ziggurat};
use crate::number::{Number, above, below, rounded};
use crate::simd::FloatEnv;
use crate::stream::Stream;

/// The normal distribution of mean `mean` and standard deviation `std`, the parent, conditioned on
/// lying strictly between two bounds.
///
/// The bounds are given in standard deviations by [`new`](TruncatedNormal::new), as Keras and JAX
/// do, or as values by [`absolute`](TruncatedNormal::absolute), as PyTorch does. Either may be
/// infinite, both may be far out in the same tail: sampling takes bounded expected time and loses
/// no accuracy. No value is ever equal to a bound, in any element type. The standard deviation of
/// the values, [`std`](TruncatedNormal::std), is smaller than the parent's: by 0.8796 for bounds
/// of 2.
///
/// A value is made of 32 random bits in f32 (64 in f64) and accepted by 32 more, so none has a probability
/// below about 1e-15 (1e-24): between open bounds, the largest distance from the mean is 8 standard
/// deviations (10 in f64), or more where the bounds cut nothing off or leave a half.
///
/// Where the parent's standard deviation is 0, every value is `mean`, which must not be outside the
/// bounds.
///
/// # Reproducibility
///
/// f32, f16 and bf16 spend 32 random bits an element, f64 spends 64; rejected candidates draw more
/// from side streams of their block.
///
/// ```
/// use seedbed::{Sample, Seed, TruncatedNormal};
/// # fn main() -> Result<(), seedbed::Error> {
/// let truncated = TruncatedNormal::new(0.0, 0.02, -2.0, 2.0)?;
/// let weights: Vec<f32> = truncated.sample_vec(10_000, &Seed::from(42).stream("patch_embed"));
/// assert!(weights.iter().all(|w| w.abs() < 0.04));
/// assert!((truncated.std() - 0.8796 * 0.02).abs() < 1e-6);
///
/// // Bounds as values: the positive half of a distribution that is centred at 1.
/// let half = TruncatedNormal::<f32>::absolute(1.0, 0.5, 1.0, f64::INFINITY)?;
/// assert_eq!((half.low(), half.high()), (1.0, f64::INFINITY));
/// assert_eq!((half.parent_mean(), half.parent_std()), (1.0, 0.5));
/// assert!((half.mean() - 1.3989).abs() < 1e-4);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TruncatedNormal<T: Element> {
    parent: Parent,
    /// The first and the last element between the bounds.
    pub(crate) bounds: [T::Real; 2],
    method: Method<T::Real>,
}

/// The parameters as they were given.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Parent {
    mean: f64,
    std: f64,
    /// The bounds in standard deviations from the mean.
    sigmas: [f64; 2],
    /// The bounds as values.
    absolute: [f64; 2],
}

/// Which part of the normal distribution the layers of a ziggurat cover.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Layers {
    Whole,
    TwoSigma,
    ThreeSigma,
}

impl Layers {
    /// Returns the layers of an interval, if there are any.
    fn of(sigmas: [f64; 2]) -> Option<Self> {
        match sigmas {
            [-2.0, 2.0] => Some(Layers::TwoSigma),
            [-3.0, 3.0] => Some(Layers::ThreeSigma),
            [a, b] if a <= -MAX_SIGMAS && b >= MAX_SIGMAS => Some(Layers::Whole),
            _ => None,
        }
    }

    fn table<R: Layered>(self) -> &'static Table<R::Layers> {
        R::table(match self {
            Layers::Whole => &NORMAL,
            Layers::TwoSigma => &TWO_SIGMA,
            Layers::ThreeSigma => &THREE_SIGMA,
        })
    }

    /// Returns what is above the magnitude of all numbers, and the largest that they may have.
    fn end<R: Number>(self) -> [R; 2] {
        match self {
            Layers::Whole => [R::from_f64(MAX_SIGMAS); 2],
            Layers::TwoSigma => [R::from_f64(2.0), below(2.0)],
            Layers::ThreeSigma => [R::from_f64(3.0), below(3.0)],
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Method<R: Striped> {
    Constant(R),
    Ziggurat { layers: Layers, mean: R, std: R },
    Half { side: R, mean: R, std: R },
    Strips(Strips<R>),
}

/// A method, ready to fill blocks.
pub(crate) enum TruncatedKernel<R: Striped> {
    Constant(R),
    Ziggurat(Ziggurat<R>),
    Strips(Strips<R>),
}

impl<T: Element> TruncatedNormal<T> {
    /// Returns the distribution with bounds `low` and `high` in standard deviations from the mean.
    ///
    /// # Errors
    ///
    /// [`ParameterError::NonFinite`] if `mean` or `std` is NaN or infinite or a bound is NaN,
    /// [`ParameterError::OutOfRange`] if `std` is negative, if `std` is 0 and `mean` is outside the
    /// bounds, or if `low` is not below `high` by 1e-300 standard deviations,
    /// [`ParameterError::EmptyInterval`] if no number of the element type is
    /// between the bounds, [`ParameterError::Overflow`] if a value could exceed the numbers of the
    /// element type, or the distance of the nearer bound from `mean`, in standard deviations, those
    /// of f64.
    pub fn new(mean: f64, std: f64, low: f64, high: f64) -> Result<Self, ParameterError> {
        let _env = FloatEnv::default_state();
        check(mean, std, low, high)?;
        let absolute = |sigmas: f64| if std == 0.0 { mean } else { mean + sigmas * std };
        Self::build(mean, std, [low, high], high - low, [low, high].map(absolute))
    }

    /// Returns the distribution with the values `low` and `high` as bounds.
    ///
    /// # Errors
    ///
    /// As [`new`](TruncatedNormal::new).
    pub fn absolute(mean: f64, std: f64, low: f64, high: f64) -> Result<Self, ParameterError> {
        let _env = FloatEnv::default_state();
        check(mean, std, low, high)?;
        // Not the difference of the bounds in standard deviations, which is less accurate far from
        // the mean.
        let width = (high - low) / std;
        Self::build(mean, std, [low, high].map(|b| (b - mean) / std), width, [low, high])
    }

    fn build(
        mean: f64,
        std: f64,
        sigmas: [f64; 2],
        width: f64,
        absolute: [f64; 2],
    ) -> Result<Self, ParameterError> {
        let [low, high] = absolute;
        let parent = Parent { mean, std, sigmas, absolute };
        if std == 0.0 {
            if !(low..=high).contains(&mean) {
                let expected = "between low and high, as std is 0";
                return Err(ParameterError::OutOfRange {
                    parameter: "mean".into(),
                    value: mean,
                    expected: expected.into(),
                });
            }
            let value = rounded::<T>(in_range::<T>("mean", mean)?);
            let value = T::Real::from_f64(value.to_f64());
            let method = Method::Constant(value);
            return Ok(TruncatedNormal { parent, bounds: [value; 2], method });
        }
        let nearest = sigmas[0].max(-sigmas[1]).max(0.0);
        if nearest.is_infinite() {
            let quantity = "the distance of low and high from mean in standard deviations";
            return Err(ParameterError::Overflow {
                quantity: quantity.into(),
                value: nearest,
                element: "f64",
            });
        }
        if width < 1e-300 {
            let expected = "at least 1e-300 std above low";
            return Err(ParameterError::OutOfRange {
                parameter: "high".into(),
                value: high,
                expected: expected.into(),
            });
        }
        let reach = MAX_SIGMAS + nearest;
        in_range::<T>("low", low.max(mean - reach * std))?;
        in_range::<T>("high", high.min(mean + reach * std))?;
        let (first, last): (T, T) = (above(low), below(high));
        if first.partial_cmp(&last).is_none_or(core::cmp::Ordering::is_gt) {
            return Err(ParameterError::EmptyInterval { low, high, element: T::NAME });
        }
        let bounds = [first, last].map(|b| T::Real::from_f64(b.to_f64()));
        let method = Method::choose(mean, std, sigmas, width, absolute);
        Ok(TruncatedNormal { parent, bounds, method })
    }

    /// Returns the mean of the parent distribution.
    pub fn parent_mean(&self) -> f64 {
        self.parent.mean
    }

    /// Returns the standard deviation of the parent distribution.
    pub fn parent_std(&self) -> f64 {
        self.parent.std
    }

    /// Returns the lower bound, below all values.
    pub fn low(&self) -> f64 {
        self.parent.absolute[0]
    }

    /// Returns the upper bound, above all values.
    pub fn high(&self) -> f64 {
        self.parent.absolute[1]
    }

    /// Returns the mean of the values, by numerical integration to ten digits.
    pub fn mean(&self) -> f64 {
        let Parent { mean, std, sigmas, .. } = self.parent;
        if std == 0.0 { mean } else { mean + std * theory::moments(sigmas).mean }
    }

    /// Returns the standard deviation of the values, by numerical integration to ten digits.
    pub fn std(&self) -> f64 {
        let Parent { std, sigmas, .. } = self.parent;
        if std == 0.0 { 0.0 } else { std * theory::moments(sigmas).std }
    }

    /// Returns the bounds in standard deviations from the parent's mean.
    pub(super) fn sigmas(&self) -> [f64; 2] {
        self.parent.sigmas
    }

    pub(crate) fn kernel(&self) -> TruncatedKernel<T::Real> {
        match self.method {
            Method::Constant(value) => TruncatedKernel::Constant(value),
            Method::Ziggurat { layers, mean, std } => {
                let [end, _] = layers.end();
                let table = layers.table::<T::Real>();
                TruncatedKernel::Ziggurat(Ziggurat { table, end, mean, std, half: None })
            }
            Method::Half { side, mean, std } => {
                let (table, end) = (T::Real::table(&NORMAL), T::Real::from_f64(MAX_SIGMAS));
                let half = Some(Half { mean, side, bounds: self.bounds });
                let mean = T::Real::default();
                TruncatedKernel::Ziggurat(Ziggurat { table, end, mean, std, half })
            }
            Method::Strips(strips) => TruncatedKernel::Strips(strips),
        }
    }
}

fn check(mean: f64, std: f64, low: f64, high: f64) -> Result<(), ParameterError> {
    finite("mean", mean)?;
    at_least_0("std", std)?;
    not_nan("low", low)?;
    not_nan("high", high)?;
    if low >= high {
        let expected = "above low";
        return Err(ParameterError::OutOfRange {
            parameter: "high".into(),
            value: high,
            expected: expected.into(),
        });
    }
    Ok(())
}

impl<R: Striped> Method<R> {
    fn choose(mean: f64, std: f64, sigmas: [f64; 2], width: f64, absolute: [f64; 2]) -> Self {
        let bounds = [above(absolute[0]), below(absolute[1])];
        let (centre, rounded_std) = (rounded(mean), R::from_f64(std));
        // A subnormal standard deviation has lost digits.
        if rounded_std >= R::LEAST_NORMAL {
            // Next to a bound the mean may be rounded to it, or past it.
            let between = bounds[0] <= centre && centre <= bounds[1];
            if let Some(layers) = Layers::of(sigmas).filter(|_| between) {
                let [_, largest] = layers.end();
                let std = held(centre, rounded_std, largest, bounds);
                return Method::Ziggurat { layers, mean: centre, std };
            }
            let side = match sigmas {
                [0.0, b] if b >= MAX_SIGMAS => Some(1.0),
                [a, 0.0] if a <= -MAX_SIGMAS => Some(-1.0),
                _ => None,
            };
            if let Some(side) = side {
                return Method::Half { side: R::from_f64(side), mean: centre, std: rounded_std };
            }
        }
        Method::Strips(Interval { mean, std, sigmas, width, absolute, bounds }.strips())
    }
}

/// Returns the largest standard deviation up to `std` with which no value `mean + z std`,
/// `|z| <= sigmas`, is rounded past a bound.
fn held<R: Real>(mean: R, std: R, sigmas: R, [low, high]: [R; 2]) -> R {
    largest(std, |std| {
        let (least, most) = ((R::default() - sigmas) * std + mean, sigmas * std + mean);
        low <= least && most <= high
    })
}

#[expect(unsafe_code, reason = "the trait's promise")]
// SAFETY: `fill` writes every element, of the slice and of `fill::fill`.
unsafe impl<T: Element> FillUninit<T> for TruncatedNormal<T> {
    fn fill_uninit(&self, out: &mut [MaybeUninit<T>], stream: &Stream, exec: Exec) {
        let bounds = self.bounds;
        match self.kernel() {
            TruncatedKernel::Constant(value) => {
                out.fill(MaybeUninit::new(T::from_f64(value.to_f64())));
            }
            TruncatedKernel::Ziggurat(kernel) => fill::fill(&kernel, bounds, out, stream, exec),
            TruncatedKernel::Strips(kernel) => fill::fill(&kernel, bounds, out, stream, exec),
        }
    }
}

//! The normal law cut off at two bounds.
//!
//! Four ways to sample it, chosen by the bounds `a < b` in standard deviations from the mean:
//!
//! - `(-2, 2)`, the one that initializers use: a ziggurat of its own, as fast as the normal law;
//! - bounds that cut nothing off: the normal law itself;
//! - 0 within and `b - a` at least 2.5: the ziggurat of the normal law, where what is outside the
//!   bounds is rejected (at most a half);
//! - else a candidate at a time from side stream 0, lane 0, of the block: uniform where the density
//!   changes by less than a factor of four or so, else exponential with the optimal rate
//!   (Christian Robert, 1995, "Simulation of truncated normal variables"), both measured from the
//!   bound nearer to the mean so that no digit is lost far out in a tail. At least a third of the
//!   candidates are accepted, whatever the bounds.

use core::mem::MaybeUninit;

use rand_xoshiro::Xoshiro256PlusPlus;

use super::normal::MAX_SIGMAS;
use super::ziggurat::{Ziggurat, open_unit};
use super::{FillUninit, finite, in_range, ziggurat_tables};
use crate::drain::Beside;
use crate::element::{self, Element};
use crate::error::Error;
use crate::fill::{self, Exec, Kernel};
use crate::format::BLOCK_STEPS;
use crate::math;
use crate::real::Real;
use crate::simd::{FloatEnv, Simd};
use crate::stream::Stream;
use crate::xoshiro::{self, Lanes};

/// The normal law with mean and standard deviation `mean` and `std` (of the law before it is cut
/// off), conditioned on lying strictly between two bounds.
///
/// The bounds are given in standard deviations by [`new`](TruncatedNormal::new), as Keras and JAX
/// do, or absolutely by [`absolute`](TruncatedNormal::absolute), as PyTorch does. Either may be
/// infinite, both may be far out in the same tail: sampling takes bounded expected time and loses
/// no accuracy. No value is ever equal to a bound, in any element type. The standard deviation of
/// the result is smaller than `std`: by 0.8796 for bounds of 2.
///
/// Where `std` is 0, every value is `mean`, which must not be outside the bounds.
///
/// # Reproducibility
///
/// f32, f16 and bf16 spend 32 random bits an element, f64 spends 64; rejected candidates draw more
/// from side streams of their block.
///
/// ```
/// use seedbed::{Sample, Seed, TruncatedNormal};
/// # fn main() -> Result<(), seedbed::Error> {
/// let law = TruncatedNormal::new(0.0, 0.02, -2.0, 2.0)?;
/// let weights: Vec<f32> = law.sample_vec(10_000, &Seed::from(42).stream("patch_embed"));
/// assert!(weights.iter().all(|w| w.abs() < 0.04));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TruncatedNormal<T: Element> {
    /// The first and the last element between the bounds.
    bounds: [T::Real; 2],
    method: Method<T::Real>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Method<R> {
    Constant(R),
    TwoSigma { mean: R, std: R },
    Uncut { mean: R, std: R },
    Windowed { mean: R, std: R, window: [R; 2] },
    OneByOne(OneByOne<R>),
}

impl<T: Element> TruncatedNormal<T> {
    /// The law with bounds `low` and `high` in standard deviations from the mean.
    ///
    /// # Errors
    ///
    /// [`Error::NonFinite`] if `mean` or `std` is NaN or infinite or a bound is NaN,
    /// [`Error::OutOfRange`] if `std` is negative or `low` is not below `high` by 1e-300 standard
    /// deviations, [`Error::EmptyInterval`] if no number of the element type is between the bounds,
    /// [`Error::Overflow`] if a value could exceed the numbers of the element type, or how many
    /// standard deviations the nearer bound is away from `mean` those of f64.
    pub fn new(mean: f64, std: f64, low: f64, high: f64) -> Result<Self, Error> {
        let _env = FloatEnv::default_state();
        check(mean, std, low, high)?;
        let absolute = |sigmas: f64| if std == 0.0 { mean } else { mean + sigmas * std };
        Self::build(mean, std, [low, high], high - low, [low, high].map(absolute))
    }

    /// The law with absolute bounds `low` and `high`.
    ///
    /// # Errors
    ///
    /// As [`new`](TruncatedNormal::new).
    pub fn absolute(mean: f64, std: f64, low: f64, high: f64) -> Result<Self, Error> {
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
    ) -> Result<Self, Error> {
        let [low, high] = absolute;
        let empty = Error::EmptyInterval { low, high, element: T::NAME };
        if std == 0.0 {
            let value = T::Real::of(T::round(in_range::<T>("mean", mean)?).to_f64());
            let law = TruncatedNormal { bounds: [value; 2], method: Method::Constant(value) };
            return if (low..=high).contains(&mean) { Ok(law) } else { Err(empty) };
        }
        let nearest = sigmas[0].max(-sigmas[1]).max(0.0);
        if nearest.is_infinite() {
            let quantity = "the distance of low and high from mean, in std,";
            return Err(Error::Overflow { quantity, value: nearest, element: "f64" });
        }
        if width < 1e-300 {
            let expected = "at least 1e-300 std above low";
            return Err(Error::OutOfRange { parameter: "high", value: high, expected });
        }
        let reach = MAX_SIGMAS + nearest;
        in_range::<T>("low", low.max(mean - reach * std))?;
        in_range::<T>("high", high.min(mean + reach * std))?;
        let (first, last): (T, T) = (element::above(low), element::below(high));
        if first.partial_cmp(&last).is_none_or(core::cmp::Ordering::is_gt) {
            return Err(empty);
        }
        let bounds = [first, last].map(|b| T::Real::of(b.to_f64()));
        Ok(TruncatedNormal { bounds, method: Method::choose(mean, std, sigmas, width, absolute) })
    }
}

fn check(mean: f64, std: f64, low: f64, high: f64) -> Result<(), Error> {
    finite("mean", mean)?;
    finite("std", std)?;
    if std < 0.0 {
        return Err(Error::OutOfRange { parameter: "std", value: std, expected: "at least 0" });
    }
    for (parameter, value) in [("low", low), ("high", high)] {
        if value.is_nan() {
            return Err(Error::NonFinite { parameter, value });
        }
    }
    if low >= high {
        return Err(Error::OutOfRange { parameter: "high", value: high, expected: "above low" });
    }
    Ok(())
}

impl<R: Real> Method<R> {
    fn choose(mean: f64, std: f64, [a, b]: [f64; 2], width: f64, absolute: [f64; 2]) -> Self {
        let bounds = [element::above(absolute[0]), element::below(absolute[1])];
        let centre = R::of(mean);
        let inside = |sigmas| held(centre, R::of(std), sigmas, bounds);
        // Next to a bound the mean may be rounded to it, or past it.
        let fits = bounds[0] <= centre && centre <= bounds[1];
        if fits && [a, b] == [-2.0, 2.0] {
            Method::TwoSigma { mean: centre, std: inside(element::below(2.0)) }
        } else if fits && a <= -MAX_SIGMAS && b >= MAX_SIGMAS {
            Method::Uncut { mean: centre, std: inside(R::of(MAX_SIGMAS)) }
        } else if a <= 0.0 && b >= 0.0 && width >= 2.5 {
            Method::Windowed { mean: centre, std: R::of(std), window: [a, b].map(R::of) }
        } else {
            Method::OneByOne(OneByOne::new(std, [a, b], width, absolute, bounds))
        }
    }
}

/// The largest standard deviation up to `std` with which no value `mean + z std`, `|z| <= sigmas`,
/// is rounded past a bound.
fn held<R: Real>(mean: R, std: R, sigmas: R, [low, high]: [R; 2]) -> R {
    super::largest(std, |std| {
        let (least, most) = ((R::default() - sigmas) * std + mean, sigmas * std + mean);
        low <= least && most <= high
    })
}

impl<T: Element> FillUninit<T> for TruncatedNormal<T> {
    fn fill_uninit(&self, out: &mut [MaybeUninit<T>], stream: &Stream, exec: Exec) {
        let (normal, two_sigma) = (&ziggurat_tables::NORMAL, &ziggurat_tables::TWO_SIGMA);
        let bounds = self.bounds;
        match self.method {
            Method::Constant(value) => out.fill(MaybeUninit::new(T::round(value.to_f64()))),
            Method::TwoSigma { mean, std } => {
                let window = [-2.0, 2.0].map(T::Real::of);
                let table = T::Real::table(two_sigma);
                let kernel = Ziggurat::<_, false> { table, window, mean, std, bounds };
                fill::fill(&kernel, bounds, out, stream, exec);
            }
            Method::Uncut { mean, std } => {
                let window = [-MAX_SIGMAS, MAX_SIGMAS].map(T::Real::of);
                let table = T::Real::table(normal);
                let kernel = Ziggurat::<_, false> { table, window, mean, std, bounds };
                fill::fill(&kernel, bounds, out, stream, exec);
            }
            Method::Windowed { mean, std, window } => {
                let table = T::Real::table(normal);
                let kernel = Ziggurat::<_, true> { table, window, mean, std, bounds };
                fill::fill(&kernel, bounds, out, stream, exec);
            }
            Method::OneByOne(kernel) => fill::fill(&kernel, bounds, out, stream, exec),
        }
    }
}

/// The law on `[a, a + width]`, `a + width > |a|`, in standard deviations and mirrored if need be.
#[derive(Clone, Copy, Debug, PartialEq)]
struct OneByOne<R> {
    a: f64,
    width: f64,
    /// Where `a` is, absolutely, and what one standard deviation away from it adds.
    anchor: f64,
    step: f64,
    /// The rate of an exponential proposal and how far beyond `a` that is, or none for a uniform.
    rate: Option<(f64, f64)>,
    bounds: [R; 2],
}

impl<R: Real> OneByOne<R> {
    fn new(std: f64, [a, b]: [f64; 2], width: f64, [low, high]: [f64; 2], bounds: [R; 2]) -> Self {
        let (a, anchor, step) = if a + b < 0.0 { (-b, high, -std) } else { (a, low, std) };
        let exponential = a > 0.0 && width * (a + 0.5 * width) > 1.4;
        let rate = exponential.then(|| {
            let root = (a * a + 4.0).sqrt();
            (0.5 * (a + root), 2.0 / (a + root))
        });
        OneByOne { a, width, anchor, step, rate, bounds }
    }

    fn sample(&self, rng: &mut Xoshiro256PlusPlus) -> R {
        loop {
            let (beyond, log_density) = match self.rate {
                Some((rate, ahead)) => {
                    let beyond = -math::ln(open_unit(rng)) / rate;
                    let from_rate = beyond - ahead;
                    (beyond, -0.5 * from_rate * from_rate)
                }
                None => {
                    let beyond = open_unit(rng) * self.width;
                    let nearest = self.a.max(0.0);
                    // Not by `a + beyond`, which is `a` where that is large.
                    let off = (self.a - nearest) + beyond;
                    (beyond, -0.5 * off * (off + 2.0 * nearest))
                }
            };
            if is_below_exp(open_unit(rng), log_density) && beyond < self.width {
                let value = R::of(self.anchor + self.step * beyond);
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

/// Whether `u < exp(x)` for positive `u` and `x <= 0`. Partial sums of the series are above and below it
/// by turns, and settle it without the exponential most of the time.
fn is_below_exp(u: f64, x: f64) -> bool {
    // More than all roundings, so that the answer is always that of `math::exp`.
    const MARGIN: f64 = 1e-14;
    let below = 1.0 + x * (1.0 + x * (1.0 / 2.0 + x * (1.0 / 6.0)));
    let above = below + x * x * (x * x) * (1.0 / 24.0);
    u < below - MARGIN || u < above + MARGIN && u < math::exp(x)
}

impl<R: Real> Kernel<R> for OneByOne<R> {
    #[inline(always)]
    fn fill_block<S: Simd>(
        &self,
        _: S,
        lanes: &mut Lanes<S>,
        out: &mut [MaybeUninit<R>],
        _: &mut impl Beside,
    ) {
        let mut rng = xoshiro::scalar_side_of(&lanes.store(), 0);
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

//! The distributions of independent elements, as one type.

use core::mem::MaybeUninit;

use super::{Constant, FillUninit, Normal, TruncatedNormal, Uniform, theory};
use crate::element::Element;
use crate::fill::Exec;
use crate::stream::Stream;

/// One of the distributions, with its parameters.
///
/// ```
/// use seedbed::{Distribution, Normal, Sample, Seed};
/// # fn main() -> Result<(), seedbed::Error> {
/// let stream = Seed::from(1).stream("w");
/// let normal = Normal::<f32>::new(0.0, 1.0)?;
/// let distribution = Distribution::from(normal);
/// assert_eq!(distribution.sample_vec(9, &stream), normal.sample_vec(9, &stream));
/// assert!((distribution.probability(-1.0, 1.0) - 0.6827).abs() < 1e-4);
/// assert!((distribution.quantile(0.975) - 1.96).abs() < 1e-4);
/// assert_eq!((distribution.mean(), distribution.std(), distribution.kurtosis()), (0.0, 1.0, 3.0));
/// assert_eq!((distribution.low(), distribution.high()), (f64::NEG_INFINITY, f64::INFINITY));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Distribution<T: Element> {
    /// The same value everywhere.
    Constant(Constant<T>),
    /// The uniform distribution.
    Uniform(Uniform<T>),
    /// The normal distribution.
    Normal(Normal<T>),
    /// The normal distribution cut off at two bounds.
    TruncatedNormal(TruncatedNormal<T>),
}

/// A distribution as far as its moments and probabilities go.
enum Form {
    /// One value.
    Point(f64),
    /// Uniform between two bounds.
    Uniform([f64; 2]),
    /// `mean + std z`, for a standard normal `z` between two bounds.
    Normal { mean: f64, std: f64, sigmas: [f64; 2] },
}

impl<T: Element> Distribution<T> {
    fn form(&self) -> Form {
        match self {
            Distribution::Constant(constant) => Form::Point(constant.value().to_f64()),
            Distribution::Uniform(uniform) if uniform.low() == uniform.high() => {
                Form::Point(uniform.low())
            }
            Distribution::Uniform(uniform) => Form::Uniform([uniform.low(), uniform.high()]),
            Distribution::Normal(normal) if normal.std() == 0.0 => Form::Point(normal.mean()),
            Distribution::Normal(normal) => {
                let sigmas = [f64::NEG_INFINITY, f64::INFINITY];
                Form::Normal { mean: normal.mean(), std: normal.std(), sigmas }
            }
            Distribution::TruncatedNormal(truncated) if truncated.parent_std() == 0.0 => {
                Form::Point(truncated.parent_mean())
            }
            Distribution::TruncatedNormal(truncated) => Form::Normal {
                mean: truncated.parent_mean(),
                std: truncated.parent_std(),
                sigmas: truncated.sigmas(),
            },
        }
    }

    /// Returns the mean of the values.
    pub fn mean(&self) -> f64 {
        match self.form() {
            Form::Point(value) => value,
            Form::Uniform([low, high]) => low + (high - low) / 2.0,
            Form::Normal { mean, std, sigmas } => mean + std * theory::moments(sigmas).mean,
        }
    }

    /// Returns the standard deviation of the values.
    pub fn std(&self) -> f64 {
        match self.form() {
            Form::Point(_) => 0.0,
            Form::Uniform([low, high]) => (high - low) / 12f64.sqrt(),
            Form::Normal { std, sigmas, .. } => std * theory::moments(sigmas).std,
        }
    }

    /// Returns the kurtosis of the values, the fourth central moment over the squared variance: 3 for
    /// a normal distribution, 1 for a constant by convention.
    pub fn kurtosis(&self) -> f64 {
        match self.form() {
            Form::Point(_) => 1.0,
            Form::Uniform(_) => 1.8,
            Form::Normal { sigmas, .. } => theory::moments(sigmas).kurtosis,
        }
    }

    /// Returns the lower bound of the values; minus infinity if there is none.
    pub fn low(&self) -> f64 {
        match self {
            Distribution::TruncatedNormal(truncated) => truncated.low(),
            _ => match self.form() {
                Form::Point(value) => value,
                Form::Uniform([low, _]) => low,
                Form::Normal { .. } => f64::NEG_INFINITY,
            },
        }
    }

    /// Returns the upper bound of the values; infinity if there is none.
    pub fn high(&self) -> f64 {
        match self {
            Distribution::TruncatedNormal(truncated) => truncated.high(),
            _ => match self.form() {
                Form::Point(value) => value,
                Form::Uniform([_, high]) => high,
                Form::Normal { .. } => f64::INFINITY,
            },
        }
    }

    /// Returns the probability of a value in `[low, high)`, to nine digits.
    pub fn probability(&self, low: f64, high: f64) -> f64 {
        match self.form() {
            Form::Point(value) => f64::from(u8::from(low <= value && value < high)),
            Form::Uniform([first, last]) => {
                let [from, to] = [low, high].map(|bound| bound.clamp(first, last));
                (to - from).max(0.0) / (last - first)
            }
            Form::Normal { mean, std, sigmas } => {
                theory::probability(sigmas, [low, high].map(|bound| (bound - mean) / std))
            }
        }
    }

    /// Returns the value below which the distribution has a probability, in `[0, 1]`.
    pub fn quantile(&self, probability: f64) -> f64 {
        let probability = probability.clamp(0.0, 1.0);
        match self.form() {
            Form::Point(value) => value,
            Form::Uniform([low, high]) => low + (high - low) * probability,
            Form::Normal { sigmas: [a, _], .. } if probability == 0.0 && a.is_infinite() => a,
            Form::Normal { sigmas: [_, b], .. } if probability == 1.0 && b.is_infinite() => b,
            Form::Normal { mean, std, sigmas } => {
                mean + std * theory::quantile(sigmas, probability)
            }
        }
    }
}

#[expect(unsafe_code, reason = "the trait's promise")]
// SAFETY: each fill writes every element.
unsafe impl<T: Element> FillUninit<T> for Distribution<T> {
    fn fill_uninit(&self, out: &mut [MaybeUninit<T>], stream: &Stream, exec: Exec) {
        match self {
            Distribution::Constant(constant) => constant.fill_uninit(out, stream, exec),
            Distribution::Uniform(uniform) => uniform.fill_uninit(out, stream, exec),
            Distribution::Normal(normal) => normal.fill_uninit(out, stream, exec),
            Distribution::TruncatedNormal(truncated) => truncated.fill_uninit(out, stream, exec),
        }
    }
}

impl<T: Element> From<Constant<T>> for Distribution<T> {
    fn from(constant: Constant<T>) -> Self {
        Distribution::Constant(constant)
    }
}

impl<T: Element> From<Uniform<T>> for Distribution<T> {
    fn from(uniform: Uniform<T>) -> Self {
        Distribution::Uniform(uniform)
    }
}

impl<T: Element> From<Normal<T>> for Distribution<T> {
    fn from(normal: Normal<T>) -> Self {
        Distribution::Normal(normal)
    }
}

impl<T: Element> From<TruncatedNormal<T>> for Distribution<T> {
    fn from(truncated: TruncatedNormal<T>) -> Self {
        Distribution::TruncatedNormal(truncated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_close(x: f64, y: f64) {
        assert!((x - y).abs() < 1e-9 * y.abs().max(1.0), "{x} for {y}");
    }

    #[test]
    fn distributions_tell_their_moments_and_bounds() {
        let uniform = Distribution::from(Uniform::<f32>::new(-1.0, 3.0).unwrap());
        assert_eq!((uniform.mean(), uniform.low(), uniform.high()), (1.0, -1.0, 3.0));
        assert_close(uniform.std(), 4.0 / 12f64.sqrt());
        assert_eq!((uniform.probability(0.0, 1.0), uniform.probability(2.0, 9.0)), (0.25, 0.25));
        assert_eq!((uniform.quantile(0.75), uniform.quantile(2.0)), (2.0, 3.0));

        let normal = Distribution::from(Normal::<f32>::new(0.5, 0.02).unwrap());
        assert_eq!((normal.mean(), normal.std(), normal.kurtosis()), (0.5, 0.02, 3.0));
        assert_eq!((normal.low(), normal.high()), (f64::NEG_INFINITY, f64::INFINITY));
        assert_eq!((normal.quantile(0.0), normal.quantile(1.0)), (normal.low(), normal.high()));
        assert_close(normal.probability(0.48, 0.52), 0.682_689_492_137_085_9);

        let cut = TruncatedNormal::<f32>::absolute(1.0, 0.5, 0.0, 2.0).unwrap();
        let truncated = Distribution::from(cut);
        assert_eq!((truncated.low(), truncated.high()), (0.0, 2.0));
        assert_close(truncated.mean(), 1.0);
        assert_close(truncated.std(), 0.5 * 0.879_625_661_034_239_8);
        assert_eq!((truncated.std(), truncated.mean()), (cut.std(), cut.mean()));
        assert_eq!((cut.parent_mean(), cut.parent_std()), (1.0, 0.5));

        let constants: [Distribution<f32>; 4] = [
            Constant::new(0.5).unwrap().into(),
            Uniform::new(0.5, 0.5).unwrap().into(),
            Normal::new(0.5, 0.0).unwrap().into(),
            TruncatedNormal::new(0.5, 0.0, -2.0, 2.0).unwrap().into(),
        ];
        for point in constants {
            assert_eq!((point.mean(), point.std(), point.quantile(0.3)), (0.5, 0.0, 0.5));
            assert_eq!((point.low(), point.high()), (0.5, 0.5));
            assert_eq!((point.probability(0.5, 1.0), point.probability(0.0, 0.5)), (1.0, 0.0));
        }
    }
}

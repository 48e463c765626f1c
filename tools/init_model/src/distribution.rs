//! What a report says of the distribution of a tensor's elements.

use std::f64::consts::LN_2;
use std::fmt;

use seedbed::{Constant, Distribution, Error, Initializer, Normal};

use crate::measure::Frame;

const UNBOUNDED: [f64; 2] = [f64::NEG_INFINITY, f64::INFINITY];

/// What is known of the elements of a tensor.
#[derive(Clone, Debug, PartialEq)]
pub enum Elements {
    /// They are independent and all have this distribution. The parameters are those of the
    /// initializer, not rounded to the element type.
    Independent(Distribution<f64>),
    /// They are not independent, or there are none; the report prints the initializer's name.
    Other(String),
}

impl Elements {
    /// Returns what `initializer`, which is called `name`, makes of a tensor of this shape.
    ///
    /// # Errors
    ///
    /// Those of [`Initializer::for_shape`].
    pub fn of(initializer: &Initializer, name: &str, shape: &[usize]) -> Result<Self, Error> {
        let values = initializer.for_shape::<f64>(shape)?;
        match values.distribution() {
            Some(&distribution) if !values.is_empty() => {
                simplest(distribution).map(Elements::Independent)
            }
            _ => Ok(Elements::Other(name.to_string())),
        }
    }

    /// Returns the distribution, if all elements have the same.
    pub fn distribution(&self) -> Option<&Distribution<f64>> {
        match self {
            Elements::Independent(distribution) => Some(distribution),
            Elements::Other(_) => None,
        }
    }

    /// Returns where the values are measured: a range of no width if they are all the same.
    pub fn frame(&self) -> Frame {
        let Some(distribution) = self.distribution() else {
            return Frame { centre: 0.0, range: [0.0; 2] };
        };
        let [mean, std] = untruncated(distribution);
        let range =
            [distribution.low().max(mean - 4.0 * std), distribution.high().min(mean + 4.0 * std)];
        Frame { centre: distribution.mean(), range }
    }
}

/// Returns the simplest form of a distribution, so that tensors of the same distribution are
/// reported together whichever initializer they have.
fn simplest(distribution: Distribution<f64>) -> Result<Distribution<f64>, Error> {
    let bounds = [distribution.low(), distribution.high()];
    Ok(match distribution {
        _ if bounds[0] == bounds[1] => Constant::new(bounds[0])?.into(),
        Distribution::TruncatedNormal(truncated) if bounds == UNBOUNDED => {
            Normal::new(truncated.parent_mean(), truncated.parent_std())?.into()
        }
        other => other,
    })
}

/// Returns the mean and the standard deviation, of the parent if the distribution is truncated.
fn untruncated(distribution: &Distribution<f64>) -> [f64; 2] {
    match distribution {
        Distribution::TruncatedNormal(truncated) => {
            [truncated.parent_mean(), truncated.parent_std()]
        }
        other => [other.mean(), other.std()],
    }
}

/// Returns the medians of the least and of the greatest of `count` values.
pub fn extremes(distribution: &Distribution<f64>, count: u64) -> [f64; 2] {
    // All of `count` values are on the right side with a probability of 1/2.
    let beyond = LN_2 / count as f64;
    [beyond, 1.0 - beyond].map(|probability| distribution.quantile(probability))
}

impl fmt::Display for Elements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let distribution = match self {
            Elements::Independent(distribution) => distribution,
            Elements::Other(name) => return f.write_str(name),
        };
        let bounds = [distribution.low(), distribution.high()];
        let [low, high] = bounds.map(Short);
        match distribution {
            Distribution::Constant(constant) => write!(f, "constant {}", constant.value()),
            Distribution::Uniform(_) => write!(f, "uniform {low} to {high}"),
            Distribution::Normal(_) | Distribution::TruncatedNormal(_) => {
                let [mean, std] = untruncated(distribution).map(Short);
                write!(f, "normal, mean {mean}, std {std}")?;
                if bounds == UNBOUNDED {
                    return Ok(());
                }
                write!(f, ", cut off at {low} and {high}")
            }
            other => write!(f, "{other:?}"),
        }
    }
}

/// A number with six significant digits, or with four and an exponent.
pub struct Short(pub f64);

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Short(number) = *self;
        let text = match number.abs() {
            0.0 => "0".to_string(),
            size @ 1e-3..1e6 => {
                let decimals = (5.0 - size.log10().floor()).max(0.0);
                let fixed = format!("{number:.*}", decimals as usize);
                let whole = !fixed.contains('.');
                let trimmed = fixed.trim_end_matches('0').trim_end_matches('.');
                if whole { fixed } else { trimmed.to_string() }
            }
            size if size.is_finite() => format!("{number:.3e}"),
            _ => number.to_string(),
        };
        f.pad(&text)
    }
}

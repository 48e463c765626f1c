//! What a report says of the distribution of a tensor's elements.

use std::fmt;
use std::mem::{self, Discriminant};

use seedbed::{Constant, Distribution, Error, Initializer, Normal};

use crate::measure::Frame;

const UNBOUNDED: [f64; 2] = [f64::NEG_INFINITY, f64::INFINITY];

/// What is known of the elements of a tensor.
#[derive(Clone, Debug, PartialEq)]
pub enum Elements {
    /// They are independent and all have this distribution. The parameters are those of the
    /// initializer, not rounded to the element type.
    Independent(Box<Distribution<f64>>),
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
                simplest(distribution).map(|simplest| Elements::Independent(Box::new(simplest)))
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

    /// Returns what tells these elements from others: equal for equal elements.
    pub fn key(&self) -> Key<'_> {
        match self {
            Elements::Other(name) => Key::Other(name),
            Elements::Independent(distribution) => {
                let [mean, std] = untruncated(distribution);
                let numbers = [mean, std, distribution.low(), distribution.high()];
                // Adding 0 makes a negative 0 positive.
                let bits = numbers.map(|number| (number + 0.0).to_bits());
                Key::Independent(mem::discriminant(&**distribution), bits)
            }
        }
    }

    /// Returns where the values are measured: a range of no width if they are all the same.
    pub fn frame(&self) -> Frame {
        let Some(distribution) = self.distribution() else {
            return Frame { centre: 0.0, spread: None, range: [0.0; 2] };
        };
        let [mean, std] = untruncated(distribution);
        let (low, high) = (distribution.low(), distribution.high());
        // Where the density is highest; in a tail, the values spread over less than `std`.
        let centre = mean.clamp(low, high);
        let spread = std.min(high - low).min(std / ((centre - mean).abs() / std));
        let range = [low.max(centre - 4.0 * spread), high.min(centre + 4.0 * spread)];
        Frame { centre, spread: Some(spread), range }
    }
}

/// What tells elements from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key<'a> {
    /// The kind of distribution and the bits of its parameters.
    Independent(Discriminant<Distribution<f64>>, [u64; 4]),
    /// The initializer's name.
    Other(&'a str),
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

impl fmt::Display for Elements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let distribution = match self {
            Elements::Independent(distribution) => distribution,
            Elements::Other(name) => return f.write_str(name),
        };
        let bounds = [distribution.low(), distribution.high()];
        let [low, high] = bounds.map(Short);
        match &**distribution {
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

/// Returns a number as text, with as many digits as tell it from a bound that it is not.
pub fn apart(number: f64, bounds: [f64; 2]) -> String {
    let short = Short(number).to_string();
    let alike = |bound: &f64| *bound != number && Short(*bound).to_string() == short;
    let Some(bound) = bounds.into_iter().find(alike) else {
        return short;
    };
    let rounded = (6..17).filter_map(|digits| format!("{number:.digits$e}").parse::<f64>().ok());
    let rounded = rounded.into_iter().find(|&rounded| rounded != bound).unwrap_or(number);
    if (1e-3..1e6).contains(&rounded.abs()) { rounded.to_string() } else { format!("{rounded:e}") }
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

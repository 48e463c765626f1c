//! The law of a tensor's elements, as far as a report compares values with it.

use std::fmt;

use seedbed::Error;
use seedbed::init::{Initializer, Scaled, ScaledDistribution, Std, Units};

use crate::measure::Frame;
use crate::theory::{self, Theory};

const UNBOUNDED: [f64; 2] = [f64::NEG_INFINITY, f64::INFINITY];

/// The law of every element of a tensor.
#[derive(Clone, Debug, PartialEq)]
pub enum Law {
    /// One value.
    Constant(f64),
    /// Uniform between bounds.
    Uniform([f64; 2]),
    /// Normal, cut off at absolute bounds; `mean` and `std` are those before it is cut off.
    Normal { mean: f64, std: f64, bounds: [f64; 2] },
    /// Another, of which only the initializer's name is reported: elements that are not
    /// independent, or none.
    Other(String),
}

impl Law {
    /// The law of an initializer, which is called `name`, for a shape that it resolves.
    pub fn of(initializer: &Initializer, name: &str, shape: &[usize]) -> Result<Law, Error> {
        let law = match *initializer {
            // A tensor without elements may have no fans.
            _ if shape.contains(&0) => Law::Other(name.to_string()),
            Initializer::Constant { value, .. } => Law::Constant(value),
            Initializer::Uniform { low, high, .. } => Law::Uniform([low, high]),
            Initializer::Normal { mean, std, .. } => Law::Normal { mean, std, bounds: UNBOUNDED },
            Initializer::TruncatedNormal { mean, std, low, high, units, .. } => {
                let absolute = |bound: f64| match units {
                    Units::Sigma => mean + bound * std,
                    _ => bound,
                };
                Law::Normal { mean, std, bounds: [low, high].map(absolute) }
            }
            Initializer::VarianceScaling(ref scaled) => Self::of_scaled(scaled, scaled.std(shape)?, name),
            _ => Law::Other(name.to_string()),
        };
        Ok(match law {
            Law::Normal { mean, std: 0.0, .. } => Law::Constant(mean),
            Law::Uniform([low, high]) if low == high => Law::Constant(low),
            law => law,
        })
    }

    fn of_scaled(scaled: &Scaled, std: f64, name: &str) -> Law {
        match scaled.law {
            ScaledDistribution::Normal => Law::Normal { mean: 0.0, std, bounds: UNBOUNDED },
            ScaledDistribution::Uniform => {
                let limit = 3f64.sqrt() * std;
                Law::Uniform([-limit, limit])
            }
            ScaledDistribution::TruncatedNormal { cut, std: meaning } => {
                let shrunk = theory::truncated([-cut, cut]).std;
                let parent = if meaning == TruncatedStd::Effective { std / shrunk } else { std };
                Law::Normal { mean: 0.0, std: parent, bounds: [-cut * parent, cut * parent] }
            }
            _ => Law::Other(name.to_string()),
        }
    }

    /// The law's moments.
    pub fn theory(&self) -> Option<Theory> {
        match *self {
            Law::Constant(mean) => Some(Theory { mean, std: 0.0, kurtosis: 1.0 }),
            Law::Uniform([low, high]) => {
                let std = (high - low) / 12f64.sqrt();
                Some(Theory { mean: low + (high - low) / 2.0, std, kurtosis: 1.8 })
            }
            Law::Normal { mean, std, bounds } => {
                let standard = theory::truncated(bounds.map(|b| (b - mean) / std));
                let mean = mean + std * standard.mean;
                Some(Theory { mean, std: std * standard.std, ..standard })
            }
            Law::Other(_) => None,
        }
    }

    /// The medians of the least and of the greatest of `count` values.
    pub fn extremes(&self, count: u64) -> Option<[f64; 2]> {
        let beyond = core::f64::consts::LN_2 / count as f64;
        match *self {
            Law::Constant(value) => Some([value; 2]),
            Law::Uniform([low, high]) => {
                let margin = (high - low) * beyond;
                Some([low + margin, high - margin])
            }
            Law::Normal { mean, std, bounds } => {
                let [a, b] = bounds.map(|b| (b - mean) / std);
                // The greatest value of a law is the least of its mirror image.
                let [low, high] = [(a, b), (-b, -a)].map(|(a, b)| theory::quantile(a, b, beyond));
                Some([mean + std * low, mean - std * high])
            }
            Law::Other(_) => None,
        }
    }

    /// Where its values are measured; a range without width where there is nothing to draw.
    pub fn frame(&self) -> Frame {
        let centre = self.theory().map_or(0.0, |theory| theory.mean);
        let range = match *self {
            Law::Uniform(bounds) => bounds,
            Law::Normal { mean, std, bounds: [low, high] } => {
                [low.max(mean - 4.0 * std), high.min(mean + 4.0 * std)]
            }
            Law::Constant(_) | Law::Other(_) => [centre; 2],
        };
        Frame { centre, range }
    }
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Law::Constant(value) => write!(f, "constant {value}"),
            Law::Uniform([low, high]) => write!(f, "uniform {} to {}", Short(*low), Short(*high)),
            Law::Normal { mean, std, bounds: [low, high] } => {
                write!(f, "normal, mean {}, std {}", Short(*mean), Short(*std))?;
                if [*low, *high] == UNBOUNDED {
                    return Ok(());
                }
                write!(f, ", cut off at {} and {}", Short(*low), Short(*high))
            }
            Law::Other(name) => f.write_str(name),
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

//! What theory expects of values: the moments and quantiles of the crate's distributions.

use std::collections::HashMap;
use std::f64::consts::LN_2;

use half::{bf16, f16};
use seedbed::{Distribution, Normal, Number, TruncatedNormal};

use crate::spec::Dtype;

/// What is expected of a number of values of a distribution.
#[derive(Clone, Copy, Debug)]
pub struct Expected {
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation.
    pub std: f64,
    /// Their fourth central moment over the squared variance.
    pub kurtosis: f64,
    /// The medians of the least and of the greatest of them.
    pub extremes: [f64; 2],
}

impl Expected {
    fn of(distribution: &Distribution<f64>, count: u64) -> Self {
        // All of `count` values are on the right side with a probability of 1/2.
        let beyond = -(-LN_2 / count as f64).exp_m1();
        let (mean, std, kurtosis) =
            (distribution.mean(), distribution.std(), distribution.kurtosis());
        let extremes = [beyond, 1.0 - beyond].map(|p| distribution.quantile(p));
        Expected { mean, std, kurtosis, extremes }
    }

    fn moved(self, mean: f64, std: f64) -> Self {
        Expected {
            mean: mean + std * self.mean,
            std: std * self.std,
            kurtosis: self.kurtosis,
            extremes: self.extremes.map(|z| mean + std * z),
        }
    }
}

/// Expectations, each integrated once for all distributions that differ only in mean and standard
/// deviation.
#[derive(Default)]
pub struct Theory(HashMap<([u64; 2], u64), Expected>);

impl Theory {
    /// Returns what is expected of `count` values of an element type.
    pub fn expected(
        &mut self,
        distribution: &Distribution<f64>,
        dtype: Dtype,
        count: u64,
    ) -> Expected {
        let mut expected = match standard(distribution) {
            None => Expected::of(distribution, count),
            Some(Standard { distribution, mean, std }) => {
                let key = [distribution.low(), distribution.high()].map(f64::to_bits);
                let integrate = || Expected::of(&distribution, count);
                self.0.entry((key, count)).or_insert_with(integrate).moved(mean, std)
            }
        };
        expected.extremes = match dtype {
            Dtype::F32 => possible::<f32>(distribution, expected.extremes),
            Dtype::F16 => possible::<f16>(distribution, expected.extremes),
            Dtype::Bf16 => possible::<bf16>(distribution, expected.extremes),
            Dtype::F64 => possible::<f64>(distribution, expected.extremes),
        };
        expected
    }
}

/// A distribution as `mean + std z`, for a `z` of another.
struct Standard {
    distribution: Distribution<f64>,
    mean: f64,
    std: f64,
}

/// Returns a normal distribution, truncated or not, as a standard one; none where the mean would cost too
/// many digits of the bounds.
fn standard(distribution: &Distribution<f64>) -> Option<Standard> {
    const MOST_DEVIATIONS: f64 = 1e4;
    match distribution {
        Distribution::Normal(normal) if normal.std() > 0.0 => {
            let distribution = Normal::new(0.0, 1.0).ok()?.into();
            Some(Standard { distribution, mean: normal.mean(), std: normal.std() })
        }
        Distribution::TruncatedNormal(truncated) if truncated.parent_std() > 0.0 => {
            let (mean, std) = (truncated.parent_mean(), truncated.parent_std());
            let [low, high] = [truncated.low(), truncated.high()].map(|bound| (bound - mean) / std);
            let distribution = TruncatedNormal::new(0.0, 1.0, low, high).ok()?.into();
            let near = mean.abs() < MOST_DEVIATIONS * std;
            near.then_some(Standard { distribution, mean, std })
        }
        _ => None,
    }
}

/// Rounds extremes to numbers of an element type that are between the bounds.
fn possible<T: Number>(distribution: &Distribution<f64>, [min, max]: [f64; 2]) -> [f64; 2] {
    let (low, high) = (distribution.low(), distribution.high());
    if low == high {
        return [min, max];
    }
    let [mut min, mut max] = [min, max].map(T::from_f64);
    // Only the lower bound of a uniform distribution is a possible value.
    let reached = matches!(distribution, Distribution::Uniform(_));
    if min.to_f64() < low || min.to_f64() == low && !reached {
        min = min.step_up();
    }
    if max.to_f64() >= high {
        max = max.step_down();
    }
    [min, max].map(T::to_f64)
}

//! Moments, standard errors and extremes of the laws.

use statrs::distribution::{ContinuousCDF, Normal};

/// Moments of a law.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Theory {
    /// The mean.
    pub mean: f64,
    /// The standard deviation.
    pub std: f64,
    /// The fourth central moment over the squared variance.
    pub kurtosis: f64,
}

impl Theory {
    /// How many standard errors the mean of `count` values is off.
    pub fn mean_off(&self, mean: f64, count: u64) -> f64 {
        (mean - self.mean) / (self.std / (count as f64).sqrt())
    }

    /// How many standard errors the standard deviation of `count` values is off.
    pub fn std_off(&self, std: f64, count: u64) -> f64 {
        (std / self.std - 1.0) / ((self.kurtosis - 1.0) / (4.0 * count as f64)).sqrt()
    }
}

/// The moments of the standard normal law between two bounds.
///
/// By Simpson's rule on the density relative to its peak, as the formulas lose all digits far out
/// in a tail.
pub fn truncated([a, b]: [f64; 2]) -> Theory {
    const PANELS: usize = 4000;
    if [a, b] == [f64::NEG_INFINITY, f64::INFINITY] {
        return Theory { mean: 0.0, std: 1.0, kurtosis: 3.0 };
    }
    let peak = 0f64.clamp(a, b);
    // Beyond, the density is below 1e-17 of the peak.
    let reach = 40.0 / peak.abs().max(4.0);
    let [from, to] = [(a - peak).max(-reach), (b - peak).min(reach)];
    let integral = |power: i32, centre: f64| -> f64 {
        let terms = (0..=PANELS).map(|panel| {
            let x = from + (to - from) * (panel as f64 / PANELS as f64);
            let weight = if panel % PANELS == 0 { 1 } else { 2 + 2 * (panel % 2) };
            let density = (-0.5 * x * (x + 2.0 * peak)).exp();
            weight as f64 * density * (x - centre).powi(power)
        });
        terms.sum()
    };
    let mass = integral(0, 0.0);
    let shift = if a == -b { 0.0 } else { integral(1, 0.0) / mass };
    let variance = integral(2, shift) / mass;
    let kurtosis = integral(4, shift) / mass / (variance * variance);
    Theory { mean: peak + shift, std: variance.sqrt(), kurtosis }
}

/// The quantile of a small probability of the standard normal law between two bounds.
pub fn quantile(a: f64, b: f64, probability: f64) -> f64 {
    let law = Normal::standard();
    // Far out in the right tail only the mass above has digits.
    let quantile = if a > 0.0 {
        -law.inverse_cdf(law.sf(a) - probability * (law.sf(a) - law.sf(b)))
    } else {
        law.inverse_cdf(law.cdf(a) + probability * (law.cdf(b) - law.cdf(a)))
    };
    quantile.clamp(a, b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_truncated_laws() {
        let close = |x: f64, y: f64| assert!((x / y - 1.0).abs() < 1e-10, "{x} {y}");
        close(truncated([-2.0, 2.0]).std, 0.879_625_661_034_239_8);
        // Half a normal law.
        let half = truncated([0.0, f64::INFINITY]);
        close(half.mean, (2.0 / std::f64::consts::PI).sqrt());
        close(half.std, (1.0 - 2.0 / std::f64::consts::PI).sqrt());
        // Nothing cut off that matters.
        close(truncated([-9.0, 9.0]).kurtosis, 3.0);
        // Far out an exponential law, whose kurtosis is 9.
        let far = truncated([1e4, f64::INFINITY]);
        assert!((far.kurtosis / 9.0 - 1.0).abs() < 1e-3, "{far:?}");
        assert!((far.std * 1e4 - 1.0).abs() < 1e-3, "{far:?}");
    }

    #[test]
    fn quantiles_of_truncated_laws() {
        assert!((quantile(f64::NEG_INFINITY, f64::INFINITY, 0.001) + 3.090_232_306).abs() < 1e-6);
        assert!((quantile(3.0, f64::INFINITY, 1e-9) - 3.0).abs() < 1e-6);
        assert_eq!(quantile(-2.0, 2.0, 0.0), -2.0);
    }
}

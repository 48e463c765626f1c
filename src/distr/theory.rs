//! Moments, probabilities and quantiles of the standard normal distribution between two bounds, for
//! reports and tests; no value that is sampled depends on them.
//!
//! All are integrals of the density relative to its peak, by Simpson's rule: the closed formulas
//! are differences of numbers that lose all digits far out in a tail.

use crate::kernel::math;

/// Moments of a distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Moments {
    pub(super) mean: f64,
    pub(super) std: f64,
    /// The fourth central moment over the squared variance.
    pub(super) kurtosis: f64,
}

/// Panels of Simpson's rule: enough for ten digits over all that [`Interval`] keeps.
const PANELS: usize = 4000;

/// The distribution between two bounds, as a density relative to its peak.
struct Interval {
    /// Where the density is highest.
    peak: f64,
    /// The bounds relative to the peak, without the parts where the density is below 1e-17 of it.
    bounds: [f64; 2],
}

impl Interval {
    fn new([a, b]: [f64; 2]) -> Self {
        let peak = 0f64.clamp(a, b);
        let reach = 40.0 / peak.abs().max(4.0);
        Interval { peak, bounds: [(a - peak).max(-reach), (b - peak).min(reach)] }
    }

    /// Integrates `weight` times the density from `from` to `to`, both relative to the peak.
    fn integral(&self, [from, to]: [f64; 2], weight: impl Fn(f64) -> f64) -> f64 {
        let step = (to - from) / PANELS as f64;
        let terms = (0..=PANELS).map(|panel| {
            let x = from + step * panel as f64;
            let factor = if panel % PANELS == 0 { 1 } else { 2 + 2 * (panel % 2) };
            factor as f64 * math::exp((-0.5 * x * (x + 2.0 * self.peak)).min(0.0)) * weight(x)
        });
        terms.sum::<f64>() * step / 3.0
    }
}

/// Returns the moments of the standard normal distribution between two bounds.
pub(super) fn moments(bounds: [f64; 2]) -> Moments {
    if bounds == [f64::NEG_INFINITY, f64::INFINITY] {
        return Moments { mean: 0.0, std: 1.0, kurtosis: 3.0 };
    }
    let interval = Interval::new(bounds);
    let integral = |weight: &dyn Fn(f64) -> f64| interval.integral(interval.bounds, weight);
    let mass = integral(&|_| 1.0);
    let shift = if bounds[0] == -bounds[1] { 0.0 } else { integral(&|x| x) / mass };
    let central = |power| integral(&move |x| (x - shift).powi(power)) / mass;
    let (variance, fourth) = (central(2), central(4));
    let kurtosis = fourth / (variance * variance);
    Moments { mean: interval.peak + shift, std: variance.sqrt(), kurtosis }
}

/// Returns the probability that the standard normal distribution between two bounds has in `part`.
pub(super) fn probability(bounds: [f64; 2], part: [f64; 2]) -> f64 {
    let interval = Interval::new(bounds);
    let [low, high] = interval.bounds;
    let [from, to] = part.map(|x| (x - interval.peak).clamp(low, high));
    let mass = interval.integral([low, high], |_| 1.0);
    if from < to { interval.integral([from, to], |_| 1.0) / mass } else { 0.0 }
}

/// Returns the number below which the standard normal distribution between two bounds has this
/// probability.
pub(super) fn quantile(bounds: [f64; 2], probability: f64) -> f64 {
    if probability > 0.5 {
        // The mass above has more digits than 1 less the mass below.
        return -quantile([-bounds[1], -bounds[0]], 1.0 - probability);
    }
    if probability == 0.0 {
        return bounds[0];
    }
    let interval = Interval::new(bounds);
    let [low, high] = interval.bounds;
    let target = probability * interval.integral([low, high], |_| 1.0);
    let (mut below, mut above) = (low, high);
    // Halves the interval until its ends are neighbours.
    loop {
        let middle = below + (above - below) / 2.0;
        if middle <= below || middle >= above {
            return interval.peak + above;
        }
        let mass = interval.integral([low, middle], |_| 1.0);
        *(if mass < target { &mut below } else { &mut above }) = middle;
    }
}

#[cfg(test)]
mod tests {
    use core::f64::consts::PI;

    use super::*;

    const ALL: [f64; 2] = [f64::NEG_INFINITY, f64::INFINITY];

    fn assert_close(x: f64, y: f64, tolerance: f64) {
        assert!((x / y - 1.0).abs() < tolerance, "{x} for {y}");
    }

    #[test]
    fn moments_are_those_of_the_formulas() {
        assert_close(moments([-2.0, 2.0]).std, 0.879_625_661_034_239_8, 1e-10);
        let half = moments([0.0, f64::INFINITY]);
        assert_close(half.mean, (2.0 / PI).sqrt(), 1e-10);
        assert_close(half.std, (1.0 - 2.0 / PI).sqrt(), 1e-10);
        // Nothing cut off that matters.
        assert_close(moments([-9.0, 9.0]).kurtosis, 3.0, 1e-10);
        // Far out an exponential distribution, whose kurtosis is 9.
        let far = moments([1e4, f64::INFINITY]);
        assert_close(far.kurtosis, 9.0, 1e-3);
        assert_close(far.std * 1e4, 1.0, 1e-3);
    }

    #[test]
    fn probabilities_are_those_of_the_error_function() {
        use statrs::function::erf::erfc;
        let beyond = |x: f64| erfc(x / 2f64.sqrt()) / 2.0;
        for x in [0.0, 0.5, 1.0, 3.0, 6.0] {
            assert_close(probability(ALL, [x, f64::INFINITY]), beyond(x), 1e-9);
            assert_close(probability(ALL, [f64::NEG_INFINITY, -x]), beyond(x), 1e-9);
        }
        let tail = probability([3.0, f64::INFINITY], [4.0, 5.0]);
        assert_close(tail, (beyond(4.0) - beyond(5.0)) / beyond(3.0), 1e-9);
        assert_eq!(probability([-2.0, 2.0], [2.0, 3.0]), 0.0);
        assert_eq!(probability([-2.0, 2.0], [1.0, -1.0]), 0.0);
    }

    #[test]
    fn quantiles_invert_probabilities() {
        assert_close(quantile(ALL, 0.001), -3.090_232_306, 1e-9);
        assert_close(quantile(ALL, 0.999), 3.090_232_306, 1e-9);
        assert_close(quantile([3.0, f64::INFINITY], 1e-9), 3.0, 1e-6);
        assert_eq!(quantile([-2.0, 2.0], 0.0), -2.0);
        for bounds in [[-2.0, 2.0], [0.0, f64::INFINITY], [10.0, 11.0]] {
            for p in [1e-4, 0.1, 0.5, 0.9] {
                let x = quantile(bounds, p);
                assert_close(probability(bounds, [bounds[0], x]), p, 1e-8);
            }
        }
    }
}

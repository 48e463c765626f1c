//! Mean, variance, skew and kurtosis of values in parts, each added to the whole without cancellation.
//!
//! Parts are combined by the formulas of Philippe Pébay, 2008, "Formulas for robust, one-pass parallel
//! computation of covariances and arbitrary-order statistical moments".

/// The moments of values about their mean, and their extremes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    /// How many values.
    pub count: u64,
    /// Their mean.
    pub mean: f64,
    /// The sums of the second, third and fourth powers of the differences from the mean.
    sums: [f64; 3],
    /// The least value.
    pub min: f64,
    /// The greatest value.
    pub max: f64,
}

impl Default for Moments {
    fn default() -> Self {
        Moments { count: 0, mean: 0.0, sums: [0.0; 3], min: f64::INFINITY, max: f64::NEG_INFINITY }
    }
}

/// Values that are added side by side, so that no sum waits for the value before.
const LANES: usize = 8;

impl Moments {
    /// Measures finite values that fit a processor's cache: they are read twice.
    pub fn of<T: Copy + Into<f64>>(values: &[T]) -> Self {
        let count = values.len() as f64;
        if values.is_empty() {
            return Moments::default();
        }
        let mut sums = [0.0; LANES];
        add_lanes(values, |lane, value| sums[lane] += value);
        let mean = sums.iter().sum::<f64>() / count;
        let mut powers = [[0.0; LANES]; 3];
        let (mut least, mut greatest) = ([f64::INFINITY; LANES], [f64::NEG_INFINITY; LANES]);
        add_lanes(values, |lane, value| {
            let off = value - mean;
            let square = off * off;
            powers[0][lane] += square;
            powers[1][lane] += square * off;
            powers[2][lane] += square * square;
            // Comparisons, because `min` and `max` do extra work for NaN.
            least[lane] = if value < least[lane] { value } else { least[lane] };
            greatest[lane] = if value > greatest[lane] { value } else { greatest[lane] };
        });
        Moments {
            count: values.len() as u64,
            mean,
            sums: powers.map(|lanes| lanes.iter().sum()),
            min: least.into_iter().fold(f64::INFINITY, f64::min),
            max: greatest.into_iter().fold(f64::NEG_INFINITY, f64::max),
        }
    }

    /// Adds the moments of other values.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        if self.count == 0 || other.count == 0 {
            return if self.count == 0 { *other } else { self };
        }
        let (a, b) = (self.count as f64, other.count as f64);
        let n = a + b;
        let apart = other.mean - self.mean;
        let step = apart / n;
        let [second, third, fourth] = self.sums;
        let [second2, third2, fourth2] = other.sums;
        let sums = [
            second + second2 + apart * step * a * b,
            third
                + third2
                + apart * step * step * a * b * (a - b)
                + 3.0 * step * (a * second2 - b * second),
            fourth
                + fourth2
                + apart * step * step * step * a * b * (a * a - a * b + b * b)
                + 6.0 * step * step * (a * a * second2 + b * b * second)
                + 4.0 * step * (a * third2 - b * third),
        ];
        Moments {
            count: self.count + other.count,
            mean: self.mean + step * b,
            sums,
            min: self.min.min(other.min),
            max: self.max.max(other.max),
        }
    }

    /// Returns the standard deviation.
    pub fn std(&self) -> f64 {
        (self.sums[0] / self.count as f64).sqrt()
    }

    /// Returns the kurtosis: 3 for a normal distribution, 1.8 for a uniform one. NaN if all values are
    /// the same.
    pub fn kurtosis(&self) -> f64 {
        self.count as f64 * self.sums[2] / (self.sums[0] * self.sums[0])
    }
}

#[inline(always)]
fn add_lanes<T: Copy + Into<f64>>(values: &[T], mut add: impl FnMut(usize, f64)) {
    let (blocks, rest) = values.as_chunks::<LANES>();
    for block in blocks {
        for (lane, &value) in block.iter().enumerate() {
            add(lane, value.into());
        }
    }
    for &value in rest {
        add(0, value.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Near a mean that is large for the spread.
    fn values() -> Vec<f64> {
        (0..1000_u32).map(|i| 1e6 + f64::from(i * i % 977) / 977.0).collect()
    }

    fn direct(values: &[f64]) -> [f64; 3] {
        let n = values.len() as f64;
        let mean = values.iter().map(|v| v - 1e6).sum::<f64>() / n;
        let power = |p| values.iter().map(|v| (v - 1e6 - mean).powi(p)).sum::<f64>() / n;
        [mean + 1e6, power(2).sqrt(), power(4) / (power(2) * power(2))]
    }

    #[test]
    fn moments_are_those_of_the_definition() {
        let values = values();
        let expected = direct(&values);
        for cut in [0, 1, 7, 500, 999, 1000] {
            let (head, tail) = values.split_at(cut);
            let sum = Moments::of(head).and(&Moments::of(tail));
            for (own, expected) in [sum.mean, sum.std(), sum.kurtosis()].iter().zip(expected) {
                assert!((own / expected - 1.0).abs() < 1e-9, "{cut}: {own} {expected}");
            }
            assert_eq!(sum.count, 1000);
            let [min, max] =
                [f64::min, f64::max].map(|f| values.iter().copied().reduce(f).unwrap());
            assert_eq!((sum.min, sum.max), (min, max));
        }
    }

    #[test]
    fn equal_values_have_no_spread() {
        let moments = Moments::of(&[0.1_f32; 100]).and(&Moments::of(&[0.1_f32; 11]));
        assert!(moments.std() < 1e-15 && moments.min == moments.max);
        assert!(Moments::default().std().is_nan());
    }
}

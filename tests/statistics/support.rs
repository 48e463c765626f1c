//! Samples in buffers, counts in cells, and the tests of counts against a distribution.
//!
//! Every value is counted in fine cells on the way; most tests are made of the counts afterwards.

use seedbed::{Element, Exec, Sample, Seed, Stream};

/// Values of a buffer: all of it stays in the cache while it is counted.
pub const BUFFER: usize = 1 << 16;

/// No sum of a correct sampler is so many standard errors off: 2e-9 of normal numbers are.
pub const ERRORS: f64 = 6.0;
/// The same for the largest of many.
const MOST_OF_MANY: f64 = 7.0;

/// The number in an environment variable, for a long run with other seeds.
fn variable(name: &str, default: u64) -> u64 {
    let Ok(text) = std::env::var(name) else { return default };
    text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}, not a number"))
}

/// Values of a distribution and an element type: 2^30, times `SEEDBED_STATISTICS_FACTOR`; few without optimisation.
pub fn samples() -> u64 {
    few(1 << 30)
}

/// So many values, times `SEEDBED_STATISTICS_FACTOR`; a thousandth of them without optimisation.
pub fn few(count: u64) -> u64 {
    at_once(count) * variable("SEEDBED_STATISTICS_FACTOR", 1)
}

/// So many values in memory at once, whatever the factor; a thousandth without optimisation.
pub fn at_once(count: u64) -> u64 {
    let count = if cfg!(debug_assertions) { count >> 10 } else { count };
    count.next_multiple_of(BUFFER as u64)
}

/// A stream of the seed `SEEDBED_STATISTICS_SEED`.
pub fn stream(path: &str) -> Stream {
    Seed::from(variable("SEEDBED_STATISTICS_SEED", 2024)).stream(path)
}

/// Shows a distribution's values to `take`, `BUFFER` at once.
pub fn sample<T: Element>(
    distribution: &impl Sample<T>,
    path: &str,
    count: u64,
    mut take: impl FnMut(&[T]),
) {
    let stream = stream(path);
    let mut buffer = vec![T::default(); BUFFER];
    for first in (0..count).step_by(BUFFER) {
        let from_here = stream.at(first).unwrap();
        distribution.with(Exec::sequential()).sample_into(&mut buffer, &from_here);
        take(&buffer);
    }
}

pub fn assert_near(what: &str, value: f64, expected: f64, standard_error: f64) {
    let off = (value - expected) / standard_error;
    assert!(off.abs() < ERRORS, "{what} is {value}, expected {expected}: {off:.1} errors off");
}

/// Numbers that should be standard normal: none too large, and their squares as large as they
/// should be altogether.
pub fn assert_standard(what: &str, numbers: &[f64]) {
    for (i, z) in numbers.iter().enumerate() {
        assert!(z.abs() < MOST_OF_MANY, "{what}: number {i} is {z:.1} errors off");
    }
    let squares = numbers.iter().map(|z| z * z).sum();
    assert_chi_square(what, squares, numbers.len());
}

/// Sums over `n` values each, as standard normal numbers.
pub fn standardised(sums: &[f64], n: f64, mean: f64, variance: f64) -> Vec<f64> {
    sums.iter().map(|sum| (sum - n * mean) / (n * variance).sqrt()).collect()
}

/// By the cube root of Wilson and Hilferty (1931), which is nearly normal.
fn assert_chi_square(what: &str, value: f64, freedom: usize) {
    let spread = 2.0 / (9.0 * freedom as f64);
    let z = ((value / freedom as f64).cbrt() - 1.0 + spread) / spread.sqrt();
    assert!(z.abs() < ERRORS, "{what}: chi-square {value:.0} at {freedom} degrees: {z:.1} errors");
}

/// How far a count is from its expectation, as a nearly standard normal number.
fn count_error(count: f64, expected: f64) -> f64 {
    2.0 * ((count + 0.375).sqrt() - (expected + 0.375).sqrt())
}

/// Counts against the probabilities of their cells, which add up to 1, by three tests: the
/// chi-square, the Kolmogorov-Smirnov distance, and every cell with its 2, 4, 8, .. neighbours.
/// A cell of probability 0 is empty.
pub fn assert_counts(what: &str, counts: &[u32], probabilities: &[f64]) {
    assert_eq!(counts.len(), probabilities.len());
    let n: f64 = counts.iter().map(|c| f64::from(*c)).sum();
    let cells: Vec<[f64; 2]> =
        counts.iter().zip(probabilities).map(|(c, p)| [f64::from(*c), n * p]).collect();
    let impossible = cells.iter().position(|[count, expected]| *count > 0.0 && *expected == 0.0);
    assert_eq!(impossible, None, "{what}: a value in a cell that has none");
    assert_cells(what, &cells);
    assert_distance(what, &cells, n);
    assert_intervals(what, cells);
}

/// The chi-square of `[count, expected]`; cells are merged until 10 are expected.
pub fn assert_cells(what: &str, cells: &[[f64; 2]]) {
    let (mut sum, mut merged, mut rest) = (0.0, 0, [0.0; 2]);
    for [count, expected] in cells {
        rest = [rest[0] + count, rest[1] + expected];
        if rest[1] >= 10.0 {
            sum += (rest[0] - rest[1]).powi(2) / rest[1];
            merged += 1;
            rest = [0.0; 2];
        }
    }
    assert_chi_square(what, sum, merged - 1);
}

/// `sqrt(n) D` is above 2.7 once in 10^6.
fn assert_distance(what: &str, cells: &[[f64; 2]], n: f64) {
    let (mut off, mut distance) = (0.0, 0.0_f64);
    for [count, expected] in cells {
        off += count - expected;
        distance = distance.max(off.abs());
    }
    let scaled = distance / n.sqrt();
    assert!(scaled < 2.7, "{what}: sqrt(n) D = {scaled:.2}");
}

/// What is wrong in one place only is many errors off in cells of its size: too few where there should
/// be many, too many anywhere.
fn assert_intervals(what: &str, mut cells: Vec<[f64; 2]>) {
    let finest = cells.len();
    while cells.len() > 1 {
        let seen = |[count, expected]: &[f64; 2]| *expected >= 20.0 || count > expected;
        for (i, [count, expected]) in cells.iter().enumerate().filter(|(_, cell)| seen(cell)) {
            let off = count_error(*count, *expected);
            let size = finest.div_ceil(cells.len());
            assert!(
                off.abs() < MOST_OF_MANY,
                "{what}: {count} in cells {} to {}, expected {expected:.1}: {off:.1} errors off",
                i * size,
                (i + 1) * size,
            );
        }
        let pairs = cells.chunks(2).map(|pair| {
            pair.iter().fold([0.0; 2], |sum, [count, expected]| [sum[0] + count, sum[1] + expected])
        });
        cells = pairs.collect();
    }
}

/// The sums of the first four powers.
#[derive(Default)]
pub struct Powers {
    n: f64,
    sums: [f64; 4],
}

impl Powers {
    pub fn add(&mut self, values: &[f64]) {
        let (groups, rest) = values.as_chunks::<4>();
        assert!(rest.is_empty());
        let mut sums = [[0.0; 4]; 4];
        for group in groups {
            for (lane, x) in group.iter().enumerate() {
                let square = x * x;
                for (sums, power) in sums.iter_mut().zip([*x, square, square * x, square * square])
                {
                    sums[lane] += power;
                }
            }
        }
        self.n += values.len() as f64;
        for (sum, lanes) in self.sums.iter_mut().zip(sums) {
            *sum += lanes.iter().sum::<f64>();
        }
    }

    /// Against the first eight moments about 0 of the distribution.
    pub fn check(&self, what: &str, moments: [f64; 8]) {
        for (power, sum) in (1..=4).zip(self.sums) {
            let (mean, square) = (moments[power - 1], moments[2 * power - 1]);
            let error = ((square - mean * mean) / self.n).sqrt();
            assert_near(&format!("{what}: moment {power}"), sum / self.n, mean, error);
        }
    }
}

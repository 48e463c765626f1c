//! Measures values in one pass over a tensor, in parallel.

use rayon::prelude::*;
use seedbed::Element;

/// Columns of a histogram.
pub const COLUMNS: usize = 24;

/// Values of a unit of work. It is fixed, and units are added in order, so that the sums do not depend on
/// the number of threads.
const UNIT: usize = 1 << 16;

/// Values that are measured side by side.
const LANES: usize = 8;

/// Where values are expected, so that sums do not cancel and histograms fit.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// What is subtracted before summing.
    pub centre: f64,
    /// The histogram's range; values beyond it are counted in the outer columns.
    pub range: [f64; 2],
}

/// Count, sums, extremes and histogram of values.
#[derive(Clone, Debug)]
pub struct Measured {
    frame: Frame,
    /// How many values.
    pub count: u64,
    sum: f64,
    squares: f64,
    /// The least value.
    pub min: f64,
    /// The greatest value.
    pub max: f64,
    /// Values in each column of the frame's range.
    pub histogram: [u64; COLUMNS],
}

impl Measured {
    /// Returns the measures of no values.
    pub fn none(frame: Frame) -> Self {
        let [min, max] = [f64::INFINITY, f64::NEG_INFINITY];
        Measured { frame, count: 0, sum: 0.0, squares: 0.0, min, max, histogram: [0; COLUMNS] }
    }

    /// Measures values.
    pub fn of<T: Element>(values: &[T], frame: Frame) -> Self {
        let units: Vec<_> =
            values.par_chunks(UNIT).map(|unit| Self::of_unit(unit, frame)).collect();
        units.iter().fold(Self::none(frame), |sum, unit| sum.and(unit))
    }

    /// Adds the measures of other values, in the same frame.
    pub fn and(mut self, other: &Self) -> Self {
        self.count += other.count;
        self.sum += other.sum;
        self.squares += other.squares;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        for (column, more) in self.histogram.iter_mut().zip(other.histogram) {
            *column += more;
        }
        self
    }

    /// Returns the mean of the values.
    pub fn mean(&self) -> f64 {
        self.frame.centre + self.sum / self.count as f64
    }

    /// Returns the standard deviation of the values.
    pub fn std(&self) -> f64 {
        let (count, shift) = (self.count as f64, self.sum / self.count as f64);
        (self.squares / count - shift * shift).max(0.0).sqrt()
    }

    fn of_unit<T: Element>(values: &[T], frame: Frame) -> Self {
        let mut lanes = Lanes::new(frame);
        let (blocks, rest) = values.as_chunks::<LANES>();
        blocks.iter().for_each(|block| lanes.add(block.map(T::to_f64)));
        rest.iter().for_each(|value| lanes.add([value.to_f64()]));
        lanes.total(values.len())
    }
}

/// The measures of every eighth value, so that no sum and no column waits for the value before.
struct Lanes {
    frame: Frame,
    per_unit: f64,
    sums: [f64; LANES],
    squares: [f64; LANES],
    least: [f64; LANES],
    greatest: [f64; LANES],
    histograms: [[u64; COLUMNS]; LANES],
}

impl Lanes {
    fn new(frame: Frame) -> Self {
        Lanes {
            frame,
            per_unit: COLUMNS as f64 / (frame.range[1] - frame.range[0]),
            sums: [0.0; LANES],
            squares: [0.0; LANES],
            least: [f64::INFINITY; LANES],
            greatest: [f64::NEG_INFINITY; LANES],
            histograms: [[0; COLUMNS]; LANES],
        }
    }

    /// Adds a value to each of the first lanes.
    #[inline(always)]
    fn add<const N: usize>(&mut self, values: [f64; N]) {
        for (lane, value) in values.into_iter().enumerate() {
            let shifted = value - self.frame.centre;
            self.sums[lane] += shifted;
            self.squares[lane] += shifted * shifted;
            // Comparisons, because `min` and `max` do extra work for NaN.
            self.least[lane] = if value < self.least[lane] { value } else { self.least[lane] };
            self.greatest[lane] =
                if value > self.greatest[lane] { value } else { self.greatest[lane] };
        }
        let places = values.map(|value| ((value - self.frame.range[0]) * self.per_unit) as i32);
        for (histogram, place) in self.histograms.iter_mut().zip(places) {
            histogram[place.clamp(0, COLUMNS as i32 - 1) as usize] += 1;
        }
    }

    fn total(&self, count: usize) -> Measured {
        let mut histogram = [0; COLUMNS];
        for (column, sum) in histogram.iter_mut().enumerate() {
            *sum = self.histograms.iter().map(|lane| lane[column]).sum();
        }
        Measured {
            frame: self.frame,
            count: count as u64,
            sum: self.sums.iter().sum(),
            squares: self.squares.iter().sum(),
            min: self.least.into_iter().fold(f64::INFINITY, f64::min),
            max: self.greatest.into_iter().fold(f64::NEG_INFINITY, f64::max),
            histogram,
        }
    }
}

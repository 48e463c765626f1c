//! Measures values in one pass over a part of a tensor.

use bytemuck::Pod;
use seedbed::Element;

/// Columns of a histogram.
pub const COLUMNS: usize = 24;

/// Values that are converted and measured at a time, in a processor's cache.
const UNIT: usize = 1 << 12;

/// Values that are measured side by side.
const LANES: usize = 8;

/// Where values are expected, so that sums do not cancel and histograms fit.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// What is subtracted before summing.
    pub centre: f64,
    /// The size of what is left, to the nearest powers of ten; if it is not known, that of the values.
    pub spread: Option<f64>,
    /// The histogram's range; values beyond it are counted in the outer columns.
    pub range: [f64; 2],
}

impl Frame {
    /// Returns what differences from the centre are divided by, so that no square is beyond the numbers:
    /// a power of two, which rounds nothing.
    fn scale<T: Element>(&self, values: &[T]) -> f64 {
        let size = self.spread.unwrap_or_else(|| {
            values.iter().fold(0.0, |most, value| f64::max(most, value.to_f64().abs()))
        });
        // The centre may be rounded to the element type by more than a tiny spread.
        let size = size.max(self.centre.abs() * 2f64.powi(-60));
        2f64.powi(size.log2().clamp(-1022.0, 1022.0) as i32)
    }
}

/// Count, sums, extremes and histogram of values.
#[derive(Clone, Debug)]
pub struct Measured {
    centre: f64,
    /// What the differences from the centre are divided by before they are summed.
    scale: f64,
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
    /// Measures the values of little-endian bytes.
    pub fn of<T: Element + Pod>(bytes: &[u8], frame: Frame) -> Self {
        let mut values = vec![T::zeroed(); UNIT.min(bytes.len() / size_of::<T>())];
        let mut sum = Self::of_values::<T>(&[], frame);
        // Copied to where they are aligned.
        for unit in bytes.chunks(UNIT * size_of::<T>()) {
            let values = &mut values[..unit.len() / size_of::<T>()];
            let target: &mut [u8] = bytemuck::cast_slice_mut(values);
            target.copy_from_slice(unit);
            if cfg!(target_endian = "big") {
                target.chunks_exact_mut(size_of::<T>()).for_each(<[u8]>::reverse);
            }
            sum = sum.and(&Self::of_values(values, frame));
        }
        sum
    }

    /// Adds the measures of other values, around the same centre.
    pub fn and(mut self, other: &Self) -> Self {
        self.rescale(self.scale.max(other.scale));
        let mut other = other.clone();
        other.rescale(self.scale);
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

    fn rescale(&mut self, scale: f64) {
        let ratio = self.scale / scale;
        self.sum *= ratio;
        self.squares *= ratio * ratio;
        self.scale = scale;
    }

    /// Returns the mean of the values.
    pub fn mean(&self) -> f64 {
        self.centre + self.scale * (self.sum / self.count as f64)
    }

    /// Returns the standard deviation of the values.
    pub fn std(&self) -> f64 {
        let (count, shift) = (self.count as f64, self.sum / self.count as f64);
        self.scale * (self.squares / count - shift * shift).max(0.0).sqrt()
    }

    fn of_values<T: Element>(values: &[T], frame: Frame) -> Self {
        let mut lanes = Lanes::new(frame, frame.scale(values));
        let (blocks, rest) = values.as_chunks::<LANES>();
        blocks.iter().for_each(|block| lanes.add(block.map(T::to_f64)));
        rest.iter().for_each(|value| lanes.add([value.to_f64()]));
        lanes.total(values.len())
    }
}

/// The measures of every eighth value, so that no sum and no column waits for the value before.
struct Lanes {
    centre: f64,
    scale: f64,
    /// 1 / `scale`.
    inverse: f64,
    /// Where the histogram begins, and its columns per unit, in the units of the scaled differences.
    from: f64,
    per_unit: f64,
    sums: [f64; LANES],
    squares: [f64; LANES],
    least: [f64; LANES],
    greatest: [f64; LANES],
    histograms: [[u64; COLUMNS]; LANES],
}

impl Lanes {
    fn new(frame: Frame, scale: f64) -> Self {
        let inverse = 1.0 / scale;
        let [from, to] = frame.range.map(|end| (end - frame.centre) * inverse);
        Lanes {
            centre: frame.centre,
            scale,
            inverse,
            from,
            per_unit: COLUMNS as f64 / (to - from),
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
        let scaled = values.map(|value| (value - self.centre) * self.inverse);
        for (lane, value) in values.into_iter().enumerate() {
            self.sums[lane] += scaled[lane];
            self.squares[lane] += scaled[lane] * scaled[lane];
            // Comparisons, because `min` and `max` do extra work for NaN.
            self.least[lane] = if value < self.least[lane] { value } else { self.least[lane] };
            self.greatest[lane] =
                if value > self.greatest[lane] { value } else { self.greatest[lane] };
        }
        let places = scaled.map(|value| ((value - self.from) * self.per_unit) as i32);
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
            centre: self.centre,
            scale: self.scale,
            count: count as u64,
            sum: self.sums.iter().sum(),
            squares: self.squares.iter().sum(),
            min: self.least.into_iter().fold(f64::INFINITY, f64::min),
            max: self.greatest.into_iter().fold(f64::NEG_INFINITY, f64::max),
            histogram,
        }
    }
}

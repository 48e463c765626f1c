//! Matrices with a fixed number of values in each column (or row) and zeros elsewhere.
//!
//! James Martens, 2010, "Deep learning via Hessian-free optimization". The values of line `i`, in the
//! order of their places, are elements `i count` to `(i + 1) count` of the tensor's stream. Its places
//! are chosen, or those that it leaves out if they are fewer, by Robert Floyd's algorithm (Jon Bentley
//! and Robert Floyd, 1987, "A sample of brilliance"), with integers by Daniel Lemire (2019, "Fast
//! random integer generation in an interval") from the 32-bit halves, the lower first, of as many
//! words of child 0 of the tensor's stream as each line needs. Halves that are rejected are replaced
//! from the scalar generator of that stream's child `i`.
//!
//! Bit `i` of word `row` of a strip of 64 columns says whether column `i` has a value there, so that
//! the places are chosen in the first-level cache and written row by row. Zeros are written with them.

mod source;

use core::mem::MaybeUninit;
use core::ops::Range;

use crate::distr::Normal;
use crate::element::Element;
use crate::error::Error;
use crate::fill::Exec;
use crate::init::parallel;
use crate::init::scaled::at_least_0;
use crate::init::tensor::reserved;
use crate::stream::Stream;
use source::Source;

/// Which lines of a matrix have a fixed number of values that are not zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Per {
    /// The columns. Of `(in, out)` weights they are the outputs (Lasagne), of `(out, in)` weights
    /// the inputs (PyTorch).
    Column,
    /// The rows. Of `(out, in)` weights they are the outputs (MLX).
    Row,
}

/// How many of the `n` values of a line are not zero.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Count {
    /// The integer part of this fraction times `n`, in f64, as Lasagne takes it: of 0.29 times 100
    /// it is 28.
    NonzeroFloor(f64),
    /// `n` less this fraction of zeros times `n`, in f64, rounded up, as PyTorch takes it.
    ZeroCeil(f64),
    /// This number.
    Exactly(usize),
}

impl Count {
    pub(crate) fn check(self) -> Result<(), Error> {
        let (Count::NonzeroFloor(fraction) | Count::ZeroCeil(fraction)) = self else {
            return Ok(());
        };
        if at_least_0("sparsity", fraction)? <= 1.0 {
            return Ok(());
        }
        let expected = "within 0 and 1";
        Err(Error::OutOfRange { parameter: "sparsity", value: fraction, expected })
    }

    /// Of a line of `n` values.
    fn of(self, n: usize) -> usize {
        match self {
            Count::NonzeroFloor(fraction) => (fraction * n as f64) as usize,
            Count::ZeroCeil(fraction) => n.saturating_sub((fraction * n as f64).ceil() as usize),
            Count::Exactly(count) => count,
        }
    }
}

/// A matrix with `count` values in each line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sparse {
    per: Per,
    rows: usize,
    cols: usize,
    count: usize,
    std: f64,
}

impl Sparse {
    pub(crate) fn new(per: Per, count: Count, std: f64, shape: &[usize]) -> Result<Self, Error> {
        let &[rows, cols] = shape else {
            let (initializer, expected) = ("Sparse", "rank 2");
            return Err(Error::Rank { initializer, shape: shape.to_vec(), expected });
        };
        let n = if per == Per::Column { rows } else { cols };
        let count = count.of(n);
        if u32::try_from(n).is_err() {
            let expected = "lines of fewer than 2^32 values";
            return Err(Error::Shape { initializer: "Sparse", shape: shape.to_vec(), expected });
        }
        if count > n {
            let expected = "at least as many values in a line as are not zero";
            return Err(Error::Shape { initializer: "Sparse", shape: shape.to_vec(), expected });
        }
        Ok(Sparse { per, rows, cols, count, std })
    }

    pub(crate) fn check<T: Element>(&self) -> Result<(), Error> {
        Normal::<T>::new(0.0, self.std).map(drop)
    }

    /// Fills a contiguous part: part of a row, rows, part of a row.
    pub(crate) fn fill_range<T: Element>(
        &self,
        offset: usize,
        out: &mut [MaybeUninit<T>],
        stream: &Stream,
        exec: Exec,
    ) -> Result<(), Error> {
        let (mut at, mut rest) = (offset, out);
        while !rest.is_empty() {
            let (row, col) = (at / self.cols, at % self.cols);
            let rows = if col == 0 { (rest.len() / self.cols).max(1) } else { 1 };
            let cols = col..self.cols.min(col + rest.len());
            let (part, later) = rest.split_at_mut(rows * cols.len());
            self.fill_block(row..row + rows, cols, part, stream, exec)?;
            (at, rest) = (at + rows * self.cols - col, later);
        }
        Ok(())
    }

    /// Fills a block.
    pub(crate) fn fill_block<T: Element>(
        &self,
        rows: Range<usize>,
        cols: Range<usize>,
        out: &mut [MaybeUninit<T>],
        stream: &Stream,
        exec: Exec,
    ) -> Result<(), Error> {
        if out.is_empty() {
            return Ok(());
        }
        let (lines, across) = match self.per {
            Per::Column => (cols.clone(), rows),
            Per::Row => (rows, cols.clone()),
        };
        let source = Source::new(self, lines.end, stream, exec)?;
        let each = lines.len().div_ceil(TASKS * parallel::threads(exec) * STRIP) * STRIP;
        let height = if self.per == Per::Column { across.len() } else { each };
        let mut tasks = Vec::new();
        for _ in 0..lines.len().div_ceil(each) {
            tasks.push(Task { out: reserved(height)?, result: Ok(()) });
        }
        for (row, out) in out.chunks_mut(cols.len()).enumerate() {
            match self.per {
                Per::Row => tasks[row / each].out.push(out),
                Per::Column => {
                    let parts = tasks.iter_mut().zip(out.chunks_mut(each));
                    parts.for_each(|(task, out)| task.out.push(out));
                }
            }
        }
        parallel::chunks(&mut tasks, 1, exec, |i, tasks| {
            let start = lines.start + i * each;
            let lines = start..lines.end.min(start + each);
            tasks.iter_mut().for_each(|task| task.result = task.fill(&source, &lines, &across));
        });
        tasks.into_iter().try_for_each(|task| task.result)
    }
}

/// Columns whose places are chosen together: bits of a word.
const STRIP: usize = 64;

/// Lines that are written together, so that a row's part is long.
const GROUP: usize = 8 * STRIP;

/// Parts of the lines for each thread.
const TASKS: usize = 2;

/// The memory of some lines by the rows, and whether it could be filled.
struct Task<'a, T> {
    out: Vec<&'a mut [MaybeUninit<T>]>,
    result: Result<(), Error>,
}

impl<T: Element> Task<'_, T> {
    /// Fills the places in the range `across` of some lines.
    fn fill(
        &mut self,
        source: &Source<T>,
        lines: &Range<usize>,
        across: &Range<usize>,
    ) -> Result<(), Error> {
        let mut strips = Strips::new(source, lines.len())?;
        for first in lines.clone().step_by(GROUP) {
            let some = first..lines.end.min(first + GROUP);
            let done = first - lines.start;
            source.sample_values(&some, &mut strips.values);
            match source.per {
                Per::Column => strips.columns(source, some, across, done, &mut self.out),
                Per::Row => strips.rows(source, some, across, &mut self.out[done..]),
            }
        }
        Ok(())
    }
}

/// The values of a group of lines, the words of a strip's places, and bits for places.
struct Strips<T> {
    values: Vec<T>,
    words: Vec<u64>,
    bits: Vec<u64>,
}

impl<T: Element> Strips<T> {
    fn new(source: &Source<T>, lines: usize) -> Result<Self, Error> {
        let lines = lines.min(GROUP);
        let bits = match source.per {
            Per::Column => source.n * lines.div_ceil(STRIP),
            Per::Row => source.n.div_ceil(64),
        };
        let words = zeros(lines.min(STRIP) * source.words())?;
        Ok(Strips { values: zeros(lines * source.count)?, words, bits: zeros(bits)? })
    }

    /// Writes a group of columns to parts of rows, from element `done` of each on.
    fn columns(
        &mut self,
        source: &Source<T>,
        cols: Range<usize>,
        rows: &Range<usize>,
        done: usize,
        out: &mut [&mut [MaybeUninit<T>]],
    ) {
        self.choose_columns(source, &cols);
        let strips = cols.len().div_ceil(STRIP);
        let words = |row| self.bits[row..].iter().step_by(source.n).take(strips);
        let mut next: [usize; GROUP] = core::array::from_fn(|col| col * source.count);
        for row in 0..rows.start {
            places(words(row)).for_each(|col| next[col] += 1);
        }
        for (row, out) in rows.clone().zip(out) {
            let out = &mut out[done..][..cols.len()];
            out.fill(MaybeUninit::new(T::default()));
            places(words(row)).for_each(|col| {
                out[col].write(self.values[next[col]]);
                next[col] += 1;
            });
        }
    }

    /// Sets the bits of a group of columns.
    fn choose_columns(&mut self, source: &Source<T>, cols: &Range<usize>) {
        for (bits, first) in self.bits.chunks_mut(source.n).zip(cols.clone().step_by(STRIP)) {
            let cols = first..cols.end.min(first + STRIP);
            let all = u64::MAX >> (STRIP - cols.len());
            source.sample_words(&cols, &mut self.words);
            bits.fill(0);
            for (lane, col) in cols.enumerate() {
                let words = &mut self.words[lane * source.words()..][..source.words()];
                source.choose(col, words, bits, |row| (row, lane));
            }
            if source.inverted() {
                bits.iter_mut().for_each(|word| *word ^= all);
            }
        }
    }

    /// Writes the columns `cols` of a group of rows.
    fn rows(
        &mut self,
        source: &Source<T>,
        rows: Range<usize>,
        cols: &Range<usize>,
        out: &mut [&mut [MaybeUninit<T>]],
    ) {
        for (i, (row, out)) in rows.clone().zip(out).enumerate() {
            if i % STRIP == 0 {
                source.sample_words(&(row..rows.end.min(row + STRIP)), &mut self.words);
            }
            self.bits.fill(0);
            let words = &mut self.words[i % STRIP * source.words()..][..source.words()];
            source.choose(row, words, &mut self.bits, |col| (col / 64, col % 64));
            if source.inverted() {
                self.bits.iter_mut().for_each(|word| *word = !*word);
            }
            out.fill(MaybeUninit::new(T::default()));
            let values = &self.values[i * source.count..][..source.count];
            for (col, &value) in places(self.bits.iter()).zip(values) {
                if cols.contains(&col) {
                    out[col - cols.start].write(value);
                }
            }
        }
    }
}

/// A vector of zeros.
fn zeros<T: Clone + Default>(len: usize) -> Result<Vec<T>, Error> {
    let mut values = reserved(len)?;
    values.resize(len, T::default());
    Ok(values)
}

/// The numbers of the bits that are 1, in ascending order.
#[inline(always)]
fn places<'a>(words: impl Iterator<Item = &'a u64>) -> impl Iterator<Item = usize> {
    words.enumerate().flat_map(|(i, &word)| {
        let mut word = word;
        core::iter::from_fn(move || {
            let bit = word.trailing_zeros() as usize;
            word &= word.wrapping_sub(1);
            (bit < 64).then_some(i * 64 + bit)
        })
    })
}

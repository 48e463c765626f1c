//! Matrices with a fixed number of values in each column (or row) and zeros elsewhere.
//!
//! James Martens, 2010, "Deep learning via Hessian-free optimization". The values of line `i`, in the
//! order of their places, are elements `i count` to `(i + 1) count` of the tensor's stream. Its places
//! are chosen by the scalar generator of a stream of its own, child `i` of the tensor's: by Robert
//! Floyd's algorithm (Jon Bentley and Robert Floyd, 1987, "A sample of brilliance"), with integers by
//! Daniel Lemire (2019, "Fast random integer generation in an interval").

use core::ops::Range;

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::Rng;

use crate::distr::{FillUninit, Normal};
use crate::element::Element;
use crate::error::Error;
use crate::fill::Exec;
use crate::init::parallel;
use crate::init::scaled::at_least_0;
use crate::init::tensor::reserved;
use crate::stream::Stream;
use crate::uninit;

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

    /// Fills a contiguous part, which holds zeros: part of a row, rows, part of a row.
    pub(crate) fn fill_range<T: Element>(
        &self,
        offset: usize,
        out: &mut [T],
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

    /// Fills a block, which holds zeros.
    pub(crate) fn fill_block<T: Element>(
        &self,
        rows: Range<usize>,
        cols: Range<usize>,
        out: &mut [T],
        stream: &Stream,
        exec: Exec,
    ) -> Result<(), Error> {
        if self.count == 0 || out.is_empty() {
            return Ok(());
        }
        match self.per {
            Per::Column => self.columns(rows, cols, out, stream, exec),
            Per::Row => self.rows(rows, cols, out, stream, exec),
        }
    }

    fn rows<T: Element>(
        &self,
        rows: Range<usize>,
        cols: Range<usize>,
        out: &mut [T],
        stream: &Stream,
        exec: Exec,
    ) -> Result<(), Error> {
        let mut lines = Lines::new(STRIP.min(rows.len()), self.count)?;
        for (strip, out) in strips(&rows).zip(out.chunks_mut(STRIP * cols.len())) {
            self.sample(strip, &mut lines, stream, exec)?;
            let lines = &lines;
            parallel::chunks(out, cols.len() * BAND, exec, |band, out| {
                for (i, row) in out.chunks_mut(cols.len()).enumerate() {
                    for (&place, &value) in lines.line(band * BAND + i) {
                        if cols.contains(&(place as usize)) {
                            row[place as usize - cols.start] = value;
                        }
                    }
                }
            });
        }
        Ok(())
    }

    /// Bands of rows, so that neighbours in memory are written by one thread.
    fn columns<T: Element>(
        &self,
        rows: Range<usize>,
        cols: Range<usize>,
        out: &mut [T],
        stream: &Stream,
        exec: Exec,
    ) -> Result<(), Error> {
        let width = cols.len();
        let mut lines = Lines::new(STRIP.min(width), self.count)?;
        for strip in strips(&cols) {
            self.sample(strip.clone(), &mut lines, stream, exec)?;
            let lines = &lines;
            parallel::chunks(out, width * BAND, exec, |band, out| {
                let first = rows.start + band * BAND;
                let out = &mut out[strip.start - cols.start..];
                (0..strip.len()).for_each(|col| lines.scatter(col, first, &mut out[col..], width));
            });
        }
        Ok(())
    }

    /// Fills `lines` with those of a range.
    fn sample<T: Element>(
        &self,
        range: Range<usize>,
        lines: &mut Lines<T>,
        stream: &Stream,
        exec: Exec,
    ) -> Result<(), Error> {
        let (count, n) = (self.count, if self.per == Per::Column { self.rows } else { self.cols });
        let normal = Normal::new(0.0, self.std)?;
        let at = |line: usize| stream.at((line * count) as u64);
        let _end = at(range.end)?;
        let each = range.len().div_ceil(TASKS);
        let parts = lines.parts(range.len());
        parallel::chunk_pairs(parts, each * count, exec, |task, places, values| {
            let first = range.start + task * each;
            let from = at(first).expect("the end is in the stream");
            normal.fill_uninit(uninit::as_uninit(values), &from, Exec::sequential());
            let mut chosen = vec![0; n.div_ceil(64)];
            for (i, places) in places.chunks_mut(count).enumerate() {
                let mut generator = stream.child((first + i) as u64).scalar();
                choose(n, places, &mut chosen, &mut generator);
            }
        });
        Ok(())
    }
}

/// Lines whose places and values are in memory at a time.
const STRIP: usize = 512;

/// Rows that are written at a time.
const BAND: usize = 128;

/// Parts that lines are cut into for the threads.
const TASKS: usize = 16;

/// Parts of a range of lines.
fn strips(lines: &Range<usize>) -> impl Iterator<Item = Range<usize>> + use<> {
    let end = lines.end;
    lines.clone().step_by(STRIP).map(move |start| start..end.min(start + STRIP))
}

/// The ascending places and the values of some lines.
struct Lines<T> {
    count: usize,
    places: Vec<u32>,
    values: Vec<T>,
}

impl<T: Element> Lines<T> {
    /// Memory for so many lines.
    fn new(lines: usize, count: usize) -> Result<Self, Error> {
        let (mut places, mut values) = (reserved(lines * count)?, reserved(lines * count)?);
        places.resize(lines * count, 0);
        values.resize(lines * count, T::default());
        Ok(Lines { count, places, values })
    }

    /// The memory of the first lines.
    fn parts(&mut self, lines: usize) -> (&mut [u32], &mut [T]) {
        let len = lines * self.count;
        (&mut self.places[..len], &mut self.values[..len])
    }

    fn line(&self, i: usize) -> impl Iterator<Item = (&u32, &T)> {
        let line = i * self.count..(i + 1) * self.count;
        self.places[line.clone()].iter().zip(&self.values[line])
    }

    /// Writes what a line has in the rows from `first` on to every `width`-th element of `out`.
    fn scatter(&self, i: usize, first: usize, out: &mut [T], width: usize) {
        let places = &self.places[i * self.count..(i + 1) * self.count];
        let skipped = places.partition_point(|&row| (row as usize) < first);
        for (&row, &value) in self.line(i).skip(skipped) {
            match out.get_mut((row as usize - first) * width) {
                Some(element) => *element = value,
                None => return,
            }
        }
    }
}

/// Chooses ascending places below `n`, each set of them equally likely: those that are left out, if
/// they are fewer. `chosen` has a bit for each.
fn choose(n: usize, places: &mut [u32], chosen: &mut [u64], rng: &mut Xoshiro256PlusPlus) {
    let invert = places.len() > n / 2;
    let drawn = if invert { n - places.len() } else { places.len() };
    chosen.fill(0);
    for last in n - drawn..n {
        let place = below(rng, last as u64 + 1) as usize;
        let taken = chosen[place / 64] >> (place % 64) & 1 == 1;
        let place = if taken { last } else { place };
        chosen[place / 64] |= 1 << (place % 64);
    }
    let mut places = places.iter_mut();
    for (i, &word) in chosen.iter().enumerate() {
        let mut word = if invert { !word } else { word };
        while word != 0 {
            let Some(place) = places.next() else { return };
            *place = (i * 64) as u32 + word.trailing_zeros();
            word &= word - 1;
        }
    }
}

/// An integer below `n`, each equally likely.
fn below(rng: &mut Xoshiro256PlusPlus, n: u64) -> u64 {
    let mut product = u128::from(rng.next_u64()) * u128::from(n);
    if (product as u64) < n {
        let least = n.wrapping_neg() % n;
        while (product as u64) < least {
            product = u128::from(rng.next_u64()) * u128::from(n);
        }
    }
    (product >> 64) as u64
}

//! Matrices with a fixed number of values in each column (or row) and zeros elsewhere.
//!
//! James Martens, 2010, "Deep learning via Hessian-free optimization". The values of line `i`, in the
//! order of their places, are elements `i count` to `(i + 1) count` of the tensor's stream. Its places
//! are chosen, or those that it leaves out if they are fewer, by Robert Floyd's algorithm (Jon Bentley
//! and Robert Floyd, 1987, "A sample of brilliance"), with integers by Daniel Lemire (2019, "Fast
//! random integer generation in an interval") from the 32-bit halves, the lower first, of as many
//! words of child 0 of the tensor's stream as each line needs. Integers in place of a rejected one
//! come from the scalar generator of that stream's child `i`.
//!
//! Bit `i` of word `row` of a strip of 64 columns says whether column `i` has a value there, so that
//! the places are chosen in the first-level cache and written row by row. Zeros are written with them.

use core::mem::MaybeUninit;
use core::ops::Range;

use rand_xoshiro::rand_core::Rng;

use crate::distr::{FillUninit, Normal};
use crate::element::Element;
use crate::error::Error;
use crate::fill::{Exec, Threads};
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
        let threads = if parallel::allowed(exec) { TASKS } else { 1 };
        let each = lines.len().div_ceil(threads * STRIP) * STRIP;
        let mut tasks = Vec::new();
        for _ in 0..lines.len().div_ceil(each) {
            tasks.push(Task { strips: Strips::new(&source, each.min(lines.len()))?, out: vec![] });
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
        parallel::chunks(&mut tasks, 1, exec, |task, tasks| {
            let start = lines.start + task * each;
            let lines = start..lines.end.min(start + each);
            tasks.iter_mut().for_each(|task| task.fill(&source, lines.clone(), &across));
        });
        Ok(())
    }
}

/// Columns whose places are chosen together: bits of a word.
const STRIP: usize = 64;

/// Lines that are written together, so that a row's part is long.
const GROUP: usize = 8 * STRIP;

/// Parts that lines are cut into for the threads.
const TASKS: usize = 16;

/// Where lines come from.
struct Source<T: Element> {
    per: Per,
    n: usize,
    count: usize,
    normal: Normal<T>,
    values: Stream,
    words: Stream,
    exec: Exec,
}

impl<T: Element> Source<T> {
    /// For the lines below `end`.
    fn new(sparse: &Sparse, end: usize, stream: &Stream, exec: Exec) -> Result<Self, Error> {
        let &Sparse { per, rows, cols, count, std } = sparse;
        let n = if per == Per::Column { rows } else { cols };
        let _end = stream.at((end * count) as u64)?;
        let (normal, words) = (Normal::new(0.0, std)?, stream.child(0));
        let exec = exec.threads(Threads::Sequential);
        Ok(Source { per, n, count, normal, values: *stream, words, exec })
    }

    /// Whether the places are chosen that have no value.
    fn inverted(&self) -> bool {
        self.count > self.n / 2
    }

    /// How many places of a line are chosen.
    fn chosen(&self) -> usize {
        if self.inverted() { self.n - self.count } else { self.count }
    }

    /// The words of a line.
    fn words(&self) -> usize {
        self.chosen().div_ceil(2)
    }

    /// Takes the values of some lines.
    fn sample_values(&self, lines: &Range<usize>, values: &mut [T]) {
        let from = self.values.at((lines.start * self.count) as u64);
        let from = from.expect("the end is in the stream");
        let values = uninit::as_uninit(&mut values[..lines.len() * self.count]);
        self.normal.fill_uninit(values, &from, self.exec);
    }

    /// Takes the words of some lines.
    fn sample_words(&self, lines: &Range<usize>, words: &mut [u64]) {
        let from = self.words.at((lines.start * self.words()) as u64);
        let words = &mut words[..lines.len() * self.words()];
        from.expect("before the values' end").words_into_with(words, self.exec);
    }

    /// Chooses places of a line by its words, each set of them equally likely. `take` says whether a
    /// place was free.
    #[inline(always)]
    fn choose(&self, line: usize, words: &mut [u64], mut take: impl FnMut(usize) -> bool) {
        words.iter_mut().for_each(|word| *word = word.to_le());
        let halves = &mut bytemuck::cast_slice_mut::<u64, u32>(words)[..self.chosen()];
        let lasts = self.n - self.chosen()..self.n;
        let mut spare = None;
        for (half, last) in halves.iter_mut().zip(lasts.clone()) {
            *half = below(last as u32 + 1, u32::from_le(*half), || {
                let spare = spare.get_or_insert_with(|| self.words.child(line as u64).scalar());
                spare.next_u32()
            });
        }
        for (&mut place, last) in halves.iter_mut().zip(lasts) {
            if !take(place as usize) {
                take(last);
            }
        }
    }
}

/// An integer below `n`, each equally likely, from a random word, and others in its place.
#[inline(always)]
fn below(n: u32, word: u32, mut another: impl FnMut() -> u32) -> u32 {
    let mut product = u64::from(word) * u64::from(n);
    if (product as u32) < n {
        let least = n.wrapping_neg() % n;
        while (product as u32) < least {
            product = u64::from(another()) * u64::from(n);
        }
    }
    (product >> 32) as u32
}

/// Some lines, and the memory they are in by the rows.
struct Task<'a, T> {
    strips: Strips<T>,
    out: Vec<&'a mut [MaybeUninit<T>]>,
}

impl<T: Element> Task<'_, T> {
    /// Fills the places in the range `across` of some lines.
    fn fill(&mut self, source: &Source<T>, lines: Range<usize>, across: &Range<usize>) {
        for first in lines.clone().step_by(GROUP) {
            let some = first..lines.end.min(first + GROUP);
            let done = first - lines.start;
            source.sample_values(&some, &mut self.strips.values);
            match source.per {
                Per::Column => self.strips.columns(source, some, across, done, &mut self.out),
                Per::Row => self.strips.rows(source, some, across, &mut self.out[done..]),
            }
        }
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
        let (values, words) = (zeros(lines * source.count)?, zeros(STRIP * source.words())?);
        Ok(Strips { values, words, bits: zeros(bits)? })
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
        for (bits, first) in self.bits.chunks_mut(source.n).zip(cols.clone().step_by(STRIP)) {
            let cols = first..cols.end.min(first + STRIP);
            source.sample_words(&cols, &mut self.words);
            bits.fill(if source.inverted() { u64::MAX >> (STRIP - cols.len()) } else { 0 });
            for (lane, col) in cols.enumerate() {
                let words = &mut self.words[lane * source.words()..][..source.words()];
                source.choose(col, words, |row| flip(&mut bits[row], lane, source.inverted()));
            }
        }
        let strips = cols.len().div_ceil(STRIP);
        let mut next: [usize; GROUP] = core::array::from_fn(|lane| lane * source.count);
        for row in 0..rows.start {
            for strip in 0..strips {
                let next = &mut next[strip * STRIP..][..STRIP];
                ones(self.bits[strip * source.n + row]).for_each(|lane| next[lane] += 1);
            }
        }
        for (row, out) in rows.clone().zip(out) {
            let out = &mut out[done..][..cols.len()];
            out.fill(MaybeUninit::new(T::default()));
            let parts = out.chunks_mut(STRIP).zip(next.chunks_mut(STRIP));
            for (strip, (out, next)) in parts.enumerate() {
                for lane in ones(self.bits[strip * source.n + row]) {
                    out[lane].write(self.values[next[lane]]);
                    next[lane] += 1;
                }
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
            self.bits.fill(if source.inverted() { u64::MAX } else { 0 });
            let words = &mut self.words[i % STRIP * source.words()..][..source.words()];
            source.choose(row, words, |col| {
                flip(&mut self.bits[col / 64], col % 64, source.inverted())
            });
            let words = self.bits.iter().enumerate();
            let places = words.flat_map(|(i, &word)| ones(word).map(move |bit| i * 64 + bit));
            out.fill(MaybeUninit::new(T::default()));
            for (col, &value) in places.zip(&self.values[i * source.count..][..source.count]) {
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

/// Makes a bit the opposite of what it was at first, and returns whether it still was that.
#[inline(always)]
fn flip(word: &mut u64, bit: usize, at_first: bool) -> bool {
    let free = (*word >> bit & 1 == 1) == at_first;
    let mask = 1 << bit;
    *word = if at_first { *word & !mask } else { *word | mask };
    free
}

/// The bits that are 1, in ascending order.
#[inline(always)]
fn ones(mut word: u64) -> impl Iterator<Item = usize> {
    core::iter::from_fn(move || {
        let bit = word.trailing_zeros() as usize;
        word &= word.wrapping_sub(1);
        (bit < 64).then_some(bit)
    })
}

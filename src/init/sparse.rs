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
//! 64 columns are made at a time: bit `i` of word `row` says whether column `i` has a value there, so
//! that the memory of the choice is in the first-level cache and the matrix is written row by row.

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
        let (lines, across) = match self.per {
            Per::Column => (cols.clone(), rows),
            Per::Row => (rows, cols.clone()),
        };
        let source = Source::new(self, lines.end, stream, exec)?;
        let threads = if parallel::allowed(exec) { TASKS } else { 1 };
        let each = lines.len().div_ceil(threads * STRIP) * STRIP;
        let mut tasks = Vec::new();
        for _ in 0..lines.len().div_ceil(each) {
            tasks.push(Task { strip: Strip::new(&source, each.min(lines.len()))?, out: vec![] });
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

/// Lines that are made at a time: bits of a word.
const STRIP: usize = 64;

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
    fn drawn(&self) -> usize {
        if self.inverted() { self.n - self.count } else { self.count }
    }

    /// The words of a line.
    fn words(&self) -> usize {
        self.drawn().div_ceil(2)
    }

    /// Chooses places of a line, each set of them equally likely. `take` says whether a place was
    /// free.
    #[inline(always)]
    fn choose(&self, line: usize, words: &[u64], mut take: impl FnMut(usize) -> bool) {
        let mut spare = None;
        for (i, last) in (self.n - self.drawn()..self.n).enumerate() {
            let word = (words[i / 2] >> (i % 2 * 32)) as u32;
            let place = below(last as u32 + 1, word, || {
                let spare = spare.get_or_insert_with(|| self.words.child(line as u64).scalar());
                spare.next_u32()
            });
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

/// Some lines and the memory they are in, in the order of the rows.
struct Task<'a, T> {
    strip: Strip<T>,
    out: Vec<&'a mut [T]>,
}

impl<T: Element> Task<'_, T> {
    /// Fills the places in the range `across` of some lines.
    fn fill(&mut self, source: &Source<T>, lines: Range<usize>, across: &Range<usize>) {
        for first in lines.clone().step_by(STRIP) {
            let some = first..lines.end.min(first + STRIP);
            let done = first - lines.start;
            self.strip.sample(source, some.clone());
            match source.per {
                Per::Column => self.strip.columns(source, some, across, done, &mut self.out),
                Per::Row => self.strip.rows(source, some, across, &mut self.out[done..]),
            }
        }
    }
}

/// The values of up to 64 lines, the words that their places come from, and bits for places.
struct Strip<T> {
    values: Vec<T>,
    words: Vec<u64>,
    bits: Vec<u64>,
}

impl<T: Element> Strip<T> {
    fn new(source: &Source<T>, lines: usize) -> Result<Self, Error> {
        let lines = lines.min(STRIP);
        let bits = if source.per == Per::Column { source.n } else { source.n.div_ceil(64) };
        let values = zeros(lines * source.count)?;
        Ok(Strip { values, words: zeros(lines * source.words())?, bits: zeros(bits)? })
    }

    /// Takes values and words of lines.
    fn sample(&mut self, source: &Source<T>, lines: Range<usize>) {
        let at = |stream: &Stream, each: usize| {
            stream.at((lines.start * each) as u64).expect("the end is in the stream")
        };
        let values = uninit::as_uninit(&mut self.values[..lines.len() * source.count]);
        source.normal.fill_uninit(values, &at(&source.values, source.count), source.exec);
        let words = &mut self.words[..lines.len() * source.words()];
        at(&source.words, source.words()).words_into_with(words, source.exec);
    }

    /// Writes columns to parts of rows, from element `done` of each on.
    fn columns(
        &mut self,
        source: &Source<T>,
        cols: Range<usize>,
        rows: &Range<usize>,
        done: usize,
        out: &mut [&mut [T]],
    ) {
        let (all, each) = (u64::MAX >> (STRIP - cols.len()), source.words());
        self.bits.fill(0);
        for (lane, col) in cols.enumerate() {
            source.choose(col, &self.words[lane * each..][..each], |row| {
                set(&mut self.bits[row], lane)
            });
        }
        let flip = if source.inverted() { all } else { 0 };
        let mut next: [usize; STRIP] = core::array::from_fn(|lane| lane * source.count);
        for &word in &self.bits[..rows.start] {
            ones(word ^ flip).for_each(|lane| next[lane] += 1);
        }
        for (&word, out) in self.bits[rows.clone()].iter().zip(out) {
            let out = &mut out[done..];
            for lane in ones(word ^ flip) {
                out[lane] = self.values[next[lane]];
                next[lane] += 1;
            }
        }
    }

    /// Writes the columns `cols` of rows.
    fn rows(
        &mut self,
        source: &Source<T>,
        rows: Range<usize>,
        cols: &Range<usize>,
        out: &mut [&mut [T]],
    ) {
        let (count, each) = (source.count, source.words());
        let flip = if source.inverted() { u64::MAX } else { 0 };
        for ((i, row), out) in rows.enumerate().zip(out) {
            self.bits.fill(0);
            let words = &self.words[i * each..][..each];
            source.choose(row, words, |col| set(&mut self.bits[col / 64], col % 64));
            let places = self
                .bits
                .iter()
                .enumerate()
                .flat_map(|(i, &word)| ones(word ^ flip).map(move |bit| i * 64 + bit));
            for (col, &value) in places.zip(&self.values[i * count..][..count]) {
                if cols.contains(&col) {
                    out[col - cols.start] = value;
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

/// Sets a bit and returns whether it was 0.
#[inline(always)]
fn set(word: &mut u64, bit: usize) -> bool {
    let before = *word;
    *word |= 1 << bit;
    before != *word
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

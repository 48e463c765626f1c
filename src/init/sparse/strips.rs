//! Lines of a sparse matrix: their places as bits, and the rows written from them.

use core::mem::MaybeUninit;
use core::ops::Range;

use super::axis::Lines;
use super::source::Source;
use crate::alloc::zeros;
use crate::element::Element;
use crate::error::Error;

/// Columns whose places are chosen together: bits of a word.
pub(super) const STRIP: usize = 64;

/// Lines that are written together, so that a row's part is long.
const GROUP: usize = 8 * STRIP;

/// A task's part of each row, and whether it could be filled.
pub(super) struct Task<'a, T> {
    pub(super) out: Vec<&'a mut [MaybeUninit<T>]>,
    pub(super) result: Result<(), Error>,
}

impl<T: Element> Task<'_, T> {
    /// Fills the places in the range `across` of these lines.
    pub(super) fn fill(
        &mut self,
        source: &Source<T>,
        lines: &Range<usize>,
        across: &Range<usize>,
    ) -> Result<(), Error> {
        let mut strips = Strips::new(source, lines.len())?;
        for first in lines.clone().step_by(GROUP) {
            let group = first..lines.end.min(first + GROUP);
            let before = first - lines.start;
            source.sample_values(&group, &mut strips.values);
            match source.lines {
                Lines::Columns => strips.columns(source, group, across, before, &mut self.out),
                Lines::Rows => strips.rows(source, group, across, &mut self.out[before..]),
            }
        }
        Ok(())
    }
}

/// Working memory for a group of lines: their values, the random words of a strip, and a bit for each
/// place. Columns have a word for each row of a strip, whose bit `i` stands for column `i`; rows have a
/// bit for each column.
struct Strips<T> {
    values: Vec<T>,
    words: Vec<u64>,
    bits: Vec<u64>,
}

impl<T: Element> Strips<T> {
    fn new(source: &Source<T>, lines: usize) -> Result<Self, Error> {
        let lines = lines.min(GROUP);
        let bits = match source.lines {
            Lines::Columns => source.n * lines.div_ceil(STRIP),
            Lines::Rows => source.n.div_ceil(64),
        };
        let words = zeros(lines.min(STRIP) * source.words())?;
        Ok(Strips { values: zeros(lines * source.count)?, words, bits: zeros(bits)? })
    }

    /// Writes a group of columns to parts of rows, from element `before` of each on.
    fn columns(
        &mut self,
        source: &Source<T>,
        cols: Range<usize>,
        rows: &Range<usize>,
        before: usize,
        out: &mut [&mut [MaybeUninit<T>]],
    ) {
        self.choose_columns(source, &cols);
        let strips = cols.len().div_ceil(STRIP);
        let words = |row| self.bits[row..].iter().step_by(source.n).take(strips);
        // The values of a column stand together, in the order of their rows: `next[col]` is the one to
        // write next, so the places above the first row must be counted though nothing is written.
        let mut next: [usize; GROUP] = core::array::from_fn(|col| col * source.count);
        for row in 0..rows.start {
            places(words(row)).for_each(|col| next[col] += 1);
        }
        for (row, out) in rows.clone().zip(out) {
            let out = &mut out[before..][..cols.len()];
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

/// Returns the numbers of the bits that are 1, in ascending order.
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

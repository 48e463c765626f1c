//! Where the lines of a sparse matrix come from: their values and the choice of their places.

use core::ops::Range;

use super::axis::Lines;
use crate::distr::{Normal, Sample};
use crate::element::Element;
use crate::error::Error;
use crate::fill::{Exec, Threads};
use crate::stream::Stream;

/// The values and places of the lines of a matrix.
pub(super) struct Source<T: Element> {
    pub(super) lines: Lines,
    /// Places of a line.
    pub(super) n: usize,
    /// Values of a line.
    pub(super) count: usize,
    normal: Normal<T>,
    values: Stream,
    words: Stream,
    exec: Exec,
}

impl<T: Element> Source<T> {
    /// Prepares lines of `n` places with `count` values each.
    pub(super) fn new(
        lines: Lines,
        n: usize,
        count: usize,
        std: f64,
        stream: &Stream,
        exec: Exec,
    ) -> Result<Self, Error> {
        let (normal, words) = (Normal::new(0.0, std)?, stream.child(0));
        // The lines are shared among the threads already.
        let exec = exec.threads(Threads::Sequential);
        Ok(Source { lines, n, count, normal, values: *stream, words, exec })
    }

    /// Whether the places that have no value are chosen, as they are fewer.
    pub(super) fn inverted(&self) -> bool {
        self.count > self.n / 2
    }

    /// Returns how many places of a line are chosen.
    fn chosen(&self) -> usize {
        if self.inverted() { self.n - self.count } else { self.count }
    }

    /// Returns how many words a line needs.
    pub(super) fn words(&self) -> usize {
        self.chosen().div_ceil(2)
    }

    /// Samples the values of these lines.
    pub(super) fn sample_values(&self, lines: &Range<usize>, values: &mut [T]) {
        let from = self.values.at((lines.start * self.count) as u64);
        let from = from.expect("the end is in the stream");
        let values = &mut values[..lines.len() * self.count];
        self.normal.with(self.exec).sample_into(values, &from);
    }

    /// Samples the words of these lines.
    pub(super) fn sample_words(&self, lines: &Range<usize>, words: &mut [u64]) {
        let from = self.words.at((lines.start * self.words()) as u64);
        let words = &mut words[..lines.len() * self.words()];
        from.expect("before the values' end").with(self.exec).words_into(words);
    }

    /// Chooses places of a line by its words, each set of places equally likely, and sets their bits.
    /// `bit` returns the word and the bit of a place.
    ///
    /// Floyd's algorithm: for each `last` from `n - chosen` on, a random place up to `last` is taken,
    /// or `last` itself if that place is taken already.
    #[inline(always)]
    pub(super) fn choose(
        &self,
        line: usize,
        words: &mut [u64],
        bits: &mut [u64],
        bit: impl Fn(usize) -> (usize, usize),
    ) {
        words.iter_mut().for_each(|word| *word = word.to_le());
        let halves = &mut bytemuck::cast_slice_mut::<u64, u32>(words)[..self.chosen()];
        let lasts = (self.n - self.chosen()) as u32..self.n as u32;
        let pairs = halves.iter().zip(lasts.clone());
        if pairs.fold(false, |any, (&half, last)| any | (product(half, last) as u32 <= last)) {
            self.replace_rejected(line, halves, lasts.clone());
        }
        for (&mut half, last) in halves.iter_mut().zip(lasts) {
            let (word, shift) = bit((product(half, last) >> 32) as usize);
            let taken = bits[word] >> shift & 1 == 1;
            let (word, shift) = if taken { bit(last as usize) } else { (word, shift) };
            bits[word] |= 1 << shift;
        }
    }

    /// Replaces the halves that Lemire's method rejects, as they would favour some places: those whose
    /// product has a lower half below `2^32 mod n`. At most one half in 2^32 / n is.
    #[cold]
    fn replace_rejected(&self, line: usize, halves: &mut [u32], lasts: Range<u32>) {
        let mut spare = self.words.child(line as u64).scalar();
        for (half, last) in halves.iter_mut().zip(lasts) {
            let n = last + 1;
            while product(*half, last) as u32 <= last
                && (product(*half, last) as u32) < n.wrapping_neg() % n
            {
                *half = spare.next_u32().to_le();
            }
        }
    }
}

/// Returns a product whose upper half is a random integer of at most `last`, by Lemire's method.
#[inline(always)]
fn product(half: u32, last: u32) -> u64 {
    u64::from(u32::from_le(half)) * (u64::from(last) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::Seed;

    /// Of the integers below 9, the second of three of 10 places, the half 0 is rejected. If it were
    /// not, place 0 would be taken twice and the second place always be 8.
    #[test]
    fn rejected_halves_are_replaced() {
        let (row, stream) = (Lines::Rows, Seed::from(1).stream("w"));
        let source = Source::<f32>::new(row, 10, 3, 1.0, &stream, Exec::default()).unwrap();
        let mut counts = [0; 10];
        for line in 0..9000 {
            let mut bits = [0; 10];
            // The last half is `u32::MAX`, which chooses place 9.
            source.choose(line, &mut [0, u64::MAX], &mut bits, |place| (place, 0));
            assert_eq!((bits[0], bits[9], bits.iter().sum::<u64>()), (1, 1, 3));
            bits.iter().zip(&mut counts).for_each(|(&bit, count)| *count += bit);
        }
        assert!(counts[8].abs_diff(2000) < 240, "{counts:?}");
        assert!(counts[1..8].iter().all(|count| count.abs_diff(1000) < 180), "{counts:?}");
    }
}

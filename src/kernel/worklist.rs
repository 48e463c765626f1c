//! The elements of a block that a fast path left, to be worked on by a slower one.
//!
//! Rounds go over the list, in groups of as many elements as a step of the generator has: a group gets the
//! words of its elements' candidates, a word for each to decide about the candidate with, and a word for
//! each to replace the candidate by. Elements whose new candidates cannot be accepted at once are left to
//! the next round. Round `k` draws from side stream `2 k`, two steps for each group, in the order of
//! the list, so a shorter fill meets the same words.

#![allow(unsafe_code)] // memory that is written a part at a time

use core::mem::MaybeUninit;

use super::real::Real;
use crate::generator::{BLOCK_STEPS, Lanes, State};
use crate::kernel::Output;
use crate::simd::{Float, Int, Simd, WIDEST};
use crate::uninit;

/// The most elements of a block, of any type.
const MOST: usize = BLOCK_STEPS * WIDEST;

/// The words of a block, and the elements that a fast path left: as a bit each, then as a list of
/// indices in ascending order.
pub(super) struct Worklist<R: Real> {
    words: R::WordBlock,
    /// How many of the words are written.
    written: usize,
    /// More places than elements, for padding.
    marks: [MaybeUninit<u8>; MOST / 8 + 8],
    /// More places than elements, for padding.
    indices: [MaybeUninit<u16>; MOST + WIDEST],
}

/// How many indices are listed without asking whether there are as many: more are rare.
const AT_ONCE: usize = 4;

impl<R: Real> Worklist<R> {
    #[inline(always)]
    pub(super) fn new() -> Self {
        let (marks, indices) = ([MaybeUninit::uninit(); _], [MaybeUninit::uninit(); _]);
        Self { words: R::word_block(), written: 0, marks, indices }
    }

    /// Fills the whole vectors of `out` and returns the rest. `step` makes the words of a vector,
    /// its values, and a mask that marks the elements to be listed.
    #[inline(always)]
    pub(super) fn record<'a, S: Simd>(
        &mut self,
        out: &'a mut [MaybeUninit<R>],
        mut step: impl FnMut() -> (R::Words<S>, R::Vector<S>, u32),
    ) -> &'a mut [MaybeUninit<R>] {
        let (lanes, bytes) = (<R as Output>::LANES, <R as Output>::LANES / 8);
        let mut vectors = out.chunks_exact_mut(lanes);
        let whole = vectors.len() * lanes;
        let words = self.words.as_mut().chunks_exact_mut(lanes);
        let marks = self.marks.chunks_exact_mut(bytes);
        for ((out, words), marks) in (&mut vectors).zip(words).zip(marks) {
            let (vector, value, mask) = step();
            value.store_uninit(out);
            vector.store_uninit(words);
            uninit::write(marks, &mask.to_le_bytes()[..bytes]);
        }
        self.written = whole;
        vectors.into_remainder()
    }

    /// Fills what [`record`](Self::record) left, less than a vector.
    #[inline(always)]
    pub(super) fn record_rest<S: Simd>(
        &mut self,
        rest: &mut [MaybeUninit<R>],
        step: impl FnOnce() -> (R::Words<S>, R::Vector<S>, u32),
    ) {
        if rest.is_empty() {
            return;
        }
        let (vector, value, mask) = step();
        let mut values = [R::default(); WIDEST];
        value.store(&mut values);
        uninit::write(rest, &values[..rest.len()]);
        vector.store_uninit(&mut self.words.as_mut()[self.written..]);
        let (mask, bytes) = (mask & ((1 << rest.len()) - 1), <R as Output>::LANES / 8);
        uninit::write(&mut self.marks[self.written / 8..], &mask.to_le_bytes()[..bytes]);
        self.written += <R as Output>::LANES;
    }

    /// Works on the marked elements, round by round until none is left. `work` is given the number of the
    /// round; the elements' words, words to decide with and words to replace them by; and the elements'
    /// indices. It marks the elements whose new words are left to the next round.
    ///
    /// The list is worked on in place: `indices[..left]` are the elements of a round, and those that it
    /// leaves to the next are moved to its front.
    #[inline(always)]
    pub(super) fn mend<S: Simd>(
        &mut self,
        s: S,
        start: &State,
        mut work: impl FnMut(u64, [R::Words<S>; 3], &[u16]) -> u32,
    ) {
        let (indices, words) = self.list();
        let mut left = indices.len() - WIDEST;
        let mut round = 0;
        while left > 0 {
            let mut side = Lanes::load(s, start).side(s, 2 * round);
            let mut kept = 0;
            for first in (0..left).step_by(R::LANES) {
                // The last group is filled up with element 0, whose results are not used: every
                // group takes the same two steps of the side stream, whatever its length.
                let group = *indices[first..].first_chunk::<WIDEST>().expect("padded");
                let mut own = [R::Word::default(); WIDEST];
                for (own, i) in own[..R::LANES].iter_mut().zip(group) {
                    *own = words[i as usize];
                }
                let own = R::Words::<S>::load(s, &own);
                let (deciding, next) = (R::draw(&mut side), R::draw(&mut side));
                let group = &group[..R::LANES.min(left - first)];
                let again = work(round, [own, deciding, next], group) & ((1 << group.len()) - 1);
                if again != 0 {
                    let mut replaced = [R::Word::default(); WIDEST];
                    next.store(&mut replaced);
                    for lane in SetBits(again) {
                        // `kept` is at most `first + lane`, so no element is overwritten unread.
                        words[group[lane] as usize] = replaced[lane];
                        indices[kept] = group[lane];
                        kept += 1;
                    }
                }
            }
            left = kept;
            round += 1;
        }
    }

    /// Lists the marked elements. Returns their indices, to be worked on in place, followed by
    /// [`WIDEST`] zeros as padding; and all words.
    #[inline(always)]
    fn list(&mut self) -> (&mut [u16], &mut [R::Word]) {
        let mut len = 0;
        self.marks[self.written / 8..][..8].fill(MaybeUninit::new(0));
        // SAFETY: `record` and `record_rest` wrote a bit for every word below `written`, and the line
        // before wrote enough of them to fill up 8 bytes.
        let marks =
            unsafe { uninit::assume_init(&mut self.marks[..8 * self.written.div_ceil(64)]) };
        for (marks, base) in marks.as_chunks::<8>().0.iter().zip((0..).step_by(64)) {
            let mut bits = u64::from_le_bytes(*marks);
            let count = bits.count_ones() as usize;
            let places = &mut self.indices[len..];
            // Without a branch on `count`, whatever it is: what is written in excess is overwritten
            // by the next 64 elements, or by the padding.
            for index in places.first_chunk_mut::<AT_ONCE>().expect("padding") {
                index.write(base + bits.trailing_zeros() as u16);
                bits &= bits.wrapping_sub(1);
            }
            if count > AT_ONCE {
                for index in &mut places[AT_ONCE..count] {
                    index.write(base + bits.trailing_zeros() as u16);
                    bits &= bits.wrapping_sub(1);
                }
            }
            len += count;
        }
        self.indices[len..len + WIDEST].fill(MaybeUninit::new(0));
        // SAFETY: the loop wrote every index below `len`, the line before wrote WIDEST more, and
        // `record` and `record_rest` wrote every word below `written`.
        unsafe {
            let indices = uninit::assume_init(&mut self.indices[..len + WIDEST]);
            (indices, uninit::assume_init(&mut self.words.as_mut()[..self.written]))
        }
    }
}

/// The positions of the set bits of a mask, in ascending order.
pub(super) struct SetBits(pub(super) u32);

impl Iterator for SetBits {
    type Item = usize;
    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        let lane = self.0.trailing_zeros();
        self.0 &= self.0.wrapping_sub(1);
        (lane < 32).then_some(lane as usize)
    }
}

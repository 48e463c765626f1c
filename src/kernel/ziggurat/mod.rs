//! The ziggurat: normal numbers from one word each (George Marsaglia and Wai Wan Tsang, 2000,
//! "The ziggurat method for generating random variables").
//!
//! The area under `f(x) = exp(-x^2 / 2)`, `x >= 0`, is covered by layers of equal area `v`: 256 in
//! f32, where all bits of a word are spent, 1,024 in f64. Layer `i` is `x_i` wide and `v / x_i`
//! high and lies on layer `i - 1`. A point uniform in a random layer that is below the curve has a
//! normal abscissa. The layer, the sign and the abscissa share no bit of the word (Jurgen Doornik,
//! 2005, "An improved ziggurat method to generate normal random samples").
//!
//! What is particular here:
//!
//! - **One look-up.** A width may be any number at which the layers still cover the curve, so its
//!   low bits are free to hold the layer's threshold: the share of the width that is surely below
//!   the curve, rounded down.
//! - **A block at a time.** A branch-free pass writes every candidate and marks those above their
//!   threshold, 1.55 % (f32) or 0.44 % (f64), for a [worklist](super::worklist). Rounds then go over
//!   the list: a candidate is tested against the curve and, where it is above, replaced by a new one.
//!   What is above its threshold again, less than one element a block, is left to the next round.
//! - **The tail** beyond `x_1` is the exact algorithm of Marsaglia (1964), "Generating a variable
//!   from the tail of the normal distribution", in f64 from 52-bit uniforms of side stream
//!   `2 k + 1`, lane 0.

mod layered;
mod tables;

use core::mem::MaybeUninit;

use super::real::{Real, hold};
use super::worklist::{SetBits, Worklist};
use super::{Interleave, Kernel, math};
use crate::generator::{Lanes, State, scalar_side_of};
use crate::scalar::Xoshiro256PlusPlus;
use crate::simd::{Float, Mask, Simd, WIDEST};
use crate::uninit;
pub use layered::Layered;
#[cfg(feature = "device")]
pub(crate) use layered::{LAYERS_F32, LAYERS_F64};
pub use tables::Table;
#[cfg(feature = "device")]
pub(crate) use tables::Tables;
pub(crate) use tables::{NORMAL, THREE_SIGMA, TWO_SIGMA};

/// A normal distribution, or a part of one, ready to be sampled.
#[derive(Clone, Copy)]
pub(crate) struct Ziggurat<R: Layered> {
    pub(crate) table: &'static Table<R::Layers>,
    /// Standard normal numbers that may be returned lie strictly between this number and its negative.
    pub(crate) end: R,
    pub(crate) mean: R,
    pub(crate) std: R,
    /// What a second pass does to keep one half of the distribution, whose `mean` then is 0.
    pub(crate) half: Option<Half<R>>,
}

/// The second pass over numbers around 0, which makes their magnitudes distances from the mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Half<R> {
    pub(crate) mean: R,
    /// 1 above the mean, -1 below it.
    pub(crate) side: R,
    /// The smallest and the largest value to return.
    pub(crate) bounds: [R; 2],
}

impl<R: Real> Half<R> {
    #[inline(always)]
    fn fold(&self, values: &mut [R]) {
        for value in &mut *values {
            let magnitude = if *value < R::default() { R::default() - *value } else { *value };
            *value = magnitude * self.side + self.mean;
        }
        hold(values, self.bounds);
    }
}

#[expect(unsafe_code, reason = "the trait's promise")]
// SAFETY: `first_pass` writes the whole vectors and the rest of `out`; `mend` only overwrites.
unsafe impl<R: Layered> Kernel<R> for Ziggurat<R> {
    #[inline(always)]
    fn fill_block<S: Simd>(
        &self,
        s: S,
        lanes: &mut Lanes<S>,
        out: &mut [MaybeUninit<R>],
        interleaved: &mut impl Interleave,
    ) {
        let start = lanes.store();
        let mut rejected = Worklist::new();
        // A copy: what is behind a reference would be loaded again after every store.
        let ziggurat = *self;
        ziggurat.first_pass(s, lanes, &mut rejected, out, interleaved);
        let mut tails = Tails { start: &start, number: 1, generator: None };
        rejected.mend(
            s,
            &start,
            #[inline(always)]
            |round, words, group| {
                tails.enter(round);
                ziggurat.mend_group(s, words, group, &mut tails, out)
            },
        );
        if let Some(half) = ziggurat.half {
            // SAFETY: every element of `out` is written.
            half.fold(unsafe { uninit::assume_init(out) });
        }
    }
}

impl<R: Layered> Ziggurat<R> {
    /// Writes the candidates of a block and lists those that are not surely below the curve.
    #[inline(always)]
    fn first_pass<S: Simd>(
        &self,
        s: S,
        lanes: &mut Lanes<S>,
        rejected: &mut Worklist<R>,
        out: &mut [MaybeUninit<R>],
        interleaved: &mut impl Interleave,
    ) {
        let rest = rejected.record::<S>(
            out,
            #[inline(always)]
            || {
                interleaved.step(s);
                self.step(s, lanes)
            },
        );
        rejected.record_rest::<S>(
            rest,
            #[inline(always)]
            || self.step(s, lanes),
        );
    }

    /// Makes words, their candidates' values, and a mask of the candidates to be listed.
    #[inline(always)]
    fn step<S: Simd>(&self, s: S, lanes: &mut Lanes<S>) -> (R::Words<S>, R::Vector<S>, u32) {
        let words = R::draw(lanes);
        let (x, sure) = self.candidate(s, words);
        (words, self.scale(s, x), !sure.bits())
    }

    #[inline(always)]
    pub(crate) fn candidate<S: Simd>(
        &self,
        s: S,
        words: R::Words<S>,
    ) -> (R::Vector<S>, R::Mask<S>) {
        R::candidate(s, words, R::look_up(words, &self.table.entries))
    }

    #[inline(always)]
    pub(crate) fn scale<S: Simd>(&self, s: S, x: R::Vector<S>) -> R::Vector<S> {
        x * self.std.splat(s) + self.mean.splat(s)
    }

    /// Returns uniform heights within the layers of candidates, above the foot of the curve.
    #[inline(always)]
    pub(crate) fn ordinates<S: Simd>(
        &self,
        s: S,
        candidates: R::Words<S>,
        heights: R::Words<S>,
    ) -> R::Vector<S> {
        let floor = R::Vector::<S>::from_bits(R::look_up(candidates, &self.table.floors));
        let height = R::Vector::<S>::from_bits(R::look_up(candidates, &self.table.heights));
        let unit = R::digits::<S>(heights) * R::from_f64(R::UNIT).splat(s);
        floor + unit * height
    }

    /// Tests the candidates of a group, made from the words `own`, against the curve at uniform
    /// heights within their layers. Keeps the candidate where it is below and takes that of the word
    /// `next` where it is not. Returns which of the new candidates must be tested in turn.
    #[inline(always)]
    fn mend_group<S: Simd>(
        &self,
        s: S,
        [own, heights, next]: [R::Words<S>; 3],
        group: &[u16],
        tails: &mut Tails,
        out: &mut [MaybeUninit<R>],
    ) -> u32 {
        let (x, _) = self.candidate(s, own);
        let ordinates = self.ordinates(s, own, heights);
        // Widths are rounded up, so even a table that is cut off has candidates beyond its end.
        let inside = x.abs().lt(self.end.splat(s));
        let below = (ordinates.lt(math::bell::<R, S>(s, x)) & inside).bits();
        let (y, sure) = self.candidate(s, next);

        let mut values = [R::default(); WIDEST];
        self.scale(s, x.select(below, y)).store(&mut values);
        for (value, i) in values.iter().zip(group) {
            out[*i as usize].write(*value);
        }
        let all = (1 << group.len()) - 1;
        // A new candidate that is surely below the curve needs no test; one in 65 is not.
        let mut again = !(below | sure.bits()) & all;
        if let Some(tail) = self.table.tail {
            // A candidate of layer 0 that is not below the curve lies beyond the start of the tail
            // and stands for a draw from it, on its own side.
            let negative = x.lt(R::default().splat(s)).bits();
            for lane in SetBits(R::in_base(s, own).bits() & !below & all) {
                let x = R::from_f64(tails.draw(tail));
                let x = if negative >> lane & 1 == 1 { R::default() - x } else { x };
                out[group[lane] as usize].write(x * self.std + self.mean);
                again &= !(1 << lane);
            }
        }
        again
    }
}

/// The sampler of the tail in one round, whose generator is made when it is first needed.
struct Tails<'a> {
    start: &'a State,
    number: u64,
    generator: Option<Xoshiro256PlusPlus>,
}

impl Tails<'_> {
    /// Goes on to a round.
    #[inline(always)]
    fn enter(&mut self, round: u64) {
        if self.number != 2 * round + 1 {
            *self = Tails { start: self.start, number: 2 * round + 1, generator: None };
        }
    }

    /// Returns a standard normal number conditioned on being above `tail`.
    #[inline(never)]
    fn draw(&mut self, tail: f64) -> f64 {
        let rng = self.generator.get_or_insert_with(|| scalar_side_of(self.start, self.number));
        loop {
            let beyond = -math::ln(math::open_unit(rng)) / tail;
            let (u, square) = (math::open_unit(rng), beyond * beyond);
            // -ln u > 1 - u: the first test is enough most of the time.
            if 2.0 * (1.0 - u) > square || -2.0 * math::ln(u) > square {
                return tail + beyond;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use statrs::function::erf::erfc;

    use super::*;
    use crate::stream::Seed;

    /// The share of the tail beyond a draw is uniform: by the Kolmogorov-Smirnov distance and the
    /// chi-square of its cells.
    fn draws_follow_the_tail(tail: f64) {
        const CELLS: usize = 1 << 10;
        let draws = if cfg!(debug_assertions) { 1 << 17 } else { 100_000_000 };
        let start = crate::generator::lanes_of(Seed::from(1).stream("tail").state);
        let mut tails = Tails { start: &start, number: 1, generator: None };
        let beyond = |x: f64| erfc(x / core::f64::consts::SQRT_2);
        let mut counts = vec![0_u32; CELLS];
        for _ in 0..draws {
            let x = tails.draw(tail);
            assert!(x > tail);
            counts[(beyond(x) / beyond(tail) * CELLS as f64) as usize] += 1;
        }
        let expected = f64::from(draws) / CELLS as f64;
        let off = counts.iter().map(|count| f64::from(*count) - expected);
        let squares: f64 = off.clone().map(|off| off * off / expected).sum();
        let distance = off
            .scan(0.0, |sum, off| {
                *sum += off;
                Some(f64::abs(*sum))
            })
            .fold(0.0, f64::max);
        let freedom = (CELLS - 1) as f64;
        let z = (squares - freedom) / (2.0 * freedom).sqrt();
        assert!(z.abs() < 6.0, "chi-square of the tail beyond {tail}: {z:.1} errors off");
        let scaled = distance / f64::from(draws).sqrt();
        assert!(scaled < 2.7, "the tail beyond {tail}: sqrt(n) D = {scaled:.2}");
    }

    #[test]
    fn the_tail_is_sampled_by_its_distribution() {
        draws_follow_the_tail(NORMAL.single.tail.expect("a tail"));
        draws_follow_the_tail(NORMAL.double.tail.expect("a tail"));
    }
}

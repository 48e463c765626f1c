//! Truncated normal numbers from vertical strips (Nicolas Chopin, 2011, "Fast simulation of truncated
//! Gaussian distributions").
//!
//! The area under a curve is covered by rectangles side by side, strips, all of the same area `A`: a
//! strip from `x` to `x + w` is as high as the curve at its higher edge, `A / w`. To choose a strip, a
//! point within its width and a point within its height, all uniform, is to choose a point uniform in
//! the strips; where it is below the curve, its abscissa has the curve's distribution. **Between two
//! bounds, only the strips that lie between them are chosen from**: no table is made for a
//! distribution, and few candidates are rejected whatever the bounds.
//!
//! Three ways to lay strips over the interval `[a, b]`, in standard deviations from the mean, mirrored
//! where it is on the negative side:
//!
//! - The strips of the normal curve, 512 on either side of its peak; from `a >= 1` on, 1,024 finer ones
//!   of the curve beyond 1.
//! - Out in the tail, from `a >= 2.2` on, the strips of the exponential curve, scaled by the rate that
//!   fits best (Christian Robert, 1995, "Simulation of truncated normal variables"). A point below the
//!   exponential curve must be below the normal curve too, whose ratio to the former is
//!   `exp(-d^2 / 2)`, where `d` is the distance from the rate.
//! - An interval so narrow that it has fewer than 16 of those strips is one strip by itself, the
//!   first one of the exponential curve, stretched: the density changes by less than a third.
//!
//! Of a word, the upper half of its product with the number of strips chooses the strip, the lower half
//! the point within its width. The lowest 8 bits (11 in f64) of the word choose the height in 1/256
//! (1/2048); they take part in the product, but only as its finest digits, with less than 2^-24 of the
//! probability between the bounds. As in the [ziggurat](super::ziggurat), a branch-free pass writes the
//! candidates of a block, and those that are not surely below the curve are listed and tested, and
//! replaced where they are above it, by a [worklist](super::worklist), whose words to decide with are the
//! heights' finer digits. Nothing is special in the tails: the outermost strips reach further than any
//! number that occurs.

mod plan;
mod striped;
mod tables;

use core::mem::MaybeUninit;

use super::real::{Real, hold};
use super::worklist::Worklist;
use super::{Interleave, Kernel, math};
use crate::generator::Lanes;
use crate::simd::{Float, Int, Mask, Simd, WIDEST};
use crate::uninit;
pub(crate) use plan::Interval;
pub use striped::Striped;
pub(crate) use tables::Curve;
#[cfg(feature = "device")]
pub(crate) use tables::STRIPS;

/// Part of a normal distribution, ready to be sampled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Strips<R: Striped> {
    pub(crate) curve: Curve,
    /// The first strip.
    pub(crate) first: usize,
    /// How many strips there are.
    pub(crate) count: usize,
    /// Candidates that may be returned lie strictly between these.
    pub(crate) window: [R; 2],
    /// The density at a candidate is `exp(-p)`, where `p` is this polynomial of the candidate, lowest
    /// degree first.
    pub(crate) exponent: [R; 3],
    /// A height is surely below the curve where its complement and the threshold add up to more than
    /// this polynomial of the candidate.
    pub(crate) least: [R; 3],
    /// The candidate whose value is `anchor`.
    pub(crate) origin: R,
    pub(crate) anchor: R,
    /// What a value changes by where a candidate changes by 1.
    pub(crate) step: R,
    /// The smallest and the largest value to return.
    pub(crate) bounds: [R; 2],
    /// What a second pass does where `step` would lose digits or values could overflow: the first pass
    /// makes values of another scale and holds none back.
    pub(crate) rescaled: Option<Rescaled<R>>,
}

/// The second pass over values of tiny or huge deviations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rescaled<R> {
    /// A power of two.
    pub(crate) factor: R,
    /// What is added to values that are so small that an anchor would have taken their digits.
    pub(crate) anchor: R,
    pub(crate) bounds: [R; 2],
}

/// Returns `p[0] + (p[1] + p[2] x) x`.
#[inline(always)]
fn polynomial<R: Real, S: Simd>(s: S, [p0, p1, p2]: [R; 3], x: R::Vector<S>) -> R::Vector<S> {
    p0.splat(s) + (p1.splat(s) + p2.splat(s) * x) * x
}

/// Candidates of the words of a step.
pub(crate) struct Candidates<R: Real, S: Simd> {
    /// Where the candidates are under the curve.
    pub(crate) x: R::Vector<S>,
    pub(crate) values: R::Vector<S>,
    /// Widths of the strips, with thresholds.
    entries: R::Words<S>,
    /// Marks candidates that may be returned.
    inside: R::Mask<S>,
    /// Marks those of them that are surely below the curve.
    sure: R::Mask<S>,
}

#[expect(unsafe_code, reason = "the trait's promise")]
// SAFETY: `first_pass` writes the whole vectors and the rest of `out`; what follows only overwrites.
unsafe impl<R: Striped> Kernel<R> for Strips<R> {
    #[inline(always)]
    fn fill_block<S: Simd>(
        &self,
        s: S,
        lanes: &mut Lanes<S>,
        out: &mut [MaybeUninit<R>],
        interleaved: &mut impl Interleave,
    ) {
        let start = lanes.store();
        let mut unsure = Worklist::new();
        // A copy: what is behind a reference would be loaded again after every store.
        let strips = *self;
        strips.first_pass(s, lanes, &mut unsure, out, interleaved);
        unsure.mend(
            s,
            &start,
            #[inline(always)]
            |_, words, group| strips.mend_group(s, words, group, out),
        );
        // SAFETY: every element of `out` is written.
        strips.finish(unsafe { uninit::assume_init(out) });
    }
}

impl<R: Striped> Strips<R> {
    /// Writes the candidates of a block and lists those that are not surely below the curve.
    #[inline(always)]
    fn first_pass<S: Simd>(
        &self,
        s: S,
        lanes: &mut Lanes<S>,
        unsure: &mut Worklist<R>,
        out: &mut [MaybeUninit<R>],
        interleaved: &mut impl Interleave,
    ) {
        let rest = unsure.record::<S>(
            out,
            #[inline(always)]
            || {
                interleaved.step(s);
                self.step(s, lanes)
            },
        );
        unsure.record_rest::<S>(
            rest,
            #[inline(always)]
            || self.step(s, lanes),
        );
    }

    /// Makes words, their candidates' values, and a mask of the candidates to be listed.
    #[inline(always)]
    fn step<S: Simd>(&self, s: S, lanes: &mut Lanes<S>) -> (R::Words<S>, R::Vector<S>, u32) {
        let words = R::draw(lanes);
        let candidates = self.candidates(s, words);
        (words, candidates.values, !candidates.sure.bits())
    }

    /// Makes a candidate of each word.
    #[inline(always)]
    pub(crate) fn candidates<S: Simd>(&self, s: S, words: R::Words<S>) -> Candidates<R, S> {
        let table = R::strips(self.curve);
        let [strip, share] = words.mul_wide(s, self.count as u32);
        let strip = strip + R::Words::<S>::splat(s, R::word(self.first));
        let entries = R::strip(strip, &table.entries);
        let edges = R::Vector::<S>::from_bits(R::strip(strip, &table.edges));
        let within = R::digits::<S>(share) * R::Vector::<S>::from_bits(entries);
        let x = edges + within;
        // Not `x - origin`, which has lost the last digits next to the origin.
        let beyond = (edges - self.origin.splat(s)) + within;
        let values = (beyond * self.step.splat(s) + self.anchor.splat(s))
            .max(self.bounds[0].splat(s))
            .min(self.bounds[1].splat(s));

        let low = R::Words::<S>::splat(s, R::LOW);
        // A height's complement is as uniform as the height: their sum is LOW.
        let sum = R::Vector::<S>::from_int((entries & low) + (words & low));
        let inside = self.window[0].splat(s).lt(x) & x.lt(self.window[1].splat(s));
        let sure = polynomial(s, self.least, x).lt(sum) & inside;
        Candidates { x, values, entries, inside, sure }
    }

    /// Returns the heights of candidates, in full, as a multiple of which [`limits`](Self::limits) are
    /// the densities.
    #[inline(always)]
    pub(crate) fn heights<S: Simd>(
        &self,
        s: S,
        words: R::Words<S>,
        finer: R::Words<S>,
    ) -> R::Vector<S> {
        let low = R::Words::<S>::splat(s, R::LOW);
        let coarse = R::Vector::<S>::from_int((words & low) ^ low);
        let half = R::from_f64(0.5).splat(s);
        let fine = (R::digits::<S>(finer) + half) * R::from_f64(R::UNIT).splat(s);
        (coarse + fine) * self.area().splat(s)
    }

    /// Returns the factor of heights: not divided by the width, as a strip's height is its area divided
    /// by its width.
    #[inline(always)]
    pub(crate) fn area(&self) -> R {
        R::from_f64(R::strips(self.curve).area * R::UNIT / R::HEIGHTS)
    }

    /// Returns what the heights of candidates must be below.
    #[inline(always)]
    pub(crate) fn limits<S: Simd>(&self, s: S, candidates: &Candidates<R, S>) -> R::Vector<S> {
        let width = R::Vector::<S>::from_bits(candidates.entries).abs();
        math::exp_of_negative::<R, S>(s, polynomial(s, self.exponent, candidates.x)) * width
    }

    /// Tests the candidates of a group. Keeps them where they are below the curve and takes those of
    /// the words `next` where they are not. Returns which of the new ones must be tested in turn.
    #[inline(always)]
    fn mend_group<S: Simd>(
        &self,
        s: S,
        [own, finer, next]: [R::Words<S>; 3],
        group: &[u16],
        out: &mut [MaybeUninit<R>],
    ) -> u32 {
        let old = self.candidates(s, own);
        let heights = self.heights(s, own, finer);
        let below = (heights.lt(self.limits(s, &old)) & old.inside).bits();
        let new = self.candidates(s, next);
        let mut values = [R::default(); WIDEST];
        old.values.select(below, new.values).store(&mut values);
        for (value, i) in values.iter().zip(group) {
            out[*i as usize].write(*value);
        }
        !(below | new.sure.bits())
    }

    /// Makes the values of the first pass those of the distribution.
    #[inline(always)]
    fn finish(&self, values: &mut [R]) {
        if let Some(Rescaled { factor, anchor, bounds }) = self.rescaled {
            for value in &mut *values {
                *value = *value * factor + anchor;
            }
            hold(values, bounds);
        }
    }
}

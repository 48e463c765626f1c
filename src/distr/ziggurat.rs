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
//!   threshold, 1.55 % (f32) or 0.44 % (f64), for a worklist. Rounds then go over the list in
//!   groups of one generator step: a candidate is tested against the curve and, where it is above,
//!   replaced by a new one. What is above its threshold again, less than one element a block, is
//!   left to the next round. Round `k` draws from side stream `2 k`, for each group a step for the
//!   heights and a step for new candidates, in the order of the list, so a shorter fill meets the
//!   same words.
//! - **The tail** beyond `x_1` is the exact algorithm of Marsaglia (1964), "Generating a variable
//!   from the tail of the normal distribution", in f64 from 52-bit uniforms of side stream
//!   `2 k + 1`, lane 0.

use core::mem::MaybeUninit;

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::Rng;

use crate::drain::Beside;
use crate::fill::Kernel;
use crate::math;
use crate::real::{Real, Rejected};
use crate::simd::{Float, Int, Simd};
use crate::uninit;
use crate::xoshiro::{self, Lanes, State};

/// The layers of a ziggurat, as bits.
pub struct Table<R: Real> {
    /// Widths with thresholds.
    entries: R::Layers,
    /// The ordinate of each layer's lower edge.
    floors: R::Layers,
    /// The height of each layer.
    heights: R::Layers,
    /// Where the tail begins, if the law has one. The part of layer 0 beyond stands for it.
    tail: Option<f64>,
}

macro_rules! table {
    ($real:ident, $unit:expr) => {
        impl Table<$real> {
            /// Lays layers of these widths and of this area upon each other.
            pub(crate) const fn new(
                mut entries: <$real as Real>::Layers,
                area: f64,
                tail: Option<f64>,
            ) -> Self {
                let (mut floors, mut heights) = (entries, entries);
                let mut floor = 0.0;
                let mut i = 0;
                while i < entries.len() {
                    let height = area / $real::from_bits(entries[i]) as f64;
                    floors[i] = (floor as $real).to_bits();
                    heights[i] = (height as $real).to_bits();
                    floor += height;
                    if i == 0 && tail.is_some() {
                        // The curve is above layer 0 exactly up to the tail: with no height left
                        // the test of a point against the curve finds where the tail begins.
                        floors[0] = heights[0];
                        heights[0] = 0;
                    }
                    entries[i] -= $unit;
                    i += 1;
                }
                Table { entries, floors, heights, tail }
            }
        }
    };
}

// A candidate of f32 is an integer of 32 bits: the widths are divided by 2^31.
table!(f32, 31 << 23);
table!(f64, 0);

/// A normal law, or a part of one, ready to be sampled.
#[derive(Clone, Copy)]
pub(crate) struct Ziggurat<R: Real, const WINDOWED: bool> {
    pub(crate) table: &'static Table<R>,
    /// Standard normal numbers that may be returned lie strictly between these.
    pub(crate) window: [R; 2],
    pub(crate) mean: R,
    pub(crate) std: R,
    /// The first and the last value that may be returned, looked after where `WINDOWED`.
    pub(crate) bounds: [R; 2],
}

impl<R: Real, const WINDOWED: bool> Kernel<R> for Ziggurat<R, WINDOWED> {
    #[inline(always)]
    fn fill_block<S: Simd>(
        &self,
        s: S,
        lanes: &mut Lanes<S>,
        out: &mut [MaybeUninit<R>],
        beside: &mut impl Beside,
    ) {
        let start = lanes.store();
        let mut rejected = R::Rejected::new();
        // A copy: what is behind a reference would be loaded again after every store.
        let law = *self;
        law.first_pass(s, lanes, &mut rejected, out, beside);
        law.mend(s, &start, &mut rejected, out);
    }
}

impl<R: Real, const WINDOWED: bool> Ziggurat<R, WINDOWED> {
    /// Writes the candidates of a block and lists those that are not surely below the curve.
    #[inline(always)]
    fn first_pass<S: Simd>(
        &self,
        s: S,
        lanes: &mut Lanes<S>,
        rejected: &mut R::Rejected,
        out: &mut [MaybeUninit<R>],
        beside: &mut impl Beside,
    ) {
        let rest = rejected.record::<S>(
            out,
            #[inline(always)]
            || {
                beside.step(s);
                let words = R::draw(lanes);
                let (x, sure) = self.candidate(s, words);
                (words, self.scale(s, x), !sure)
            },
        );
        if !rest.is_empty() {
            let words = R::draw(lanes);
            let (x, sure) = self.candidate(s, words);
            let mut values = [R::default(); 16];
            self.scale(s, x).store(&mut values);
            uninit::write(rest, &values[..rest.len()]);
            rejected.record_one::<S>(words, !sure & ((1 << rest.len()) - 1));
        }
    }

    #[inline(always)]
    fn candidate<S: Simd>(&self, s: S, words: R::Words<S>) -> (R::Vector<S>, u32) {
        let (x, sure) = R::candidate(s, words, R::look_up(words, &self.table.entries));
        if WINDOWED { (x, sure & self.in_window(s, x)) } else { (x, sure) }
    }

    /// Where `x` may be returned. A width is rounded up, so even a table that is cut off needs it
    /// beyond the thresholds.
    #[inline(always)]
    fn in_window<S: Simd>(&self, s: S, x: R::Vector<S>) -> u32 {
        let [low, high] = self.window;
        R::Vector::<S>::splat(s, low).lt(x) & x.lt(R::Vector::<S>::splat(s, high))
    }

    #[inline(always)]
    fn scale<S: Simd>(&self, s: S, x: R::Vector<S>) -> R::Vector<S> {
        let values = x * R::Vector::<S>::splat(s, self.std) + R::Vector::<S>::splat(s, self.mean);
        if WINDOWED {
            let [low, high] = self.bounds;
            let low = R::Vector::<S>::splat(s, low);
            return values.max(low).min(R::Vector::<S>::splat(s, high));
        }
        values
    }

    /// [`scale`](Self::scale) of one number.
    #[inline]
    fn scale_one(&self, x: R) -> R {
        let (value, [low, high]) = (x * self.std + self.mean, self.bounds);
        match WINDOWED {
            true if value < low => low,
            true if value > high => high,
            _ => value,
        }
    }

    /// Replaces the listed values, round by round.
    #[inline(always)]
    fn mend<S: Simd>(
        &self,
        s: S,
        start: &State,
        rejected: &mut R::Rejected,
        out: &mut [MaybeUninit<R>],
    ) {
        let (indices, own) = rejected.list();
        let mut left = indices.len() - 16;
        let mut round = 0;
        while left > 0 {
            let mut side = Lanes::load(s, &xoshiro::side_of(start, 2 * round));
            let mut tails = Tails { start, number: 2 * round + 1, generator: None };
            let mut kept = 0;
            for first in (0..left).step_by(R::LANES) {
                let group = *indices[first..].first_chunk::<16>().expect("padded");
                let mut words = [R::Word::default(); 16];
                for (word, i) in words[..R::LANES].iter_mut().zip(group) {
                    *word = own[i as usize];
                }
                let words = R::Words::<S>::load(s, &words);
                let (heights, next) = (R::draw(&mut side), R::draw(&mut side));
                let group = &group[..R::LANES.min(left - first)];
                let again = self.mend_group(s, [words, heights, next], group, &mut tails, out);
                if again != 0 {
                    let mut words = [R::Word::default(); 16];
                    next.store(&mut words);
                    for lane in SetBits(again) {
                        own[group[lane] as usize] = words[lane];
                        indices[kept] = group[lane];
                        kept += 1;
                    }
                }
            }
            left = kept;
            round += 1;
        }
    }

    /// Tests a group's candidates against the curve, replaces those above it by the next ones,
    /// and returns where these have to be tested in turn.
    #[inline(always)]
    fn mend_group<S: Simd>(
        &self,
        s: S,
        [words, heights, next]: [R::Words<S>; 3],
        group: &[u16],
        tails: &mut Tails,
        out: &mut [MaybeUninit<R>],
    ) -> u32 {
        let (x, _) = self.candidate(s, words);
        let floor = R::Vector::<S>::from_bits(R::look_up(words, &self.table.floors));
        let height = R::Vector::<S>::from_bits(R::look_up(words, &self.table.heights));
        let unit = R::digits::<S>(heights) * R::Vector::<S>::splat(s, R::of(R::UNIT));
        let below = (floor + unit * height).lt(math::bell::<R, S>(s, x)) & self.in_window(s, x);
        let (y, sure) = self.candidate(s, next);

        let mut values = [R::default(); 16];
        self.scale(s, x.select(below, y)).store(&mut values);
        for (value, i) in values.iter().zip(group) {
            out[*i as usize].write(*value);
        }
        let all = (1 << group.len()) - 1;
        let mut again = !(below | sure) & all;
        if let Some(tail) = self.table.tail {
            let negative = x.lt(R::Vector::<S>::splat(s, R::default()));
            for lane in SetBits(R::in_base(s, words) & !below & all) {
                let x = R::of(tails.draw(tail));
                let x = if negative >> lane & 1 == 1 { R::default() - x } else { x };
                if self.window[0] < x && x < self.window[1] {
                    out[group[lane] as usize].write(self.scale_one(x));
                    again &= !(1 << lane);
                }
            }
        }
        again
    }
}

/// The positions of the set bits of a mask, in ascending order.
struct SetBits(u32);

impl Iterator for SetBits {
    type Item = usize;
    #[inline(always)]
    fn next(&mut self) -> Option<usize> {
        let lane = self.0.trailing_zeros();
        self.0 &= self.0.wrapping_sub(1);
        (lane < 32).then_some(lane as usize)
    }
}

/// The sampler of the tail in one round.
struct Tails<'a> {
    start: &'a State,
    number: u64,
    generator: Option<Xoshiro256PlusPlus>,
}

impl Tails<'_> {
    /// A standard normal number conditioned on being above `tail`.
    #[inline(never)]
    fn draw(&mut self, tail: f64) -> f64 {
        let rng =
            self.generator.get_or_insert_with(|| xoshiro::scalar_side_of(self.start, self.number));
        loop {
            let beyond = -math::ln(open_unit(rng)) / tail;
            let (u, square) = (open_unit(rng), beyond * beyond);
            // -ln u > 1 - u: the first test is enough most of the time.
            if 2.0 * (1.0 - u) > square || -2.0 * math::ln(u) > square {
                return tail + beyond;
            }
        }
    }
}

/// An odd multiple of 2^-53 in (0, 1).
#[inline]
pub(crate) fn open_unit(rng: &mut Xoshiro256PlusPlus) -> f64 {
    const UNIT: f64 = 1.0 / (1u64 << 52) as f64;
    ((rng.next_u64() >> 12) as f64 + 0.5) * UNIT
}

#[cfg(test)]
mod tests {
    use statrs::function::erf::erfc;

    use super::*;
    use crate::Seed;
    use crate::distr::ziggurat_tables::NORMAL;

    /// The share of the tail beyond a draw is uniform: by the Kolmogorov-Smirnov distance and the
    /// chi-square of its cells.
    fn draws_follow_the_tail(tail: f64) {
        const CELLS: usize = 1 << 10;
        let draws = if cfg!(debug_assertions) { 1 << 17 } else { 100_000_000 };
        let start = xoshiro::lanes_of(Seed::from(1).stream("tail").state);
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
    fn the_tail_is_sampled_by_its_law() {
        draws_follow_the_tail(NORMAL.single.tail.expect("a tail"));
        draws_follow_the_tail(NORMAL.double.tail.expect("a tail"));
    }
}

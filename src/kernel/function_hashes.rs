//! Hashes of what the kernels' functions return for a million arguments each, at every level.
//!
//! The golden hashes of values do not show what these show: a value that is compared with the curve
//! changes with the last bit of the comparison once in millions, so a function can change its bits
//! (a fused multiply-add does) and no hash of values with them. `.ci/machines` compares these on
//! other processors.

use xxhash_rust::xxh3::xxh3_64;

use super::math;
use super::strips::{Interval, Striped, Strips};
use super::uniform::UniformKernel;
use super::ziggurat::{NORMAL, Ziggurat};
use crate::generator::{Lanes, lanes_of};
use crate::level::Level;
use crate::simd::{self, Float, Job, Simd, WIDEST};
use crate::stream::Seed;

const ARGUMENTS: usize = 1 << 20;

#[derive(Clone, Copy, Debug)]
enum Function {
    /// The curve at a candidate.
    Bell,
    /// The height of a point within its layer, which is compared with the curve.
    Ordinate,
    /// A candidate times the standard deviation plus the mean.
    Scale,
    /// A candidate of strips.
    Strip,
    /// The value of a candidate of strips.
    StripValue,
    /// The height of a candidate of strips.
    StripHeight,
    /// The density at a candidate of strips, which its height is compared with.
    StripLimit,
    Uniform,
    /// A uniform number of an interval whose factor would be subnormal.
    UniformNarrow,
}

/// The hash of a function at pairs of random words.
struct HashOf<R: Striped> {
    function: Function,
    normal: Ziggurat<R>,
    strips: Strips<R>,
    uniform: UniformKernel<R>,
    narrow: UniformKernel<R>,
}

impl<R: Striped> HashOf<R> {
    fn new(function: Function) -> Self {
        let [mean, std] = [0.25, 0.3].map(R::from_f64);
        let table = R::table(&NORMAL);
        let least = R::default().step_up().to_f64();
        HashOf {
            function,
            normal: Ziggurat { table, end: R::UNBOUNDED[1], mean, std, half: None },
            strips: Interval {
                mean: 0.25,
                std: 0.3,
                sigmas: [2.0, 9.0],
                width: 7.0,
                absolute: [0.85, 2.95],
                bounds: [0.86, 2.94].map(R::from_f64),
            }
            .strips(),
            uniform: UniformKernel::new(-0.3, 0.4),
            narrow: UniformKernel::new(-1e6 * least, 3e6 * least),
        }
    }

    #[inline(always)]
    fn values<S: Simd>(&self, s: S, [own, other]: [R::Words<S>; 2]) -> R::Vector<S> {
        let (x, _) = self.normal.candidate(s, own);
        let digits = R::digits::<S>(own);
        match self.function {
            Function::Bell => math::bell::<R, S>(s, x),
            Function::Ordinate => self.normal.ordinates(s, own, other),
            Function::Scale => self.normal.scale(s, x),
            Function::Strip => self.strips.candidates(s, own).x,
            Function::StripValue => self.strips.candidates(s, own).values,
            Function::StripHeight => self.strips.heights(s, own, other),
            Function::StripLimit => self.strips.limits(s, &self.strips.candidates(s, own)),
            Function::Uniform => self.uniform.values(s, digits),
            Function::UniformNarrow => self.narrow.values(s, digits),
        }
    }
}

impl<R: Striped> Job for HashOf<R> {
    type Output = u64;

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> u64 {
        let mut lanes = Lanes::of_stream(s, &Seed::from(1).stream("functions").state);
        let mut bits = Vec::with_capacity(8 * ARGUMENTS);
        while bits.len() < 8 * ARGUMENTS {
            let words = [R::draw(&mut lanes), R::draw(&mut lanes)];
            let mut values = [R::default(); WIDEST];
            self.values(s, words).store(&mut values);
            let values = &mut values[..R::LANES];
            if let Function::UniformNarrow = self.function {
                self.narrow.finish(values);
            }
            let values = values.iter();
            bits.extend(values.flat_map(|value| value.to_f64().to_bits().to_le_bytes()));
        }
        xxh3_64(&bits)
    }
}

fn assert_hashes<R: Striped>(golden: &[(Function, u64)]) {
    let mut report = String::new();
    for &(function, golden) in golden {
        for level in Level::available() {
            let hash = simd::dispatch(level, HashOf::<R>::new(function));
            if hash != golden {
                report += &format!("        (Function::{function:?}, {hash:#018x}), // {level}\n");
            }
        }
    }
    assert!(report.is_empty(), "functions of {} have changed:\n{report}", R::NAME);
}

#[test]
fn the_functions_of_f32_have_the_bits_of_the_version() {
    assert_hashes::<f32>(&[
        (Function::Bell, 0x414a891909e50d92),
        (Function::Ordinate, 0xe890da46e694e44e),
        (Function::Scale, 0x3ba5c194cffc87a2),
        (Function::Strip, 0xcbfab6f5bdf4bc42),
        (Function::StripValue, 0xa1820f62860f612c),
        (Function::StripHeight, 0x6ae47ae51783a639),
        (Function::StripLimit, 0xfb4e30e6527e9f20),
        (Function::Uniform, 0x3a0c54ec9ec78155),
        (Function::UniformNarrow, 0xf2981a51effb84eb),
    ]);
}

#[test]
fn the_functions_of_f64_have_the_bits_of_the_version() {
    assert_hashes::<f64>(&[
        (Function::Bell, 0xbe2effe0b3dd7f56),
        (Function::Ordinate, 0x0fdad003c58fb45f),
        (Function::Scale, 0x720ff054ede92037),
        (Function::Strip, 0xd327f699beb3185e),
        (Function::StripValue, 0x836011109eac8c8d),
        (Function::StripHeight, 0x7de1d4c1d965c407),
        (Function::StripLimit, 0xae71839df7746a3f),
        (Function::Uniform, 0x82466d2806a04e09),
        (Function::UniformNarrow, 0x1a18b8fcd8a90fdd),
    ]);
}

/// Of a function at `argument(u)` for random numbers `u` in (0, 1).
fn scalar_hash(function: fn(f64) -> f64, argument: fn(f64) -> f64) -> u64 {
    let start = lanes_of(Seed::from(1).stream("functions").state);
    let mut rng = crate::generator::scalar_side_of(&start, 0);
    let values = (0..ARGUMENTS).map(|_| function(argument(math::open_unit(&mut rng))));
    xxh3_64(&values.flat_map(|value| value.to_bits().to_le_bytes()).collect::<Vec<_>>())
}

#[test]
fn logarithm_and_exponential_have_the_bits_of_the_version() {
    let hashes = [
        scalar_hash(math::ln, |u| u),
        scalar_hash(math::ln, |u| u * u * u * 1e-280),
        scalar_hash(math::ln, |u| (u + 1e-9) * 1e290),
        scalar_hash(math::exp, |u| -u),
        scalar_hash(math::exp, |u| -700.0 * u),
    ];
    let golden: [u64; 5] = [
        0xa429fa84c683837b,
        0xd60d91010d4c5bee,
        0x84bc76056014177f,
        0x6127ec7de68446b6,
        0xe468623e73b2fb58,
    ];
    assert_eq!(hashes, golden, "{hashes:#018x?}");
}

//! What the kernels' functions return, for a device's functions to be compared with.
//!
//! Values do not show a wrong last bit of these: a value that is compared with the curve changes with
//! the last bit of the comparison once in millions.

use crate::distr::{Distribution, TruncatedKernel};
use crate::element::Element;
use crate::kernel::math;
use crate::kernel::strips::{Striped, Strips};
use crate::kernel::ziggurat::Ziggurat;
use crate::level::Level;
use crate::simd::{self, Float, Int, Job, Simd, WIDEST};

/// What is computed on the way to a value that a curve decides about.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C)]
pub struct Probe {
    /// The candidate of a word.
    pub x: f64,
    /// Its value, before a second pass.
    pub value: f64,
    /// The height of its point, of another word, as it is compared with the curve.
    pub height: f64,
    /// What the height must be below.
    pub limit: f64,
}

enum Decided<R: Striped> {
    Ziggurat(Ziggurat<R>),
    Strips(Strips<R>),
}

struct Probes<'a, R: Striped> {
    kernel: Decided<R>,
    words: &'a [[u64; 2]],
}

impl<R: Striped> Job for Probes<'_, R> {
    type Output = Vec<Probe>;

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> Vec<Probe> {
        let mut probes = Vec::with_capacity(self.words.len());
        for pairs in self.words.chunks(R::LANES) {
            let mut words = [[R::Word::default(); WIDEST]; 2];
            for (l, pair) in pairs.iter().enumerate() {
                words[0][l] = R::word(pair[0] as usize);
                words[1][l] = R::word(pair[1] as usize);
            }
            let [own, other] =
                [R::Words::<S>::load(s, &words[0]), R::Words::<S>::load(s, &words[1])];
            let [x, value, height, limit] = match &self.kernel {
                Decided::Ziggurat(kernel) => {
                    let (x, _) = kernel.candidate(s, own);
                    let height = kernel.ordinates(s, own, other);
                    [x, kernel.scale(s, x), height, math::bell::<R, S>(s, x)]
                }
                Decided::Strips(kernel) => {
                    let candidates = kernel.candidates(s, own);
                    let height = kernel.heights(s, own, other);
                    [candidates.x, candidates.values, height, kernel.limits(s, &candidates)]
                }
            };
            let mut numbers = [[R::default(); WIDEST]; 4];
            x.store(&mut numbers[0]);
            value.store(&mut numbers[1]);
            height.store(&mut numbers[2]);
            limit.store(&mut numbers[3]);
            probes.extend((0..pairs.len()).map(|l| Probe {
                x: numbers[0][l].to_f64(),
                value: numbers[1][l].to_f64(),
                height: numbers[2][l].to_f64(),
                limit: numbers[3][l].to_f64(),
            }));
        }
        probes
    }
}

/// Returns what is computed of pairs of random words: of the word of a candidate, and of the word that
/// decides about it. Of types of 32 bits, the low halves are meant. Returns nothing for distributions
/// that no curve decides about.
pub fn probes<T: Element>(distribution: &Distribution<T>, words: &[[u64; 2]]) -> Vec<Probe> {
    let kernel = match distribution {
        Distribution::Normal(normal) => Decided::Ziggurat(normal.kernel()),
        Distribution::TruncatedNormal(truncated) => match truncated.kernel() {
            TruncatedKernel::Constant(_) => return Vec::new(),
            TruncatedKernel::Ziggurat(kernel) => Decided::Ziggurat(kernel),
            TruncatedKernel::Strips(kernel) => Decided::Strips(kernel),
        },
        _ => return Vec::new(),
    };
    simd::dispatch(Level::best(), Probes { kernel, words })
}

/// Returns the natural logarithm of a positive normal number, as the tail of a ziggurat computes it.
pub fn ln(x: f64) -> f64 {
    math::ln(x)
}

//! The functions against those of the platform. Functions of an f32 run at every input, or at one in
//! 30,011 unless `SEEDBED_EXHAUSTIVE` is set.

use half::{bf16, f16};

use super::*;
use crate::level::Level;
use crate::simd::{self, Job};

/// The distance of two numbers in units in the last place of the second.
fn ulps(actual: f64, expected: f64) -> f64 {
    ((actual - expected) / (expected.next_up() - expected)).abs()
}

/// Numbers spread over exponents and mantissas.
fn numbers(count: usize) -> impl Iterator<Item = f64> {
    let mut words = vec![0; count];
    crate::Seed::from(1).stream("numbers").words_into(&mut words);
    words.into_iter().map(|w| f64::from_bits((w >> 12) | 1023 << 52) - 1.0)
}

#[test]
fn ln_is_within_its_bound() {
    let edges = [1.0, 2.0, 0.5, core::f64::consts::SQRT_2, 1e-300, 1e300, f64::MIN_POSITIVE];
    let near_1 = [1.0_f64.next_up(), 1.0_f64.next_down(), 1.0 - 2_f64.powi(-53)];
    let spread = numbers(100_000).flat_map(|u| [u, 1.0 - u * 1e-6, 1.0 + u, u * 1e200]);
    for x in edges.into_iter().chain(near_1).chain(spread).filter(|x| *x > 0.0) {
        assert!(ulps(ln(x), x.ln()) <= 3.0, "ln {x} is {} for {}", ln(x), x.ln());
    }
    assert_eq!(ln(1.0), 0.0);
}

#[test]
fn exp_is_within_its_bound() {
    for x in numbers(100_000).flat_map(|u| [-u, -u * 1e-9, -u * 40.0, -u * 700.0]) {
        assert!(ulps(exp(x), x.exp()) <= 3.0, "exp {x} is {} for {}", exp(x), x.exp());
    }
    assert_eq!((exp(0.0), exp(-701.0)), (1.0, 0.0));
}

/// The function at 16 numbers.
struct BellOf<R>([R; 16]);

impl<R: Bell> Job for BellOf<R> {
    type Output = [R; 16];
    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> [R; 16] {
        let mut values = [R::default(); 16];
        bell::<R, S>(s, R::Vector::<S>::load(s, &self.0)).store(&mut values);
        values
    }
}

fn bell_is_within<R: Bell>(bound: f64) {
    for x in numbers(20_000).flat_map(|u| [u * 4.3, -u * 4.3, u * 1e-3]) {
        let x = R::from_f64(x);
        let value = simd::dispatch(Level::Portable, BellOf([x; 16]))[0].to_f64();
        let expected = (-0.5 * x.to_f64() * x.to_f64()).exp();
        assert!((value / expected - 1.0).abs() < bound, "bell {x:?} is {value}");
    }
}

#[test]
fn bell_is_within_its_bounds() {
    bell_is_within::<f32>(2_f64.powi(-19));
    bell_is_within::<f64>(2_f64.powi(-47));
}

/// The numbers from `first` to `last`, both positive, or both negative from 0 down.
fn inputs(first: f32, last: f32) -> impl Iterator<Item = f32> {
    let stride = if std::env::var_os("SEEDBED_EXHAUSTIVE").is_some() { 1 } else { 30_011 };
    (first.to_bits()..=last.to_bits()).step_by(stride).map(f32::from_bits)
}

/// Within 1 ulp of the platform's functions, which are within 1 ulp themselves.
fn assert_within_2_ulps(ours: fn(f64) -> f64, oracle: fn(f64) -> f64, first: f32, last: f32) {
    for x in inputs(first, last).map(f64::from) {
        let off = ulps(ours(x), oracle(x));
        assert!(off <= 1.0, "{off} ulp off at {x:e}: {:e} for {:e}", ours(x), oracle(x));
    }
}

#[test]
fn ln_is_within_its_bound_at_every_f32() {
    assert_within_2_ulps(ln, f64::ln, f32::from_bits(1), f32::MAX);
}

#[test]
fn exp_is_within_its_bound_at_every_f32() {
    assert_within_2_ulps(exp, f64::exp, -0.0, -700.0);
}

/// The inputs in groups; what the last one lacks is 0.
fn groups<const N: usize>(inputs: impl Iterator<Item = f32>) -> impl Iterator<Item = [f32; N]> {
    let mut inputs = inputs.peekable();
    core::iter::from_fn(move || {
        inputs.peek()?;
        Some([(); N].map(|()| inputs.next().unwrap_or_default()))
    })
}

#[test]
fn bell_is_within_its_bound_at_every_f32() {
    for group in groups(inputs(0.0, 4.3)) {
        for (value, x) in simd::dispatch(Level::best(), BellOf(group)).into_iter().zip(group) {
            let x = f64::from(x);
            let off = f64::from(value) / (-0.5 * x * x).exp() - 1.0;
            assert!(off.abs() < 2_f64.powi(-19), "bell {x:e}: relative error {off:e}");
        }
    }
}

struct Halves([f32; 32]);

impl Job for Halves {
    type Output = ([f16; 32], [bf16; 32]);
    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> ([f16; 32], [bf16; 32]) {
        let [low, high] = [S::F32::load(s, &self.0), S::F32::load(s, &self.0[16..])];
        (s.to_f16([low, high]), s.to_bf16([low, high]))
    }
}

#[test]
fn every_f32_is_rounded_to_the_nearest_half() {
    for level in Level::available() {
        for group in groups(inputs(0.0, f32::MAX).chain(inputs(-0.0, f32::MIN))) {
            let (singles, brains) = simd::dispatch(level, Halves(group));
            for ((x, single), brain) in group.into_iter().zip(singles).zip(brains) {
                // These do not use the processor's conversions.
                let expected = (f16::from_f32_const(x), bf16::from_f32_const(x));
                let same = (single.to_bits(), brain.to_bits())
                    == (expected.0.to_bits(), expected.1.to_bits());
                assert!(same, "{level:?}: {x:e} is rounded to {single}, {brain}");
            }
        }
    }
}

//! Functions of an f32 at every input; at one in 30,011 unless `SEEDBED_EXHAUSTIVE` is set.

use half::{bf16, f16};

use crate::math::{
    self,
    tests::{Bell, ulps},
};
use crate::simd::{self, Float, Job, Level, Simd};

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
    assert_within_2_ulps(math::ln, f64::ln, f32::from_bits(1), f32::MAX);
}

#[test]
fn exp_is_within_its_bound_at_every_f32() {
    assert_within_2_ulps(math::exp, f64::exp, -0.0, -700.0);
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
        for (value, x) in simd::dispatch(simd::best(), Bell(group)).into_iter().zip(group) {
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
    for level in Level::ALL.into_iter().filter(|level| level.is_available()) {
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

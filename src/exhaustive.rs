//! Functions of an f32 at every input: at one in 61 of them unless `EXHAUSTIVE` is set, and at few
//! without optimisation.

use half::{bf16, f16};

use crate::math;
use crate::real::Real;
use crate::simd::{self, Float, Job, Level, Simd};

/// The numbers from `first` to `last`, both positive, or both negative from 0 down.
fn inputs(first: f32, last: f32) -> impl Iterator<Item = f32> {
    let stride = match (cfg!(debug_assertions), std::env::var_os("EXHAUSTIVE")) {
        (true, _) => 30_011,
        (false, None) => 61,
        (false, Some(_)) => 1,
    };
    (first.to_bits()..=last.to_bits()).step_by(stride).map(f32::from_bits)
}

/// The distance of two numbers in units in the last place of the second.
fn ulps(actual: f64, expected: f64) -> f64 {
    ((actual - expected) / (expected.next_up() - expected)).abs()
}

/// The platform's own functions are within 1 ulp.
fn assert_within_2_ulps(ours: fn(f64) -> f64, oracle: fn(f64) -> f64, first: f32, last: f32) {
    let largest = inputs(first, last).map(f64::from).map(|x| (ulps(ours(x), oracle(x)), x));
    let (off, x) = largest.fold((0.0, 0.0), |a, b| if b.0 > a.0 { b } else { a });
    assert!(off <= 2.0, "{off} ulp off at {x:e}: {:e} for {:e}", ours(x), oracle(x));
}

#[test]
fn ln_is_within_its_bound_at_every_f32() {
    assert_within_2_ulps(math::ln, f64::ln, f32::from_bits(1), f32::MAX);
}

#[test]
fn exp_is_within_its_bound_at_every_f32() {
    assert_within_2_ulps(math::exp, f64::exp, -0.0, -700.0);
}

struct Bell([f32; 16]);

impl Job for Bell {
    type Output = [f32; 16];
    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> [f32; 16] {
        let mut values = [0.0; 16];
        math::bell::<f32, S>(s, <f32 as Real>::Vector::<S>::load(s, &self.0)).store(&mut values);
        values
    }
}

#[test]
fn bell_is_within_its_bound_at_every_f32() {
    let mut inputs = inputs(0.0, 4.3);
    let mut largest = 0.0_f64;
    loop {
        let group = [(); 16].map(|()| inputs.next().unwrap_or_default());
        if group == [0.0; 16] {
            break;
        }
        for (value, x) in simd::dispatch(simd::best(), Bell(group)).into_iter().zip(group) {
            let x = f64::from(x);
            largest = largest.max((f64::from(value) / (-0.5 * x * x).exp() - 1.0).abs());
        }
    }
    assert!(largest < 2_f64.powi(-19), "relative error {largest:e}");
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
        let mut inputs = inputs(0.0, f32::MAX).chain(inputs(-0.0, f32::MIN)).peekable();
        while inputs.peek().is_some() {
            let group = [(); 32].map(|()| inputs.next().unwrap_or_default());
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

//! Bugs of the kind that samplers have had, to show that the tests reject each of them.
//!
//! A build with `--cfg seedbed_bugs` has the bug that the environment variable `SEEDBED_BUG` names.
//! Any other build has none of them, and nothing of what is here.

use half::bf16;

use crate::math;
use crate::simd::{Int, Simd};
use crate::xoshiro::{Lanes, State};

/// Whether this bug is switched on.
#[cfg(seedbed_bugs)]
pub(crate) fn bug(name: &str) -> bool {
    use std::sync::LazyLock;
    static BUG: LazyLock<String> =
        LazyLock::new(|| std::env::var("SEEDBED_BUG").unwrap_or_default());
    *BUG == name
}

#[cfg(not(seedbed_bugs))]
#[inline(always)]
pub(crate) const fn bug(_name: &str) -> bool {
    false
}

/// `shifted-lane`: lane 3 is lane 2, a step ahead.
#[inline(always)]
pub(crate) fn lanes([a, b, c, d]: &mut State) {
    if bug("shifted-lane") {
        let [s0, s1, s2, s3] = [a[2], b[2], c[2], d[2]];
        (a[3], b[3], c[3], d[3]) =
            (s0 ^ s3 ^ s1, s1 ^ s2 ^ s0, s2 ^ s0 ^ (s1 << 17), (s3 ^ s1).rotate_left(45));
    }
}

/// `one-step-jump`: a chunk begins a step after the one before it. `chunk-stride`: a chunk is as far
/// from the one before it as a lane is. Returns whether one of them has moved the lanes.
#[inline(always)]
pub(crate) fn jump<S: Simd>(s: S, lanes: &mut Lanes<S>, chunks: u64) -> bool {
    if bug("one-step-jump") {
        (0..chunks % 1024).for_each(|_| lanes.step());
        return true;
    }
    if bug("chunk-stride") {
        let mut state = lanes.store();
        state.iter_mut().for_each(|word| word.rotate_left(chunks as usize % 8));
        *lanes = Lanes::load(s, &state);
        return true;
    }
    false
}

/// `fresh-remainder`: what is left of a slice after the whole vectors comes from a new generator.
#[inline(always)]
pub(crate) fn remainder<S: Simd>(s: S, lanes: &mut Lanes<S>) {
    if bug("fresh-remainder") {
        *lanes = Lanes::load(s, &crate::xoshiro::lanes_of([1, 2, 3, 4]));
    }
}

/// `layer-from-value`: the layer is chosen by low bits of the abscissa. `layer-from-sign`: its last
/// bit is the sign, which is at bit `SIGN`; to shift it out takes `ABOVE` places, and `BELOW` back.
#[inline(always)]
pub(crate) fn layer<S: Simd, I: Int<S>, const ABOVE: i32, const BELOW: i32>(words: I) -> I {
    if bug("layer-from-value") {
        return words.shr::<12>();
    }
    if bug("layer-from-sign") {
        return words.shr::<1>().shl::<1>() | words.shl::<ABOVE>().shr::<BELOW>();
    }
    words
}

/// `half-by-inversion`: values come from a uniform number of the element type's precision by the
/// inverse of a distribution function. (The logistic one, which is near enough to the normal one.)
pub(crate) fn by_inversion(values: &[f32]) -> Vec<f32> {
    let coarse = |x: &f32| {
        let small = math::exp(f64::from(-1.702 * x.abs()));
        bf16::from_f64(if *x < 0.0 { small } else { 1.0 } / (1.0 + small)).to_f64()
    };
    values.iter().map(coarse).map(|u| (math::ln(u / (1.0 - u)) / 1.702) as f32).collect()
}

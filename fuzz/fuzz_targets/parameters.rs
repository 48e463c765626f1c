//! Whatever the parameters are, a law is refused or its values keep their promises.

#![no_main]

use half::{bf16, f16};
use libfuzzer_sys::fuzz_target;
use seedbed::{Element, Normal, Sample, Seed, TruncatedNormal, Uniform};

#[derive(arbitrary::Arbitrary, Debug)]
struct Input {
    seed: u64,
    mean: f64,
    std: f64,
    low: f64,
    high: f64,
    single: bool,
}

fn check<T: Element>(input: &Input) {
    let stream = Seed::from(input.seed).stream("fuzz");
    let (mean, std, low, high) = (input.mean, input.std, input.low, input.high);
    if let Ok(law) = Uniform::<T>::new(low, high) {
        for v in law.sample_vec(100, &stream) {
            let v = v.to_f64();
            assert!((low <= v && v < high) || low == high, "{v} of [{low}, {high})");
        }
    }
    if let Ok(law) = Normal::<T>::new(mean, std) {
        assert!(law.sample_vec(100, &stream).iter().all(|v| v.to_f64().is_finite()));
    }
    for law in [TruncatedNormal::<T>::absolute, TruncatedNormal::<T>::new] {
        if let Ok(law) = law(mean, std, low, high) {
            assert!(law.sample_vec(100, &stream).iter().all(|v| v.to_f64().is_finite()));
        }
    }
    if let Ok(law) = TruncatedNormal::<T>::absolute(mean, std, low, high) {
        for v in law.sample_vec(100, &stream) {
            let v = v.to_f64();
            assert!((low < v && v < high) || std == 0.0, "{v} of ({low}, {high})");
        }
    }
}

fuzz_target!(|input: Input| {
    // Half of the inputs are numbers that f32 has: bounds that its values can meet.
    let mut input = input;
    if input.single {
        for x in [&mut input.mean, &mut input.std, &mut input.low, &mut input.high] {
            *x = f64::from(f32::from_bits(x.to_bits() as u32));
        }
    }
    check::<f32>(&input);
    check::<f64>(&input);
    check::<f16>(&input);
    check::<bf16>(&input);
});

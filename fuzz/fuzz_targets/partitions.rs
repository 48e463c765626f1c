//! Any part of a stream at any level is that part of the whole at the portable level.

#![no_main]

use libfuzzer_sys::fuzz_target;
use seedbed::{Exec, Level, Normal, Sample, Seed, TruncatedNormal, Uniform};

#[derive(arbitrary::Arbitrary, Debug)]
struct Input {
    seed: u64,
    path: String,
    offset: u64,
    cut: u16,
    len: u16,
}

fn check(input: &Input, law: &impl Sample<f32>) {
    let stream = Seed::from(input.seed).stream(input.path.as_str());
    let offset = input.offset & ((1 << 60) - 1);
    let (len, cut) = (usize::from(input.len), usize::from(input.cut.min(input.len)));
    let whole = stream.at(offset).expect("in range");
    let part = stream.at(offset + cut as u64).expect("in range");
    let portable = Exec::sequential().level(Level::Portable).expect("always there");
    let mut expected = vec![0.0; len];
    law.sample_into_with(&mut expected, &whole, portable);
    for level in Level::ALL.into_iter().filter(|l| l.is_available()) {
        let mut values = vec![0.0; len - cut];
        law.sample_into_with(&mut values, &part, Exec::sequential().level(level).expect("there"));
        assert!(values.iter().zip(&expected[cut..]).all(|(a, b)| a.to_bits() == b.to_bits()));
    }
}

fuzz_target!(|input: Input| {
    check(&input, &Normal::new(0.0, 1.0).expect("valid"));
    check(&input, &Uniform::new(-1.0, 1.0).expect("valid"));
    check(&input, &TruncatedNormal::new(0.0, 1.0, -0.5, 3.0).expect("valid"));
    check(&input, &TruncatedNormal::new(0.0, 1.0, 0.5, 1.0).expect("valid"));
});

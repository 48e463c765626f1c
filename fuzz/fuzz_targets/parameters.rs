//! Whatever the parameters are, a law is refused or its values keep their promises.

#![no_main]

use half::{bf16, f16};
use libfuzzer_sys::fuzz_target;
use seedbed::Seed;
use seedbed_fuzz::Law;

fuzz_target!(|input: (u64, Law)| {
    let (seed, law) = input;
    let stream = Seed::from(seed).stream("fuzz");
    law.check::<f32>(&stream, 100);
    law.check::<f64>(&stream, 100);
    law.check::<f16>(&stream, 100);
    law.check::<bf16>(&stream, 100);
});

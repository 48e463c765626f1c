//! For any parameters, a distribution is refused or its values are as promised.

#![no_main]

use libfuzzer_sys::fuzz_target;
use seedbed::Seed;
use seedbed_fuzz::{Parameters, for_each_element};

fuzz_target!(|input: (u64, Parameters)| {
    let (seed, parameters) = input;
    let stream = Seed::from(seed).stream("fuzz");
    for_each_element!(T => parameters.check::<T>(&stream, 100));
});

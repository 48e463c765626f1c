//! Whatever the parameters are, a law is refused or its values keep their promises.

#![no_main]

use libfuzzer_sys::fuzz_target;
use seedbed::Seed;
use seedbed_fuzz::{Law, for_each_element};

fuzz_target!(|input: (u64, Law)| {
    let (seed, law) = input;
    let stream = Seed::from(seed).stream("fuzz");
    for_each_element!(T => law.check::<T>(&stream, 100));
});

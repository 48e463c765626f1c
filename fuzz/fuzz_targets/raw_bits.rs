//! For any random bits, the values are as their distribution promises.

#![no_main]

use libfuzzer_sys::fuzz_target;
use seedbed_fuzz::{Parameters, crafted, for_each_element};

#[derive(arbitrary::Arbitrary, Debug)]
struct Input {
    generator: crafted::Generator,
    words: [u64; 3],
    last: u64,
    parameters: Parameters,
    len: u16,
}

/// A block of f32 and a little of the next: some of its elements are rejected, so that words of
/// side streams are used.
const MOST: u16 = 4200;

fuzz_target!(|input: Input| {
    let stream = crafted::stream(input.generator, input.words, input.last);
    let len = usize::from(input.len % MOST) + 1;
    for_each_element!(T => input.parameters.check::<T>(&stream, len));
});

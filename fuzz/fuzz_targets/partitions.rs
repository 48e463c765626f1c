//! Any part of a stream, at any level and any place in memory, is that part of the whole at the
//! portable level, and nothing else is written.

#![no_main]

use half::{bf16, f16};
use libfuzzer_sys::fuzz_target;
use seedbed::{Exec, Level, Normal, Sample, Seed, Stream, TruncatedNormal, Uniform};
use seedbed_fuzz::Bits;

#[derive(arbitrary::Arbitrary, Debug)]
struct Input {
    seed: u64,
    path: String,
    chunk: u64,
    block: u8,
    before: u16,
    cut: u16,
    len: u16,
    align: u8,
    law: u8,
    element: u8,
}

/// The longest slice: a few blocks.
const MOST: u16 = 12_000;

/// Chunks and blocks of f64, which are half those of the other types.
const CHUNK: u64 = 1 << 18;
const BLOCK: u64 = 1 << 11;

impl Input {
    /// Where the whole begins: anywhere before the beginning of a block, for one in 256 of a chunk.
    fn offset(&self) -> u64 {
        let last = (1 << 60) - u64::from(u16::MAX);
        let block = (self.chunk % ((1 << 60) / CHUNK)) * CHUNK + u64::from(self.block) * BLOCK;
        block.saturating_sub(self.before.into()).min(last)
    }

    /// The stream where the whole begins and where the part does, and their lengths.
    fn parts(&self) -> (Stream, Stream, usize, usize) {
        let stream = Seed::from(self.seed).stream(&self.path);
        let offset = self.offset();
        let len = self.len % (MOST + 1);
        let cut = self.cut.min(len);
        let at = |offset| stream.at(offset).expect("in range");
        (at(offset), at(offset + u64::from(cut)), len.into(), cut.into())
    }
}

fn check<T: Bits>(input: &Input, law: &impl Sample<T>) {
    let (whole, part, len, cut) = input.parts();
    let portable = Exec::sequential().level(Level::Portable).expect("always there");
    let mut expected = vec![T::default(); len];
    law.with(portable).sample_into(&mut expected, &whole);
    let expected = &expected[cut..];
    let before = usize::from(input.align % 64);
    for level in Level::available() {
        let mut memory = vec![T::default(); before + expected.len() + 1];
        let slice = &mut memory[before..before + expected.len()];
        law.sample_into_with(slice, &part, Exec::sequential().level(level).expect("there"));
        assert!(slice.iter().zip(expected).all(|(a, b)| a.bits() == b.bits()), "{level}");
        let (head, tail) = (&memory[..before], &memory[before + expected.len()..]);
        assert!(head.iter().chain(tail).all(|v| v.bits() == 0), "{level}");
    }
}

fn check_law<T: Bits>(input: &Input) {
    match input.law % 7 {
        0 => check::<T>(input, &Normal::new(0.0, 1.0).expect("valid")),
        1 => check::<T>(input, &Uniform::new(-1.0, 1.0).expect("valid")),
        2 => check::<T>(input, &TruncatedNormal::new(0.5, 1.0, -2.0, 2.0).expect("valid")),
        3 => check::<T>(input, &TruncatedNormal::new(0.0, 1.0, -0.5, 3.0).expect("valid")),
        4 => check::<T>(input, &TruncatedNormal::new(0.0, 1.0, 0.5, 1.0).expect("valid")),
        5 => check::<T>(input, &TruncatedNormal::new(1.0, 0.1, 4.0, f64::INFINITY).expect("valid")),
        _ => check::<T>(input, &TruncatedNormal::new(0.0, 1.0, -20.0, 20.0).expect("valid")),
    }
}

fn check_words(input: &Input) {
    let (whole, part, len, cut) = input.parts();
    let portable = Exec::sequential().level(Level::Portable).expect("always there");
    let mut expected = vec![0; len];
    whole.words_into_with(&mut expected, portable);
    for level in Level::available() {
        let mut words = vec![0; len - cut];
        part.words_into_with(&mut words, Exec::sequential().level(level).expect("there"));
        assert_eq!(words, expected[cut..], "{level}");
    }
}

fuzz_target!(|input: Input| {
    match input.element % 5 {
        0 => check_law::<f32>(&input),
        1 => check_law::<f64>(&input),
        2 => check_law::<f16>(&input),
        3 => check_law::<bf16>(&input),
        _ => check_words(&input),
    }
});

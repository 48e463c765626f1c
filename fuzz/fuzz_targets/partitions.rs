//! Any part of a stream, at any level and any place in memory, has the values of that part of the whole
//! at the portable level, and nothing outside the slice is written.

#![no_main]

use half::{bf16, f16};
use libfuzzer_sys::fuzz_target;
use seedbed::{Algorithm, Exec, Level, Normal, Sample, Seed, Stream, TruncatedNormal, Uniform};
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
    distribution: u8,
    element: u8,
}

/// The longest slice: a few blocks.
const MOST: u16 = 12_000;

impl Input {
    /// Returns where the whole begins: anywhere before a block, which begins a chunk once in 256 times.
    fn offset(&self) -> u64 {
        let last = (1 << 60) - u64::from(u16::MAX);
        // Of f64, whose chunks and blocks are half as long as those of the other types.
        let chunk_len = Algorithm::V1.chunk_len::<f64>() as u64;
        let block_len = Algorithm::V1.block_len::<f64>() as u64;
        let chunk = (self.chunk % ((1 << 60) / chunk_len)) * chunk_len;
        let block = chunk + u64::from(self.block) * block_len;
        block.saturating_sub(self.before.into()).min(last)
    }

    /// Returns the stream where the whole begins and where the part begins, the length of the whole, and
    /// the distance of the part from its beginning.
    fn parts(&self) -> (Stream, Stream, usize, usize) {
        let stream = Seed::from(self.seed).stream(&self.path);
        let offset = self.offset();
        let len = self.len % (MOST + 1);
        let cut = self.cut.min(len);
        let at = |offset| stream.at(offset).expect("in range");
        (at(offset), at(offset + u64::from(cut)), len.into(), cut.into())
    }
}

fn check<T: Bits>(input: &Input, distribution: impl Sample<T> + Copy) {
    let (whole, part, len, cut) = input.parts();
    let portable = Exec::sequential().level(Level::Portable).expect("always available");
    let expected = distribution.with(portable).sample_vec(len, &whole);
    let expected = &expected[cut..];
    let before = usize::from(input.align % 64);
    for level in Level::available() {
        let mut memory = vec![T::default(); before + expected.len() + 1];
        let slice = &mut memory[before..before + expected.len()];
        let exec = Exec::sequential().level(level).expect("available");
        distribution.with(exec).sample_into(slice, &part);
        assert!(slice.iter().zip(expected).all(|(a, b)| a.bits() == b.bits()), "{level}");
        let (head, tail) = (&memory[..before], &memory[before + expected.len()..]);
        assert!(head.iter().chain(tail).all(|v| v.bits() == 0), "{level}");
    }
}

fn check_distribution<T: Bits>(input: &Input) {
    let truncated = TruncatedNormal::new;
    match input.distribution % 7 {
        0 => check::<T>(input, Normal::new(0.0, 1.0).expect("valid")),
        1 => check::<T>(input, Uniform::new(-1.0, 1.0).expect("valid")),
        2 => check::<T>(input, truncated(0.5, 1.0, -2.0, 2.0).expect("valid")),
        3 => check::<T>(input, truncated(0.0, 1.0, -0.5, 3.0).expect("valid")),
        4 => check::<T>(input, truncated(0.0, 1.0, 0.5, 1.0).expect("valid")),
        5 => check::<T>(input, truncated(1.0, 0.1, 4.0, f64::INFINITY).expect("valid")),
        _ => check::<T>(input, truncated(0.0, 1.0, -20.0, 20.0).expect("valid")),
    }
}

fn check_words(input: &Input) {
    let (whole, part, len, cut) = input.parts();
    let portable = Exec::sequential().level(Level::Portable).expect("always available");
    let mut expected = vec![0; len];
    whole.with(portable).words_into(&mut expected);
    for level in Level::available() {
        let mut words = vec![0; len - cut];
        part.with(Exec::sequential().level(level).expect("available")).words_into(&mut words);
        assert_eq!(words, expected[cut..], "{level}");
    }
}

fuzz_target!(|input: Input| {
    match input.element % 5 {
        0 => check_distribution::<f32>(&input),
        1 => check_distribution::<f64>(&input),
        2 => check_distribution::<f16>(&input),
        3 => check_distribution::<bf16>(&input),
        _ => check_words(&input),
    }
});

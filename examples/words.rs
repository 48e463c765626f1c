//! Reads raw random words from a stream: for dropout masks, hashes and tests of generators.
//!
//! `cargo run --example words` prints
//!
//! ```text
//! 2039 of 4096 units are kept
//! word 2^50 is 0x1ea8da58ff51502c
//! ```

use seedbed::{Error, Seed};

/// Which of `n` units of a layer are dropped in a step, with probability 1/2 each: a bit for a unit.
fn mask(seed: Seed, layer: &str, step: u64, n: usize) -> Vec<u64> {
    let mut words = vec![0; n.div_ceil(64)];
    seed.stream("dropout").child(layer).child(step).words_into(&mut words);
    words
}

fn main() -> Result<(), Error> {
    let seed = Seed::from(42);

    // A step that is run again after a crash has its masks again, without a generator's state in a file.
    let kept = mask(seed, "h.0.mlp", 1_000, 4_096);
    assert_eq!(kept, mask(seed, "h.0.mlp", 1_000, 4_096));
    let ones: u32 = kept.iter().map(|word| word.count_ones()).sum();
    println!("{ones} of 4096 units are kept");

    // Any place can be reached at once, up to 2^60 words from the start.
    let stream = seed.stream("words");
    let (mut far, mut next) = ([0; 4], [0; 2]);
    stream.at(1 << 50)?.words_into(&mut far);
    stream.at((1 << 50) + 2)?.words_into(&mut next);
    assert_eq!(far[2..], next);
    println!("word 2^50 is {:#018x}", far[0]);
    Ok(())
}

//! Fills f16 and bf16: the f32 values, rounded once, but never onto a bound that is excluded.
//!
//! `cargo run --example halves` prints
//!
//! ```text
//! 0.012472878 in f32, 0.012451172 in bf16
//! ones among 100000 bf16 values: 185 rounded by hand, 0 here
//! |mean| + 14 std is 70000, beyond the finite numbers of f16
//! ```

use half::{bf16, f16};
use seedbed::{Error, Normal, Sample, Seed, Uniform};

const N: usize = 100_000;

fn main() -> Result<(), Error> {
    let stream = Seed::from(42).stream("fc.weight");

    // A model in bf16 is the model in f32, rounded: train in one and serve in the other.
    let full: Vec<f32> = Normal::new(0.0, 0.02)?.sample_vec(N, &stream);
    let brain: Vec<bf16> = Normal::new(0.0, 0.02)?.sample_vec(N, &stream);
    assert!(full.iter().zip(&brain).all(|(&f, &b)| bf16::from_f32(f) == b));
    println!("{} in f32, {} in bf16", full[0], brain[0]);

    // Rounded by hand, uniform values of [0, 1) reach 1. The crate's own values do not.
    let full: Vec<f32> = Uniform::new(0.0, 1.0)?.sample_vec(N, &stream);
    let by_hand = full.iter().filter(|&&f| bf16::from_f32(f) == bf16::ONE).count();
    let brain: Vec<bf16> = Uniform::new(0.0, 1.0)?.sample_vec(N, &stream);
    let ours = brain.iter().filter(|&&b| b == bf16::ONE).count();
    println!("ones among {N} bf16 values: {by_hand} rounded by hand, {ours} here");

    // Parameters are checked for the type: f16 ends at 65,504.
    println!("{}", Normal::<f16>::new(0.0, 5_000.0).unwrap_err());
    Ok(())
}

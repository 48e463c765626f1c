//! Fills memory that your program has allocated and not initialised, on a thread of its choice.
//!
//! `cargo run --example embed` prints
//!
//! ```text
//! 589824 weights and 768 biases in one allocation
//! ```

use std::mem::MaybeUninit;

use seedbed::{Error, Exec, Normal, Sample, Seed, Uniform};

const WEIGHT: usize = 768 * 768;
const BIAS: usize = 768;

fn main() -> Result<(), Error> {
    let seed = Seed::from(42);
    let normal = Normal::new(0.0, 0.02)?;
    let uniform = Uniform::new(-0.5, 0.5)?;

    // One allocation for a weight and a bias. Nobody has written to it yet, not even zeros.
    let mut arena: Box<[MaybeUninit<f32>]> = Box::new_uninit_slice(WEIGHT + BIAS);
    let (weight, bias) = arena.split_at_mut(WEIGHT);

    // The call returns the same memory, now initialised. A large fill uses the current rayon pool.
    let weight: &mut [f32] = normal.sample_uninit(weight, &seed.stream("weight"));

    // If your program has its own threads, keep the fill on the calling thread.
    let sequential = uniform.with(Exec::sequential());
    let bias: &mut [f32] = sequential.sample_uninit(bias, &seed.stream("bias"));
    assert!(bias.iter().all(|value| (-0.5..0.5).contains(value)));

    // The values do not depend on where they are written, nor on the threads.
    let again: Vec<f32> =
        normal.with(Exec::sequential()).sample_vec(WEIGHT, &seed.stream("weight"));
    assert_eq!(weight, again);

    println!("{} weights and {} biases in one allocation", weight.len(), bias.len());
    Ok(())
}

//! Fills memory that a host program owns and that nobody has zeroed: one allocation, cut into tensors.
//!
//! `cargo run --example embed`

use std::mem::MaybeUninit;

use seedbed::{Error, Exec, Normal, Sample, Seed, Uniform};

const WEIGHT: usize = 768 * 768;
const BIAS: usize = 768;

fn main() -> Result<(), Error> {
    let seed = Seed::from(42);
    let normal = Normal::new(0.0, 0.02)?;
    let uniform = Uniform::new(-0.5, 0.5)?;

    // The arena of a host; its elements have no value yet.
    let mut arena: Box<[MaybeUninit<f32>]> = Box::new_uninit_slice(WEIGHT + BIAS);
    let (weight, bias) = arena.split_at_mut(WEIGHT);
    // What comes back is the same memory, of which every element now has its value.
    let weight: &mut [f32] = normal.sample_uninit(weight, &seed.stream("weight"));
    // A host that has threads of its own lets the fill use none but the caller's.
    let bias: &mut [f32] =
        uniform.sample_uninit_with(bias, &seed.stream("bias"), Exec::sequential());

    // A new vector is not zeroed first, either, and has the same values.
    let again: Vec<f32> = normal.sample_vec(WEIGHT, &seed.stream("weight"));
    assert_eq!(weight, again);
    assert!(bias.iter().all(|value| (-0.5..0.5).contains(value)));
    println!("{} weights and {} biases in one allocation", weight.len(), bias.len());
    Ok(())
}

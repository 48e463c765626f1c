//! One initializer in ndarray, nalgebra and faer, and a stream as a generator for rand.

use faer::Mat;
use ndarray::{Array2, s};
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, Poisson};
use seedbed::{Seed, StreamRng, torch};
use seedbed_arrays as arrays;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (seed, he) = (Seed::from(42), torch::KaimingNormal::default().initializer()?);
    let stream = seed.stream("fc.weight");

    // ndarray: a new array, and part of an existing array.
    let new = arrays::ndarray::array::<f32, _>(&he, (256, 1024), &stream)?;
    let mut existing = Array2::<f32>::zeros((512, 1024));
    arrays::ndarray::fill(existing.slice_mut(s![256.., ..]), &he, &stream)?;
    assert_eq!(existing.slice(s![256.., ..]), new);

    // nalgebra and faer: stored column by column, but with the fans of (256, 1024).
    let matrix = arrays::nalgebra::matrix::<f32>(&he, 256, 1024, &stream)?;
    let mut mat = Mat::<f32>::zeros(256, 1024);
    arrays::faer::fill(mat.as_mut(), &he, &stream)?;
    assert!((0..1024).all(|j| (0..256).all(|i| matrix[(i, j)] == mat[(i, j)])));

    let expected = (2.0_f32 / 1024.0).sqrt();
    let std = matrix.norm() / (256.0_f32 * 1024.0).sqrt();
    println!("standard deviation {std:.5}, expected {expected:.5}");

    // rand 0.10: its distributions take a stream, and its generators make a seed.
    let mut rng = StreamRng::from(seed.stream("augmentation"));
    let (die, count) = (rng.random_range(1..=6), Poisson::new(3.0)?.sample(&mut rng));
    println!("a die {die}, a count {count}");
    let mut small = rand::rngs::SmallRng::seed_from_u64(1);
    println!("a seed {:?}", Seed::from_rng(&mut small));
    // rand 0.9 and other crates: a seed from a number.
    use rand_0_9::{RngCore, SeedableRng as _};
    let mut older = rand_0_9::rngs::StdRng::seed_from_u64(1);
    println!("a seed {:?}", Seed::from(older.next_u64()));
    Ok(())
}

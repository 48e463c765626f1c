//! Streams as generators for rand 0.10 and rand_distr, and seeds from its generators.

use rand::rngs::SmallRng;
use rand::{Rng, RngExt, SeedableRng};
use rand_distr::{Distribution, Poisson, StandardNormal};
use seedbed::{Seed, StreamRng};

fn words<const N: usize>(seed: Seed) -> [u64; N] {
    let mut words = [0; N];
    seed.stream(0u64).words_into(&mut words);
    words
}

#[test]
fn a_stream_is_a_generator() {
    // More words than the generator buffers.
    let mut rng = StreamRng::from(Seed::from(7).stream(0u64));
    assert_eq!([(); 1000].map(|()| rng.next_u64()), words(Seed::from(7)));

    let mut rng = StreamRng::from(Seed::from(7).stream("counts"));
    let mut again = rng.clone();
    let die: u32 = rng.random_range(1..=6);
    let (normal, count): (f64, f64) =
        (StandardNormal.sample(&mut rng), Poisson::new(3.0).unwrap().sample(&mut rng));
    assert_eq!(again.random_range(1..=6), die);
    assert_eq!(Distribution::<f64>::sample(&StandardNormal, &mut again), normal);
    assert_eq!(Poisson::new(3.0).unwrap().sample(&mut again), count);
}

/// The moments of 10^6 normal values of rand_distr are within 5 standard errors.
#[test]
fn distributions_of_other_crates_have_their_moments() {
    let rng = StreamRng::from(Seed::from(7).stream("normal"));
    let values: Vec<f64> = StandardNormal.sample_iter(rng).take(1_000_000).collect();
    let mean = values.iter().sum::<f64>() / 1e6;
    let variance = values.iter().map(|x| x * x).sum::<f64>() / 1e6;
    assert!(mean.abs() < 5e-3, "{mean}");
    assert!((variance - 1.0).abs() < 5.0 * 2_f64.sqrt() * 1e-3, "{variance}");
}

#[test]
fn a_generator_is_seeded_like_a_stream() {
    assert_eq!([StreamRng::seed_from_u64(7).next_u64()], words(Seed::from(7)));
    assert_eq!([StreamRng::from_seed([7; 32]).next_u64()], words(Seed::from([7; 32])));
}

#[test]
fn a_seed_is_drawn_from_a_generator() {
    let mut rng = SmallRng::seed_from_u64(1);
    let seed = Seed::from_rng(&mut rng);
    assert_eq!(seed, Seed::from_rng(&mut SmallRng::seed_from_u64(1)));
    assert_ne!(seed, Seed::from_rng(&mut rng));
}

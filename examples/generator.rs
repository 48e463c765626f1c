//! Makes a generator of a stream, for what the crate does not sample itself: other distributions, integers,
//! shuffles.
//!
//! `cargo run --example generator --features rand_core` prints
//!
//! ```text
//! [3, 2, 3, 6, 4, 5, 2, 6] arrivals
//! 1.010 hours
//! ```

use rand_core::{Rng, SeedableRng};
use rand_distr::{Distribution, Gamma, Poisson};
use seedbed::{Seed, StreamRng};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A generator has a state and is used in turn; the stream that it starts from has neither.
    let stream = Seed::from(42).stream("arrivals");
    let mut rng = StreamRng::from(stream);
    let counts: Vec<u32> =
        (0..8).map(|_| Poisson::new(3.0).unwrap().sample(&mut rng) as u32).collect();
    println!("{counts:?} arrivals");
    let waiting = Gamma::new(2.0, 0.5)?.sample(&mut rng);
    println!("{waiting:.3} hours");

    // Its words are those of the stream, from any position on.
    let mut words = [0; 3];
    stream.words_into(&mut words);
    assert_eq!(StreamRng::from(stream).next_u64(), words[0]);
    assert_eq!(StreamRng::from(stream.at(2)?).next_u64(), words[2]);

    // The other way about, a seed comes from any generator.
    let seed = Seed::from_rng(&mut StreamRng::seed_from_u64(7));
    assert_ne!(seed, Seed::from(7));
    Ok(())
}

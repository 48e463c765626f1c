//! Samples normal values between bounds: about the mean, and far out in a tail, where rejection would wait
//! forever.
//!
//! `cargo run --example truncated` prints
//!
//! ```text
//! parent std 0.02, std 0.01759
//! P(z > 5) = 2.867e-7, and z then exceeds 5 by 0.187 on average
//! ```

use seedbed::{Distribution, Error, Normal, Sample, Seed, TruncatedNormal};

const N: usize = 100_000;

fn main() -> Result<(), Error> {
    // Bounds in standard deviations, as Keras and JAX have them; `absolute` takes them as values. They are
    // never reached, and the values spread less than the parent distribution does.
    let weights = TruncatedNormal::<f32>::new(0.0, 0.02, -2.0, 2.0)?;
    let values = weights.sample_vec(N, &Seed::from(42).stream("patch_embed.weight"));
    assert!(values.iter().all(|value| value.abs() < 0.04));
    println!("parent std {}, std {:.5}", weights.parent_std(), weights.std());

    // How often does z > 5 happen, and how far does z then go? One value in 3.5 million is there: sample these
    // alone, and weight them by the probability.
    let normal = Distribution::from(Normal::<f64>::new(0.0, 1.0)?);
    let probability = normal.probability(5.0, f64::INFINITY);
    let tail = TruncatedNormal::<f64>::new(0.0, 1.0, 5.0, f64::INFINITY)?;
    let losses = tail.sample_vec(N, &Seed::from(42).stream("losses"));
    let excess = losses.iter().map(|z| z - 5.0).sum::<f64>() / N as f64;
    assert!((excess - (tail.mean() - 5.0)).abs() < 5.0 * tail.std() / (N as f64).sqrt());
    println!("P(z > 5) = {probability:.3e}, and z then exceeds 5 by {excess:.3} on average");
    Ok(())
}

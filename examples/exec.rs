//! Chooses threads and instruction sets. The values are the same for all of them.
//!
//! `cargo run --example exec` prints
//!
//! ```text
//! 1000000 equal values; the first is -0.84730375
//! ```

use seedbed::{Error, Exec, Level, Normal, Sample, Seed};

const N: usize = 1_000_000;

fn main() -> Result<(), Error> {
    let normal = Normal::<f32>::new(0.0, 1.0)?;
    let stream = Seed::from(42).stream("x");

    // As it comes: the current rayon pool, if the fill is large, and the fastest level of the machine.
    let values = normal.sample_vec(N, &stream);

    // On the calling thread alone: inside of a task of your own, or after `fork`.
    assert_eq!(values, normal.with(Exec::sequential()).sample_vec(N, &stream));

    // On a pool of your own. Inside of it nothing else is needed.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().expect("a pool");
    assert_eq!(values, pool.install(|| normal.sample_vec(N, &stream)));

    // At every level of this machine. One that it lacks is an error, and never replaced in silence.
    for &level in Level::all() {
        match Exec::sequential().level(level) {
            Ok(exec) => assert_eq!(values, normal.with(exec).sample_vec(N, &stream)),
            Err(error) => assert_eq!(error, Error::LevelUnavailable { level }),
        }
    }
    println!("{N} equal values; the first is {}", values[0]);
    Ok(())
}

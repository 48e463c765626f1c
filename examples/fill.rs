//! Fills a slice with normal values, and shows that any part of it can be filled alone.
//!
//! `cargo run --example fill` prints
//!
//! ```text
//! the first of 100,000 values: [-0.03521339, -0.012928311, 0.014088904, -0.038954854]
//! ```

use seedbed::{Error, Normal, Sample, Seed};

fn main() -> Result<(), Error> {
    // A seed and a name pick a stream of random values. There is no generator whose state you keep.
    let stream = Seed::from(42).stream("embedding.weight");

    // Mean 0 and standard deviation 0.02. Bad parameters are refused here, so filling cannot fail.
    let normal = Normal::new(0.0, 0.02)?;

    let mut whole = vec![0_f32; 100_000];
    normal.sample_into(&mut whole, &stream);

    // A shorter fill has the first values of a longer fill.
    let mut prefix = vec![0_f32; 1_000];
    normal.sample_into(&mut prefix, &stream);
    assert_eq!(prefix, whole[..1_000]);

    // A fill from position 70,000 on has the values that stand there in the whole.
    let mut middle = vec![0_f32; 1_000];
    normal.sample_into(&mut middle, &stream.at(70_000)?);
    assert_eq!(middle, whole[70_000..71_000]);

    // Another name picks another stream.
    let other: Vec<f32> = normal.sample_vec(1_000, &Seed::from(42).stream("head.weight"));
    assert_ne!(other, prefix);

    println!("the first of 100,000 values: {:?}", &whole[..4]);
    Ok(())
}

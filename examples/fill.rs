//! Fills a slice, then parts of it by themselves: each has the bits of that part of the whole.
//!
//! `cargo run --example fill`

use seedbed::{Error, Normal, Sample, Seed};

fn main() -> Result<(), Error> {
    // A stream is named by a seed and a path: there is no generator whose state has to be kept.
    let stream = Seed::from(42).stream("embedding.weight");
    // Parameters are checked here, so that filling cannot fail.
    let normal = Normal::new(0.0, 0.02)?;
    let mut whole = vec![0_f32; 100_000];
    normal.sample_into(&mut whole, &stream);

    // A shorter fill is a prefix of a longer one.
    let mut prefix = vec![0_f32; 1_000];
    normal.sample_into(&mut prefix, &stream);
    assert_eq!(prefix, whole[..1_000]);

    // A fill that begins at another position is a range of it.
    let mut range = vec![0_f32; 1_000];
    normal.sample_into(&mut range, &stream.at(70_000)?);
    assert_eq!(range, whole[70_000..71_000]);

    // Another path is another stream.
    normal.sample_into(&mut range, &Seed::from(42).stream("head.weight"));
    assert_ne!(range, prefix);
    println!("the first values of 100,000: {:?}", &whole[..4]);
    Ok(())
}

//! Names what is random: by seeds, by the paths of tensors, and by children of streams.
//!
//! `cargo run --example paths` prints
//!
//! ```text
//! noise: [-0.09410149, 0.5406749, 1.3959239]
//! other: [-0.022073807, -0.28170326, -0.13555291]
//! ```

use seedbed::{Error, Normal, Sample, Seed};

fn main() -> Result<(), Error> {
    let normal = Normal::<f32>::new(0.0, 1.0)?;
    let seed = Seed::from(42);

    // A tensor's path is its name. Two layers of one shape differ, and a layer that is added to the model
    // changes none of the others: no values are drawn in turn.
    let first = normal.sample_vec(3, &seed.stream("h.0.weight"));
    let second = normal.sample_vec(3, &seed.stream("h.1.weight"));
    assert_ne!(first, second);

    // An integer is a path as well, without a string to format. 7 and "7" are different paths.
    assert_ne!(seed.stream(7), seed.stream("7"));

    // A stream has children by the same rule: here the noise of one image in one epoch.
    let noise = seed.stream("augmentation").child(3).child("img_0042.png");
    assert_ne!(noise, seed.stream("augmentation").child(4).child("img_0042.png"));
    println!("noise: {:?}", normal.sample_vec(3, &noise));

    // A seed has 256 bits: of a number, or of 32 bytes, such as a hash of an experiment's settings.
    let other = Seed::from(*b"width=768 depth=12 lr=3e-4 run=7");
    println!("other: {:?}", normal.sample_vec(3, &other.stream("h.0.weight")));
    Ok(())
}

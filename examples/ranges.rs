//! Fills parts of a tensor: a range of its elements, and a rectangle of any rank.
//!
//! `cargo run --example ranges` prints
//!
//! ```text
//! the ranges [18000..19000] are not a part of the shape [18432]
//! ```

use seedbed::{Error, Seed, torch};

fn main() -> Result<(), Error> {
    // The standard initialization of a 3 x 3 convolution from 32 to 64 channels.
    let kaiming = torch::KaimingUniform { a: 5_f64.sqrt(), ..Default::default() };
    let values = kaiming.for_shape::<f32>(&[64, 32, 3, 3])?;
    let stream = Seed::from(42).stream("conv.weight");
    let whole = values.to_vec(&stream)?;

    // 1,000 elements from number 5,000 on, counted row by row: a page of a file, for example.
    let mut range = vec![0.0; 1_000];
    values.fill_range(5_000, &mut range, &stream)?;
    assert_eq!(range, whole[5_000..6_000]);

    // The centre taps between the second half of the outputs and inputs 8 to 11: a range for each axis.
    let mut block = vec![0.0; 32 * 4];
    values.fill_block(&[32..64, 8..12, 1..2, 1..2], &mut block, &stream)?;
    for (row, taps) in block.chunks(4).enumerate() {
        for (column, &tap) in taps.iter().enumerate() {
            assert_eq!(tap, whole[((32 + row) * 32 + 8 + column) * 9 + 4]);
        }
    }

    // A part that is not in the tensor is refused, and nothing is written.
    let error = values.fill_range(18_000, &mut range, &stream).unwrap_err();
    println!("{error}");
    Ok(())
}

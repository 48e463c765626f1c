//! Splits the columns of a matrix over four ranks. Each rank fills its own block, without the others, and
//! together the blocks are the whole matrix.
//!
//! `cargo run --example shard` prints
//!
//! ```text
//! rank 0 has the columns 0..50 of 300 x 200
//! rank 1 has the columns 50..100 of 300 x 200
//! rank 2 has the columns 100..150 of 300 x 200
//! rank 3 has the columns 150..200 of 300 x 200
//! ```

use seedbed::{Error, Seed, keras};

const ROWS: usize = 300;
const COLUMNS: usize = 200;
const RANKS: usize = 4;

fn main() -> Result<(), Error> {
    // The initializer takes the shape of the whole matrix: the fans, and with them the bounds of the
    // values, are the same for all ranks.
    let kernel = keras::glorot_uniform().for_shape::<f32>(&[ROWS, COLUMNS])?;
    let stream = Seed::from(7).stream("dense/kernel");

    // Only for the comparison below: no rank needs the whole matrix.
    let whole = kernel.to_vec(&stream)?;

    let width = COLUMNS / RANKS;
    for rank in 0..RANKS {
        let columns = rank * width..(rank + 1) * width;
        let mut block = vec![0.0; ROWS * width];
        kernel.fill_block(&[0..ROWS, columns.clone()], &mut block, &stream)?;

        for (row_of_block, row) in block.chunks(width).zip(whole.chunks(COLUMNS)) {
            assert_eq!(row_of_block, &row[columns.clone()]);
        }
        println!("rank {rank} has the columns {columns:?} of {ROWS} x {COLUMNS}");
    }
    Ok(())
}

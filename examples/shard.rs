//! Splits the columns of a matrix over four ranks: each fills its own block, without the others, and
//! together they have the values of the whole matrix.
//!
//! `cargo run --example shard`

use seedbed::{Error, Preset, Seed, keras};

const ROWS: usize = 300;
const COLUMNS: usize = 200;
const RANKS: usize = 4;

fn main() -> Result<(), Error> {
    // The scale is that of the whole matrix, whichever block is filled.
    let kernel = keras::glorot_uniform().for_shape::<f32>(&[ROWS, COLUMNS])?;
    let stream = Seed::from(7).stream("dense/kernel");
    let whole = kernel.to_vec(&stream)?;

    let width = COLUMNS / RANKS;
    for rank in 0..RANKS {
        let columns = rank * width..(rank + 1) * width;
        let mut block = vec![0.0; ROWS * width];
        kernel.fill_block(&[0..ROWS, columns.clone()], &mut block, &stream)?;
        for (mine, row) in block.chunks(width).zip(whole.chunks(COLUMNS)) {
            assert_eq!(mine, &row[columns.clone()]);
        }
        println!("rank {rank} has the columns {columns:?} of {ROWS} x {COLUMNS}");
    }
    Ok(())
}

//! Fills orthogonal matrices: one of a layer, and one for each of the gates that a recurrent layer packs.
//!
//! `cargo run --example orthogonal` prints
//!
//! ```text
//! 48 orthonormal rows, and 3 orthogonal matrices in one tensor
//! ```

use seedbed::{Error, Seed, torch};

/// Returns the largest difference of `rows rows^T` from the identity.
fn error(matrix: &[f32], columns: usize) -> f32 {
    let rows: Vec<&[f32]> = matrix.chunks(columns).collect();
    let mut largest = 0_f32;
    for (i, a) in rows.iter().enumerate() {
        for (j, b) in rows.iter().enumerate() {
            let product: f32 = a.iter().zip(*b).map(|(x, y)| x * y).sum();
            largest = largest.max((product - if i == j { 1.0 } else { 0.0 }).abs());
        }
    }
    largest
}

fn main() -> Result<(), Error> {
    let seed = Seed::from(42);
    let orthogonal = torch::Orthogonal::default().initializer()?;

    // As many orthonormal rows as fit: here all 48, of 64 numbers each.
    let weight: Vec<f32> = orthogonal.for_shape(&[48, 64])?.to_vec(&seed.stream("fc.weight"))?;
    assert!(error(&weight, 64) < 1e-6);

    // PyTorch's GRU packs three square matrices into one tensor. As one matrix, its columns would be
    // orthonormal, and no gate would be.
    let gates = orthogonal.in_parts(0, 3)?.for_shape(&[3 * 32, 32])?;
    let packed: Vec<f32> = gates.to_vec(&seed.stream("gru.weight_hh_l0"))?;
    assert!(packed.chunks(32 * 32).all(|gate| error(gate, 32) < 1e-6));

    println!("{} orthonormal rows, and 3 orthogonal matrices in one tensor", weight.len() / 64);
    Ok(())
}

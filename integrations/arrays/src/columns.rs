//! Matrices that are stored column by column.

use seedbed::init::Per;
use seedbed::{Element, Error, Initializer, Tensor};

/// The memory of a matrix that is stored column by column, as the tensor of shape `(cols, rows)` that it
/// is row by row: the law is that of the initializer for `(rows, cols)`.
pub(crate) fn resolve<T: Element>(
    initializer: &Initializer,
    rows: usize,
    cols: usize,
) -> Result<Values<T>, Error> {
    let mut turned = initializer.clone();
    match &mut turned {
        Initializer::VarianceScaling(scaled) => scaled.layout = scaled.layout.clone().transposed(),
        Initializer::Sparse { per, .. } => {
            *per = if *per == SparseAxis::Column { SparseAxis::Row } else { SparseAxis::Column };
        }
        // The other laws are the same for a matrix and its transpose, or not for matrices.
        _ => {}
    }
    turned.for_shape(&[cols, rows])
}

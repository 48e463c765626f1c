//! Matrices that are stored column by column.

use seedbed::init::Per;
use seedbed::{Element, Error, Initializer, Tensor};

/// The memory of a matrix that is stored column by column, as the tensor of shape `(cols, rows)` that it
/// is row by row: the law is that of the initializer for `(rows, cols)`.
pub(crate) fn resolve<T: Element>(
    initializer: &Initializer,
    rows: usize,
    cols: usize,
) -> Result<Tensor<T>, Error> {
    let mut turned = initializer.clone();
    match &mut turned {
        Initializer::Scaled(scaled) => scaled.layout = scaled.layout.clone().transposed(),
        Initializer::Sparse { per, .. } => {
            *per = if *per == Per::Column { Per::Row } else { Per::Column };
        }
        // The other laws are the same for a matrix and its transpose, or not for matrices.
        _ => {}
    }
    turned.resolve(&[cols, rows])
}

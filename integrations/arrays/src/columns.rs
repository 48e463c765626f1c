//! Matrices that are stored column by column.

use seedbed::{Element, Error, Initializer, Values};

/// Returns the values of the memory of a matrix that is stored column by column: the initializer is
/// that of a matrix of shape `(rows, cols)`.
pub(crate) fn values<T: Element>(
    initializer: &Initializer,
    rows: usize,
    cols: usize,
) -> Result<Values<T>, Error> {
    initializer.clone().transposed().for_shape(&[cols, rows])
}

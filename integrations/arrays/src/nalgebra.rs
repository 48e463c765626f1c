//! nalgebra: matrices that are stored column by column, filled without a copy.
//!
//! A matrix is the transpose of the tensor of shape `(cols, rows)` from the same stream, so its values
//! are not those of a row-major array of the same shape. Its fans are those of `(rows, cols)`.

use ::nalgebra::{DMatrix, Dim, IsContiguous, Matrix, Scalar, StorageMut};
use seedbed::{Element, Error, Initializer, Stream, Values};

/// Returns a new matrix. Its memory is the vector that was filled.
///
/// # Errors
///
/// Those of [`Initializer::for_shape`].
///
/// ```
/// use seedbed::{Seed, torch};
/// # fn main() -> Result<(), seedbed::Error> {
/// let he = torch::KaimingNormal::default().initializer()?;
/// let weight = seedbed_arrays::nalgebra::matrix::<f32>(&he, 64, 32, &Seed::from(42).stream("fc"))?;
/// assert_eq!(weight.shape(), (64, 32));
/// # Ok(())
/// # }
/// ```
pub fn matrix<T: Element + Scalar>(
    initializer: &Initializer,
    rows: usize,
    cols: usize,
    stream: &Stream,
) -> Result<DMatrix<T>, Error> {
    let values = by_columns(initializer, rows, cols)?.to_vec(stream)?;
    Ok(DMatrix::from_vec(rows, cols, values))
}

/// Fills an existing matrix: a `DMatrix`, an `SMatrix`, or a view of whole columns of the latter.
///
/// # Errors
///
/// Those of [`Initializer::for_shape`]; nothing is written then.
pub fn fill<T: Element + Scalar, R: Dim, C: Dim, S: StorageMut<T, R, C> + IsContiguous>(
    matrix: &mut Matrix<T, R, C, S>,
    initializer: &Initializer,
    stream: &Stream,
) -> Result<(), Error> {
    let (rows, cols) = matrix.shape();
    by_columns(initializer, rows, cols)?.fill(matrix.as_mut_slice(), stream)
}

/// Returns the values of a matrix in the order of its memory.
fn by_columns<T: Element>(
    initializer: &Initializer,
    rows: usize,
    cols: usize,
) -> Result<Values<T>, Error> {
    initializer.clone().transposed().for_shape(&[cols, rows])
}

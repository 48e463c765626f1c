//! faer: matrices that are stored column by column.
//!
//! An owned matrix may have unused memory after each column and is then not one slice, so [`fill`]
//! copies what it samples. To avoid the copy, let faer borrow a vector:
//! `MatRef::from_row_major_slice` takes the values of shape `(rows, cols)` as they are.

use ::faer::MatMut;
use seedbed::{Element, Error, Initializer, Stream};

/// Why a matrix was not filled.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Refused {
    /// The initializer does not accept the matrix.
    Initializer(Error),
    /// The elements of a column are not neighbours in memory, but this many elements apart.
    RowStride(isize),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Refused::Initializer(error)
    }
}

impl core::fmt::Display for Refused {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Refused::Initializer(error) => error.fmt(f),
            Refused::RowStride(stride) => {
                write!(f, "the matrix has a row stride of {stride}, but must have 1")
            }
        }
    }
}

impl core::error::Error for Refused {}

/// The number of elements to sample at once: enough for all threads, few enough for a cache.
const AT_ONCE: usize = 1 << 20;

/// Fills an existing matrix, a few columns at a time.
///
/// The matrix is the transpose of the tensor of shape `(cols, rows)` from the same stream, with the
/// fans of `(rows, cols)`.
///
/// # Errors
///
/// [`Refused::RowStride`] if the columns of the matrix are not contiguous, and
/// [`Refused::Initializer`] with the errors of [`Initializer::for_shape`].
///
/// ```
/// use faer::Mat;
/// use seedbed::{Initializer, Seed};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mut sketch = Mat::<f64>::zeros(100, 8);
/// let normal = Initializer::normal(0.0, 1.0)?;
/// seedbed_arrays::faer::fill(sketch.as_mut(), &normal, &Seed::from(42).stream("sketch"))?;
/// assert!(sketch.norm_l2() > 0.0);
/// # Ok(())
/// # }
/// ```
pub fn fill<T: Element>(
    matrix: MatMut<'_, T>,
    initializer: &Initializer,
    stream: &Stream,
) -> Result<(), Refused> {
    let (rows, cols, stride) = (matrix.nrows(), matrix.ncols(), matrix.row_stride());
    let values = initializer.clone().transposed().for_shape::<T>(&[cols, rows])?;
    let Some(matrix) = matrix.try_as_col_major_mut() else {
        return Err(Refused::RowStride(stride));
    };
    if values.is_empty() {
        return Ok(());
    }
    let width = match initializer {
        // Any part costs as much as the whole.
        Initializer::Orthogonal { .. } => cols,
        _ => AT_ONCE.div_ceil(rows).min(cols),
    };
    let mut memory = vec![T::default(); width * rows];
    for (j, column) in matrix.col_iter_mut().enumerate() {
        let place = j % width;
        if place == 0 {
            let columns = &mut memory[..width.min(cols - j) * rows];
            values.fill_range(j * rows, columns, stream)?;
        }
        column.as_slice_mut().copy_from_slice(&memory[place * rows..][..rows]);
    }
    Ok(())
}

//! faer: matrices column by column.
//!
//! A column of an owned matrix may be followed by unused memory, so that the matrix as a whole is no
//! slice, and what [`fill`] samples is copied. A vector is one, and faer borrows it without a copy as a
//! matrix in either order: `MatRef::from_row_major_slice` for a tensor of shape `(rows, cols)` as it is.

use ::faer::MatMut;
use seedbed::{Element, Error, Initializer, Stream};

use crate::columns;

/// Why a matrix was not filled.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Refused {
    /// The initializer is not for the matrix.
    Initializer(Error),
    /// The elements of a column are not next to each other, but this far apart.
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

/// How many elements are sampled at once: enough for all threads, few enough for a cache.
const AT_ONCE: usize = 1 << 20;

/// Fills an existing matrix: the transpose of the tensor of shape `(cols, rows)` from the same stream,
/// with the fans of `(rows, cols)`. Some columns at a time are sampled and then copied.
///
/// # Errors
///
/// [`Refused`].
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
    let tensor = columns::values::<T>(initializer, rows, cols)?;
    let Some(matrix) = matrix.try_as_col_major_mut() else {
        return Err(Refused::RowStride(stride));
    };
    if tensor.is_empty() {
        return Ok(());
    }
    let width = match initializer {
        // It is made as a whole, whatever part of it is asked for.
        Initializer::Orthogonal { .. } => cols,
        _ => AT_ONCE.div_ceil(rows).min(cols),
    };
    let mut memory = vec![T::default(); width * rows];
    for (j, column) in matrix.col_iter_mut().enumerate() {
        let place = j % width;
        if place == 0 {
            let values = &mut memory[..width.min(cols - j) * rows];
            tensor.fill_range(j * rows, values, stream)?;
        }
        column.as_slice_mut().copy_from_slice(&memory[place * rows..][..rows]);
    }
    Ok(())
}

//! The axis whose lines have a fixed number of values.

use crate::error::ShapeError;
use crate::init::axes::MatrixOrder;
use crate::init::layout::Layout;

/// Which axis of a matrix has lines with a fixed number of values that are not zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum SparseAxis {
    /// Each column, whatever the axes are.
    Column,
    /// Each row, whatever the axes are.
    Row,
    /// Each output has a fixed number of inputs. In `(in, out)` weights the outputs are the columns
    /// (Lasagne), in `(out, in)` weights the rows (MLX).
    Outputs(MatrixOrder),
    /// Each input has a fixed number of outputs. In `(out, in)` weights the inputs are the columns
    /// (PyTorch).
    Inputs(MatrixOrder),
}

impl SparseAxis {
    /// Returns the axis in a host that stores its tensors in this layout.
    pub(in crate::init) fn stored_as(self, host: &Layout) -> Result<Self, ShapeError> {
        Ok(match self {
            SparseAxis::Column | SparseAxis::Row => self,
            SparseAxis::Outputs(_) => SparseAxis::Outputs(host.matrix_order("Sparse")?),
            SparseAxis::Inputs(_) => SparseAxis::Inputs(host.matrix_order("Sparse")?),
        })
    }

    /// Returns the axis in a matrix that is stored column by column.
    pub(in crate::init) fn transposed(self) -> Self {
        match self {
            SparseAxis::Column => SparseAxis::Row,
            SparseAxis::Row => SparseAxis::Column,
            SparseAxis::Outputs(order) => SparseAxis::Outputs(order.transposed()),
            SparseAxis::Inputs(order) => SparseAxis::Inputs(order.transposed()),
        }
    }

    /// Returns the lines of a stored matrix.
    pub(super) fn lines(self) -> Lines {
        match self {
            SparseAxis::Column
            | SparseAxis::Outputs(MatrixOrder::InOut)
            | SparseAxis::Inputs(MatrixOrder::OutIn) => Lines::Columns,
            SparseAxis::Row
            | SparseAxis::Outputs(MatrixOrder::OutIn)
            | SparseAxis::Inputs(MatrixOrder::InOut) => Lines::Rows,
        }
    }
}

/// The lines of a stored matrix that have a fixed number of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lines {
    Columns,
    Rows,
}

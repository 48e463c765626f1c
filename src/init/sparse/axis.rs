//! The axis whose lines have a fixed number of values.

/// Which axis of a matrix has lines with a fixed number of values that are not zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum SparseAxis {
    /// Each column. In `(in, out)` weights the columns are the outputs (Lasagne), in `(out, in)`
    /// weights the inputs (PyTorch).
    Column,
    /// Each row. In `(out, in)` weights the rows are the outputs (MLX).
    Row,
}

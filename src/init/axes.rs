//! The axes of a tensor of weights by what they are: in a named order, or by their numbers.

use crate::error::ShapeError;

/// The order of the axes of a matrix of weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum MatrixOrder {
    /// `(in, out)`: Lasagne, Keras, JAX.
    InOut,
    /// `(out, in)`: PyTorch.
    OutIn,
}

impl MatrixOrder {
    /// Returns the order of a matrix that is stored column by column.
    pub(super) fn transposed(self) -> Self {
        match self {
            MatrixOrder::InOut => MatrixOrder::OutIn,
            MatrixOrder::OutIn => MatrixOrder::InOut,
        }
    }
}

/// The order of the axes of a convolution's weights, of rank 3 or more. `O` is the axis of the output
/// channels, `I` that of the input channels, `H` and `W` stand for all spatial axes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum ConvOrder {
    /// `(out, in, spatial..)`: Lasagne, PyTorch.
    Oihw,
    /// `(spatial.., in, out)`: Keras, JAX.
    Hwio,
    /// `(in, spatial.., out)`: cuda-convnet's `c01b`.
    Ihwo,
    /// `(out, spatial.., in)`: MLX.
    Ohwi,
}

/// The axes of tensors of any rank.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case", deny_unknown_fields))]
pub(super) enum Axes {
    Named {
        matrix: MatrixOrder,
        conv: ConvOrder,
    },
    /// Without `batch`, all axes that are not named are.
    Explicit {
        input: Vec<isize>,
        output: Vec<isize>,
        batch: Option<Vec<isize>>,
    },
}

/// The axes of a tensor, counted from the start. Without `batch`, all axes that are not named are.
pub(super) struct Roles {
    pub(super) input: Vec<usize>,
    pub(super) output: Vec<usize>,
    pub(super) batch: Option<Vec<usize>>,
}

impl Axes {
    /// Returns the axes of a tensor of this rank, 2 or more.
    pub(super) fn roles(&self, rank: usize) -> Result<Roles, ShapeError> {
        match self {
            Axes::Named { matrix, conv } => {
                let (input, output) = named(*matrix, *conv, rank);
                Ok(Roles { input: vec![input], output: vec![output], batch: Some(vec![]) })
            }
            Axes::Explicit { input, output, batch } => {
                let resolve = |axes| resolve(axes, rank);
                let (input, output) = (resolve(input)?, resolve(output)?);
                let batch = batch.as_deref().map(resolve).transpose()?;
                for axes in [&input, &output] {
                    distinct(axes, batch.as_deref().unwrap_or(&[]), |axis| axis as isize)?;
                }
                Ok(Roles { input, output, batch })
            }
        }
    }
}

/// Returns the input and the output axis of a tensor of rank 2 or more.
fn named(matrix: MatrixOrder, conv: ConvOrder, rank: usize) -> (usize, usize) {
    match (rank, matrix, conv) {
        (2, MatrixOrder::InOut, _) => (0, 1),
        (2, MatrixOrder::OutIn, _) | (_, _, ConvOrder::Oihw) => (1, 0),
        (_, _, ConvOrder::Hwio) => (rank - 2, rank - 1),
        (_, _, ConvOrder::Ihwo) => (0, rank - 1),
        (_, _, ConvOrder::Ohwi) => (rank - 1, 0),
    }
}

/// Returns the axes counted from the start.
pub(super) fn resolve(axes: &[isize], rank: usize) -> Result<Vec<usize>, ShapeError> {
    let axis = |&axis: &isize| {
        let from_start = if axis < 0 { axis.checked_add_unsigned(rank) } else { Some(axis) };
        let from_start = from_start.and_then(|axis| usize::try_from(axis).ok());
        let problem = "is not one of the tensor's";
        from_start.filter(|&axis| axis < rank).ok_or(ShapeError::Axis { axis, problem })
    };
    axes.iter().map(axis).collect()
}

/// Checks that no axis occurs twice, within a list or across both.
pub(super) fn distinct<A: Copy + PartialEq>(
    some: &[A],
    others: &[A],
    number: impl Fn(A) -> isize,
) -> Result<(), ShapeError> {
    let all: Vec<A> = some.iter().chain(others).copied().collect();
    match (1..all.len()).find(|&i| all[..i].contains(&all[i])) {
        Some(i) => Err(ShapeError::Axis { axis: number(all[i]), problem: "is named twice" }),
        None => Ok(()),
    }
}

//! Which axes of a weight tensor are inputs and outputs, and the fans that follow.
//!
//! The fan-in of a layer is the number of inputs that one output sums over, the fan-out the number
//! of outputs that one input feeds. With `I` input and `O` output channels and a kernel of `r`
//! taps, a dense or convolution layer has `fan_in = I r` and `fan_out = O r`: the product of all
//! axes but the output axes, and of all axes but the input axes.

use core::ops::{Bound, RangeBounds};

use super::shape;
use crate::check::at_least_1;
use crate::error::{Error, ParameterError, ShapeError};

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

/// How fans are defined for tensors of other ranks than those of a layout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum OtherRanks {
    /// They are not: such a tensor is an error.
    #[default]
    Refused,
    /// Both fans are the square root of the number of elements. Keras 2.
    SquareRoot,
    /// Both fans are the number of elements. Keras 3.
    Size,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
enum Axes {
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

/// Which axes of a tensor of weights are inputs and outputs.
///
/// ```
/// use seedbed::init::{ConvOrder, Layout, MatrixOrder};
/// # fn main() -> Result<(), seedbed::Error> {
/// let keras = Layout::new(MatrixOrder::InOut, ConvOrder::Hwio);
/// let fans = keras.fans(&[3, 3, 16, 32])?;
/// assert_eq!((fans.fan_in, fans.fan_out), (144.0, 288.0));
/// // 4 groups: an input feeds a quarter of the outputs.
/// let fans = keras.groups(4)?.fans(&[3, 3, 16, 32])?;
/// assert_eq!((fans.fan_in, fans.fan_out), (144.0, 72.0));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Layout {
    axes: Axes,
    /// The ranks that the axes describe: the lowest, and the highest if there is one.
    ranks: (usize, Option<usize>),
    other_ranks: OtherRanks,
    groups: usize,
    transposed: bool,
}

/// The fan-in and the fan-out of a layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fans {
    /// How many inputs each output sums over.
    pub fan_in: f64,
    /// How many outputs each input feeds.
    pub fan_out: f64,
}

impl Layout {
    /// Returns the layout of matrices and convolutions in these orders, for tensors of rank 2 to 5.
    pub fn new(matrix: MatrixOrder, conv: ConvOrder) -> Self {
        Self::of(Axes::Named { matrix, conv })
    }

    /// Returns the layout `(in, height, width, out)` of cuda-convnet, for tensors of rank 4 only.
    pub fn c01b() -> Self {
        Self::new(MatrixOrder::InOut, ConvOrder::Ihwo).ranks(4..=4)
    }

    /// Returns the layout with these axes, negative numbers counted from the end. `batch` axes belong
    /// to neither fan; axes that are not named belong to both, as the taps of a convolution do. An
    /// axis may be both input and output, as in JAX, and then belongs to neither fan.
    ///
    /// # Errors
    ///
    /// [`ShapeError::Axis`] if an axis is named twice otherwise. Axes that a tensor lacks, and numbers
    /// that mean the same axis of a tensor, are errors of [`fans`](Layout::fans).
    pub fn axes(input: &[isize], output: &[isize], batch: &[isize]) -> Result<Self, ShapeError> {
        distinct(input, batch, |axis| axis)?;
        distinct(output, batch, |axis| axis)?;
        let [input, output, batch] = [input, output, batch].map(<[isize]>::to_vec);
        Ok(Self::of(Axes::Explicit { input, output, batch: Some(batch) }))
    }

    /// Returns the layout with these axes, negative numbers counted from the end, and no others: the
    /// fan-in is the product of the input axes, the fan-out the product of the output axes. An axis
    /// may be both.
    ///
    /// # Errors
    ///
    /// As of [`axes`](Layout::axes).
    ///
    /// ```
    /// use seedbed::init::Layout;
    /// # fn main() -> Result<(), seedbed::Error> {
    /// // (model) -> (heads, width)
    /// let fans = Layout::only_axes(&[0], &[1, 2])?.fans(&[512, 8, 32])?;
    /// assert_eq!((fans.fan_in, fans.fan_out), (512.0, 256.0));
    /// # Ok(())
    /// # }
    /// ```
    pub fn only_axes(input: &[isize], output: &[isize]) -> Result<Self, ShapeError> {
        distinct(input, &[], |axis| axis)?;
        distinct(output, &[], |axis| axis)?;
        let (input, output) = (input.to_vec(), output.to_vec());
        Ok(Self::of(Axes::Explicit { input, output, batch: None }))
    }

    fn of(axes: Axes) -> Self {
        let (ranks, other_ranks) = ((2, Some(5)), OtherRanks::Refused);
        Layout { axes, ranks, other_ranks, groups: 1, transposed: false }
    }

    /// Sets the ranks of tensors that the layout describes, not below 2. A layout with axes by their
    /// numbers describes any rank that has these axes.
    ///
    /// ```
    /// use seedbed::init::{ConvOrder, Layout, MatrixOrder};
    /// let torch = Layout::new(MatrixOrder::OutIn, ConvOrder::Oihw).ranks(2..);
    /// assert_eq!(torch.fans(&[6, 5, 1, 1, 1, 2])?.fan_in, 10.0);
    /// assert_eq!(
    ///     torch.fans(&[6]).unwrap_err().to_string(),
    ///     "a fan needs rank 2 or more, but the shape is [6]",
    /// );
    /// # Ok::<(), seedbed::Error>(())
    /// ```
    #[must_use]
    pub fn ranks(self, ranks: impl RangeBounds<usize>) -> Self {
        let lowest = match ranks.start_bound() {
            Bound::Included(&lowest) => lowest,
            Bound::Excluded(&below) => below.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let highest = match ranks.end_bound() {
            Bound::Included(&highest) => Some(highest),
            Bound::Excluded(&above) => Some(above.saturating_sub(1)),
            Bound::Unbounded => None,
        };
        Layout { ranks: (lowest.max(2), highest), ..self }
    }

    /// Sets how fans are defined for tensors of other ranks.
    #[must_use]
    pub fn other_ranks(self, other_ranks: OtherRanks) -> Self {
        Layout { other_ranks, ..self }
    }

    /// Sets the number of groups of a grouped or depthwise convolution. The stored shape has the
    /// input channels of one group (transposed: the output channels of one group).
    ///
    /// # Errors
    ///
    /// [`ParameterError::OutOfRange`] if the number is 0.
    pub fn groups(self, groups: usize) -> Result<Self, ParameterError> {
        Ok(Layout { groups: at_least_1("groups", groups)?, ..self })
    }

    /// Exchanges the input and output axes: the layout of a transposed convolution, and of a matrix
    /// that is stored column by column.
    #[must_use]
    pub fn transposed(self) -> Self {
        Layout { transposed: !self.transposed, ..self }
    }

    /// Returns the fans of a whole tensor of this shape.
    ///
    /// # Errors
    ///
    /// [`ShapeError::Unsupported`] and [`ShapeError::Axis`] if the layout does not describe tensors of
    /// this rank, [`ShapeError::Groups`] if the groups do not divide the channels,
    /// [`ShapeError::TooLarge`].
    pub fn fans(&self, shape: &[usize]) -> Result<Fans, Error> {
        let total = shape::elements(shape)? as f64;
        if let Some(fan) = self.fan_of_other_rank(shape, total)? {
            return Ok(Fans { fan_in: fan, fan_out: fan });
        }
        let Roles { mut input, mut output, batch } = self.roles(shape.len())?;
        if self.transposed {
            core::mem::swap(&mut input, &mut output);
        }
        let fan = |own: &[usize], other: &[usize]| {
            let counts = |axis: &usize| match &batch {
                // All axes but those of the other side and of the batch: the own side's channels
                // and the taps of the kernel.
                Some(batch) => !other.contains(axis) && !batch.contains(axis),
                None => own.contains(axis),
            };
            (0..shape.len()).filter(counts).map(|axis| shape[axis] as f64).product::<f64>()
        };
        let (mut fan_in, mut fan_out) = (fan(&input, &output), fan(&output, &input));
        // The stored shape has the input channels of a single group, so the fan-in is right already;
        // of the output channels, an input feeds those of its own group only. In a transposed
        // convolution the sides have changed places.
        let (fan, channels) =
            if self.transposed { (&mut fan_in, &input) } else { (&mut fan_out, &output) };
        *fan /= self.divisor(channels, shape)?;
        Ok(Fans { fan_in, fan_out })
    }

    /// Checks what the methods that make a layout check, of a layout that comes from a configuration.
    pub(crate) fn check(&self) -> Result<(), Error> {
        at_least_1("groups", self.groups)?;
        if self.ranks.0 < 2 {
            let (parameter, value) = ("ranks", self.ranks.0 as f64);
            return Err(ParameterError::OutOfRange {
                parameter: parameter.into(),
                value,
                expected: "at least 2".into(),
            }
            .into());
        }
        if let Axes::Explicit { input, output, batch } = &self.axes {
            for axes in [input, output] {
                distinct(axes, batch.as_deref().unwrap_or(&[]), |axis| axis)?;
            }
        }
        Ok(())
    }

    /// Returns both fans if the shape has a rank that the axes do not describe.
    fn fan_of_other_rank(&self, shape: &[usize], total: f64) -> Result<Option<f64>, ShapeError> {
        let (lowest, highest) = self.ranks;
        let described = lowest <= shape.len() && highest.is_none_or(|most| shape.len() <= most);
        if described || matches!(self.axes, Axes::Explicit { .. }) {
            return Ok(None);
        }
        match self.other_ranks {
            OtherRanks::SquareRoot => Ok(Some(total.sqrt())),
            OtherRanks::Size => Ok(Some(total)),
            OtherRanks::Refused => {
                let expected = match highest {
                    None => format!("rank {lowest} or more").into(),
                    Some(highest) if highest == lowest => format!("rank {lowest}").into(),
                    Some(highest) => format!("rank {lowest} to {highest}").into(),
                };
                let shape = shape.to_vec();
                Err(ShapeError::Unsupported { subject: "a fan", expected, shape })
            }
        }
    }

    /// Returns the axes of each side, counted from the start, in a tensor of this rank.
    fn roles(&self, rank: usize) -> Result<Roles, ShapeError> {
        match &self.axes {
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

    /// Returns the groups, if they divide the channels.
    fn divisor(&self, channels: &[usize], shape: &[usize]) -> Result<f64, ShapeError> {
        let channels = shape::elements(&channels.iter().map(|&i| shape[i]).collect::<Vec<_>>())?;
        if channels.is_multiple_of(self.groups) {
            return Ok(self.groups as f64);
        }
        Err(ShapeError::Groups { groups: self.groups, channels, shape: shape.to_vec() })
    }
}

/// The axes of a tensor by what they are. Without `batch`, axes that are not named belong to neither
/// fan.
struct Roles {
    input: Vec<usize>,
    output: Vec<usize>,
    batch: Option<Vec<usize>>,
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
pub(crate) fn resolve(axes: &[isize], rank: usize) -> Result<Vec<usize>, ShapeError> {
    let axis = |&axis: &isize| {
        let from_start = if axis < 0 { axis.checked_add_unsigned(rank) } else { Some(axis) };
        let from_start = from_start.and_then(|axis| usize::try_from(axis).ok());
        let problem = "is not one of the tensor's";
        from_start.filter(|&axis| axis < rank).ok_or(ShapeError::Axis { axis, problem })
    };
    axes.iter().map(axis).collect()
}

/// Checks that no axis occurs twice, within a list or across both.
fn distinct<A: Copy + PartialEq>(
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

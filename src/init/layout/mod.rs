//! Which axes of a weight tensor are inputs and outputs, and the fans that follow.
//!
//! The fan-in of a layer is the number of inputs that one output sums over, the fan-out the number
//! of outputs that one input feeds. With `I` input and `O` output channels and a kernel of `r`
//! taps, a dense or convolution layer has `fan_in = I r` and `fan_out = O r`: the product of all
//! axes but the output axes, and of all axes but the input axes.

mod host;

use core::ops::{Bound, RangeBounds};

use super::axes::{Axes, ConvOrder, MatrixOrder, Roles, distinct};
use super::shape;
use crate::check::at_least_1;
use crate::error::{Error, ParameterError, ShapeError};

/// How fans are defined for tensors of other ranks than those of a layout. See
/// [`Layout::other_ranks`].
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
///
/// # As JSON
///
/// The axes are either named or explicit:
///
/// - `{"named": {"matrix": "in_out", "conv": "hwio"}}`, as of [`new`](Layout::new);
/// - `{"explicit": {"input": [-2], "output": [-1], "batch": []}}`, as of [`axes`](Layout::axes);
///   without `batch`, as of [`only_axes`](Layout::only_axes).
///
/// `ranks` (`[2, 5]`, or `[2, null]` for 2 and more), `other_ranks` (`"refused"`), `groups` (1) and
/// `transposed` (`false`) have defaults. Grouped, transposed and depthwise convolutions:
///
/// ```
/// # #[cfg(feature = "serde")]
/// # fn main() -> Result<(), seedbed::Error> {
/// # use seedbed::{Initializer, init::{Fans, Layout}};
/// // PyTorch's Conv2d(64, 128, 3, groups=4): an output sums over 16 inputs, an input feeds 32 outputs.
/// let he = r#"{"class_name": "seedbed.VarianceScaling", "config": {
///     "distribution": "normal", "variance": {"scale": 2.0}, "fan": "out",
///     "layout": {"axes": {"named": {"matrix": "out_in", "conv": "oihw"}}, "groups": 4}
/// }}"#;
/// let he: Initializer = serde_json::from_str(he).expect("an initializer");
/// let values = he.for_shape::<f64>(&[128, 16, 3, 3])?;
/// let std = values.distribution().expect("independent elements").std();
/// assert!((std - (2.0 / (32.0 * 9.0_f64)).sqrt()).abs() < 1e-12);
///
/// let fans = |layout, shape: &[usize]| {
///     let layout: Layout = serde_json::from_str(layout).expect("a layout");
///     layout.fans(shape)
/// };
/// // PyTorch's ConvTranspose2d(64, 128, 3, groups=4).
/// let transposed = r#"{"axes": {"named": {"matrix": "out_in", "conv": "oihw"}},
///     "groups": 4, "transposed": true}"#;
/// let expected = Fans { fan_in: 16.0 * 9.0, fan_out: 32.0 * 9.0 };
/// assert_eq!(fans(transposed, &[64, 32, 3, 3])?, expected);
/// // Keras' DepthwiseConv2D (height, width, in, multiplier): the inputs do not share any outputs.
/// let depthwise = r#"{"axes": {"explicit": {"input": [], "output": [3], "batch": [2]}}}"#;
/// assert_eq!(fans(depthwise, &[3, 3, 64, 2])?, Fans { fan_in: 9.0, fan_out: 18.0 });
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "serde"))]
/// # fn main() {}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(deny_unknown_fields))]
pub struct Layout {
    axes: Axes,
    /// The ranks that the axes describe: the lowest, and the highest if there is one.
    #[cfg_attr(feature = "serde", serde(default = "usual_ranks"))]
    ranks: (usize, Option<usize>),
    #[cfg_attr(feature = "serde", serde(default))]
    other_ranks: OtherRanks,
    #[cfg_attr(feature = "serde", serde(default = "one"))]
    groups: usize,
    #[cfg_attr(feature = "serde", serde(default))]
    transposed: bool,
}

/// Ranks from a matrix to a convolution in three dimensions.
fn usual_ranks() -> (usize, Option<usize>) {
    (2, Some(5))
}

#[cfg(feature = "serde")]
fn one() -> usize {
    1
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
    ///
    /// ```
    /// use seedbed::init::Layout;
    /// assert_eq!(Layout::c01b().fans(&[16, 5, 5, 32])?.fan_in, 16.0 * 25.0);
    /// # Ok::<(), seedbed::Error>(())
    /// ```
    pub fn c01b() -> Self {
        Self::new(MatrixOrder::InOut, ConvOrder::Ihwo).ranks(4..=4)
    }

    /// Returns the layout with these axes, negative numbers counted from the end. `batch` axes belong
    /// to neither fan; axes that are not named belong to both, as the taps of a convolution do. An
    /// axis may be both input and output, as in JAX, and then belongs to neither fan.
    ///
    /// ```
    /// use seedbed::init::Layout;
    /// // (experts, in, out)
    /// let fans = Layout::axes(&[1], &[2], &[0])?.fans(&[8, 512, 256])?;
    /// assert_eq!((fans.fan_in, fans.fan_out), (512.0, 256.0));
    /// # Ok::<(), seedbed::Error>(())
    /// ```
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
        let (ranks, other_ranks) = (usual_ranks(), OtherRanks::Refused);
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
    ///
    /// ```
    /// use seedbed::init::{ConvOrder, Layout, MatrixOrder, OtherRanks};
    /// let layout = Layout::new(MatrixOrder::InOut, ConvOrder::Hwio);
    /// assert!(layout.fans(&[9]).is_err());
    /// assert_eq!(layout.clone().other_ranks(OtherRanks::SquareRoot).fans(&[9])?.fan_in, 3.0);
    /// assert_eq!(layout.other_ranks(OtherRanks::Size).fans(&[9])?.fan_in, 9.0);
    /// # Ok::<(), seedbed::Error>(())
    /// ```
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
    ///
    /// ```
    /// let transposed = seedbed::torch::layout().transposed(); // (in, out, spatial..)
    /// assert_eq!(transposed.fans(&[16, 32, 3, 3])?.fan_in, 16.0 * 9.0);
    /// # Ok::<(), seedbed::Error>(())
    /// ```
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
        let Roles { mut input, mut output, batch } = self.axes.roles(shape.len())?;
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

    /// Returns the groups, if they divide the channels.
    fn divisor(&self, channels: &[usize], shape: &[usize]) -> Result<f64, ShapeError> {
        let channels = shape::elements(&channels.iter().map(|&i| shape[i]).collect::<Vec<_>>())?;
        if channels.is_multiple_of(self.groups) {
            return Ok(self.groups as f64);
        }
        Err(ShapeError::Groups { groups: self.groups, channels, shape: shape.to_vec() })
    }
}

//! Which axes of a weight tensor are inputs and outputs, and the fans that follow.
//!
//! The fan-in of a layer is the number of inputs that one output sums over, the fan-out the number
//! of outputs that one input feeds. With `I` input and `O` output channels and a kernel of `r`
//! taps, a dense or convolution layer has `fan_in = I r` and `fan_out = O r`: the product of all
//! axes but the output axes, and of all axes but the input axes.

use crate::error::Error;
use crate::shape;

/// The order of a matrix of weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Dense {
    /// `(in, out)`: Lasagne, Keras, JAX.
    InOut,
    /// `(out, in)`: PyTorch.
    OutIn,
}

/// The order of a convolution's weights, of rank 3 or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Conv {
    /// `(out, in, spatial..)`: Lasagne, PyTorch.
    OutInSpatial,
    /// `(spatial.., in, out)`: Keras, JAX.
    SpatialInOut,
    /// `(in, spatial.., out)`: cuda-convnet's `c01b`.
    InSpatialOut,
    /// `(out, spatial.., in)`: MLX.
    OutSpatialIn,
}

/// What tensors of other ranks than 2 to 5 have for fans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Ranks {
    /// An error.
    #[default]
    TwoToFive,
    /// An error below 2; from 6 on, as a convolution of that rank. Lasagne, PyTorch, JAX.
    AtLeastTwo,
    /// An error for every rank but 4.
    Four,
    /// Both fans are the square root of the number of elements. Keras 2.
    Root,
    /// Rank 0: 1 and 1; rank 1: `n` and `n`; from 6 on, as a convolution. Keras 3.
    Flat,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
enum Axes {
    Named {
        dense: Dense,
        conv: Conv,
    },
    /// Without `batch`, all axes that are not named are.
    Explicit {
        input: Vec<isize>,
        output: Vec<isize>,
        batch: Option<Vec<isize>>,
    },
}

/// Which axes are inputs and outputs.
///
/// ```
/// use seedbed::init::{Conv, Dense, Layout};
/// # fn main() -> Result<(), seedbed::Error> {
/// let keras = Layout::new(Dense::InOut, Conv::SpatialInOut);
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
    ranks: Ranks,
    groups: usize,
    transposed: bool,
}

/// How many inputs an output has, and how many outputs an input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fans {
    /// Inputs of an output.
    pub fan_in: f64,
    /// Outputs of an input.
    pub fan_out: f64,
}

impl Layout {
    /// A layout of its own for matrices and for convolutions.
    pub fn new(dense: Dense, conv: Conv) -> Self {
        Self::of(Axes::Named { dense, conv })
    }

    /// cuda-convnet's `(in, height, width, out)`, of rank 4 only.
    pub fn c01b() -> Self {
        Self::new(Dense::InOut, Conv::InSpatialOut).ranks(Ranks::Four)
    }

    /// Axes by their numbers, negative ones counted from the end. `batch` axes belong to neither
    /// fan; all that are not named belong to both, as the taps of a convolution do. An axis may be
    /// both input and output, as in JAX, and then belongs to neither fan.
    ///
    /// # Errors
    ///
    /// [`Error::Axis`] if an axis is named twice otherwise. Axes that a tensor lacks, and axes that
    /// its rank makes the same, are errors of [`fans`](Layout::fans).
    pub fn axes(input: &[isize], output: &[isize], batch: &[isize]) -> Result<Self, Error> {
        distinct(input, batch, |axis| axis)?;
        distinct(output, batch, |axis| axis)?;
        let [input, output, batch] = [input, output, batch].map(<[isize]>::to_vec);
        Ok(Self::of(Axes::Explicit { input, output, batch: Some(batch) }))
    }

    /// Axes by their numbers, negative ones counted from the end, and no others: the fan-in is the
    /// product of the input axes and the fan-out that of the output axes, even of an axis that is
    /// both.
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
    pub fn only_axes(input: &[isize], output: &[isize]) -> Result<Self, Error> {
        distinct(input, &[], |axis| axis)?;
        distinct(output, &[], |axis| axis)?;
        let (input, output) = (input.to_vec(), output.to_vec());
        Ok(Self::of(Axes::Explicit { input, output, batch: None }))
    }

    fn of(axes: Axes) -> Self {
        Layout { axes, ranks: Ranks::default(), groups: 1, transposed: false }
    }

    /// Sets what tensors of other ranks than 2 to 5 have for fans. Explicit axes are of any rank.
    #[must_use]
    pub fn ranks(self, ranks: Ranks) -> Self {
        Layout { ranks, ..self }
    }

    /// Sets the number of groups of a grouped or depthwise convolution. The stored shape has the
    /// input channels of one group (transposed: the output channels of one group).
    ///
    /// # Errors
    ///
    /// [`Error::OutOfRange`] if it is 0.
    pub fn groups(self, groups: usize) -> Result<Self, Error> {
        if groups == 0 {
            let expected = "at least 1";
            return Err(Error::OutOfRange { parameter: "groups", value: 0.0, expected });
        }
        Ok(Layout { groups, ..self })
    }

    /// For a transposed convolution, whose weights are stored with the input and output axes
    /// exchanged.
    #[must_use]
    pub fn transposed(self) -> Self {
        Layout { transposed: !self.transposed, ..self }
    }

    /// The fans of a whole tensor of this shape.
    ///
    /// # Errors
    ///
    /// [`Error::Rank`] and [`Error::Axis`] if the layout is not for tensors of this rank,
    /// [`Error::Groups`] if the groups do not divide the channels, [`Error::ShapeOverflow`].
    pub fn fans(&self, shape: &[usize]) -> Result<Fans, Error> {
        let total = shape::elements(shape)? as f64;
        let (mut input, mut output, batch) = match &self.axes {
            Axes::Explicit { input, output, batch } => {
                let resolve = |axes| resolve(axes, shape.len());
                let (input, output) = (resolve(input)?, resolve(output)?);
                let batch = batch.as_deref().map(resolve).transpose()?;
                for axes in [&input, &output] {
                    distinct(axes, batch.as_deref().unwrap_or(&[]), |axis| axis as isize)?;
                }
                (input, output, batch)
            }
            Axes::Named { dense, conv } => {
                if let Some(fan) = self.ranks.fan(shape, total)? {
                    return Ok(Fans { fan_in: fan, fan_out: fan });
                }
                let (input, output) = named(*dense, *conv, shape.len());
                (vec![input], vec![output], Some(vec![]))
            }
        };
        if self.transposed {
            core::mem::swap(&mut input, &mut output);
        }
        let fan = |own: &[usize], other: &[usize]| {
            let counts = |i: &usize| match &batch {
                Some(batch) => !other.contains(i) && !batch.contains(i),
                None => own.contains(i),
            };
            (0..shape.len()).filter(counts).map(|i| shape[i] as f64).product::<f64>()
        };
        let (mut fan_in, mut fan_out) = (fan(&input, &output), fan(&output, &input));
        let (fan, channels) =
            if self.transposed { (&mut fan_in, &input) } else { (&mut fan_out, &output) };
        *fan /= self.divisor(channels, shape)?;
        Ok(Fans { fan_in, fan_out })
    }

    /// The groups, where they divide the channels.
    fn divisor(&self, channels: &[usize], shape: &[usize]) -> Result<f64, Error> {
        let channels = shape::elements(&channels.iter().map(|&i| shape[i]).collect::<Vec<_>>())?;
        if channels.is_multiple_of(self.groups) {
            return Ok(self.groups as f64);
        }
        Err(Error::Groups { groups: self.groups, channels, shape: shape.to_vec() })
    }
}

impl Ranks {
    /// Both fans, where the rank is one that the layout does not describe.
    fn fan(self, shape: &[usize], total: f64) -> Result<Option<f64>, Error> {
        let rank = shape.len();
        let expected = match self {
            Ranks::TwoToFive if !(2..=5).contains(&rank) => "rank 2 to 5",
            Ranks::AtLeastTwo if rank < 2 => "rank 2 or more",
            Ranks::Four if rank != 4 => "rank 4",
            Ranks::Root if !(2..=5).contains(&rank) => return Ok(Some(total.sqrt())),
            Ranks::Flat if rank < 2 => return Ok(Some(total)),
            _ => return Ok(None),
        };
        Err(Error::Rank { initializer: "a scaled law", shape: shape.to_vec(), expected })
    }
}

/// The input and the output axis.
fn named(dense: Dense, conv: Conv, rank: usize) -> (usize, usize) {
    match (rank, dense, conv) {
        (2, Dense::InOut, _) => (0, 1),
        (2, Dense::OutIn, _) | (_, _, Conv::OutInSpatial) => (1, 0),
        (_, _, Conv::SpatialInOut) => (rank - 2, rank - 1),
        (_, _, Conv::InSpatialOut) => (0, rank - 1),
        (_, _, Conv::OutSpatialIn) => (rank - 1, 0),
    }
}

/// Axes counted from the start.
pub(crate) fn resolve(axes: &[isize], rank: usize) -> Result<Vec<usize>, Error> {
    let axis = |&axis: &isize| {
        let from_start = if axis < 0 { axis.checked_add_unsigned(rank) } else { Some(axis) };
        let from_start = from_start.and_then(|axis| usize::try_from(axis).ok());
        let problem = "is not one of the tensor's";
        from_start.filter(|&axis| axis < rank).ok_or(Error::Axis { axis, problem })
    };
    axes.iter().map(axis).collect()
}

/// That no axis is named twice, neither in one list nor in both.
fn distinct<A: Copy + PartialEq>(
    some: &[A],
    others: &[A],
    number: impl Fn(A) -> isize,
) -> Result<(), Error> {
    let all: Vec<A> = some.iter().chain(others).copied().collect();
    match (1..all.len()).find(|&i| all[..i].contains(&all[i])) {
        Some(i) => Err(Error::Axis { axis: number(all[i]), problem: "is named twice" }),
        None => Ok(()),
    }
}

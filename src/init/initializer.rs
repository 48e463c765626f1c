//! The initializers, in the one form that all systems share.

use super::axes::{ConvOrder, MatrixOrder};
use super::layout::Layout;
use super::orthogonal::{MatrixRows, Orthogonal, Parts};
use super::pattern::{NonSquare, Pattern};
use super::sparse::{Nonzeros, Sparse, SparseAxis};
use super::values::{Kind, Values};
use super::variance_scaling::VarianceScaling;
use crate::check::{at_least_0, at_least_1, finite};
use crate::distr::{Constant, Normal, TruncatedNormal, Uniform};
use crate::element::Element;
use crate::error::Error;
use crate::simd::FloatEnv;

/// The bounds of a truncated normal distribution, in units that cannot be separated from them.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Bounds {
    /// The lower and the upper bound in standard deviations from the mean: Keras, JAX.
    Sigmas(
        #[cfg_attr(feature = "serde", serde(with = "super::serial::bound"))] f64,
        #[cfg_attr(feature = "serde", serde(with = "super::serial::bound"))] f64,
    ),
    /// The lower and the upper bound as values: PyTorch.
    Absolute(
        #[cfg_attr(feature = "serde", serde(with = "super::serial::bound"))] f64,
        #[cfg_attr(feature = "serde", serde(with = "super::serial::bound"))] f64,
    ),
}

/// What the values of a tensor are, as a function of the tensor's shape.
///
/// This is the one form that every preset of every system becomes: the modules `keras`, `keras3`,
/// `lasagne`, `torch` and `jax` only have the names, the defaults and the layouts of their systems.
/// Two initializers that are equal make the same values.
///
/// Made by its constructors, which refuse parameters that are not allowed, or by a
/// [`Preset`](crate::Preset). [`for_shape`](Initializer::for_shape) takes the shape of the whole
/// tensor, from which the fans follow, and returns [`Values`] to fill the whole or any part with.
///
/// ```
/// use seedbed::{Initializer, Seed, keras};
/// # fn main() -> Result<(), seedbed::Error> {
/// let initializer = keras::he_normal().initializer()?;
/// let values = initializer.for_shape::<f32>(&[784, 256])?;
/// let mut weights = vec![0.0; values.len()];
/// values.fill(&mut weights, &Seed::from(42).stream("dense.kernel"))?;
/// assert_ne!(initializer, keras::glorot_normal().initializer()?);
/// assert!(Initializer::normal(0.0, -1.0).is_err());
///
/// // Without fans, for tensors of any rank.
/// for initializer in [Initializer::constant(1.0)?, Initializer::uniform(-0.1, 0.1)?] {
///     assert!(initializer.for_shape::<f32>(&[256]).is_ok());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Initializer {
    /// The same value everywhere.
    #[non_exhaustive]
    Constant {
        /// The value.
        value: f64,
    },
    /// The uniform distribution on `[low, high)`.
    #[non_exhaustive]
    Uniform {
        /// The lower bound, which is a possible value.
        low: f64,
        /// The upper bound, which is not.
        high: f64,
    },
    /// The normal distribution.
    #[non_exhaustive]
    Normal {
        /// The mean.
        mean: f64,
        /// The standard deviation.
        std: f64,
    },
    /// The normal distribution, cut off at two bounds.
    #[non_exhaustive]
    TruncatedNormal {
        /// The mean of the parent distribution.
        mean: f64,
        /// The standard deviation of the parent distribution.
        std: f64,
        /// The bounds.
        bounds: Bounds,
    },
    /// A distribution whose variance follows from the fans.
    VarianceScaling(VarianceScaling),
    /// `gain` times a matrix with orthonormal rows or columns, whichever are fewer, distributed by
    /// Haar's measure; with batch axes or parts, independent matrices of this kind.
    ///
    /// The matrices are numbered with the last batch axis faster than the first, and parts fastest.
    /// Number `i` has the values of a single matrix in child `i` of the tensor's stream.
    #[non_exhaustive]
    Orthogonal {
        /// The factor.
        gain: f64,
        /// Which axes are the rows of the matrix.
        rows: MatrixRows,
        /// The axes with a matrix for each index, counted from the end if negative.
        batch: Vec<isize>,
        /// The axis that is cut into matrices.
        parts: Option<Parts>,
    },
    /// A convolution that is `gain` times a matrix with a row for each input, which are orthonormal, at
    /// the centre tap `(k - 1) / 2` of each spatial axis and zero at the others.
    #[non_exhaustive]
    DeltaOrthogonal {
        /// The factor.
        gain: f64,
        /// Which axes are inputs and outputs.
        layout: Layout,
    },
    /// A matrix with a fixed number of normal values in each line and zeros elsewhere.
    #[non_exhaustive]
    Sparse {
        /// Which lines have a fixed number.
        axis: SparseAxis,
        /// How many values of a line are not zero.
        nonzeros: Nonzeros,
        /// The standard deviation of the values that are not zero.
        std: f64,
    },
    /// `gain` times the identity matrix.
    #[non_exhaustive]
    Identity {
        /// The value on the diagonal.
        gain: f64,
        /// What fills the rest of a matrix that is not square.
        non_square: NonSquare,
    },
    /// A convolution that passes each group's channels through: 1 at the tap `k / 2` of each spatial
    /// axis where the output channel's number in its group is the input channel's.
    #[non_exhaustive]
    Dirac {
        /// The number of groups of output channels.
        groups: usize,
        /// Which axes are inputs and outputs.
        layout: Layout,
    },
}

/// JAX' convolutions `(spatial.., in, out)`.
pub(super) fn delta_layout() -> Layout {
    Layout::new(MatrixOrder::InOut, ConvOrder::Hwio)
}

/// PyTorch's convolutions `(out, in, spatial..)`.
pub(super) fn dirac_layout() -> Layout {
    Layout::new(MatrixOrder::OutIn, ConvOrder::Oihw)
}

impl From<VarianceScaling> for Initializer {
    fn from(scaling: VarianceScaling) -> Self {
        Initializer::VarianceScaling(scaling)
    }
}

impl Initializer {
    /// The same value everywhere.
    ///
    /// # Errors
    ///
    /// [`ParameterError::NonFinite`](crate::ParameterError::NonFinite).
    pub fn constant(value: f64) -> Result<Self, Error> {
        Initializer::Constant { value }.checked()
    }

    /// The uniform distribution on `[low, high)`.
    ///
    /// # Errors
    ///
    /// [`ParameterError::NonFinite`](crate::ParameterError::NonFinite), [`ParameterError::OutOfRange`](crate::ParameterError::OutOfRange) if `low` is above `high`, [`ParameterError::Overflow`](crate::ParameterError::Overflow).
    pub fn uniform(low: f64, high: f64) -> Result<Self, Error> {
        Initializer::Uniform { low, high }.checked()
    }

    /// The normal distribution.
    ///
    /// # Errors
    ///
    /// [`ParameterError::NonFinite`](crate::ParameterError::NonFinite), [`ParameterError::OutOfRange`](crate::ParameterError::OutOfRange) if `std` is negative, [`ParameterError::Overflow`](crate::ParameterError::Overflow).
    pub fn normal(mean: f64, std: f64) -> Result<Self, Error> {
        Initializer::Normal { mean, std }.checked()
    }

    /// The normal distribution with this mean and standard deviation, cut off at two bounds, either of
    /// which may be infinite. Where `std` is 0, all values are `mean`.
    ///
    /// ```
    /// use seedbed::{Initializer, init::Bounds};
    /// let patch_embed = Initializer::truncated_normal(0.0, 0.02, Bounds::Sigmas(-2.0, 2.0))?;
    /// assert_ne!(patch_embed, Initializer::truncated_normal(0.0, 0.02, Bounds::Absolute(-2.0, 2.0))?);
    /// # Ok::<(), seedbed::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`TruncatedNormal::new`].
    pub fn truncated_normal(mean: f64, std: f64, bounds: Bounds) -> Result<Self, Error> {
        Initializer::TruncatedNormal { mean, std, bounds }.checked()
    }

    /// `gain` times a matrix with orthonormal rows or columns. For several matrices in a tensor see
    /// [`batched`](Initializer::batched) and [`in_parts`](Initializer::in_parts).
    ///
    /// ```
    /// use seedbed::{Initializer, Seed, init::MatrixRows};
    /// let orthogonal = Initializer::orthogonal(2.0, MatrixRows::FirstAxis)?;
    /// let row: Vec<f64> = orthogonal.for_shape(&[1, 9])?.to_vec(&Seed::from(1).stream("w"))?;
    /// assert!((row.iter().map(|x| x * x).sum::<f64>() - 4.0).abs() < 1e-12);
    /// # Ok::<(), seedbed::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ParameterError::NonFinite`](crate::ParameterError::NonFinite).
    pub fn orthogonal(gain: f64, rows: MatrixRows) -> Result<Self, Error> {
        Initializer::Orthogonal { gain, rows, batch: vec![], parts: None }.checked()
    }

    /// A convolution `(spatial.., in, out)` that is an orthogonal matrix at its centre tap.
    ///
    /// ```
    /// use seedbed::{Initializer, Seed};
    /// let delta = Initializer::delta_orthogonal(1.0)?;
    /// let taps: Vec<f32> = delta.for_shape(&[3, 1, 1])?.to_vec(&Seed::from(1).stream("w"))?;
    /// assert!(taps[0] == 0.0 && taps[1].abs() == 1.0 && taps[2] == 0.0);
    /// # Ok::<(), seedbed::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ParameterError::NonFinite`](crate::ParameterError::NonFinite).
    pub fn delta_orthogonal(gain: f64) -> Result<Self, Error> {
        Initializer::DeltaOrthogonal { gain, layout: delta_layout() }.checked()
    }

    /// A matrix with a fixed number of normal values in each line.
    ///
    /// ```
    /// use seedbed::{Initializer, Seed};
    /// use seedbed::init::{Nonzeros, SparseAxis};
    /// let sparse = Initializer::sparse(SparseAxis::Row, Nonzeros::Exactly(2), 0.01)?;
    /// let weights: Vec<f32> = sparse.for_shape(&[5, 8])?.to_vec(&Seed::from(1).stream("w"))?;
    /// assert!(weights.chunks(8).all(|row| row.iter().filter(|x| **x != 0.0).count() == 2));
    /// # Ok::<(), seedbed::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ParameterError::NonFinite`](crate::ParameterError::NonFinite), [`ParameterError::OutOfRange`](crate::ParameterError::OutOfRange) if `std` is negative or a fraction not within 0
    /// and 1.
    pub fn sparse(axis: SparseAxis, nonzeros: Nonzeros, std: f64) -> Result<Self, Error> {
        Initializer::Sparse { axis, nonzeros, std }.checked()
    }

    /// `gain` times the identity matrix.
    ///
    /// ```
    /// use seedbed::{Initializer, Seed, init::NonSquare};
    /// let tiled = Initializer::identity(0.5, NonSquare::Tile)?;
    /// let weights: Vec<f32> = tiled.for_shape(&[2, 4])?.to_vec(&Seed::from(1).stream("w"))?;
    /// assert_eq!(weights, [0.5, 0.0, 0.5, 0.0, 0.0, 0.5, 0.0, 0.5]);
    /// # Ok::<(), seedbed::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ParameterError::NonFinite`](crate::ParameterError::NonFinite).
    pub fn identity(gain: f64, non_square: NonSquare) -> Result<Self, Error> {
        Initializer::Identity { gain, non_square }.checked()
    }

    /// A convolution `(out, in, spatial..)` that passes its channels through.
    ///
    /// ```
    /// use seedbed::{Initializer, Seed};
    /// let dirac = Initializer::dirac(1)?.for_shape::<f32>(&[2, 1, 3])?;
    /// assert_eq!(dirac.to_vec(&Seed::from(1).stream("w"))?, [0.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    /// # Ok::<(), seedbed::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ParameterError::OutOfRange`](crate::ParameterError::OutOfRange) if `groups` is 0.
    pub fn dirac(groups: usize) -> Result<Self, Error> {
        Initializer::Dirac { groups, layout: dirac_layout() }.checked()
    }

    /// Returns the initializer if its parameters are allowed in the widest element type.
    pub(crate) fn checked(self) -> Result<Self, Error> {
        match &self {
            Initializer::Constant { .. }
            | Initializer::Uniform { .. }
            | Initializer::Normal { .. }
            | Initializer::TruncatedNormal { .. } => {
                self.kind::<f64>(&[])?;
            }
            Initializer::VarianceScaling(scaling) => scaling.check()?,
            Initializer::Orthogonal { gain, rows, parts, .. } => {
                finite("gain", *gain)?;
                rows.check()?;
                if let Some(parts) = parts {
                    at_least_1("parts", parts.count)?;
                }
            }
            Initializer::DeltaOrthogonal { gain, layout } => {
                finite("gain", *gain)?;
                layout.check()?;
                layout.check_convolution("DeltaOrthogonal")?;
            }
            Initializer::Identity { gain, .. } => {
                finite("gain", *gain)?;
            }
            Initializer::Sparse { nonzeros, std, .. } => {
                nonzeros.check()?;
                at_least_0("std", *std)?;
            }
            Initializer::Dirac { groups, layout } => {
                at_least_1("groups", *groups)?;
                layout.check()?;
                layout.check_convolution("Dirac")?;
            }
        }
        Ok(self)
    }

    /// Returns the values of a whole tensor of this shape, of which any part can then be filled.
    ///
    /// A tensor without elements is filled by doing nothing.
    ///
    /// # Errors
    ///
    /// [`ShapeError`](crate::ShapeError) if the initializer is not for tensors of this shape;
    /// [`ParameterError`](crate::ParameterError) if the element type cannot hold the values.
    pub fn for_shape<T: Element>(&self, shape: &[usize]) -> Result<Values<T>, Error> {
        let _env = FloatEnv::default_state();
        Values::new(shape, self.kind(shape)?)
    }

    fn kind<T: Element>(&self, shape: &[usize]) -> Result<Kind<T>, Error> {
        Ok(match *self {
            Initializer::Constant { value } => Kind::Elementwise(Constant::new(value)?.into()),
            Initializer::Uniform { low, high } => {
                Kind::Elementwise(Uniform::new(low, high)?.into())
            }
            Initializer::Normal { mean, std } => Kind::Elementwise(Normal::new(mean, std)?.into()),
            Initializer::TruncatedNormal { mean, std, bounds } => {
                let truncated = match bounds {
                    Bounds::Sigmas(low, high) => TruncatedNormal::new(mean, std, low, high),
                    Bounds::Absolute(low, high) => TruncatedNormal::absolute(mean, std, low, high),
                };
                Kind::Elementwise(truncated?.into())
            }
            Initializer::VarianceScaling(ref scaling) => {
                Kind::Elementwise(scaling.for_shape(shape)?)
            }
            Initializer::Orthogonal { gain, ref rows, ref batch, parts } => {
                Kind::Orthogonal(Orthogonal::new::<T>(gain, rows, batch, parts, shape)?)
            }
            Initializer::DeltaOrthogonal { gain, ref layout } => {
                Kind::Orthogonal(Orthogonal::delta::<T>(gain, layout, shape)?)
            }
            Initializer::Sparse { axis, nonzeros, std } => {
                Kind::Sparse(Sparse::new(axis, nonzeros, std, shape)?)
            }
            Initializer::Identity { gain, non_square } => {
                Kind::Pattern(Pattern::identity(gain, non_square, shape)?)
            }
            Initializer::Dirac { groups, ref layout } => {
                Kind::Pattern(Pattern::dirac(groups, layout, shape)?)
            }
        })
    }
}

//! The initializers: from a shape to values.
//!
//! [`Initializer`] is the one form that every preset of every system becomes: `seedbed::keras`,
//! `seedbed::keras3`, `seedbed::lasagne`, `seedbed::torch` and `seedbed::jax` only have the names, the defaults and
//! the layouts of their systems. Two initializers that are equal in this form are the same law.

#[cfg(feature = "orthogonal")]
mod haar;
mod initialize;
mod law;
mod layout;
pub(crate) mod names;
mod orthogonal;
pub(crate) mod parallel;
mod pattern;
pub(crate) mod preset;
pub(crate) mod scaled;
#[cfg(feature = "serde")]
mod serial;
mod sparse;
mod tensor;

pub use initialize::{Initialize, Shape};
pub use law::Law;
pub use layout::{Conv, Dense, Fans, Layout, Ranks};
pub(crate) use orthogonal::Haar;
use orthogonal::Orthogonal;
pub use orthogonal::Rows;
pub use pattern::Fill;
use pattern::Pattern;
pub use preset::Preset;
pub use scaled::{Fan, Floor, Scaled, ScaledLaw, Std, Variance};
#[cfg(feature = "serde")]
pub(crate) use serial::bound;
pub use sparse::{Count, Per};
pub use tensor::Tensor;

use crate::distr::{Constant, Normal, TruncatedNormal, Uniform, finite};
use crate::element::Element;
use crate::error::Error;
use scaled::at_least_0;
use sparse::Sparse;
use tensor::Rule;

/// What the bounds of a truncated normal law are measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Units {
    /// Standard deviations from the mean: Keras, JAX.
    Sigma,
    /// The values themselves: PyTorch.
    Absolute,
}

/// What the values of a tensor are, as a function of its shape.
///
/// Made by its constructors, which refuse parameters that are not allowed, or by a [`Preset`].
/// [`resolve`](Initializer::resolve) takes the shape of the whole tensor, from which the fans
/// follow, and gives a [`Tensor`] that fills the whole or any part of it.
///
/// ```
/// use seedbed::init::Initializer;
/// use seedbed::{Seed, keras, Preset};
/// # fn main() -> Result<(), seedbed::Error> {
/// let initializer = keras::he_normal(None).lower()?;
/// let tensor = initializer.resolve::<f32>(&[784, 256])?;
/// let mut weights = vec![0.0; tensor.len()];
/// tensor.fill(&mut weights, &Seed::from(42).stream("dense.kernel"))?;
/// assert_ne!(initializer, keras::glorot_normal(None).lower()?);
/// assert!(Initializer::normal(0.0, -1.0).is_err());
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
    /// The uniform law on `[low, high)`.
    #[non_exhaustive]
    Uniform {
        /// The lower bound, which is a possible value.
        low: f64,
        /// The upper bound, which is not.
        high: f64,
    },
    /// The normal law.
    #[non_exhaustive]
    Normal {
        /// The mean.
        mean: f64,
        /// The standard deviation.
        std: f64,
    },
    /// The normal law, cut off.
    #[non_exhaustive]
    TruncatedNormal {
        /// The mean of the law before it is cut off.
        mean: f64,
        /// The standard deviation of the law before it is cut off.
        std: f64,
        /// The lower bound.
        low: f64,
        /// The upper bound.
        high: f64,
        /// What the bounds are measured in.
        units: Units,
    },
    /// A law whose spread follows from the fans.
    Scaled(Scaled),
    /// `gain` times a matrix with orthonormal rows or columns, whichever are fewer, distributed by
    /// Haar's measure.
    #[non_exhaustive]
    Orthogonal {
        /// The factor.
        gain: f64,
        /// Which axes are the rows of the matrix.
        rows: Rows,
    },
    /// A convolution `(spatial.., in, out)` that is `gain` times a matrix with orthonormal rows at
    /// the centre tap `(k - 1) / 2` of each axis and zero at the others.
    #[non_exhaustive]
    DeltaOrthogonal {
        /// The factor.
        gain: f64,
    },
    /// A matrix with a fixed number of normal values in each column or row and zeros elsewhere.
    #[non_exhaustive]
    Sparse {
        /// Which of them have a fixed number.
        per: Per,
        /// How many values are not zero.
        count: Count,
        /// The standard deviation of the values that are not zero.
        std: f64,
    },
    /// `gain` times the identity matrix.
    #[non_exhaustive]
    Identity {
        /// The value on the diagonal.
        gain: f64,
        /// What a matrix has that is not square.
        fill: Fill,
    },
    /// A convolution `(out, in, spatial..)` that passes each group's channels through: 1 at the tap
    /// `k / 2` of each axis where the output channel's number in its group is the input channel's.
    #[non_exhaustive]
    Dirac {
        /// The number of groups of output channels.
        groups: usize,
    },
}

impl From<Scaled> for Initializer {
    fn from(scaled: Scaled) -> Self {
        Initializer::Scaled(scaled)
    }
}

impl Initializer {
    /// The same value everywhere.
    ///
    /// # Errors
    ///
    /// [`Error::NonFinite`].
    pub fn constant(value: f64) -> Result<Self, Error> {
        Initializer::Constant { value }.checked()
    }

    /// The uniform law on `[low, high)`.
    ///
    /// # Errors
    ///
    /// [`Error::NonFinite`], [`Error::OutOfRange`] if `low` is above `high`, [`Error::Overflow`].
    pub fn uniform(low: f64, high: f64) -> Result<Self, Error> {
        Initializer::Uniform { low, high }.checked()
    }

    /// The normal law.
    ///
    /// # Errors
    ///
    /// [`Error::NonFinite`], [`Error::OutOfRange`] if `std` is negative, [`Error::Overflow`].
    pub fn normal(mean: f64, std: f64) -> Result<Self, Error> {
        Initializer::Normal { mean, std }.checked()
    }

    /// The normal law with this mean and standard deviation, cut off at two bounds, either of which
    /// may be infinite. Where `std` is 0, all values are `mean`.
    ///
    /// # Errors
    ///
    /// [`Error::NonFinite`], [`Error::OutOfRange`] if `std` is negative or `low` not below `high`,
    /// [`Error::EmptyInterval`], [`Error::Overflow`].
    pub fn truncated_normal(
        mean: f64,
        std: f64,
        low: f64,
        high: f64,
        units: Units,
    ) -> Result<Self, Error> {
        Initializer::TruncatedNormal { mean, std, low, high, units }.checked()
    }

    /// `gain` times a matrix with orthonormal rows or columns.
    ///
    /// # Errors
    ///
    /// [`Error::NonFinite`].
    pub fn orthogonal(gain: f64, rows: Rows) -> Result<Self, Error> {
        Initializer::Orthogonal { gain, rows }.checked()
    }

    /// A convolution that is an orthogonal matrix at its centre tap.
    ///
    /// # Errors
    ///
    /// [`Error::NonFinite`].
    pub fn delta_orthogonal(gain: f64) -> Result<Self, Error> {
        Initializer::DeltaOrthogonal { gain }.checked()
    }

    /// A matrix with a fixed number of normal values in each column or row.
    ///
    /// # Errors
    ///
    /// [`Error::NonFinite`], [`Error::OutOfRange`] if `std` is negative or a fraction not within 0
    /// and 1.
    pub fn sparse(per: Per, count: Count, std: f64) -> Result<Self, Error> {
        Initializer::Sparse { per, count, std }.checked()
    }

    /// `gain` times the identity matrix.
    ///
    /// # Errors
    ///
    /// [`Error::NonFinite`].
    pub fn identity(gain: f64, fill: Fill) -> Result<Self, Error> {
        Initializer::Identity { gain, fill }.checked()
    }

    /// A convolution that passes its channels through.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfRange`] if `groups` is 0.
    pub fn dirac(groups: usize) -> Result<Self, Error> {
        Initializer::Dirac { groups }.checked()
    }

    /// The initializer itself, where its parameters are allowed in the widest element type.
    pub(crate) fn checked(self) -> Result<Self, Error> {
        match &self {
            Initializer::Constant { .. }
            | Initializer::Uniform { .. }
            | Initializer::Normal { .. }
            | Initializer::TruncatedNormal { .. } => {
                self.rule::<f64>(&[])?;
            }
            Initializer::Scaled(scaled) => scaled.check()?,
            Initializer::Orthogonal { gain, .. }
            | Initializer::DeltaOrthogonal { gain }
            | Initializer::Identity { gain, .. } => {
                finite("gain", *gain)?;
            }
            Initializer::Sparse { count, std, .. } => {
                count.check()?;
                at_least_0("std", *std)?;
            }
            Initializer::Dirac { groups: 0 } => {
                let expected = "at least 1";
                return Err(Error::OutOfRange { parameter: "groups", value: 0.0, expected });
            }
            Initializer::Dirac { .. } => {}
        }
        Ok(self)
    }

    /// The values of a whole tensor of this shape, of which any part can then be filled.
    ///
    /// A tensor without elements is filled by doing nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Rank`], [`Error::Shape`], [`Error::Axis`] and [`Error::Groups`] if the initializer
    /// is not for tensors of this shape, [`Error::ShapeOverflow`]; [`Error::Overflow`] and
    /// [`Error::EmptyInterval`] if the element type cannot hold the values.
    pub fn resolve<T: Element>(&self, shape: &[usize]) -> Result<Tensor<T>, Error> {
        Tensor::new(shape, self.rule(shape)?)
    }

    fn rule<T: Element>(&self, shape: &[usize]) -> Result<Rule<T>, Error> {
        Ok(match *self {
            Initializer::Constant { value } => Rule::Law(Constant::new(value)?.into()),
            Initializer::Uniform { low, high } => Rule::Law(Uniform::new(low, high)?.into()),
            Initializer::Normal { mean, std } => Rule::Law(Normal::new(mean, std)?.into()),
            Initializer::TruncatedNormal { mean, std, low, high, units } => {
                let law = match units {
                    Units::Sigma => TruncatedNormal::new(mean, std, low, high),
                    Units::Absolute => TruncatedNormal::absolute(mean, std, low, high),
                };
                Rule::Law(law?.into())
            }
            Initializer::Scaled(ref scaled) => Rule::Law(scaled.law(shape)?),
            Initializer::Orthogonal { gain, rows } => {
                Rule::Orthogonal(Orthogonal::new::<T>(gain, rows, shape)?)
            }
            Initializer::DeltaOrthogonal { gain } => {
                Rule::Orthogonal(Orthogonal::delta::<T>(gain, shape)?)
            }
            Initializer::Sparse { per, count, std } => {
                Rule::Sparse(Sparse::new(per, count, std, shape)?)
            }
            Initializer::Identity { gain, fill } => {
                Rule::Pattern(Pattern::identity(gain, fill, shape)?)
            }
            Initializer::Dirac { groups } => Rule::Pattern(Pattern::dirac(groups, shape)?),
        })
    }
}

//! The initializers of Lasagne's `lasagne.init`.
//!
//! Matrices are `(in, out)`, convolutions `(out, in, spatial..)`, or `(in, height, width, out)` with
//! `c01b`. A gain is a number, `relu` for `sqrt(2)` or [`Gain::LeakyRelu`].
//!
//! | Lasagne | here | distribution |
//! |---|---|---|
//! | `Constant(val=0)` | [`Constant`] | `val` |
//! | `Normal(std=0.01, mean=0)` | [`Normal`] | `N(mean, std^2)` |
//! | `Uniform(range=0.01, std=None, mean=0)` | [`Uniform`] | `U[-range, range)`, or `U[low, high)` of a pair; with `std`, `U[mean - sqrt(3) std, mean + sqrt(3) std)` |
//! | `Glorot(initializer, gain=1, c01b=False)` | [`Glorot`] | the initializer with `std = gain sqrt(2 / (fan_in + fan_out))` |
//! | `GlorotNormal(gain=1, c01b=False)` | [`GlorotNormal`] | `N(0, std^2)` with it |
//! | `GlorotUniform(gain=1, c01b=False)` | [`GlorotUniform`] | `U[-a, a)`, `a = gain sqrt(6 / (fan_in + fan_out))` |
//! | `He(initializer, gain=1, c01b=False)` | [`He`] | the initializer with `std = gain sqrt(1 / fan_in)` |
//! | `HeNormal(gain=1, c01b=False)` | [`HeNormal`] | `N(0, std^2)` with it |
//! | `HeUniform(gain=1, c01b=False)` | [`HeUniform`] | `U[-a, a)`, `a = gain sqrt(3 / fan_in)` |
//! | `Orthogonal(gain=1)` | [`Orthogonal`] | `gain` times an orthogonal matrix of `shape[0]` rows |
//! | `Sparse(sparsity=0.1, std=0.01)` | [`Sparse`] | in each column `int(sparsity rows)` values `N(0, std^2)`, else 0 |
//! | `Initializer` | [`Initialize`] | a user's own |
//!
//! Without a gain, `He` is what other systems call LeCun's: they multiply the variance by 2.
//!
//! # Example
//!
//! Each preset with its parameters; what is left out has the default of Lasagne:
//!
//! ```
//! use seedbed::lasagne::{self, ByStd, Gain, UniformRange};
//! # fn main() -> Result<(), seedbed::Error> {
//! let (gain, initializer) = (Gain::LeakyRelu(0.1), ByStd::Uniform);
//! let presets = [
//!     lasagne::Constant { val: 0.5 }.initializer()?,
//!     lasagne::Normal { std: 0.02, mean: 0.0 }.initializer()?,
//!     lasagne::Uniform { range: UniformRange::Bounds(0.0, 0.1), ..Default::default() }.initializer()?,
//!     lasagne::Glorot { initializer, gain, ..Default::default() }.initializer()?,
//!     lasagne::GlorotNormal { gain, ..Default::default() }.initializer()?,
//!     lasagne::GlorotUniform { gain, ..Default::default() }.initializer()?,
//!     lasagne::He { initializer, gain, ..Default::default() }.initializer()?,
//!     lasagne::HeNormal { gain: Gain::Relu, ..Default::default() }.initializer()?,
//!     lasagne::HeUniform { gain: 2.0.into(), ..Default::default() }.initializer()?,
//!     lasagne::Orthogonal { gain: Gain::Relu }.initializer()?,
//!     lasagne::Sparse { sparsity: 0.2, std: 0.02 }.initializer()?,
//! ];
//! assert!(presets.iter().all(|preset| preset.for_shape::<f32>(&[20, 10]).is_ok()));
//! assert_eq!(Gain::Relu.value()?, 2_f64.sqrt());
//! assert_eq!(lasagne::layout(false).fans(&[32, 16, 3, 3])?.fan_in, 144.0);
//! # Ok(())
//! # }
//! ```
//!
//! # Differences
//!
//! - A shape may be an integer for every initializer, as documented; Lasagne accepts it for three.
//! - `Orthogonal` is distributed by Haar's measure; Lasagne takes the singular vectors of a normal
//!   matrix, which at sizes 2 and 3 all have the same determinant.
//! - `Uniform` with a `mean` but no `std` is an error; Lasagne ignores the mean.
//! - A negative gain (except for `Orthogonal`), a negative range, `low > high` and a sparsity outside 0
//!   to 1 are errors when the initializer is made; Lasagne swaps bounds, or fails when sampling.
//! - A gain of another name is an error; Lasagne fails when sampling.
//! - Tensors without elements are not an error.

use super::class::{Class, Make};
use super::names::names;
use super::preset;
use crate::check::{at_least_0, finite};
use crate::element::Element;
use crate::error::{Error, ParameterError};
use crate::init::initializer::Initializer;
use crate::init::{
    ConvOrder, FanMode, Initialize, Layout, MatrixOrder, MatrixRows, Nonzeros, ScaledDistribution,
    SparseAxis, Variance, VarianceScaling,
};
use crate::stream::Stream;

/// `(in, out)` and `(out, in, spatial..)`; with `c01b`, `(in, height, width, out)` only.
pub fn layout(c01b: bool) -> Layout {
    match c01b {
        false => Layout::new(MatrixOrder::InOut, ConvOrder::Oihw).ranks(2..),
        true => Layout::c01b(),
    }
}

/// The factor of a standard deviation.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(into = "json::Gain"))]
pub enum Gain {
    /// A number.
    Number(f64),
    /// `sqrt(2)`, for rectified linear units.
    Relu,
    /// `sqrt(2 / (1 + slope^2))`, for leaky rectified linear units of this slope.
    LeakyRelu(f64),
}

impl From<f64> for Gain {
    fn from(gain: f64) -> Self {
        Gain::Number(gain)
    }
}

impl Gain {
    /// Returns the number.
    ///
    /// # Errors
    ///
    /// [`ParameterError::NonFinite`].
    pub fn value(self) -> Result<f64, ParameterError> {
        match self {
            Gain::Number(gain) => finite("gain", gain),
            Gain::Relu => Ok(2f64.sqrt()),
            Gain::LeakyRelu(slope) => Ok((2.0 / (1.0 + finite("slope", slope)?.powi(2))).sqrt()),
        }
    }
}

/// The bounds of a uniform distribution.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(untagged))]
pub enum UniformRange {
    /// From minus this number to this number.
    HalfWidth(f64),
    /// From the first number to the second.
    Bounds(f64, f64),
}

preset! {
    /// The same value everywhere.
    "lasagne.Constant" Constant {
        /// The value.
        val: f64 = 0.0,
    } where value is val; |p| Initializer::constant(p.val)
}

preset! {
    /// The normal distribution.
    "lasagne.Normal" Normal {
        /// The standard deviation.
        std: f64 = 0.01,
        /// The mean.
        mean: f64 = 0.0,
    } |p| Initializer::normal(p.mean, p.std)
}

preset! {
    /// The uniform distribution, by its bounds or by its standard deviation and mean.
    "lasagne.Uniform" Uniform {
        /// The bounds, without `std`.
        range: UniformRange = UniformRange::HalfWidth(0.01),
        /// The standard deviation.
        std: Option<f64> = None,
        /// The mean, with `std` only.
        mean: f64 = 0.0,
    } |p| match (p.std, p.range) {
        (Some(std), _) => {
            let half = 3f64.sqrt() * at_least_0("std", std)?;
            let mean = finite("mean", p.mean)?;
            Initializer::uniform(mean - half, mean + half)
        }
        (None, _) if p.mean != 0.0 => {
            let expected = "0 unless std is given";
            Err(ParameterError::OutOfRange { parameter: "mean".into(), value: p.mean, expected: expected.into() }.into())
        }
        (None, UniformRange::HalfWidth(half)) => {
            at_least_0("range", half)?;
            Initializer::uniform(-half, half)
        }
        (None, UniformRange::Bounds(low, high)) => Initializer::uniform(low, high),
    }
}

fn scaled(
    distribution: ScaledDistribution,
    gain: Gain,
    fan: FanMode,
    c01b: bool,
) -> Result<VarianceScaling, Error> {
    VarianceScaling::new(distribution, Variance::Gain(gain.value()?), fan, layout(c01b))
}

preset! {
    /// The normal distribution with `std = gain sqrt(2 / (fan_in + fan_out))`.
    "lasagne.GlorotNormal" GlorotNormal {
        /// The factor of the standard deviation.
        gain: Gain = Gain::Number(1.0),
        /// Whether the axes are `(in, height, width, out)`.
        c01b: bool = false,
    } |p| Ok(scaled(ScaledDistribution::Normal, p.gain, FanMode::Avg, p.c01b)?.into())
}

preset! {
    /// The uniform distribution within `gain sqrt(6 / (fan_in + fan_out))`.
    "lasagne.GlorotUniform" GlorotUniform {
        /// The factor of the standard deviation.
        gain: Gain = Gain::Number(1.0),
        /// Whether the axes are `(in, height, width, out)`.
        c01b: bool = false,
    } |p| Ok(scaled(ScaledDistribution::Uniform, p.gain, FanMode::Avg, p.c01b)?.into())
}

preset! {
    /// The normal distribution with `std = gain sqrt(1 / fan_in)`.
    "lasagne.HeNormal" HeNormal {
        /// The factor of the standard deviation.
        gain: Gain = Gain::Number(1.0),
        /// Whether the axes are `(in, height, width, out)`.
        c01b: bool = false,
    } |p| Ok(scaled(ScaledDistribution::Normal, p.gain, FanMode::In, p.c01b)?.into())
}

preset! {
    /// The uniform distribution within `gain sqrt(3 / fan_in)`.
    "lasagne.HeUniform" HeUniform {
        /// The factor of the standard deviation.
        gain: Gain = Gain::Number(1.0),
        /// Whether the axes are `(in, height, width, out)`.
        c01b: bool = false,
    } |p| Ok(scaled(ScaledDistribution::Uniform, p.gain, FanMode::In, p.c01b)?.into())
}

names! {
    /// The initializers of Lasagne that accept a standard deviation.
    ByStd "initializer" in exact case {
        /// [`Normal`].
        Normal = "Normal",
        /// [`Uniform`].
        Uniform = "Uniform",
    }
}

impl ByStd {
    fn distribution(self) -> ScaledDistribution {
        match self {
            ByStd::Normal => ScaledDistribution::Normal,
            ByStd::Uniform => ScaledDistribution::Uniform,
        }
    }
}

preset! {
    /// An initializer of Lasagne that accepts a standard deviation, with
    /// `std = gain sqrt(2 / (fan_in + fan_out))`. For an initializer of your own see [`Generic`].
    "lasagne.Glorot" Glorot {
        /// The initializer.
        initializer: ByStd = ByStd::Normal,
        /// The factor of the standard deviation.
        gain: Gain = Gain::Number(1.0),
        /// Whether the axes are `(in, height, width, out)`.
        c01b: bool = false,
    } |p| Ok(scaled(p.initializer.distribution(), p.gain, FanMode::Avg, p.c01b)?.into())
}

preset! {
    /// An initializer of Lasagne that accepts a standard deviation, with
    /// `std = gain sqrt(1 / fan_in)`. For an initializer of your own see [`Generic`].
    "lasagne.He" He {
        /// The initializer.
        initializer: ByStd = ByStd::Normal,
        /// The factor of the standard deviation.
        gain: Gain = Gain::Number(1.0),
        /// Whether the axes are `(in, height, width, out)`.
        c01b: bool = false,
    } |p| Ok(scaled(p.initializer.distribution(), p.gain, FanMode::In, p.c01b)?.into())
}

/// Any initializer that accepts a standard deviation, with that of Glorot and Bengio or of He.
///
/// ```
/// use seedbed::init::Initialize;
/// use seedbed::{Seed, lasagne::*};
/// # fn main() -> Result<(), seedbed::Error> {
/// let stream = Seed::from(1).stream("w");
/// let generic = Generic::glorot(|std| Normal { std, ..Default::default() });
/// let values: Vec<f32> = generic.sample(&[30, 20], &stream)?;
/// let normal: Vec<f32> = GlorotNormal::default().sample(&[30, 20], &stream)?;
/// assert_eq!(values, normal);
/// let scaled = Generic::he(|std| Normal { std, ..Default::default() }); // .. and with He's
/// let values: Vec<f32> = scaled.sample(&[30, 20], &stream)?;
/// assert_eq!(values, Initialize::<f32>::sample(&HeNormal::default(), &[30, 20], &stream)?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Generic<F> {
    initializer: F,
    fan: FanMode,
    /// The factor of the standard deviation.
    pub gain: Gain,
    /// Whether the axes are `(in, height, width, out)`.
    pub c01b: bool,
}

impl<F> Generic<F> {
    /// Returns `initializer` with `std = gain sqrt(2 / (fan_in + fan_out))`, gain 1 and the usual axes.
    pub fn glorot(initializer: F) -> Self {
        Generic { initializer, fan: FanMode::Avg, gain: Gain::Number(1.0), c01b: false }
    }

    /// Returns `initializer` with `std = gain sqrt(1 / fan_in)`, gain 1 and the usual axes.
    pub fn he(initializer: F) -> Self {
        Generic { initializer, fan: FanMode::In, gain: Gain::Number(1.0), c01b: false }
    }
}

impl<T: Element, I: Initialize<T>, F: Fn(f64) -> I> Initialize<T> for Generic<F> {
    fn sample(&self, shape: &[usize], stream: &Stream) -> Result<Vec<T>, Error> {
        let scaling = scaled(ScaledDistribution::Normal, self.gain, self.fan, self.c01b)?;
        // A tensor without elements may have no fan.
        let std = if shape.contains(&0) { 0.0 } else { scaling.std(shape)? };
        (self.initializer)(std).sample(shape, stream)
    }
}

preset! {
    /// An orthogonal matrix of `shape[0]` rows.
    "lasagne.Orthogonal" Orthogonal {
        /// The factor.
        gain: Gain = Gain::Number(1.0),
    } |p| Initializer::orthogonal(p.gain.value()?, MatrixRows::FirstAxis)
}

preset! {
    /// `int(sparsity rows)` normal values in each column, and zeros elsewhere.
    "lasagne.Sparse" Sparse {
        /// The fraction of values that are not zero.
        sparsity: f64 = 0.1,
        /// Their standard deviation.
        std: f64 = 0.01,
    } |p| {
        let axis = SparseAxis::Outputs(MatrixOrder::InOut);
        Initializer::sparse(axis, Nonzeros::Fraction(p.sparsity), p.std)
    }
}

/// Every name of the system.
pub(super) const CLASSES: &[Class] = &[
    Class::new(&["Constant"], &Make(Constant::default)),
    Class::new(&["Normal"], &Make(Normal::default)),
    Class::new(&["Uniform"], &Make(Uniform::default)),
    Class::new(&["Glorot"], &Make(Glorot::default)).required(&["initializer"]),
    Class::new(&["GlorotNormal"], &Make(GlorotNormal::default)),
    Class::new(&["GlorotUniform"], &Make(GlorotUniform::default)),
    Class::new(&["He"], &Make(He::default)).required(&["initializer"]),
    Class::new(&["HeNormal"], &Make(HeNormal::default)),
    Class::new(&["HeUniform"], &Make(HeUniform::default)),
    Class::new(&["Orthogonal"], &Make(Orthogonal::default)),
    Class::new(&["Sparse"], &Make(Sparse::default)),
];

/// How gains and ranges are written: a gain is a number, `"relu"` or `{"leaky_relu": slope}`; a range is
/// a number or a pair.
#[cfg(feature = "serde")]
mod json {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize};
    use serde_json::Value;

    use super::UniformRange;

    #[derive(Clone, Serialize)]
    #[serde(untagged)]
    pub(super) enum Gain {
        Number(f64),
        Name(&'static str),
        Leaky { leaky_relu: f64 },
    }

    impl From<super::Gain> for Gain {
        fn from(gain: super::Gain) -> Self {
            match gain {
                super::Gain::Number(gain) => Gain::Number(gain),
                super::Gain::Relu => Gain::Name("relu"),
                super::Gain::LeakyRelu(leaky_relu) => Gain::Leaky { leaky_relu },
            }
        }
    }

    impl<'de> Deserialize<'de> for super::Gain {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let value = Value::deserialize(deserializer)?;
            let leaky = value.as_object().filter(|object| object.len() == 1);
            let slope = leaky.and_then(|object| object.get("leaky_relu")?.as_f64());
            match (value.as_f64(), value.as_str(), slope) {
                (Some(gain), _, _) => Ok(super::Gain::Number(gain)),
                (_, Some("relu"), _) => Ok(super::Gain::Relu),
                (_, _, Some(slope)) => Ok(super::Gain::LeakyRelu(slope)),
                _ => {
                    Err(D::Error::custom("expected a number, \"relu\" or {\"leaky_relu\": slope}"))
                }
            }
        }
    }

    impl<'de> Deserialize<'de> for UniformRange {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let value = Value::deserialize(deserializer)?;
            let pair = value.as_array().filter(|pair| pair.len() == 2);
            let pair = pair.and_then(|pair| Some((pair[0].as_f64()?, pair[1].as_f64()?)));
            match (value.as_f64(), pair) {
                (Some(half), _) => Ok(UniformRange::HalfWidth(half)),
                (_, Some((low, high))) => Ok(UniformRange::Bounds(low, high)),
                _ => Err(D::Error::custom("expected a number or a pair [low, high]")),
            }
        }
    }
}

//! The initializers of Lasagne's `lasagne.init`.
//!
//! Matrices are `(in, out)`, convolutions `(out, in, spatial..)`, or `(in, height, width, out)` with
//! `c01b`. A gain is a number, `relu` for `sqrt(2)` or [`Gain::LeakyRelu`].
//!
//! | Lasagne | here | law |
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
//! # Differences
//!
//! - A shape may be an integer for every initializer, as documented; Lasagne accepts it for three.
//! - `Orthogonal` is distributed by Haar's measure; Lasagne takes the singular vectors of a normal
//!   matrix, which at sizes 2 and 3 all have the same determinant.
//! - `Uniform` with a `mean` but no `std` is an error; Lasagne ignores the mean.
//! - A negative gain (but for `Orthogonal`), a negative range, `low > high` and a sparsity outside 0
//!   to 1 are errors when the initializer is made; Lasagne swaps bounds, or fails when sampling.
//! - A gain of another name is an error; Lasagne fails when sampling.
//! - Tensors without elements are no error.

use crate::distr::finite;
use crate::element::Element;
use crate::error::Error;
use crate::init::preset::preset;
use crate::init::scaled::at_least_0;
use crate::init::{
    Conv, Count, Dense, Fan, Initialize, Initializer, Layout, Per, Ranks, Rows, Scaled, ScaledLaw,
    Variance,
};
use crate::registry::Class;
use crate::stream::Stream;

/// `(in, out)` and `(out, in, spatial..)`; with `c01b`, `(in, height, width, out)` only.
pub fn layout(c01b: bool) -> Layout {
    match c01b {
        false => Layout::new(Dense::InOut, Conv::OutInSpatial).ranks(Ranks::AtLeastTwo),
        true => Layout::c01b(),
    }
}

/// The factor of a standard deviation.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "json::Gain", into = "json::Gain"))]
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
    /// The number.
    ///
    /// # Errors
    ///
    /// [`Error::NonFinite`].
    pub fn value(self) -> Result<f64, Error> {
        match self {
            Gain::Number(gain) => finite("gain", gain),
            Gain::Relu => Ok(2f64.sqrt()),
            Gain::LeakyRelu(slope) => Ok((2.0 / (1.0 + finite("slope", slope)?.powi(2))).sqrt()),
        }
    }
}

/// Bounds of a uniform law.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(untagged))]
pub enum Range {
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
    } |p| Initializer::constant(p.val)
}

preset! {
    /// The normal law.
    "lasagne.Normal" Normal {
        /// The standard deviation.
        std: f64 = 0.01,
        /// The mean.
        mean: f64 = 0.0,
    } |p| Initializer::normal(p.mean, p.std)
}

preset! {
    /// The uniform law, by its bounds or by its standard deviation and mean.
    "lasagne.Uniform" Uniform {
        /// The bounds, without `std`.
        range: Range = Range::HalfWidth(0.01),
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
            Err(Error::OutOfRange { parameter: "mean", value: p.mean, expected })
        }
        (None, Range::HalfWidth(half)) => {
            at_least_0("range", half)?;
            Initializer::uniform(-half, half)
        }
        (None, Range::Bounds(low, high)) => Initializer::uniform(low, high),
    }
}

fn scaled(law: ScaledLaw, gain: Gain, fan: Fan, c01b: bool) -> Result<Scaled, Error> {
    Scaled::new(law, Variance::Gain(gain.value()?), fan, layout(c01b))
}

macro_rules! scaled_presets {
    ($($(#[$doc:meta])* $name:literal $Preset:ident $Law:ident $Fan:ident;)*) => {$(
        preset! {
            $(#[$doc])*
            $name $Preset {
                /// The factor of the standard deviation.
                gain: Gain = Gain::Number(1.0),
                /// Whether the axes are `(in, height, width, out)`.
                c01b: bool = false,
            } |p| Ok(scaled(ScaledLaw::$Law, p.gain, Fan::$Fan, p.c01b)?.into())
        }
    )*};
}

scaled_presets! {
    /// The normal law with `std = gain sqrt(2 / (fan_in + fan_out))`.
    "lasagne.GlorotNormal" GlorotNormal Normal Avg;
    /// The uniform law within `gain sqrt(6 / (fan_in + fan_out))`.
    "lasagne.GlorotUniform" GlorotUniform Uniform Avg;
    /// The normal law with `std = gain sqrt(1 / fan_in)`.
    "lasagne.HeNormal" HeNormal Normal In;
    /// The uniform law within `gain sqrt(3 / fan_in)`.
    "lasagne.HeUniform" HeUniform Uniform In;
}

macro_rules! generic {
    ($($(#[$doc:meta])* $name:literal $Preset:ident $Config:ident $Fan:ident;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq)]
            pub struct $Preset<F> {
                /// The initializer for a standard deviation.
                pub initializer: F,
                /// The factor of the standard deviation.
                pub gain: Gain,
                /// Whether the axes are `(in, height, width, out)`.
                pub c01b: bool,
            }

            impl<F> $Preset<F> {
                /// With gain 1 and the usual axes.
                pub fn new(initializer: F) -> Self {
                    $Preset { initializer, gain: Gain::Number(1.0), c01b: false }
                }
            }

            impl<T: Element, I: Initialize<T>, F: Fn(f64) -> I> Initialize<T> for $Preset<F> {
                fn sample(&self, shape: &[usize], stream: &Stream) -> Result<Vec<T>, Error> {
                    let scaled = scaled(ScaledLaw::Normal, self.gain, Fan::$Fan, self.c01b)?;
                    let std = scaled.std(shape)?;
                    // A tensor without elements may have no fan.
                    let std = if shape.contains(&0) { 0.0 } else { std };
                    (self.initializer)(std).sample(shape, stream)
                }
            }
        )*

        /// The same in configurations, of an initializer of Lasagne's own.
        mod generic {
            use super::{Fan, Gain, Std, scaled};
            use crate::init::preset::preset;
            $(
                preset! {
                    /// The parameters.
                    $name $Config {
                        /// The initializer for a standard deviation.
                        initializer: Std = Std::Normal,
                        /// The factor of the standard deviation.
                        gain: Gain = Gain::Number(1.0),
                        /// Whether the axes are `(in, height, width, out)`.
                        c01b: bool = false,
                    } |p| Ok(scaled(p.initializer.law(), p.gain, Fan::$Fan, p.c01b)?.into())
                }
            )*
        }
    };
}

generic! {
    /// Any initializer that accepts a standard deviation, with the one of Glorot and Bengio:
    /// `std = gain sqrt(2 / (fan_in + fan_out))`.
    ///
    /// ```
    /// use seedbed::init::Initialize;
    /// use seedbed::{Seed, lasagne::*};
    /// # fn main() -> Result<(), seedbed::Error> {
    /// let stream = Seed::from(1).stream("w");
    /// let generic = Glorot::new(|std| Normal { std, ..Default::default() });
    /// let values: Vec<f32> = generic.sample(&[30, 20], &stream)?;
    /// let normal: Vec<f32> = GlorotNormal::default().sample(&[30, 20], &stream)?;
    /// assert_eq!(values, normal);
    /// # Ok(())
    /// # }
    /// ```
    "lasagne.Glorot" Glorot GlorotConfig Avg;
    /// Any initializer that accepts a standard deviation, with `std = gain sqrt(1 / fan_in)`. See
    /// [`Glorot`].
    "lasagne.He" He HeConfig In;
}

crate::init::names::names! {
    /// The initializers of Lasagne that accept a standard deviation.
    Std "initializer" in exact case {
        /// [`Normal`].
        Normal = "Normal",
        /// [`Uniform`].
        Uniform = "Uniform",
    }
}

impl Std {
    fn law(self) -> ScaledLaw {
        match self {
            Std::Normal => ScaledLaw::Normal,
            Std::Uniform => ScaledLaw::Uniform,
        }
    }
}

preset! {
    /// An orthogonal matrix of `shape[0]` rows.
    "lasagne.Orthogonal" Orthogonal {
        /// The factor.
        gain: Gain = Gain::Number(1.0),
    } |p| Initializer::orthogonal(p.gain.value()?, Rows::FirstAxis)
}

preset! {
    /// `int(sparsity rows)` normal values in each column, and zeros elsewhere.
    "lasagne.Sparse" Sparse {
        /// The fraction of values that are not zero.
        sparsity: f64 = 0.1,
        /// Their standard deviation.
        std: f64 = 0.01,
    } |p| Initializer::sparse(Per::Column, Count::NonzeroFloor(p.sparsity), p.std)
}

/// Every name of the system.
pub(crate) const CLASSES: &[Class] = &[
    Class::of::<Constant>(&["Constant"], &[]),
    Class::of::<Normal>(&["Normal"], &[]),
    Class::of::<Uniform>(&["Uniform"], &[]),
    Class::of::<generic::GlorotConfig>(&["Glorot"], &["initializer"]),
    Class::of::<GlorotNormal>(&["GlorotNormal"], &[]),
    Class::of::<GlorotUniform>(&["GlorotUniform"], &[]),
    Class::of::<generic::HeConfig>(&["He"], &["initializer"]),
    Class::of::<HeNormal>(&["HeNormal"], &[]),
    Class::of::<HeUniform>(&["HeUniform"], &[]),
    Class::of::<Orthogonal>(&["Orthogonal"], &[]),
    Class::of::<Sparse>(&["Sparse"], &[]),
];

/// How a gain is written: a number, `"relu"` or `{"leaky_relu": slope}`.
#[cfg(feature = "serde")]
mod json {
    use crate::error::Error;
    use crate::init::names::unknown;

    #[derive(Clone, serde::Serialize, serde::Deserialize)]
    #[serde(untagged)]
    pub(super) enum Gain {
        Number(f64),
        Name(String),
        Leaky { leaky_relu: f64 },
    }

    impl TryFrom<Gain> for super::Gain {
        type Error = Error;

        fn try_from(gain: Gain) -> Result<Self, Error> {
            match gain {
                Gain::Number(gain) => Ok(super::Gain::Number(gain)),
                Gain::Name(name) if name == "relu" => Ok(super::Gain::Relu),
                Gain::Name(name) => Err(unknown("gain", &name, ["relu"])),
                Gain::Leaky { leaky_relu } => Ok(super::Gain::LeakyRelu(leaky_relu)),
            }
        }
    }

    impl From<super::Gain> for Gain {
        fn from(gain: super::Gain) -> Self {
            match gain {
                super::Gain::Number(gain) => Gain::Number(gain),
                super::Gain::Relu => Gain::Name("relu".to_owned()),
                super::Gain::LeakyRelu(leaky_relu) => Gain::Leaky { leaky_relu },
            }
        }
    }
}

//! The initializers of Keras 2.3, which are those of the Cthulhu documents
//! (`cthulhu.initializers`), found as [`seedbed::cthulhu`](crate::cthulhu), too.
//!
//! Matrices are `(in, out)`, convolutions `(spatial.., in, out)`, whatever the order of the image
//! axes. Of a tensor of rank 0, 1, or 6 or more, both fans are the square root of the number of
//! elements. A fan below 1 counts as 1.
//!
//! | Keras | names | here | law |
//! |---|---|---|---|
//! | `Zeros()` | `Zeros zeros zero` | [`Zeros`] | 0 |
//! | `Ones()` | `Ones ones one` | [`Ones`] | 1 |
//! | `Constant(value=0)` | `Constant constant` | [`Constant`] | `value` |
//! | `RandomNormal(mean=0, stddev=0.05)` | `RandomNormal random_normal normal` | [`RandomNormal`] | `N(mean, stddev^2)` |
//! | `RandomUniform(minval=-0.05, maxval=0.05)` | `RandomUniform random_uniform uniform` | [`RandomUniform`] | `U[minval, maxval)` |
//! | `TruncatedNormal(mean=0, stddev=0.05)` | `TruncatedNormal truncated_normal` | [`TruncatedNormal`] | `N(mean, stddev^2)` within 2 `stddev` of the mean; the values' own standard deviation is `0.8796 stddev` |
//! | `VarianceScaling(scale=1, mode="fan_in", distribution="normal")` | `VarianceScaling` | [`VarianceScaling`] | normal: cut off at `2.2737 s`, of standard deviation `s = sqrt(scale / n)`; uniform: `U[-a, a)`, `a = sqrt(3 scale / n)` |
//! | `Orthogonal(gain=1)` | `Orthogonal orthogonal` | [`Orthogonal`] | `gain` times an orthogonal matrix of `shape[-1]` columns |
//! | `Identity(gain=1)` | `Identity identity` | [`Identity`] | `gain` on the diagonal, zeros elsewhere |
//! | `lecun_uniform()`, `lecun_normal()` | the same | [`lecun_uniform`], [`lecun_normal`] | `VarianceScaling(1, "fan_in", ..)` |
//! | `glorot_uniform()`, `glorot_normal()` | the same | [`glorot_uniform`], [`glorot_normal`] | `VarianceScaling(1, "fan_avg", ..)` |
//! | `he_uniform()`, `he_normal()` | the same | [`he_uniform`], [`he_normal`] | `VarianceScaling(2, "fan_in", ..)` |
//!
//! A seed is kept in the configuration but is no part of the law: the values come from the
//! [`Stream`] that a tensor is filled from, by its seed and the tensor's name.
//! [`Seeded`] counts calls as Keras does.
//!
//! # Differences
//!
//! - Two layers with the same seed and different names are independent; in Keras they have the same
//!   weights, up to scale.
//! - The seed of a configuration stays what it was; Keras adds 1 for each call and then writes it.
//! - `Orthogonal` is distributed by Haar's measure; Keras takes the singular vectors of a normal
//!   matrix, which at sizes 2 and 3 all have the same determinant. Rank 0 and 1 is a clear error.
//! - A name is looked up among the 27 documented ones; Keras finds whatever its module has imported.
//!   `None` and a class in place of an instance cannot be passed.
//! - A negative standard deviation and `minval > maxval` are errors.
//! - `maxval` is 0.05 unless given: "defaults to 1" in the documents is a remnant.

use crate::element::Element;
use crate::error::Error;
use crate::init::names::names;
use crate::init::preset::preset;
use crate::init::scaled::above_0;
use crate::init::{
    Conv, Dense, Fan, Fill, Floor, Initialize, Initializer, Layout, Ranks, Rows, Scaled, ScaledLaw,
    Std, Units, Variance,
};
use crate::registry::Class;
use crate::stream::{Seed, Stream};

/// `(in, out)` and `(spatial.., in, out)`.
pub fn layout() -> Layout {
    Layout::new(Dense::InOut, Conv::SpatialInOut).ranks(Ranks::Root)
}

names! {
    /// What `n` is.
    Mode "mode" in any case {
        /// The fan-in.
        FanIn = "fan_in",
        /// The fan-out.
        FanOut = "fan_out",
        /// The mean of both.
        FanAvg = "fan_avg",
    }
}

names! {
    /// The law that is scaled.
    Distribution "distribution" in any case {
        /// The normal law cut off at 2 standard deviations, of the standard deviation that is asked
        /// for.
        Normal = "normal",
        /// The uniform law.
        Uniform = "uniform",
    }
}

preset! {
    /// 0 everywhere.
    "keras.Zeros" Zeros {} |_p| Initializer::constant(0.0)
}

preset! {
    /// 1 everywhere.
    "keras.Ones" Ones {} |_p| Initializer::constant(1.0)
}

preset! {
    /// The same value everywhere.
    "keras.Constant" Constant {
        /// The value.
        value: f64 = 0.0,
    } |p| Initializer::constant(p.value)
}

preset! {
    /// The normal law.
    "keras.RandomNormal" RandomNormal {
        /// The mean.
        mean: f64 = 0.0,
        /// The standard deviation.
        stddev: f64 = 0.05,
        /// No part of the law.
        seed: Option<u64> = None,
    } |p| Initializer::normal(p.mean, p.stddev)
}

preset! {
    /// The uniform law on `[minval, maxval)`.
    "keras.RandomUniform" RandomUniform {
        /// The lower bound, which is a possible value.
        minval: f64 = -0.05,
        /// The upper bound, which is not.
        maxval: f64 = 0.05,
        /// No part of the law.
        seed: Option<u64> = None,
    } |p| Initializer::uniform(p.minval, p.maxval)
}

preset! {
    /// The normal law cut off at 2 standard deviations from the mean. `stddev` is that of the law
    /// before it is cut off: the values' own is `0.8796 stddev`.
    "keras.TruncatedNormal" TruncatedNormal {
        /// The mean.
        mean: f64 = 0.0,
        /// The standard deviation of the law before it is cut off.
        stddev: f64 = 0.05,
        /// No part of the law.
        seed: Option<u64> = None,
    } |p| Initializer::truncated_normal(p.mean, p.stddev, -2.0, 2.0, Units::Sigma)
}

preset! {
    /// A law of variance `scale / n`, for `n` a fan.
    "keras.VarianceScaling" VarianceScaling {
        /// The factor of the variance, above 0.
        scale: f64 = 1.0,
        /// What `n` is.
        mode: Mode = Mode::FanIn,
        /// The law that is scaled.
        distribution: Distribution = Distribution::Normal,
        /// No part of the law.
        seed: Option<u64> = None,
    } |p| {
        let law = match p.distribution {
            Distribution::Normal => TRUNCATED,
            Distribution::Uniform => ScaledLaw::Uniform,
        };
        let fan = match p.mode {
            Mode::FanIn => Fan::In,
            Mode::FanOut => Fan::Out,
            Mode::FanAvg => Fan::Avg,
        };
        scaled(law, p.scale, fan, layout())
    }
}

/// The normal law cut off at 2 standard deviations that the values have.
pub(crate) const TRUNCATED: ScaledLaw =
    ScaledLaw::TruncatedNormal { cut: 2.0, std: Std::Effective };

/// The law of variance `scale / n`, for `n` a fan, but at least 1.
pub(crate) fn scaled(
    law: ScaledLaw,
    scale: f64,
    fan: Fan,
    layout: Layout,
) -> Result<Initializer, Error> {
    let variance = Variance::Scale(above_0("scale", scale)?);
    Ok(Scaled::new(law, variance, fan, layout)?.floor(Floor::One).into())
}

preset! {
    /// An orthogonal matrix of `shape[-1]` columns.
    "keras.Orthogonal" Orthogonal {
        /// The factor.
        gain: f64 = 1.0,
        /// No part of the law.
        seed: Option<u64> = None,
    } |p| Initializer::orthogonal(p.gain, Rows::AllButLast)
}

preset! {
    /// The identity matrix, padded with zeros.
    "keras.Identity" Identity {
        /// The value on the diagonal.
        gain: f64 = 1.0,
    } |p| Initializer::identity(p.gain, Fill::Pad)
}

/// Defines a function and, for configurations, its parameters.
macro_rules! shortcuts {
    ($($(#[$doc:meta])* $name:literal $function:ident $Preset:ident
        ($scale:literal, $Mode:ident, $Distribution:ident);)*) => {
        $(
            $(#[$doc])*
            pub fn $function(seed: Option<u64>) -> VarianceScaling {
                VarianceScaling {
                    scale: $scale,
                    mode: Mode::$Mode,
                    distribution: Distribution::$Distribution,
                    seed,
                }
            }
        )*
        mod shortcuts {
            use crate::init::preset::preset;
            $(
                preset! {
                    $(#[$doc])*
                    $name $Preset {
                        /// No part of the law.
                        seed: Option<u64> = None,
                    } |p| crate::Preset::lower(&super::$function(p.seed))
                }
            )*
        }
    };
}

shortcuts! {
    /// The uniform law within `sqrt(3 / fan_in)`.
    "keras.lecun_uniform" lecun_uniform LecunUniform (1.0, FanIn, Uniform);
    /// The truncated normal law of standard deviation `sqrt(1 / fan_in)`.
    "keras.lecun_normal" lecun_normal LecunNormal (1.0, FanIn, Normal);
    /// The uniform law within `sqrt(6 / (fan_in + fan_out))`.
    "keras.glorot_uniform" glorot_uniform GlorotUniform (1.0, FanAvg, Uniform);
    /// The truncated normal law of standard deviation `sqrt(2 / (fan_in + fan_out))`.
    "keras.glorot_normal" glorot_normal GlorotNormal (1.0, FanAvg, Normal);
    /// The uniform law within `sqrt(6 / fan_in)`.
    "keras.he_uniform" he_uniform HeUniform (2.0, FanIn, Uniform);
    /// The truncated normal law of standard deviation `sqrt(2 / fan_in)`.
    "keras.he_normal" he_normal HeNormal (2.0, FanIn, Normal);
}

/// Every name of the system.
pub(crate) const CLASSES: &[Class] = &[
    Class::of::<Zeros>(&["Zeros", "zeros", "zero"], &[]),
    Class::of::<Ones>(&["Ones", "ones", "one"], &[]),
    Class::of::<Constant>(&["Constant", "constant"], &[]),
    Class::of::<RandomNormal>(&["RandomNormal", "random_normal", "normal"], &[]),
    Class::of::<RandomUniform>(&["RandomUniform", "random_uniform", "uniform"], &[]),
    Class::of::<TruncatedNormal>(&["TruncatedNormal", "truncated_normal"], &[]),
    Class::of::<VarianceScaling>(&["VarianceScaling"], &[]),
    Class::of::<Orthogonal>(&["Orthogonal", "orthogonal"], &[]),
    Class::of::<Identity>(&["Identity", "identity"], &[]),
    Class::of::<shortcuts::LecunUniform>(&["lecun_uniform"], &[]),
    Class::of::<shortcuts::LecunNormal>(&["lecun_normal"], &[]),
    Class::of::<shortcuts::GlorotUniform>(&["glorot_uniform"], &[]),
    Class::of::<shortcuts::GlorotNormal>(&["glorot_normal"], &[]),
    Class::of::<shortcuts::HeUniform>(&["he_uniform"], &[]),
    Class::of::<shortcuts::HeNormal>(&["he_normal"], &[]),
];

/// The initializer of a name, with its default parameters.
///
/// # Errors
///
/// [`Error::UnknownName`], which suggests the name that is most like it.
///
/// ```
/// use seedbed::{Preset, keras};
/// # fn main() -> Result<(), seedbed::Error> {
/// assert_eq!(keras::get("he_normal")?, keras::he_normal(None).lower()?);
/// let error = keras::get("HeNormal").unwrap_err();
/// assert_eq!(error.to_string(), "initializer `HeNormal` is not known; did you mean `he_normal`?");
/// # Ok(())
/// # }
/// ```
pub fn get(name: &str) -> Result<Initializer, Error> {
    Class::find("initializer", CLASSES, name)?.default()
}

/// The initializer of a configuration as Keras writes it, of either spelling of the class name.
///
/// # Errors
///
/// [`Error::Config`] if it is not `{"class_name": .., "config": {..}}`, and the errors of
/// [`registry::from_config`](crate::registry::from_config).
///
/// ```
/// use seedbed::{Preset, keras};
/// use serde_json::json;
/// # fn main() -> Result<(), seedbed::Error> {
/// let config = json!({"class_name": "VarianceScaling", "config": {
///     "scale": 2.0, "mode": "fan_in", "distribution": "normal", "seed": null}});
/// assert_eq!(keras::deserialize(&config)?, keras::he_normal(None).lower()?);
/// assert_eq!(keras::serialize(&keras::he_normal(None)), config);
/// # Ok(())
/// # }
/// ```
#[cfg(feature = "serde")]
pub fn deserialize(config: &serde_json::Value) -> Result<Initializer, Error> {
    Class::read("initializer", CLASSES, config)
}

/// The configuration of a preset as Keras writes it.
#[cfg(feature = "serde")]
pub fn serialize<P: crate::Preset + serde::Serialize>(preset: &P) -> serde_json::Value {
    let mut config = crate::registry::to_config(preset);
    let class_name = P::NAME.split_once('.').map_or(P::NAME, |(_, class_name)| class_name);
    config["class_name"] = class_name.into();
    config
}

/// An initializer with a seed of its own, which makes other values at every call.
///
/// The values of call `i`, from 0, are those of [`Stream`] `i` of the seed. The seed is not changed.
///
/// ```
/// use seedbed::keras::{self, Seeded};
/// # fn main() -> Result<(), seedbed::Error> {
/// let mut initializer = Seeded::new(keras::get("uniform")?, 1337);
/// let (first, second): (Vec<f32>, Vec<f32>) =
///     (initializer.call(&[2, 2])?, initializer.call(&[2, 2])?);
/// assert_ne!(first, second);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Seeded<I> {
    initializer: I,
    seed: u64,
    calls: u64,
}

impl<I> Seeded<I> {
    /// The initializer before its first call.
    pub fn new(initializer: I, seed: u64) -> Self {
        Seeded { initializer, seed, calls: 0 }
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The values of a tensor of this shape, and other ones the next time.
    ///
    /// # Errors
    ///
    /// Those of [`Initialize::sample`].
    pub fn call<T: Element>(&mut self, shape: &[usize]) -> Result<Vec<T>, Error>
    where
        I: Initialize<T>,
    {
        let stream: Stream = Seed::from(self.seed).stream(self.calls);
        self.calls += 1;
        self.initializer.sample(shape, &stream)
    }
}

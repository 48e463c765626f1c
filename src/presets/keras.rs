//! The initializers of Keras 2.3, which are those of the Cthulhu documents
//! (`cthulhu.initializers`), found as [`seedbed::cthulhu`](crate::cthulhu), too.
//!
//! Matrices are `(in, out)`, convolutions `(spatial.., in, out)`, whatever the order of the image
//! axes. Of a tensor of rank 0, 1, or 6 or more, both fans are the square root of the number of
//! elements. A fan below 1 counts as 1.
//!
//! | Keras | names | here | distribution |
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
//! A configuration may have a `seed`. Values do not depend on it: they come from the
//! [`Stream`](crate::Stream) that a tensor is filled from, by the stream's seed and the tensor's name.
//! `keras::he_normal().seeded(42)` is an initializer with a seed of its own, which counts calls as
//! Keras does and writes the seed back; see [`Seeded`].
//!
//! # Example
//!
//! Each preset with its parameters; what is left out has the default of Keras:
//!
//! ```
//! use seedbed::{Seed, keras};
//! # fn main() -> Result<(), seedbed::Error> {
//! let (mode, distribution) = (keras::Mode::FanAvg, keras::Distribution::Uniform);
//! let presets = [
//!     keras::Zeros {}.initializer()?,
//!     keras::Ones {}.initializer()?,
//!     keras::Constant { value: 0.5 }.initializer()?,
//!     keras::RandomNormal { stddev: 0.02, ..Default::default() }.initializer()?,
//!     keras::RandomUniform { minval: -0.1, maxval: 0.1 }.initializer()?,
//!     keras::TruncatedNormal { stddev: 0.02, ..Default::default() }.initializer()?,
//!     keras::Orthogonal { gain: 2.0 }.initializer()?,
//!     keras::Identity { gain: 2.0 }.initializer()?,
//!     keras::lecun_uniform().initializer()?,
//!     keras::lecun_normal().initializer()?,
//!     keras::glorot_uniform().initializer()?,
//!     keras::glorot_normal().initializer()?,
//!     keras::he_uniform().initializer()?,
//!     keras::he_normal().initializer()?,
//!     keras::VarianceScaling { scale: 3.0, mode, distribution }.initializer()?,
//! ];
//! for preset in presets {
//!     let kernel: Vec<f32> = preset.for_shape(&[20, 10])?.to_vec(&Seed::from(42).stream("dense/kernel"))?;
//!     assert_eq!(kernel.len(), 200);
//! }
//! # Ok(())
//! # }
//! ```
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

use super::class::{Class, Make};
use super::names::names;
use super::preset;
pub use super::seeded::Seeded;
use crate::check::above_0;
use crate::error::Error;
use crate::init::initializer::Initializer;
use crate::init::{
    Bounds, ConvOrder, FanMode, Layout, MatrixOrder, MatrixRows, NonSquare, OtherRanks,
    ScaledDistribution, TruncatedStd, Variance, VarianceScaling as Scaling,
};

/// `(in, out)` and `(spatial.., in, out)`.
pub fn layout() -> Layout {
    Layout::new(MatrixOrder::InOut, ConvOrder::Hwio).other_ranks(OtherRanks::SquareRoot)
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
    /// The distribution that is scaled.
    Distribution "distribution" in any case {
        /// The normal distribution cut off at 2 standard deviations, of the standard deviation that is asked
        /// for.
        Normal = "normal",
        /// The uniform distribution.
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
    /// The normal distribution.
    "keras.RandomNormal" RandomNormal {
        /// The mean.
        mean: f64 = 0.0,
        /// The standard deviation.
        stddev: f64 = 0.05,
    } where std is stddev; |p| Initializer::normal(p.mean, p.stddev)
}

preset! {
    /// The uniform distribution on `[minval, maxval)`.
    "keras.RandomUniform" RandomUniform {
        /// The lower bound, which is a possible value.
        minval: f64 = -0.05,
        /// The upper bound, which is not.
        maxval: f64 = 0.05,
    } where low is minval, high is maxval; |p| Initializer::uniform(p.minval, p.maxval)
}

preset! {
    /// The normal distribution cut off at 2 standard deviations from the mean. `stddev` is that of the
    /// parent distribution: the values' own is `0.8796 stddev`.
    "keras.TruncatedNormal" TruncatedNormal {
        /// The mean.
        mean: f64 = 0.0,
        /// The standard deviation of the parent distribution.
        stddev: f64 = 0.05,
    } where std is stddev; |p| Initializer::truncated_normal(p.mean, p.stddev, Bounds::Sigmas(-2.0, 2.0))
}

preset! {
    /// A distribution of variance `scale / n`, for `n` a fan.
    "keras.VarianceScaling" VarianceScaling {
        /// The factor of the variance, above 0.
        scale: f64 = 1.0,
        /// What `n` is.
        mode: Mode = Mode::FanIn,
        /// The distribution that is scaled.
        distribution: Distribution = Distribution::Normal,
    } |p| {
        let distribution = match p.distribution {
            Distribution::Normal => TRUNCATED,
            Distribution::Uniform => ScaledDistribution::Uniform,
        };
        let fan = match p.mode {
            Mode::FanIn => FanMode::In,
            Mode::FanOut => FanMode::Out,
            Mode::FanAvg => FanMode::Avg,
        };
        scaled(distribution, p.scale, fan, layout())
    }
}

/// The normal distribution cut off at 2 standard deviations of its parent, with the standard deviation
/// that is asked for.
pub(super) const TRUNCATED: ScaledDistribution =
    ScaledDistribution::TruncatedNormal { cut: 2.0, std: TruncatedStd::Effective };

/// Returns the initializer of variance `scale / n`, for `n` a fan, but at least 1.
pub(super) fn scaled(
    distribution: ScaledDistribution,
    scale: f64,
    fan: FanMode,
    layout: Layout,
) -> Result<Initializer, Error> {
    let variance = Variance::Scale(above_0("scale", scale)?);
    Ok(Scaling::new(distribution, variance, fan, layout)?.with_min_fan(1.0)?.into())
}

preset! {
    /// An orthogonal matrix of `shape[-1]` columns.
    "keras.Orthogonal" Orthogonal {
        /// The factor.
        gain: f64 = 1.0,
    } |p| Initializer::orthogonal(p.gain, MatrixRows::AllButLast)
}

preset! {
    /// The identity matrix, padded with zeros.
    "keras.Identity" Identity {
        /// The value on the diagonal.
        gain: f64 = 1.0,
    } |p| Initializer::identity(p.gain, NonSquare::Pad)
}

fn scaling(scale: f64, mode: Mode, distribution: Distribution) -> VarianceScaling {
    VarianceScaling { scale, mode, distribution }
}

/// Returns the uniform distribution within `sqrt(3 / fan_in)`.
pub fn lecun_uniform() -> VarianceScaling {
    scaling(1.0, Mode::FanIn, Distribution::Uniform)
}

/// Returns the truncated normal distribution of standard deviation `sqrt(1 / fan_in)`.
pub fn lecun_normal() -> VarianceScaling {
    scaling(1.0, Mode::FanIn, Distribution::Normal)
}

/// Returns the uniform distribution within `sqrt(6 / (fan_in + fan_out))`.
pub fn glorot_uniform() -> VarianceScaling {
    scaling(1.0, Mode::FanAvg, Distribution::Uniform)
}

/// Returns the truncated normal distribution of standard deviation `sqrt(2 / (fan_in + fan_out))`.
pub fn glorot_normal() -> VarianceScaling {
    scaling(1.0, Mode::FanAvg, Distribution::Normal)
}

/// Returns the uniform distribution within `sqrt(6 / fan_in)`.
pub fn he_uniform() -> VarianceScaling {
    scaling(2.0, Mode::FanIn, Distribution::Uniform)
}

/// Returns the truncated normal distribution of standard deviation `sqrt(2 / fan_in)`.
pub fn he_normal() -> VarianceScaling {
    scaling(2.0, Mode::FanIn, Distribution::Normal)
}

/// What a named `VarianceScaling` fixes.
const FIXED: &[&str] = &["scale", "mode", "distribution"];

/// Parameters of random initializers that values do not depend on. tf.keras 1.13 to 1.15 wrote the type.
const IGNORED: &[&str] = &["seed", "dtype"];

/// Every name of the system.
pub(super) const CLASSES: &[Class] = &[
    Class::new(&["Zeros", "zeros", "zero"], &Make(Zeros::default)).ignores(&["dtype"]),
    Class::new(&["Ones", "ones", "one"], &Make(Ones::default)).ignores(&["dtype"]),
    Class::new(&["Constant", "constant"], &Make(Constant::default)).ignores(&["dtype"]),
    Class::new(&["RandomNormal", "random_normal", "normal"], &Make(RandomNormal::default))
        .ignores(IGNORED),
    Class::new(&["RandomUniform", "random_uniform", "uniform"], &Make(RandomUniform::default))
        .ignores(IGNORED),
    Class::new(&["TruncatedNormal", "truncated_normal"], &Make(TruncatedNormal::default))
        .ignores(IGNORED),
    Class::new(&["VarianceScaling"], &Make(VarianceScaling::default)).ignores(IGNORED),
    Class::new(&["Orthogonal", "orthogonal"], &Make(Orthogonal::default)).ignores(IGNORED),
    Class::new(&["Identity", "identity"], &Make(Identity::default)).ignores(&["dtype"]),
    Class::new(&["lecun_uniform"], &Make(lecun_uniform)).fixed(FIXED).ignores(IGNORED),
    Class::new(&["lecun_normal"], &Make(lecun_normal)).fixed(FIXED).ignores(IGNORED),
    Class::new(&["glorot_uniform"], &Make(glorot_uniform)).fixed(FIXED).ignores(IGNORED),
    Class::new(&["glorot_normal"], &Make(glorot_normal)).fixed(FIXED).ignores(IGNORED),
    Class::new(&["he_uniform"], &Make(he_uniform)).fixed(FIXED).ignores(IGNORED),
    Class::new(&["he_normal"], &Make(he_normal)).fixed(FIXED).ignores(IGNORED),
];

/// Returns the initializer of a name, with its default parameters.
///
/// # Errors
///
/// [`ConfigError::UnknownName`](crate::ConfigError::UnknownName), which suggests the name that is most
/// like it.
///
/// ```
/// use seedbed::keras;
/// # fn main() -> Result<(), seedbed::Error> {
/// assert_eq!(keras::get("he_normal")?, keras::he_normal().initializer()?);
/// let error = keras::get("HeNormal").unwrap_err();
/// assert_eq!(error.to_string(), "initializer `HeNormal` is not known; did you mean `he_normal`?");
/// # Ok(())
/// # }
/// ```
pub fn get(name: &str) -> Result<Initializer, Error> {
    Class::find("initializer", CLASSES, name)?.default()
}

/// Returns the initializer of a configuration as Keras writes it, of either spelling of the class name.
///
/// # Errors
///
/// [`ConfigError`](crate::ConfigError) if it is not a name or an object with a `class_name`, and the errors
/// of [`registry::from_config`](crate::registry::from_config).
///
/// ```
/// use seedbed::keras;
/// use serde_json::json;
/// # fn main() -> Result<(), seedbed::Error> {
/// let config = json!({"class_name": "VarianceScaling", "config": {
///     "scale": 2.0, "mode": "fan_in", "distribution": "normal", "seed": null}});
/// assert_eq!(keras::deserialize(&config)?, keras::he_normal().initializer()?);
/// assert_eq!(keras::serialize(&keras::he_normal()), config);
/// // A seed is kept by the preset that is read with it.
/// let config = json!({"minval": -0.1, "maxval": 0.1, "seed": 7});
/// let seeded: keras::Seeded<keras::RandomUniform> = serde_json::from_value(config.clone()).unwrap();
/// assert_eq!((seeded.seed(), &keras::serialize(&seeded)["config"]), (7, &config));
/// # Ok(())
/// # }
/// ```
#[cfg(feature = "serde")]
pub fn deserialize(config: &serde_json::Value) -> Result<Initializer, Error> {
    super::reader::read_in(CLASSES, config)
}

/// Returns the configuration of a preset as Keras writes it. A preset without a seed of its own has the
/// seed `null`.
#[cfg(feature = "serde")]
pub fn serialize<P: super::Preset + serde::Serialize>(preset: &P) -> serde_json::Value {
    let mut config = super::reader::write(preset);
    let class_name = P::NAME.split_once('.').map_or(P::NAME, |(_, class_name)| class_name);
    config["class_name"] = class_name.into();
    if Class::has_seed::<P>(CLASSES) || Class::has_seed::<P>(super::keras3::CLASSES) {
        // Indexing a missing key of an object adds `null`.
        let _seed = &mut config["config"]["seed"];
    }
    config
}

//! The initializers of Keras 3.
//!
//! Matrices are `(in, out)`, tensors of any higher rank `(spatial.., in, out)`. A scalar has the fans
//! 1 and 1, a vector `n` and `n`. Where `input_axes` and `output_axes` are given, the fans are the
//! products of these axes alone. A fan below 1 counts as 1.
//!
//! | Keras 3 | names | here | law |
//! |---|---|---|---|
//! | `Zeros()` | `Zeros zeros zero` | [`Zeros`] | 0 |
//! | `Ones()` | `Ones ones one` | [`Ones`] | 1 |
//! | `Constant(value=0.0)` | `Constant constant` | [`Constant`] | `value` |
//! | `RandomNormal(mean=0.0, stddev=0.05)` | `RandomNormal random_normal normal` | [`RandomNormal`] | `N(mean, stddev^2)` |
//! | `RandomUniform(minval=-0.05, maxval=0.05)` | `RandomUniform random_uniform uniform` | [`RandomUniform`] | `U[minval, maxval)` |
//! | `TruncatedNormal(mean=0.0, stddev=0.05)` | `TruncatedNormal truncated_normal` | [`TruncatedNormal`] | `N(mean, stddev^2)` within 2 `stddev` of the mean; the values' own standard deviation is `0.8796 stddev` |
//! | `VarianceScaling(scale=1.0, mode="fan_in", distribution="truncated_normal", input_axes=None, output_axes=None)` | `VarianceScaling variance_scaling` | [`VarianceScaling`] | `truncated_normal` or `normal`: cut off at `2.2737 s`, of standard deviation `s = sqrt(scale / n)`; `untruncated_normal`: `N(0, s^2)`; `uniform`: `U[-a, a)`, `a = sqrt(3 scale / n)` |
//! | `LecunUniform(..)`, `LecunNormal(..)` | also `lecun_uniform`, `lecun_normal` | [`LecunUniform`], [`LecunNormal`] | `VarianceScaling(1, "fan_in", ..)`, uniform or truncated normal |
//! | `GlorotUniform(..)`, `GlorotNormal(..)` | also `glorot_uniform`, `glorot_normal` | [`GlorotUniform`], [`GlorotNormal`] | `VarianceScaling(1, "fan_avg", ..)` |
//! | `HeUniform(..)`, `HeNormal(..)` | also `he_uniform`, `he_normal` | [`HeUniform`], [`HeNormal`] | `VarianceScaling(2, "fan_in", ..)` |
//! | `Orthogonal(gain=1.0)` | `Orthogonal orthogonal OrthogonalInitializer` | [`Orthogonal`] | `gain` times an orthogonal matrix of `shape[-1]` columns |
//! | `Identity(gain=1.0)` | `Identity identity IdentityInitializer` | [`Identity`] | `gain` on the diagonal, zeros elsewhere |
//!
//! Every random one has a `seed`, too, which is kept in the configuration but is no part of the law:
//! the values come from the [`Stream`](crate::Stream) that a tensor is filled from.
//!
//! Presets that Keras 2 has with the same parameters and the same law are those of
//! [`keras`](crate::keras), and [`to_config`](crate::registry::to_config) writes them by that name;
//! [`serialize`] writes them as Keras does.
//!
//! # Differences
//!
//! - Two layers with the same seed and different names are independent; in Keras they have the same
//!   weights, up to scale. A seed is an integer or `None`, no `SeedGenerator`.
//! - `Constant` takes a number, no array, and all values are floating-point. There is no `STFT`.
//! - Truncated normal values are never beyond 2 standard deviations; with PyTorch as its backend,
//!   Keras makes one in 240 000 that is.
//! - f16 and bf16 values are f32 values, rounded; Keras samples in the type. `Orthogonal` works for
//!   both.
//! - A negative standard deviation and `minval > maxval` are errors, and so are an axis that is
//!   named twice in one list, and `input_axes` without `output_axes` or the reverse.
//! - `get("constant")` is the default `Constant`; Keras raises a `KeyError`. `None` and a class in
//!   place of an instance cannot be passed.

use crate::error::Error;
use crate::init::names::names;
use crate::init::preset::preset;
use crate::init::{Conv, Dense, Fan, Initializer, Layout, Ranks, ScaledLaw};
pub use crate::keras::{
    Constant, Identity, Ones, Orthogonal, RandomNormal, RandomUniform, TruncatedNormal, Zeros,
};
use crate::keras::{TRUNCATED, scaled};
use crate::registry::Class;

/// `(in, out)` and `(spatial.., in, out)`.
pub fn layout() -> Layout {
    Layout::new(Dense::InOut, Conv::SpatialInOut).ranks(Ranks::Flat)
}

names! {
    /// What `n` is.
    Mode "mode" in exact case {
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
        /// for. `normal` is another name of it.
        TruncatedNormal = "truncated_normal" | "normal",
        /// The normal law, not cut off.
        UntruncatedNormal = "untruncated_normal",
        /// The uniform law.
        Uniform = "uniform",
    }
}

preset! {
    /// A law of variance `scale / n`, for `n` a fan.
    "keras3.VarianceScaling" VarianceScaling {
        /// The factor of the variance, above 0.
        scale: f64 = 1.0,
        /// What `n` is.
        mode: Mode = Mode::FanIn,
        /// The law that is scaled.
        distribution: Distribution = Distribution::TruncatedNormal,
        /// No part of the law.
        seed: Option<u64> = None,
        /// The axes whose product is the fan-in; negative numbers count from the end.
        input_axes: Option<Vec<isize>> = None,
        /// The axes whose product is the fan-out.
        output_axes: Option<Vec<isize>> = None,
    } |p| {
        let law = match p.distribution {
            Distribution::TruncatedNormal => TRUNCATED,
            Distribution::UntruncatedNormal => ScaledLaw::Normal,
            Distribution::Uniform => ScaledLaw::Uniform,
        };
        let fan = match p.mode {
            Mode::FanIn => Fan::In,
            Mode::FanOut => Fan::Out,
            Mode::FanAvg => Fan::Avg,
        };
        let missing = |parameter: &str| Error::MissingParameter {
            class: VarianceScaling::NAME.to_owned(),
            parameter: parameter.to_owned(),
        };
        let layout = match (&p.input_axes, &p.output_axes) {
            (None, None) => layout(),
            (Some(input), Some(output)) => Layout::only_axes(input, output)?,
            (None, Some(_)) => return Err(missing("input_axes")),
            (Some(_), None) => return Err(missing("output_axes")),
        };
        scaled(law, p.scale, fan, layout)
    }
}

macro_rules! shortcuts {
    ($($(#[$doc:meta])* $name:literal $Class:ident
        ($scale:literal, $Mode:ident, $Distribution:ident);)*) => {$(
        preset! {
            $(#[$doc])*
            $name $Class {
                /// No part of the law.
                seed: Option<u64> = None,
                /// The axes whose product is the fan-in; negative numbers count from the end.
                input_axes: Option<Vec<isize>> = None,
                /// The axes whose product is the fan-out.
                output_axes: Option<Vec<isize>> = None,
            } |p| {
                let scaling = VarianceScaling {
                    scale: $scale,
                    mode: Mode::$Mode,
                    distribution: Distribution::$Distribution,
                    seed: p.seed,
                    input_axes: p.input_axes.clone(),
                    output_axes: p.output_axes.clone(),
                };
                scaling.lower()
            }
        }
    )*};
}

shortcuts! {
    /// The uniform law within `sqrt(3 / fan_in)`.
    "keras3.LecunUniform" LecunUniform (1.0, FanIn, Uniform);
    /// The truncated normal law of standard deviation `sqrt(1 / fan_in)`.
    "keras3.LecunNormal" LecunNormal (1.0, FanIn, TruncatedNormal);
    /// The uniform law within `sqrt(6 / (fan_in + fan_out))`.
    "keras3.GlorotUniform" GlorotUniform (1.0, FanAvg, Uniform);
    /// The truncated normal law of standard deviation `sqrt(2 / (fan_in + fan_out))`.
    "keras3.GlorotNormal" GlorotNormal (1.0, FanAvg, TruncatedNormal);
    /// The uniform law within `sqrt(6 / fan_in)`.
    "keras3.HeUniform" HeUniform (2.0, FanIn, Uniform);
    /// The truncated normal law of standard deviation `sqrt(2 / fan_in)`.
    "keras3.HeNormal" HeNormal (2.0, FanIn, TruncatedNormal);
}

/// Every name of the system.
pub(crate) const CLASSES: &[Class] = &[
    Class::of::<Zeros>(&["Zeros", "zeros", "zero"], &[]),
    Class::of::<Ones>(&["Ones", "ones", "one"], &[]),
    Class::of::<Constant>(&["Constant", "constant"], &[]),
    Class::of::<RandomNormal>(&["RandomNormal", "random_normal", "normal"], &[]),
    Class::of::<RandomUniform>(&["RandomUniform", "random_uniform", "uniform"], &[]),
    Class::of::<TruncatedNormal>(&["TruncatedNormal", "truncated_normal"], &[]),
    Class::of::<VarianceScaling>(&["VarianceScaling", "variance_scaling"], &[]),
    Class::of::<LecunUniform>(&["LecunUniform", "lecun_uniform"], &[]),
    Class::of::<LecunNormal>(&["LecunNormal", "lecun_normal"], &[]),
    Class::of::<GlorotUniform>(&["GlorotUniform", "glorot_uniform"], &[]),
    Class::of::<GlorotNormal>(&["GlorotNormal", "glorot_normal"], &[]),
    Class::of::<HeUniform>(&["HeUniform", "he_uniform"], &[]),
    Class::of::<HeNormal>(&["HeNormal", "he_normal"], &[]),
    Class::of::<Orthogonal>(&["Orthogonal", "orthogonal", "OrthogonalInitializer"], &[]),
    Class::of::<Identity>(&["Identity", "identity", "IdentityInitializer"], &[]),
];

/// The initializer of a name, with its default parameters.
///
/// # Errors
///
/// [`Error::UnknownName`], which suggests the name that is most like it.
///
/// ```
/// use seedbed::{Preset, keras3};
/// # fn main() -> Result<(), seedbed::Error> {
/// assert_eq!(keras3::get("he_normal")?, keras3::HeNormal::default().lower()?);
/// assert_eq!(keras3::get("he_normal")?, keras3::get("HeNormal")?);
/// # Ok(())
/// # }
/// ```
pub fn get(name: &str) -> Result<Initializer, Error> {
    Class::find("initializer", CLASSES, name)?.default()
}

/// The initializer of a configuration as Keras writes it, with or without `module` and
/// `registered_name`.
///
/// # Errors
///
/// [`Error::Config`] if it has no `class_name` or no `config`, and the errors of
/// [`registry::from_config`](crate::registry::from_config).
///
/// ```
/// use seedbed::{Preset, keras3};
/// use serde_json::json;
/// # fn main() -> Result<(), seedbed::Error> {
/// let config = json!({"module": "keras.initializers", "class_name": "RandomNormal",
///     "config": {"mean": 0.0, "stddev": 0.02, "seed": null}, "registered_name": null});
/// let normal = keras3::RandomNormal { stddev: 0.02, ..Default::default() };
/// assert_eq!(keras3::deserialize(&config)?, normal.lower()?);
/// assert_eq!(keras3::serialize(&normal), config);
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
    let mut config = crate::keras::serialize(preset);
    config["module"] = "keras.initializers".into();
    config["registered_name"] = serde_json::Value::Null;
    config
}

//! The initializers of Keras 3.
//!
//! Matrices are `(in, out)`, tensors of any higher rank `(spatial.., in, out)`. A scalar has the fans
//! 1 and 1, a vector `n` and `n`. Where `input_axes` and `output_axes` are given, the fans are the
//! products of these axes alone. A fan below 1 counts as 1.
//!
//! | Keras 3 | names | here | distribution |
//! |---|---|---|---|
//! | `Zeros()` | `Zeros zeros zero` | [`Zeros`] | 0 |
//! | `Ones()` | `Ones ones one` | [`Ones`] | 1 |
//! | `Constant(value=0.0)` | `Constant constant` | [`Constant`] | `value` |
//! | `RandomNormal(mean=0.0, stddev=0.05)` | `RandomNormal random_normal normal` | [`RandomNormal`] | `N(mean, stddev^2)` |
//! | `RandomUniform(minval=-0.05, maxval=0.05)` | `RandomUniform random_uniform uniform` | [`RandomUniform`] | `U[minval, maxval)` |
//! | `TruncatedNormal(mean=0.0, stddev=0.05)` | `TruncatedNormal truncated_normal` | [`TruncatedNormal`] | `N(mean, stddev^2)` within 2 `stddev` of the mean; the values' own standard deviation is `0.8796 stddev` |
//! | `VarianceScaling(scale=1.0, mode="fan_in", distribution="truncated_normal", input_axes=None, output_axes=None)` | `VarianceScaling variance_scaling` | [`VarianceScaling`] | `truncated_normal` or `normal`: cut off at `2.2737 s`, of standard deviation `s = sqrt(scale / n)`; `untruncated_normal`: `N(0, s^2)`; `uniform`: `U[-a, a)`, `a = sqrt(3 scale / n)` |
//! | `LecunUniform(..)`, `LecunNormal(..)` | also `lecun_uniform`, `lecun_normal` | [`lecun_uniform`], [`lecun_normal`] | `VarianceScaling(1, "fan_in", ..)`, uniform or truncated normal |
//! | `GlorotUniform(..)`, `GlorotNormal(..)` | also `glorot_uniform`, `glorot_normal` | [`glorot_uniform`], [`glorot_normal`] | `VarianceScaling(1, "fan_avg", ..)` |
//! | `HeUniform(..)`, `HeNormal(..)` | also `he_uniform`, `he_normal` | [`he_uniform`], [`he_normal`] | `VarianceScaling(2, "fan_in", ..)` |
//! | `Orthogonal(gain=1.0)` | `Orthogonal orthogonal OrthogonalInitializer` | [`Orthogonal`] | `gain` times an orthogonal matrix of `shape[-1]` columns |
//! | `Identity(gain=1.0)` | `Identity identity IdentityInitializer` | [`Identity`] | `gain` on the diagonal, zeros elsewhere |
//!
//! The configuration of each random initializer may have a `seed`, too. Values do not depend on it:
//! they come from the [`Stream`](crate::Stream) that a tensor is filled from. See [`Seeded`].
//!
//! Presets that Keras 2 has with the same parameters and the same distribution are those of
//! [`keras`](crate::keras), and [`to_config`](crate::registry::to_config) writes them by that name;
//! [`serialize`] writes them as Keras does.
//!
//! # Example
//!
//! Each preset with its parameters; what is left out has the default of Keras:
//!
//! ```
//! use seedbed::{Seed, keras3};
//! # fn main() -> Result<(), seedbed::Error> {
//! let (mode, distribution) = (keras3::Mode::FanAvg, keras3::Distribution::UntruncatedNormal);
//! let attention = keras3::VarianceScaling { mode, distribution, ..Default::default() };
//! let presets = [
//!     keras3::Zeros {}.initializer()?,
//!     keras3::Ones {}.initializer()?,
//!     keras3::Constant { value: 0.5 }.initializer()?,
//!     keras3::RandomNormal { stddev: 0.02, ..Default::default() }.initializer()?,
//!     keras3::RandomUniform { minval: -0.1, maxval: 0.1 }.initializer()?,
//!     keras3::TruncatedNormal { stddev: 0.02, ..Default::default() }.initializer()?,
//!     keras3::Orthogonal { gain: 2.0 }.initializer()?,
//!     keras3::Identity { gain: 2.0 }.initializer()?,
//!     keras3::lecun_uniform().initializer()?,
//!     keras3::lecun_normal().initializer()?,
//!     keras3::glorot_uniform().initializer()?,
//!     keras3::glorot_normal().initializer()?,
//!     keras3::he_uniform().initializer()?,
//!     keras3::he_normal().initializer()?,
//!     attention.initializer()?,
//! ];
//! for preset in presets {
//!     let kernel: Vec<f32> = preset.for_shape(&[20, 10])?.to_vec(&Seed::from(42).stream("dense/kernel"))?;
//!     assert_eq!(kernel.len(), 200);
//! }
//! assert_eq!(keras3::layout().fans(&[3, 3, 16, 32])?.fan_in, 144.0);
//! # Ok(())
//! # }
//! ```
//!
//! # Differences
//!
//! - Two layers with the same seed and different names are independent; in Keras they have the same
//!   weights, up to scale. A seed is an integer or `None`, no `SeedGenerator`.
//! - `Constant` takes a number, not an array, and all values are floating-point. There is no `STFT`.
//! - Truncated normal values are never beyond 2 standard deviations; with PyTorch as its backend,
//!   Keras makes one in 240 000 that is.
//! - f16 and bf16 values are f32 values, rounded; Keras samples in the type. `Orthogonal` works for
//!   both.
//! - A negative standard deviation and `minval > maxval` are errors, and so are an axis that is
//!   named twice in one list, and `input_axes` without `output_axes` or the reverse.
//! - `get("constant")` is the default `Constant`; Keras raises a `KeyError`. `None` and a class in
//!   place of an instance cannot be passed.

use super::class::{Class, Make};
pub use super::keras::{
    Constant, Identity, Ones, Orthogonal, RandomNormal, RandomUniform, Seeded, TruncatedNormal,
    Zeros,
};
use super::keras::{TRUNCATED, scaled};
use super::names::names;
use super::preset;
use crate::error::{ConfigError, Error};
use crate::init::initializer::Initializer;
use crate::init::{ConvOrder, FanMode, Layout, MatrixOrder, OtherRanks, ScaledDistribution};

/// `(in, out)` and `(spatial.., in, out)`.
pub fn layout() -> Layout {
    Layout::new(MatrixOrder::InOut, ConvOrder::Hwio).ranks(2..).other_ranks(OtherRanks::Size)
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
    /// The distribution that is scaled.
    Distribution "distribution" in any case {
        /// The normal distribution cut off at 2 standard deviations, of the standard deviation that is asked
        /// for. `normal` is another name of it.
        TruncatedNormal = "truncated_normal" | "normal",
        /// The normal distribution, not cut off.
        UntruncatedNormal = "untruncated_normal",
        /// The uniform distribution.
        Uniform = "uniform",
    }
}

preset! {
    /// A distribution of variance `scale / n`, for `n` a fan.
    "keras3.VarianceScaling" VarianceScaling {
        /// The factor of the variance, above 0.
        scale: f64 = 1.0,
        /// What `n` is.
        mode: Mode = Mode::FanIn,
        /// The distribution that is scaled.
        distribution: Distribution = Distribution::TruncatedNormal,
        /// The axes whose product is the fan-in; negative numbers count from the end.
        input_axes: Option<Vec<isize>> = None,
        /// The axes whose product is the fan-out.
        output_axes: Option<Vec<isize>> = None,
    } |p| {
        let distribution = match p.distribution {
            Distribution::TruncatedNormal => TRUNCATED,
            Distribution::UntruncatedNormal => ScaledDistribution::Normal,
            Distribution::Uniform => ScaledDistribution::Uniform,
        };
        let fan = match p.mode {
            Mode::FanIn => FanMode::In,
            Mode::FanOut => FanMode::Out,
            Mode::FanAvg => FanMode::Avg,
        };
        let missing = |parameter: &str| ConfigError::MissingParameter {
            class: <VarianceScaling as super::Preset>::NAME.to_owned(),
            parameter: parameter.to_owned(),
        };
        let layout = match (&p.input_axes, &p.output_axes) {
            (None, None) => layout(),
            (Some(input), Some(output)) => Layout::only_axes(input, output)?,
            (None, Some(_)) => return Err(missing("input_axes").into()),
            (Some(_), None) => return Err(missing("output_axes").into()),
        };
        scaled(distribution, p.scale, fan, layout)
    }
}

fn scaling(scale: f64, mode: Mode, distribution: Distribution) -> VarianceScaling {
    VarianceScaling { scale, mode, distribution, ..VarianceScaling::default() }
}

/// Returns the uniform distribution within `sqrt(3 / fan_in)`.
pub fn lecun_uniform() -> VarianceScaling {
    scaling(1.0, Mode::FanIn, Distribution::Uniform)
}

/// Returns the truncated normal distribution of standard deviation `sqrt(1 / fan_in)`.
pub fn lecun_normal() -> VarianceScaling {
    scaling(1.0, Mode::FanIn, Distribution::TruncatedNormal)
}

/// Returns the uniform distribution within `sqrt(6 / (fan_in + fan_out))`.
pub fn glorot_uniform() -> VarianceScaling {
    scaling(1.0, Mode::FanAvg, Distribution::Uniform)
}

/// Returns the truncated normal distribution of standard deviation `sqrt(2 / (fan_in + fan_out))`.
pub fn glorot_normal() -> VarianceScaling {
    scaling(1.0, Mode::FanAvg, Distribution::TruncatedNormal)
}

/// Returns the uniform distribution within `sqrt(6 / fan_in)`.
pub fn he_uniform() -> VarianceScaling {
    scaling(2.0, Mode::FanIn, Distribution::Uniform)
}

/// Returns the truncated normal distribution of standard deviation `sqrt(2 / fan_in)`.
pub fn he_normal() -> VarianceScaling {
    scaling(2.0, Mode::FanIn, Distribution::TruncatedNormal)
}

/// What a named `VarianceScaling` fixes.
const FIXED: &[&str] = &["scale", "mode", "distribution"];

/// Parameters of random initializers that values do not depend on.
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
    Class::new(&["VarianceScaling", "variance_scaling"], &Make(VarianceScaling::default))
        .ignores(IGNORED),
    Class::new(&["LecunUniform", "lecun_uniform"], &Make(lecun_uniform))
        .fixed(FIXED)
        .ignores(IGNORED),
    Class::new(&["LecunNormal", "lecun_normal"], &Make(lecun_normal)).fixed(FIXED).ignores(IGNORED),
    Class::new(&["GlorotUniform", "glorot_uniform"], &Make(glorot_uniform))
        .fixed(FIXED)
        .ignores(IGNORED),
    Class::new(&["GlorotNormal", "glorot_normal"], &Make(glorot_normal))
        .fixed(FIXED)
        .ignores(IGNORED),
    Class::new(&["HeUniform", "he_uniform"], &Make(he_uniform)).fixed(FIXED).ignores(IGNORED),
    Class::new(&["HeNormal", "he_normal"], &Make(he_normal)).fixed(FIXED).ignores(IGNORED),
    Class::new(&["Orthogonal", "orthogonal", "OrthogonalInitializer"], &Make(Orthogonal::default))
        .ignores(IGNORED),
    Class::new(&["Identity", "identity", "IdentityInitializer"], &Make(Identity::default))
        .ignores(&["dtype"]),
];

/// Returns the initializer of a name, with its default parameters.
///
/// # Errors
///
/// [`ConfigError::UnknownName`], which suggests the name that is most like it.
///
/// ```
/// use seedbed::keras3;
/// # fn main() -> Result<(), seedbed::Error> {
/// assert_eq!(keras3::get("he_normal")?, keras3::he_normal().initializer()?);
/// assert_eq!(keras3::get("he_normal")?, keras3::get("HeNormal")?);
/// # Ok(())
/// # }
/// ```
pub fn get(name: &str) -> Result<Initializer, Error> {
    Class::find("initializer", CLASSES, name)?.default()
}

/// Returns the initializer of a configuration as Keras writes it, with or without `module` and
/// `registered_name`.
///
/// # Errors
///
/// [`ConfigError::Malformed`] if it has no `class_name`, and the errors of
/// [`registry::from_config`](crate::registry::from_config).
///
/// ```
/// use seedbed::keras3;
/// use serde_json::json;
/// # fn main() -> Result<(), seedbed::Error> {
/// let config = json!({"module": "keras.initializers", "class_name": "RandomNormal",
///     "config": {"mean": 0.0, "stddev": 0.02, "seed": null}, "registered_name": null});
/// let normal = keras3::RandomNormal { stddev: 0.02, ..Default::default() };
/// assert_eq!(keras3::deserialize(&config)?, normal.initializer()?);
/// assert_eq!(keras3::serialize(&normal), config);
/// # Ok(())
/// # }
/// ```
#[cfg(feature = "serde")]
pub fn deserialize(config: &serde_json::Value) -> Result<Initializer, Error> {
    super::reader::read_in(CLASSES, config)
}

/// Returns the configuration of a preset as Keras writes it: [`he_normal`] and the like by their
/// parameters, as a `VarianceScaling`.
#[cfg(feature = "serde")]
pub fn serialize<P: super::Preset + serde::Serialize>(preset: &P) -> serde_json::Value {
    let mut config = super::keras::serialize(preset);
    config["module"] = "keras.initializers".into();
    config["registered_name"] = serde_json::Value::Null;
    config
}

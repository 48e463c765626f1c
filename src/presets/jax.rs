//! The initializers of JAX's `jax.nn.initializers`, which Flax exports, too.
//!
//! The input axis is the last but one and the output axis the last, unless given; all other axes
//! belong to both fans, except batch axes.
//!
//! | JAX | here | distribution |
//! |---|---|---|
//! | `zeros`, `ones` | [`Zeros`], [`Ones`] | 0, 1 |
//! | `constant(value)` | [`Constant`] | `value` |
//! | `uniform(scale=0.01)` | [`Uniform`] | `U[0, scale)` |
//! | `normal(stddev=0.01)` | [`Normal`] | `N(0, stddev^2)` |
//! | `truncated_normal(stddev=0.01, lower=-2, upper=2)` | [`TruncatedNormal`] | `N(0, stddev^2)` between `lower stddev` and `upper stddev` |
//! | `variance_scaling(scale, mode, distribution, in_axis=-2, out_axis=-1, batch_axis=())` | [`VarianceScaling`] | variance `scale / n`: `normal` is not cut off, `truncated_normal` is at `2.2737` standard deviations, `uniform` |
//! | `lecun_uniform(..)`, `lecun_normal(..)` | [`lecun_uniform`], [`lecun_normal`] | `variance_scaling(1, "fan_in", ..)`, uniform or truncated normal |
//! | `glorot_uniform(..)`, `glorot_normal(..)`, also `xavier_` | [`glorot_uniform`], [`glorot_normal`] | `variance_scaling(1, "fan_avg", ..)` |
//! | `he_uniform(..)`, `he_normal(..)`, also `kaiming_` | [`he_uniform`], [`he_normal`] | `variance_scaling(2, "fan_in", ..)` |
//! | `orthogonal(scale=1, column_axis=-1)` | [`Orthogonal`] | `scale` times an orthogonal matrix of `shape[column_axis]` columns |
//! | `delta_orthogonal(scale=1)` | [`DeltaOrthogonal`] | that at the centre tap `(k - 1) / 2` of a convolution |
//!
//! # Example
//!
//! Each preset with its parameters; what is left out has the default of JAX:
//!
//! ```
//! use seedbed::{Seed, jax};
//! # fn main() -> Result<(), seedbed::Error> {
//! let (mode, distribution) = (jax::Mode::FanGeoAvg, jax::Distribution::Uniform);
//! let presets = [
//!     jax::Zeros {}.initializer()?,
//!     jax::Ones {}.initializer()?,
//!     jax::Constant { value: 0.5 }.initializer()?,
//!     jax::Uniform { scale: 0.1 }.initializer()?,
//!     jax::Normal { stddev: 0.02 }.initializer()?,
//!     jax::TruncatedNormal { stddev: 0.02, lower: -3.0, upper: 3.0 }.initializer()?,
//!     jax::VarianceScaling { scale: 2.0, mode, distribution, ..Default::default() }.initializer()?,
//!     jax::lecun_uniform().initializer()?,
//!     jax::lecun_normal().initializer()?,
//!     jax::glorot_uniform().initializer()?,
//!     jax::glorot_normal().initializer()?,
//!     jax::he_uniform().initializer()?,
//!     jax::he_normal().initializer()?,
//!     jax::Orthogonal { scale: 2.0, column_axis: 0 }.initializer()?,
//! ];
//! for preset in presets {
//!     let kernel: Vec<f32> = preset.for_shape(&[20, 10])?.to_vec(&Seed::from(42).stream("Dense_0.kernel"))?;
//!     assert_eq!(kernel.len(), 200);
//! }
//! assert!(jax::DeltaOrthogonal { scale: 2.0 }.for_shape::<f32>(&[3, 3, 8, 16]).is_ok());
//!
//! // A projection (heads, width, out): both of the first axes are inputs.
//! let (inputs, output) = (jax::Axes::Several(vec![0, 1]), jax::Axes::One(-1));
//! let layout = jax::layout(&inputs, &output, &jax::Axes::Several(vec![]))?;
//! assert_eq!(layout.fans(&[8, 64, 512])?.fan_in, 512.0);
//! # Ok(())
//! # }
//! ```
//!
//! # Differences
//!
//! - f16 and bf16 values are f32 values, rounded; JAX computes in the type and has 128 different
//!   bf16 values. `orthogonal` works for f16 and bf16.
//! - A negative scale is an error; JAX returns NaN. A scale of 0 gives zeros, as in JAX.
//! - Tensors without elements are not an error.
//! - Complex types are not supported, and `delta_orthogonal` has the last axis for columns only.

use super::class::{Class, Make};
use super::names::names;
use super::preset;
use crate::error::ShapeError;
use crate::init::initializer::Initializer;
use crate::init::{
    Bounds, ConvOrder, FanMode, Layout, MatrixOrder, MatrixRows, ScaledDistribution, TruncatedStd,
    Variance, VarianceScaling as Scaling,
};

names! {
    /// What `n` is.
    Mode "mode" in exact case {
        /// The fan-in.
        FanIn = "fan_in",
        /// The fan-out.
        FanOut = "fan_out",
        /// The mean of both.
        FanAvg = "fan_avg",
        /// The square root of their product.
        FanGeoAvg = "fan_geo_avg",
    }
}

names! {
    /// The distribution that is scaled.
    Distribution "distribution" in exact case {
        /// The normal distribution, not cut off.
        Normal = "normal",
        /// The normal distribution cut off at 2 standard deviations, of the variance that is asked for.
        TruncatedNormal = "truncated_normal",
        /// The uniform distribution.
        Uniform = "uniform",
    }
}

/// One axis or several; negative numbers count from the end.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(untagged))]
pub enum Axes {
    /// One axis.
    One(isize),
    /// Several axes, or none.
    Several(Vec<isize>),
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Axes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        let one = isize::deserialize(&value).map(Axes::One);
        let axes = one.or_else(|_| Vec::deserialize(&value).map(Axes::Several));
        axes.map_err(|_| serde::de::Error::custom("expected an axis or a list of axes"))
    }
}

impl Axes {
    fn as_slice(&self) -> &[isize] {
        match self {
            Axes::One(axis) => core::slice::from_ref(axis),
            Axes::Several(axes) => axes,
        }
    }
}

/// The layout with these axes; with JAX's defaults, `(spatial.., in, out)`.
///
/// # Errors
///
/// [`ShapeError::Axis`] if an axis is named twice.
pub fn layout(in_axis: &Axes, out_axis: &Axes, batch_axis: &Axes) -> Result<Layout, ShapeError> {
    match [in_axis, out_axis, batch_axis].map(Axes::as_slice) {
        [[-2], [-1], []] => Ok(Layout::new(MatrixOrder::InOut, ConvOrder::Hwio).ranks(2..)),
        [input, output, batch] => Layout::axes(input, output, batch),
    }
}

preset! {
    /// 0 everywhere.
    "jax.zeros" Zeros {} |_p| Initializer::constant(0.0)
}

preset! {
    /// 1 everywhere.
    "jax.ones" Ones {} |_p| Initializer::constant(1.0)
}

preset! {
    /// The same value everywhere.
    "jax.constant" Constant {
        /// The value.
        value: f64 = 0.0,
    } |p| Initializer::constant(p.value)
}

preset! {
    /// The uniform distribution on `[0, scale)`.
    "jax.uniform" Uniform {
        /// The upper bound.
        scale: f64 = 0.01,
    } where high is scale; |p| Initializer::uniform(0.0, p.scale)
}

preset! {
    /// The normal distribution.
    "jax.normal" Normal {
        /// The standard deviation.
        stddev: f64 = 0.01,
    } where std is stddev; |p| Initializer::normal(0.0, p.stddev)
}

preset! {
    /// The normal distribution cut off at bounds in standard deviations. `stddev` is that of the
    /// parent distribution.
    "jax.truncated_normal" TruncatedNormal {
        /// The standard deviation of the parent distribution.
        stddev: f64 = 0.01,
        /// The lower bound in standard deviations.
        #[cfg_attr(feature = "serde", serde(with = "crate::init::serial::bound"))]
        lower: f64 = -2.0,
        /// The upper bound in standard deviations.
        #[cfg_attr(feature = "serde", serde(with = "crate::init::serial::bound"))]
        upper: f64 = 2.0,
    } where std is stddev, low is lower, high is upper; |p| Initializer::truncated_normal(0.0, p.stddev, Bounds::Sigmas(p.lower, p.upper))
}

preset! {
    /// A distribution of variance `scale / n`, for `n` a fan. Scale, mode and distribution have no default in
    /// JAX.
    "jax.variance_scaling" VarianceScaling {
        /// The factor of the variance.
        scale: f64 = 1.0,
        /// What `n` is.
        mode: Mode = Mode::FanIn,
        /// The distribution that is scaled.
        distribution: Distribution = Distribution::TruncatedNormal,
        /// The input axes.
        in_axis: Axes = Axes::One(-2),
        /// The output axes.
        out_axis: Axes = Axes::One(-1),
        /// Axes that belong to neither fan.
        batch_axis: Axes = Axes::Several(vec![]),
    } |p| {
        let distribution = match p.distribution {
            Distribution::Normal => ScaledDistribution::Normal,
            Distribution::TruncatedNormal => {
                ScaledDistribution::TruncatedNormal { cut: 2.0, std: TruncatedStd::Effective }
            }
            Distribution::Uniform => ScaledDistribution::Uniform,
        };
        let fan = match p.mode {
            Mode::FanIn => FanMode::In,
            Mode::FanOut => FanMode::Out,
            Mode::FanAvg => FanMode::Avg,
            Mode::FanGeoAvg => FanMode::GeoAvg,
        };
        let layout = layout(&p.in_axis, &p.out_axis, &p.batch_axis)?;
        Scaling::new(distribution, Variance::Scale(p.scale), fan, layout).map(Into::into)
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

/// What a named `variance_scaling` fixes.
const FIXED: &[&str] = &["scale", "mode", "distribution"];

preset! {
    /// An orthogonal matrix of `shape[column_axis]` columns.
    "jax.orthogonal" Orthogonal {
        /// The factor.
        scale: f64 = 1.0,
        /// The axis of the columns.
        column_axis: isize = -1,
    } where gain is scale; |p| {
        let rows = if p.column_axis == -1 { MatrixRows::AllButLast } else { MatrixRows::AllBut(p.column_axis) };
        Initializer::orthogonal(p.scale, rows)
    }
}

preset! {
    /// Orthonormal rows at the centre tap of a convolution `(spatial.., in, out)`. Lechao Xiao and
    /// others, 2018, "Dynamical isometry and a mean field theory of CNNs".
    "jax.delta_orthogonal" DeltaOrthogonal {
        /// The factor.
        scale: f64 = 1.0,
    } where gain is scale; |p| Initializer::delta_orthogonal(p.scale)
}

/// Every name of the system.
pub(super) const CLASSES: &[Class] = &[
    Class::new(&["zeros", "zeros_init"], &Make(Zeros::default)),
    Class::new(&["ones", "ones_init"], &Make(Ones::default)),
    Class::new(&["constant"], &Make(Constant::default)).required(&["value"]),
    Class::new(&["uniform"], &Make(Uniform::default)),
    Class::new(&["normal"], &Make(Normal::default)),
    Class::new(&["truncated_normal"], &Make(TruncatedNormal::default)),
    Class::new(&["variance_scaling"], &Make(VarianceScaling::default)).required(&[
        "scale",
        "mode",
        "distribution",
    ]),
    Class::new(&["lecun_uniform"], &Make(lecun_uniform)).fixed(FIXED),
    Class::new(&["lecun_normal"], &Make(lecun_normal)).fixed(FIXED),
    Class::new(&["glorot_uniform", "xavier_uniform"], &Make(glorot_uniform)).fixed(FIXED),
    Class::new(&["glorot_normal", "xavier_normal"], &Make(glorot_normal)).fixed(FIXED),
    Class::new(&["he_uniform", "kaiming_uniform"], &Make(he_uniform)).fixed(FIXED),
    Class::new(&["he_normal", "kaiming_normal"], &Make(he_normal)).fixed(FIXED),
    Class::new(&["orthogonal"], &Make(Orthogonal::default)),
    Class::new(&["delta_orthogonal"], &Make(DeltaOrthogonal::default)),
];

//! The initializers of JAX's `jax.nn.initializers`, which Flax exports, too.
//!
//! The input axis is the last but one and the output axis the last, unless given; all other axes
//! belong to both fans, but for batch axes.
//!
//! | JAX | here | law |
//! |---|---|---|
//! | `zeros`, `ones` | [`Zeros`], [`Ones`] | 0, 1 |
//! | `constant(value)` | [`Constant`] | `value` |
//! | `uniform(scale=0.01)` | [`Uniform`] | `U[0, scale)` |
//! | `normal(stddev=0.01)` | [`Normal`] | `N(0, stddev^2)` |
//! | `truncated_normal(stddev=0.01, lower=-2, upper=2)` | [`TruncatedNormal`] | `N(0, stddev^2)` between `lower stddev` and `upper stddev` |
//! | `variance_scaling(scale, mode, distribution, in_axis=-2, out_axis=-1, batch_axis=())` | [`VarianceScaling`] | variance `scale / n`: `normal` is not cut off, `truncated_normal` is at `2.2737` standard deviations, `uniform` |
//! | `lecun_uniform(..)`, `lecun_normal(..)` | [`LecunUniform`], [`LecunNormal`] | `variance_scaling(1, "fan_in", ..)`, uniform or truncated normal |
//! | `glorot_uniform(..)`, `glorot_normal(..)`, also `xavier_` | [`GlorotUniform`], [`GlorotNormal`] | `variance_scaling(1, "fan_avg", ..)` |
//! | `he_uniform(..)`, `he_normal(..)`, also `kaiming_` | [`HeUniform`], [`HeNormal`] | `variance_scaling(2, "fan_in", ..)` |
//! | `orthogonal(scale=1, column_axis=-1)` | [`Orthogonal`] | `scale` times an orthogonal matrix of `shape[column_axis]` columns |
//! | `delta_orthogonal(scale=1)` | [`DeltaOrthogonal`] | that at the centre tap `(k - 1) / 2` of a convolution |
//!
//! # Differences
//!
//! - f16 and bf16 values are f32 values, rounded; JAX computes in the type and has 128 different
//!   bf16 values. `orthogonal` works for f16 and bf16.
//! - A negative scale is an error; JAX returns NaN. A scale of 0 gives zeros, as in JAX.
//! - Tensors without elements are no error.
//! - Complex types are not supported, and `delta_orthogonal` has the last axis for columns only.

use crate::error::Error;
use crate::init::names::names;
use crate::init::preset::preset;
use crate::init::{
    Conv, Dense, Fan, Initializer, Layout, Ranks, Rows, Scaled, ScaledLaw, Std, Units, Variance,
};
use crate::registry::Class;

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
    /// The law that is scaled.
    Distribution "distribution" in exact case {
        /// The normal law, not cut off.
        Normal = "normal",
        /// The normal law cut off at 2 standard deviations, of the variance that is asked for.
        TruncatedNormal = "truncated_normal",
        /// The uniform law.
        Uniform = "uniform",
    }
}

/// One axis or several; negative numbers count from the end.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(untagged))]
pub enum Axes {
    /// One axis.
    One(isize),
    /// Several axes, or none.
    Several(Vec<isize>),
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
/// [`Error::Axis`] if an axis is named twice.
pub fn layout(in_axis: &Axes, out_axis: &Axes, batch_axis: &Axes) -> Result<Layout, Error> {
    match [in_axis, out_axis, batch_axis].map(Axes::as_slice) {
        [[-2], [-1], []] => {
            Ok(Layout::new(Dense::InOut, Conv::SpatialInOut).ranks(Ranks::AtLeastTwo))
        }
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
    /// The uniform law on `[0, scale)`.
    "jax.uniform" Uniform {
        /// The upper bound.
        scale: f64 = 0.01,
    } |p| Initializer::uniform(0.0, p.scale)
}

preset! {
    /// The normal law.
    "jax.normal" Normal {
        /// The standard deviation.
        stddev: f64 = 0.01,
    } |p| Initializer::normal(0.0, p.stddev)
}

preset! {
    /// The normal law cut off at bounds in standard deviations. `stddev` is that of the law before it
    /// is cut off.
    "jax.truncated_normal" TruncatedNormal {
        /// The standard deviation of the law before it is cut off.
        stddev: f64 = 0.01,
        /// The lower bound in standard deviations.
        #[cfg_attr(feature = "serde", serde(with = "crate::init::bound"))]
        lower: f64 = -2.0,
        /// The upper bound in standard deviations.
        #[cfg_attr(feature = "serde", serde(with = "crate::init::bound"))]
        upper: f64 = 2.0,
    } |p| Initializer::truncated_normal(0.0, p.stddev, p.lower, p.upper, Units::Sigma)
}

preset! {
    /// A law of variance `scale / n`, for `n` a fan. Scale, mode and distribution have no default in
    /// JAX.
    "jax.variance_scaling" VarianceScaling {
        /// The factor of the variance.
        scale: f64 = 1.0,
        /// What `n` is.
        mode: Mode = Mode::FanIn,
        /// The law that is scaled.
        distribution: Distribution = Distribution::TruncatedNormal,
        /// The input axes.
        in_axis: Axes = Axes::One(-2),
        /// The output axes.
        out_axis: Axes = Axes::One(-1),
        /// Axes that belong to neither fan.
        batch_axis: Axes = Axes::Several(vec![]),
    } |p| {
        let law = match p.distribution {
            Distribution::Normal => ScaledLaw::Normal,
            Distribution::TruncatedNormal => {
                ScaledLaw::TruncatedNormal { cut: 2.0, std: Std::Effective }
            }
            Distribution::Uniform => ScaledLaw::Uniform,
        };
        let fan = match p.mode {
            Mode::FanIn => Fan::In,
            Mode::FanOut => Fan::Out,
            Mode::FanAvg => Fan::Avg,
            Mode::FanGeoAvg => Fan::GeoAvg,
        };
        let layout = layout(&p.in_axis, &p.out_axis, &p.batch_axis)?;
        Scaled::new(law, Variance::Scale(p.scale), fan, layout).map(Into::into)
    }
}

macro_rules! shortcuts {
    ($($(#[$doc:meta])* $name:literal $Preset:ident
        ($scale:literal, $Mode:ident, $Distribution:ident);)*) => {$(
        preset! {
            $(#[$doc])*
            $name $Preset {
                /// The input axes.
                in_axis: Axes = Axes::One(-2),
                /// The output axes.
                out_axis: Axes = Axes::One(-1),
                /// Axes that belong to neither fan.
                batch_axis: Axes = Axes::Several(vec![]),
            } |p| {
                let scaled = VarianceScaling {
                    scale: $scale,
                    mode: Mode::$Mode,
                    distribution: Distribution::$Distribution,
                    in_axis: p.in_axis.clone(),
                    out_axis: p.out_axis.clone(),
                    batch_axis: p.batch_axis.clone(),
                };
                crate::Preset::lower(&scaled)
            }
        }
    )*};
}

shortcuts! {
    /// The uniform law within `sqrt(3 / fan_in)`.
    "jax.lecun_uniform" LecunUniform (1.0, FanIn, Uniform);
    /// The truncated normal law of standard deviation `sqrt(1 / fan_in)`.
    "jax.lecun_normal" LecunNormal (1.0, FanIn, TruncatedNormal);
    /// The uniform law within `sqrt(6 / (fan_in + fan_out))`.
    "jax.glorot_uniform" GlorotUniform (1.0, FanAvg, Uniform);
    /// The truncated normal law of standard deviation `sqrt(2 / (fan_in + fan_out))`.
    "jax.glorot_normal" GlorotNormal (1.0, FanAvg, TruncatedNormal);
    /// The uniform law within `sqrt(6 / fan_in)`.
    "jax.he_uniform" HeUniform (2.0, FanIn, Uniform);
    /// The truncated normal law of standard deviation `sqrt(2 / fan_in)`.
    "jax.he_normal" HeNormal (2.0, FanIn, TruncatedNormal);
}

preset! {
    /// An orthogonal matrix of `shape[column_axis]` columns.
    "jax.orthogonal" Orthogonal {
        /// The factor.
        scale: f64 = 1.0,
        /// The axis of the columns.
        column_axis: isize = -1,
    } |p| {
        let rows = if p.column_axis == -1 { Rows::AllButLast } else { Rows::AllBut(p.column_axis) };
        Initializer::orthogonal(p.scale, rows)
    }
}

preset! {
    /// Orthonormal rows at the centre tap of a convolution `(spatial.., in, out)`. Lechao Xiao and
    /// others, 2018, "Dynamical isometry and a mean field theory of CNNs".
    "jax.delta_orthogonal" DeltaOrthogonal {
        /// The factor.
        scale: f64 = 1.0,
    } |p| Initializer::delta_orthogonal(p.scale)
}

/// Every name of the system.
pub(crate) const CLASSES: &[Class] = &[
    Class::of::<Zeros>(&["zeros", "zeros_init"], &[]),
    Class::of::<Ones>(&["ones", "ones_init"], &[]),
    Class::of::<Constant>(&["constant"], &["value"]),
    Class::of::<Uniform>(&["uniform"], &[]),
    Class::of::<Normal>(&["normal"], &[]),
    Class::of::<TruncatedNormal>(&["truncated_normal"], &[]),
    Class::of::<VarianceScaling>(&["variance_scaling"], &["scale", "mode", "distribution"]),
    Class::of::<LecunUniform>(&["lecun_uniform"], &[]),
    Class::of::<LecunNormal>(&["lecun_normal"], &[]),
    Class::of::<GlorotUniform>(&["glorot_uniform", "xavier_uniform"], &[]),
    Class::of::<GlorotNormal>(&["glorot_normal", "xavier_normal"], &[]),
    Class::of::<HeUniform>(&["he_uniform", "kaiming_uniform"], &[]),
    Class::of::<HeNormal>(&["he_normal", "kaiming_normal"], &[]),
    Class::of::<Orthogonal>(&["orthogonal"], &[]),
    Class::of::<DeltaOrthogonal>(&["delta_orthogonal"], &[]),
];

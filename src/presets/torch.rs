//! The initializers of PyTorch's `torch.nn.init`.
//!
//! Matrices are `(out, in)`, convolutions `(out, in, spatial..)`; a tensor of rank 0 or 1 has no
//! fans. With `fan` the fan-in or fan-out:
//!
//! | PyTorch | here | distribution |
//! |---|---|---|
//! | `uniform_(a=0, b=1)` | [`Uniform`] | `U[a, b)` |
//! | `normal_(mean=0, std=1)` | [`Normal`] | `N(mean, std^2)` |
//! | `trunc_normal_(mean=0, std=1, a=-2, b=2)` | [`TruncNormal`] | `N(mean, std^2)` between the absolute bounds `a` and `b` |
//! | `constant_(val)` | [`Constant`] | `val` |
//! | `ones_()`, `zeros_()` | [`Ones`], [`Zeros`] | 1, 0 |
//! | `eye_()` | [`Eye`] | the identity matrix, padded with zeros |
//! | `dirac_(groups=1)` | [`Dirac`] | 1 at tap `k / 2` where a group's output is its input |
//! | `xavier_uniform_(gain=1)` | [`XavierUniform`] | `U[-a, a)`, `a = gain sqrt(6 / (fan_in + fan_out))` |
//! | `xavier_normal_(gain=1)` | [`XavierNormal`] | `N(0, s^2)`, `s = gain sqrt(2 / (fan_in + fan_out))` |
//! | `kaiming_uniform_(a=0, mode="fan_in", nonlinearity="leaky_relu")` | [`KaimingUniform`] | `U[-a, a)`, `a = gain sqrt(3 / fan)` |
//! | `kaiming_normal_(..)` | [`KaimingNormal`] | `N(0, s^2)`, `s = gain / sqrt(fan)` |
//! | `orthogonal_(gain=1)` | [`Orthogonal`] | `gain` times an orthogonal matrix of `shape[0]` rows |
//! | `sparse_(sparsity, std=0.01)` | [`Sparse`] | in each column `ceil(sparsity rows)` zeros, else `N(0, std^2)` |
//!
//! The standard layer `Linear` is [`KaimingUniform`] with `a = sqrt(5)`, which is
//! `U[-1 / sqrt(fan_in), 1 / sqrt(fan_in))`.
//!
//! # Example
//!
//! Each preset with its parameters; what is left out has the default of PyTorch:
//!
//! ```
//! use seedbed::{Seed, torch};
//! # fn main() -> Result<(), seedbed::Error> {
//! let (mode, relu) = (torch::Mode::FanOut, torch::Nonlinearity::Relu);
//! let presets = [
//!     torch::Uniform { a: -0.1, b: 0.1 }.initializer()?,
//!     torch::Normal { mean: 0.0, std: 0.02 }.initializer()?,
//!     torch::TruncNormal { std: 0.02, a: -0.04, b: 0.04, ..Default::default() }.initializer()?,
//!     torch::Constant { val: 0.5 }.initializer()?,
//!     torch::Ones {}.initializer()?,
//!     torch::Zeros {}.initializer()?,
//!     torch::Eye {}.initializer()?,
//!     torch::XavierUniform { gain: 2.0 }.initializer()?,
//!     torch::XavierNormal { gain: 2.0 }.initializer()?,
//!     torch::KaimingUniform { a: 5_f64.sqrt(), ..Default::default() }.initializer()?,
//!     torch::KaimingNormal { mode, nonlinearity: relu, ..Default::default() }.initializer()?,
//!     torch::Orthogonal { gain: 2.0 }.initializer()?,
//!     torch::Sparse { sparsity: 0.9, std: 0.02 }.initializer()?,
//! ];
//! for preset in presets {
//!     let weight: Vec<f32> = preset.for_shape(&[20, 10])?.to_vec(&Seed::from(42).stream("fc.weight"))?;
//!     assert_eq!(weight.len(), 200);
//! }
//! assert!(torch::Dirac { groups: 2 }.for_shape::<f32>(&[8, 4, 3, 3]).is_ok());
//! # Ok(())
//! # }
//! ```
//!
//! # Differences
//!
//! - `trunc_normal_` never returns a bound; PyTorch's interval is closed and its bfloat16 values do.
//! - `sparse_` takes a fraction from 0 to 1 only and chooses its zeros from the same stream as its
//!   values; PyTorch's pattern ignores the generator, and a fraction outside wraps around.
//! - `orthogonal_` works for f16 and bf16.
//! - A gain must not be negative. `xavier_*` of a tensor without elements does nothing.

use super::class::{Class, Make};
use super::names::names;
use super::preset;
use crate::check::finite;
use crate::error::{Error, ParameterError};
use crate::init::initializer::Initializer;
use crate::init::{
    Bounds, ConvOrder, FanMode, Layout, MatrixOrder, MatrixRows, NonSquare, Nonzeros,
    ScaledDistribution, SparseAxis, Variance, VarianceScaling,
};

/// `(out, in)` and `(out, in, spatial..)`.
pub fn layout() -> Layout {
    Layout::new(MatrixOrder::OutIn, ConvOrder::Oihw).ranks(2..)
}

names! {
    /// Which fan keeps its variance.
    Mode "mode" in any case {
        /// The fan-in.
        FanIn = "fan_in",
        /// The fan-out.
        FanOut = "fan_out",
    }
}

names! {
    /// A function between layers, with a gain that makes up for what it takes from the variance.
    Nonlinearity "nonlinearity" in exact case {
        /// None: 1.
        Linear = "linear" | "conv1d" | "conv2d" | "conv3d" | "conv_transpose1d"
            | "conv_transpose2d" | "conv_transpose3d",
        /// The logistic function: 1.
        Sigmoid = "sigmoid",
        /// The hyperbolic tangent: 5/3.
        Tanh = "tanh",
        /// `sqrt(2)`.
        Relu = "relu",
        /// `sqrt(2 / (1 + slope^2))`.
        LeakyRelu = "leaky_relu",
        /// 3/4.
        Selu = "selu",
    }
}

/// Returns `torch.nn.init.calculate_gain`; `param` is the slope of a leaky ReLU, 0.01 where there is none.
///
/// # Errors
///
/// [`ParameterError::NonFinite`] if the slope is not finite.
///
/// ```
/// use seedbed::torch::{Nonlinearity, calculate_gain};
/// assert_eq!(calculate_gain(Nonlinearity::Tanh, None)?, 5.0 / 3.0);
/// # Ok::<(), seedbed::Error>(())
/// ```
pub fn calculate_gain(
    nonlinearity: Nonlinearity,
    param: Option<f64>,
) -> Result<f64, ParameterError> {
    Ok(match nonlinearity {
        Nonlinearity::Linear | Nonlinearity::Sigmoid => 1.0,
        Nonlinearity::Tanh => 5.0 / 3.0,
        Nonlinearity::Relu => 2f64.sqrt(),
        Nonlinearity::LeakyRelu => {
            let slope = finite("param", param.unwrap_or(0.01))?;
            (2.0 / (1.0 + slope * slope)).sqrt()
        }
        Nonlinearity::Selu => 0.75,
    })
}

preset! {
    /// `uniform_`: the uniform distribution on `[a, b)`.
    "torch.uniform_" Uniform {
        /// The lower bound.
        a: f64 = 0.0,
        /// The upper bound.
        b: f64 = 1.0,
    } where low is a, high is b; |p| Initializer::uniform(p.a, p.b)
}

preset! {
    /// `normal_`: the normal distribution.
    "torch.normal_" Normal {
        /// The mean.
        mean: f64 = 0.0,
        /// The standard deviation.
        std: f64 = 1.0,
    } |p| Initializer::normal(p.mean, p.std)
}

preset! {
    /// `trunc_normal_`: the normal distribution between two absolute bounds. `std` is that of the
    /// parent distribution.
    "torch.trunc_normal_" TruncNormal {
        /// The mean of the parent distribution.
        mean: f64 = 0.0,
        /// The standard deviation of the parent distribution.
        std: f64 = 1.0,
        /// The lower bound, as a value.
        #[cfg_attr(feature = "serde", serde(with = "crate::init::serial::bound"))]
        a: f64 = -2.0,
        /// The upper bound, as a value.
        #[cfg_attr(feature = "serde", serde(with = "crate::init::serial::bound"))]
        b: f64 = 2.0,
    } where low is a, high is b; |p| Initializer::truncated_normal(p.mean, p.std, Bounds::Absolute(p.a, p.b))
}

preset! {
    /// `constant_`: the same value everywhere.
    "torch.constant_" Constant {
        /// The value.
        val: f64 = 0.0,
    } where value is val; |p| Initializer::constant(p.val)
}

preset! {
    /// `ones_`: 1 everywhere.
    "torch.ones_" Ones {} |_p| Initializer::constant(1.0)
}

preset! {
    /// `zeros_`: 0 everywhere.
    "torch.zeros_" Zeros {} |_p| Initializer::constant(0.0)
}

preset! {
    /// `eye_`: the identity matrix, padded with zeros.
    "torch.eye_" Eye {} |_p| Initializer::identity(1.0, NonSquare::Pad)
}

preset! {
    /// `dirac_`: convolutions that pass their input through.
    "torch.dirac_" Dirac {
        /// The number of groups of output channels.
        groups: usize = 1,
    } |p| Initializer::dirac(p.groups)
}

fn xavier(distribution: ScaledDistribution, gain: f64) -> Result<Initializer, Error> {
    let variance = Variance::Gain(gain);
    VarianceScaling::new(distribution, variance, FanMode::Avg, layout()).map(Into::into)
}

preset! {
    /// `xavier_uniform_`: the uniform distribution within `gain sqrt(6 / (fan_in + fan_out))`.
    "torch.xavier_uniform_" XavierUniform {
        /// The factor of the standard deviation.
        gain: f64 = 1.0,
    } |p| xavier(ScaledDistribution::Uniform, p.gain)
}

preset! {
    /// `xavier_normal_`: the normal distribution with `std = gain sqrt(2 / (fan_in + fan_out))`.
    "torch.xavier_normal_" XavierNormal {
        /// The factor of the standard deviation.
        gain: f64 = 1.0,
    } |p| xavier(ScaledDistribution::Normal, p.gain)
}

fn kaiming(
    distribution: ScaledDistribution,
    a: f64,
    mode: Mode,
    nonlinearity: Nonlinearity,
) -> Result<Initializer, Error> {
    let gain = calculate_gain(nonlinearity, Some(a))?;
    let fan = match mode {
        Mode::FanIn => FanMode::In,
        Mode::FanOut => FanMode::Out,
    };
    VarianceScaling::new(distribution, Variance::Gain(gain), fan, layout()).map(Into::into)
}

preset! {
    /// `kaiming_uniform_`: the uniform distribution within `gain sqrt(3 / fan)`.
    "torch.kaiming_uniform_" KaimingUniform {
        /// The slope of a leaky ReLU.
        a: f64 = 0.0,
        /// Which fan.
        mode: Mode = Mode::FanIn,
        /// What the gain makes up for.
        nonlinearity: Nonlinearity = Nonlinearity::LeakyRelu,
    } where param is a; |p| kaiming(ScaledDistribution::Uniform, p.a, p.mode, p.nonlinearity)
}

preset! {
    /// `kaiming_normal_`: the normal distribution with `std = gain / sqrt(fan)`.
    "torch.kaiming_normal_" KaimingNormal {
        /// The slope of a leaky ReLU.
        a: f64 = 0.0,
        /// Which fan.
        mode: Mode = Mode::FanIn,
        /// What the gain makes up for.
        nonlinearity: Nonlinearity = Nonlinearity::LeakyRelu,
    } where param is a; |p| kaiming(ScaledDistribution::Normal, p.a, p.mode, p.nonlinearity)
}

preset! {
    /// `orthogonal_`: an orthogonal matrix of `shape[0]` rows.
    "torch.orthogonal_" Orthogonal {
        /// The factor.
        gain: f64 = 1.0,
    } |p| Initializer::orthogonal(p.gain, MatrixRows::FirstAxis)
}

preset! {
    /// `sparse_`: `ceil(sparsity rows)` zeros in each column, whose other values are normal.
    "torch.sparse_" Sparse {
        /// The fraction of zeros.
        sparsity: f64 = 0.0,
        /// The standard deviation of the values that are not zero.
        std: f64 = 0.01,
    } |p| {
        let axis = SparseAxis::Inputs(MatrixOrder::OutIn);
        Initializer::sparse(axis, Nonzeros::AllButFraction(p.sparsity), p.std)
    }
}

/// Every name of the system.
pub(super) const CLASSES: &[Class] = &[
    Class::new(&["uniform_", "uniform"], &Make(Uniform::default)),
    Class::new(&["normal_", "normal"], &Make(Normal::default)),
    Class::new(&["trunc_normal_", "trunc_normal"], &Make(TruncNormal::default)),
    Class::new(&["constant_", "constant"], &Make(Constant::default)).required(&["val"]),
    Class::new(&["ones_", "ones"], &Make(Ones::default)),
    Class::new(&["zeros_", "zeros"], &Make(Zeros::default)),
    Class::new(&["eye_", "eye"], &Make(Eye::default)),
    Class::new(&["dirac_", "dirac"], &Make(Dirac::default)),
    Class::new(&["xavier_uniform_", "xavier_uniform"], &Make(XavierUniform::default)),
    Class::new(&["xavier_normal_", "xavier_normal"], &Make(XavierNormal::default)),
    Class::new(&["kaiming_uniform_", "kaiming_uniform"], &Make(KaimingUniform::default)),
    Class::new(&["kaiming_normal_", "kaiming_normal"], &Make(KaimingNormal::default)),
    Class::new(&["orthogonal_", "orthogonal"], &Make(Orthogonal::default)),
    Class::new(&["sparse_", "sparse"], &Make(Sparse::default)).required(&["sparsity"]),
];

//! The variables of a [candle](candle_core) model, filled by [`seedbed`]. The dotted path of a variable
//! picks its rule; its values depend only on seed, path, shape and rule.
//!
//! ```
//! use candle_core::{DType, Device, Tensor};
//! use candle_nn::{Module, VarMap, linear};
//! use seedbed::Seed;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let vars = VarMap::new();
//! let rules = seedbed_candle::rules([("*.bias", "torch.zeros_"), ("*", "torch.kaiming_normal_")])?;
//! let vb = seedbed_candle::var_builder(&vars, Seed::from(42), rules, DType::F32, &Device::Cpu);
//! let layer = linear(784, 10, vb.pp("fc"))?;
//! assert_eq!(layer.forward(&Tensor::ones((1, 784), DType::F32, &Device::Cpu)?)?.dims(), [1, 10]);
//! assert_eq!(vars.all_vars().len(), 2); // what an optimizer trains
//! # Ok(())
//! # }
//! ```
//!
//! The element types are f32, f64, f16 and bf16. On the CPU nothing is copied: the vector that is filled
//! becomes the variable's storage. A CUDA device fills its memory itself, with the same values, if the crate has
//! the feature `cuda`; orthogonal and sparse matrices and the like are made on the CPU and copied. For another
//! device the vector is filled on the host and uploaded.

#[cfg(feature = "cuda")]
mod cuda;
mod fill;
mod vars;

pub use fill::{Fill, fill_vars};
pub use vars::var_builder;

use seedbed::init::Layout;
use seedbed::{Error, Rules, torch};

/// Returns the layout of candle's layers, which is PyTorch's: matrices `(out, in)`, convolutions
/// `(out, in, spatial..)`.
pub fn layout() -> Layout {
    torch::layout()
}

/// Makes rules of names, with the fans of candle's [`layout`]: [`Rules::from_names`] and
/// [`Rules::layout`].
///
/// # Errors
///
/// Those of [`Rules::from_names`].
pub fn rules<P: Into<String>, N: AsRef<str>>(
    rules: impl IntoIterator<Item = (P, N)>,
) -> Result<Rules, Error> {
    Rules::from_names(rules)?.layout(&layout())
}

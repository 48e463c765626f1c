//! Sampling kernels that fill slices, and the weight initializers of Lasagne, Keras 2 and 3, PyTorch and JAX on
//! top of them. A value depends on seed, path, distribution and index, and on nothing else.
//!
//! # Three steps
//!
//! 1. A [`Seed`] and the name of a tensor pick a [`Stream`], an infinite sequence of values.
//! 2. A distribution, or an initializer with the shape of the whole tensor, says what the values are. All
//!    parameters are checked here.
//! 3. The values go into a slice, into uninitialised memory or into a new vector: all of them, a range or a block.
//!
//! ```
//! use seedbed::{Sample, Seed, TruncatedNormal, torch};
//!
//! # fn main() -> Result<(), seedbed::Error> {
//! let seed = Seed::from(42);
//!
//! // Independent of a shape: a distribution fills any slice.
//! let mut tokens = vec![0_f32; 1000 * 64];
//! TruncatedNormal::new(0.0, 0.02, -2.0, 2.0)?.sample_into(&mut tokens, &seed.stream("embed.weight"));
//!
//! // By the fans of a shape: an initializer makes `Values`, of which any part can be filled.
//! let values = torch::XavierUniform::default().for_shape::<f32>(&[256, 64])?;
//! let whole = values.to_vec(&seed.stream("fc.weight"))?;
//! let mut rows = vec![0_f32; 128 * 64];
//! values.fill_block(&[128..256, 0..64], &mut rows, &seed.stream("fc.weight"))?;
//! assert_eq!(rows, whole[128 * 64..]);
//! # Ok(())
//! # }
//! ```
//!
//! # Where to look
//!
//! | To .. | see |
//! |---|---|
//! | name what is random | [`Seed`], [`Stream`] |
//! | fill slices | [`Sample`] with [`Uniform`], [`Normal`], [`TruncatedNormal`], [`Constant`] |
//! | ask for moments, probabilities, quantiles | [`Distribution`] |
//! | initialise a tensor by the name that a system has | [`lasagne`], [`keras`], [`keras3`], [`torch`], [`jax`] |
//! | take names and JSON from users | [`registry`] |
//! | initialise a model by the paths of its tensors | [`Rules`] |
//! | fill a shard | [`Values::fill_block`], [`Values::fill_range`] |
//! | say which axes are inputs and outputs | [`init::Layout`] |
//! | make an initializer that no system has | [`Initializer`], [`init::VarianceScaling`], [`init::Initialize`] |
//! | choose threads or an instruction set | [`Exec`] |
//! | tell a user what is wrong | [`Error`], whose messages name the parameter and its value |
//!
//! # Features
//!
//! | Feature | Default | What it adds |
//! |---|---|---|
//! | `rayon` | yes | large fills on the current rayon pool; without it all are sequential |
//! | `orthogonal` | yes | [`Initializer::Orthogonal`] and [`Initializer::DeltaOrthogonal`]; without it they are an error |
//! | `serde` | yes | `Serialize` and `Deserialize` of initializers, configurations in [`registry`], [`Rules`] as JSON |
//! | `rand_core` | no | `StreamRng`, a stream as a generator of `rand`; `Seed::from_rng` |
//! | `capi` | no | `capi`, a C interface |
//! | `device` | no | `device`, what kernels on other devices need |
//!
//! # Stability
//!
//! The values of an [`Algorithm`] version never change, on any machine, at any instruction set and for any number
//! of threads; [`Initializer::Orthogonal`] is promised less. Streams are not for secrets: the generator,
//! xoshiro256++, is not cryptographic.

// Here and not in the manifest: tests may be unsafe, and are not documented.
#![deny(unsafe_code)] // each exception names its reason; docs/architecture.md lists them
#![warn(missing_docs)]
#![cfg_attr(docsrs, feature(doc_cfg))]

// In the order in which they depend on each other: a module names only those above it.
mod level;
mod error;
#[cfg(feature = "serde")]
mod json;
mod suggest;
mod number;
mod uninit;
mod check;
mod alloc;
mod scalar;
mod stream;
mod simd;
mod generator;
mod kernel;
mod element;
mod fill;
mod distr;
#[cfg(feature = "device")]
#[cfg_attr(docsrs, doc(cfg(feature = "device")))]
pub mod device;
pub mod init;
mod presets;
mod rules;
#[cfg(feature = "capi")]
#[cfg_attr(docsrs, doc(cfg(feature = "capi")))]
pub mod capi;

#[cfg(feature = "rand_core")]
pub use distr::StreamRng;
pub use distr::{Constant, Distribution, Normal, Sample, TruncatedNormal, Uniform};
pub use element::Element;
pub use error::{ConfigError, Error, ParameterError, ShapeError};
pub use fill::{Exec, Threads, WithExec};
pub use generator::Algorithm;
pub use init::initializer::Initializer;
pub use init::values::Values;
pub use level::Level;
pub use number::Number;
#[doc(hidden)] // the name that one of the described libraries goes by
pub use presets::keras as cthulhu;
pub use presets::{Preset, jax, keras, keras3, lasagne, registry, torch};
pub use rules::Rules;
pub use stream::{Seed, Stream, StreamPath};

/// The README, whose examples run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub mod readme {}

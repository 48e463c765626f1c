#![doc = include_str!("../README.md")]
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

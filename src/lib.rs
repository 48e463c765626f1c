#![doc = include_str!("../README.md")]
// Here and not in the manifest: tests may be unsafe, and are not documented.
#![deny(unsafe_code)] // lifted for the SIMD island, the uninitialised-slice casts and the C interface
#![warn(missing_docs)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod bugs;
#[cfg(feature = "capi")]
#[cfg_attr(docsrs, doc(cfg(feature = "capi")))]
pub mod capi;
mod distr;
mod drain;
mod element;
mod error;
#[cfg(test)]
mod exhaustive;
mod fill;
mod format;
pub mod init;
pub mod jax;
mod jump;
pub mod keras;
pub mod keras3;
pub mod lasagne;
mod math;
mod real;
pub mod registry;
mod rules;
mod shape;
mod simd;
mod stream;
pub mod torch;
mod uninit;
mod words;
mod xoshiro;

pub use distr::{Constant, Normal, Sample, TruncatedNormal, Uniform};
pub use element::Element;
pub use error::Error;
pub use fill::{Exec, Threads};
pub use format::Algorithm;
pub use init::{Initializer, Preset, Tensor};
pub use keras as cthulhu;
pub use rules::Rules;
pub use simd::Level;
pub use stream::{Path, Seed, Stream};
#[cfg(feature = "rand_core")]
pub use words::StreamRng;

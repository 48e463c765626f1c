//! Reproducible SIMD, multithreaded sampling kernels.
#![deny(unsafe_code)]
#![warn(missing_docs, clippy::undocumented_unsafe_blocks)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod distr;
mod element;
mod error;
mod fill;
mod format;
mod jump;
mod math;
mod real;
mod simd;
mod stream;
mod uninit;
mod xoshiro;

pub use distr::{Constant, Normal, Sample, TruncatedNormal, Uniform};
pub use element::Element;
pub use error::Error;
pub use fill::{Exec, Threads};
pub use format::Algorithm;
pub use simd::Level;
pub use stream::{Path, Seed, Stream};

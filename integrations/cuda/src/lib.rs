//! Fills the memory of NVIDIA GPUs.

pub mod plan;

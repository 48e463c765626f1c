//! What a device that makes values in memory of its own needs: a graphics processor has a kernel of its
//! own, but no table, constant or parameter of its own.
//!
//! - [`tables`] returns every table, as bytes for the device's memory;
//! - [`Job`] is a fill: a distribution's parameters as the kernels of this crate have them, and a stream;
//! - [`constants`] and [`Job::FIELDS`] are what a header for the device's compiler is written from;
//! - [`probes`] and [`ln`] return what the kernels' functions return, to compare a device's functions bit for bit.
//!
//! This is an interface for the crates of this repository. It changes with the kernels.

mod constants;
mod job;
mod probes;
mod tables;

pub use constants::{Constant, constants};
pub use job::{Field, Job, Kind};
pub use probes::{Probe, ln, probes};
pub use tables::tables;

/// Blocks of a chunk: what jumps reach is the start of a chunk, and of each of its blocks.
pub const CHUNK_BLOCKS: u64 = crate::generator::CHUNK_BLOCKS as u64;

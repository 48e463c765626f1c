//! Values: what they are, and that nothing but the stream and the position decides them.

#[path = "../common/mod.rs"]
mod common;
mod edges;
#[path = "../common/vectors.rs"]
mod file;
mod large;
mod levels;
mod memory;
mod parameters;
mod partition;
mod value_stability;
mod vectors;

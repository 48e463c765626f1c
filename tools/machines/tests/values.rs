//! The modules of the crate's test program `values` that need little else.

#[path = "../../../tests/common/mod.rs"]
mod common;
#[path = "../../../tests/values/edges.rs"]
mod edges;
#[path = "../../../tests/common/vectors.rs"]
mod file;
#[path = "../../../tests/values/levels.rs"]
mod levels;
#[path = "../../../tests/values/value_stability.rs"]
mod value_stability;
#[path = "../../../tests/values/vectors.rs"]
mod vectors;

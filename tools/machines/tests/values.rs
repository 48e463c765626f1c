//! The modules of the crate's test program `values` that need little else.

#[path = "../../../tests/common/mod.rs"]
mod common;
#[path = "../../../tests/values/levels.rs"]
mod levels;
#[cfg(feature = "controls")]
#[path = "../../../tests/values/partition.rs"]
mod partition;
#[path = "../../../tests/values/value_stability.rs"]
mod value_stability;
